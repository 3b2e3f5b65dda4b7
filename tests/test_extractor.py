"""Extraction from Python: `from extract import Extractor`."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import extract
from extract import Document, Extraction, Extractor
from extract.documents import read
from extract.errors import ConfigError, InputError, ReplayMiss
from tests.endpoint import Reply, ScriptedEndpoint, completion, cut
from tests.invented import NOT_THERE, OSLO, REPORT, answer, document, meeting

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT / "evals" / "recordings"
RIGHT = completion(answer(meeting()))


def extractor(scripted: ScriptedEndpoint, **flags: Any) -> Extractor:
    """An extractor that asks the scripted endpoint and keeps nothing."""
    usual = {"base_url": scripted.url, "model": "m", "prompt": "meeting/v1", "cache": "none", "max_tries": 1}
    usual |= {"mode": "json_schema"}
    return Extractor(**{**usual, **flags})


def shown(extraction: Extraction) -> list[str]:
    """The first quote of each record."""
    return [grounded.record.evidence[0] for grounded in extraction.records]


def seed() -> Document:
    """The last of the seed reports."""
    *_, last = read([str(ROOT / "seeds")])
    assert isinstance(last, Document)
    return last


def test_a_document_is_extracted_from():
    with ScriptedEndpoint([RIGHT]) as scripted, extractor(scripted) as made:
        extraction = made(document())

    assert shown(extraction) == [OSLO]


def test_a_text_will_do_for_a_document():
    with ScriptedEndpoint([RIGHT]) as scripted, extractor(scripted) as made:
        extraction = made(f"\ufeff{REPORT}\r\n", name="mine", published="2024-05-05", source="Paper")

    assert extraction.document == Document(id="mine", text=f"{REPORT}\n", published="2024-05-05", source="Paper")


def test_what_is_known_of_a_text_is_told_to_the_model():
    with ScriptedEndpoint([RIGHT]) as scripted, extractor(scripted) as made:
        made(REPORT, published="٢٠٢٤-٠٥-٠٥", source="The Daily")

    told = scripted.asked[0].body["messages"][1]["content"]
    assert "Publication date: 2024-05-05" in told
    assert "Outlet: The Daily" in told


@pytest.mark.parametrize("published", [None, ""], ids=["not given", "empty"])
def test_a_publication_date_may_be_unknown(published):
    with ScriptedEndpoint([RIGHT]) as scripted, extractor(scripted) as made:
        extraction = made(REPORT, published=published)

    assert extraction.document.published is None


def test_a_publication_date_that_is_none_is_refused():
    with ScriptedEndpoint([RIGHT]) as scripted, extractor(scripted) as made, pytest.raises(InputError):
        made(REPORT, published="yesterday")


def test_many_calls_go_over_one_connection_after_another():
    with ScriptedEndpoint([RIGHT, cut("x" * 1000), RIGHT]) as scripted, extractor(scripted) as made:
        found = [made(document()) for _ in range(3)]

    assert [shown(extraction) for extraction in found] == [[OSLO], [], [OSLO]]
    assert [failure.kind for failure in found[1].failures] == ["dropped"]


def test_inside_an_event_loop_it_is_awaited():
    async def go(scripted: ScriptedEndpoint) -> list[Extraction]:
        async with extractor(scripted) as made:
            return list(await asyncio.gather(made.extract(document()), made.extract(REPORT, name="text")))

    with ScriptedEndpoint([RIGHT, RIGHT]) as scripted:
        found = asyncio.run(go(scripted))

    assert [(extraction.document.id, shown(extraction)) for extraction in found] == [
        ("report-1", [OSLO]),
        ("text", [OSLO]),
    ]


def test_inside_an_event_loop_a_plain_call_says_what_to_do():
    async def go(made: Extractor) -> None:
        made(document())

    with (
        ScriptedEndpoint([]) as scripted,
        extractor(scripted) as made,
        pytest.raises(ConfigError, match="await extractor"),
    ):
        asyncio.run(go(made))


def test_an_extractor_can_be_used_in_one_loop_after_another():
    with ScriptedEndpoint([RIGHT] * 3) as scripted, extractor(scripted) as made:
        found = [made(document()), *(asyncio.run(made.extract(document())) for _ in range(2))]

    assert [shown(extraction) for extraction in found] == [[OSLO]] * 3


def test_an_extractor_that_was_closed_can_be_called_again():
    with ScriptedEndpoint([RIGHT, RIGHT]) as scripted:
        made = extractor(scripted)
        with made:
            made(document())
        with made:
            assert shown(made(document())) == [OSLO]


def test_hooks_of_instructor_hear_a_reask():
    from instructor.core.hooks import Hooks

    heard: list[str] = []
    hooks = Hooks()
    hooks.on("parse:error", lambda error: heard.append(str(error)))

    wrong = completion(answer(meeting(NOT_THERE)))
    with ScriptedEndpoint([wrong, RIGHT]) as scripted, extractor(scripted, hooks=hooks) as made:
        made(document())

    assert [NOT_THERE in error for error in heard] == [True]


@pytest.mark.parametrize("mode", ["json_schema", "tools", "json", "md_json"])
def test_a_wrong_answer_is_asked_for_again_in_every_mode(mode):
    call = {"id": "1", "type": "function", "function": {"name": "meeting", "arguments": answer(meeting(NOT_THERE))}}
    wrong = completion(None, "tool_calls", tool_calls=[call]) if mode == "tools" else completion("No meetings.")

    with ScriptedEndpoint([wrong, RIGHT]) as scripted, extractor(scripted, mode=mode) as made:
        extraction = made(document())

    assert shown(extraction) == [OSLO]
    assert [message["role"] for message in scripted.asked[1].body["messages"]][2:] == [
        "assistant",
        "tool" if mode == "tools" else "user",
    ]


def test_the_key_stays_with_the_endpoint():
    key = "sk-test-abcdefghijklmnop1234"
    refused = Reply(status=401, body={"error": {"message": f"wrong key {key}"}})

    with ScriptedEndpoint([refused]) as scripted, extractor(scripted, api_key=key) as made:
        extraction = made(document())

    assert scripted.asked[0].headers["authorization"] == f"Bearer {key}"
    assert key not in f"{extraction} {made.settings}"


def test_answers_in_the_cache_are_not_asked_for_again(tmp_path):
    with ScriptedEndpoint([RIGHT]) as scripted:
        for _ in range(2):
            with extractor(scripted, cache=tmp_path / "cache") as made:
                extraction = made(document())

    assert len(scripted.asked) == 1
    assert extraction.attempts[0].completion.origin == "cache"


def test_recordings_answer_in_place_of_an_endpoint():
    with Extractor(replay=RECORDINGS, prompt="events/v1") as made:
        extraction = made(seed())

    assert extraction.records
    assert extraction.failures == ()
    assert {attempt.completion.origin for attempt in extraction.attempts} == {"recording"}


def test_recordings_answer_inside_an_event_loop_too():
    async def go() -> Extraction:
        async with Extractor(replay=RECORDINGS, prompt="events/v1") as made:
            return await made.extract(seed())

    assert asyncio.run(go()).records


def test_a_text_that_was_not_recorded_is_a_miss():
    with Extractor(replay=RECORDINGS, prompt="events/v1") as made, pytest.raises(ReplayMiss, match="no recording"):
        made(REPORT)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"base_url": "http://host/v1", "model": None}, "--model"),
        ({"model": "m"}, "--base-url"),
        ({"replay": "no/such/folder"}, "no such folder"),
        ({"replay": RECORDINGS, "prompt": "nonsense"}, "unknown prompt 'nonsense'"),
        ({"modle": "m"}, "unknown setting 'modle'; there are: base_url"),
        ({"replay": RECORDINGS, "max_reasks": "many"}, "--max-reasks"),
    ],
    ids=["no model", "no endpoint", "no recordings", "no prompt", "misspelt", "no number"],
)
def test_settings_that_cannot_work_are_refused_when_it_is_made(flags, message, monkeypatch):
    for name in ("MAHDAR_BASE_URL", "MAHDAR_MODEL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ConfigError, match=message):
        Extractor(**{"cache": "none", **flags})


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        extract.Nonsense  # noqa: B018


def test_importing_the_package_is_light():
    heavy = {"pydantic", "jinja2", "openai", "instructor", "aiohttp", "httpx2", "asyncio", "diskcache"}
    script = f"import sys, extract; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "[]\n"
