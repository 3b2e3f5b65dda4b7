"""From a document to an extraction, whatever the model says and however the endpoint fails."""

import asyncio
import json
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from extract import job
from extract.answers import Answers
from extract.cache import Cache
from extract.document import Document
from extract.errors import ConfigError, EndpointError, InputError, ReplayMiss
from extract.pipeline import Asking, Extraction, Pipeline
from extract.recordings import Recordings
from extract.request import Completion, Label, Request
from tests.invented import BERGEN, NOT_THERE, OSLO, Model, answer, document, in_bergen, meeting, official, prompt, when

RIGHT = answer(meeting())
WRONG = answer(meeting(NOT_THERE), in_bergen())
REFUSED = EndpointError("http://host/v1: no connection", kind="refused", retryable=True)


def pipeline(model: Any = None, *, max_reasks: int = 2, **answers: Any) -> Pipeline:
    return Pipeline(prompt(), Answers(ask=model, **answers), Asking(model="m", max_reasks=max_reasks))


def extracted(
    *script: str | Completion | BaseException, doc: Document | None = None, max_reasks: int = 2
) -> Extraction:
    """What comes of a document when the model says these things."""
    with pipeline(Model(*script), max_reasks=max_reasks) as made:
        return made(doc or document())


def shown(extraction: Extraction) -> list[str]:
    """The first quote of each record."""
    return [grounded.record.evidence[0] for grounded in extraction.records]


def kinds(extraction: Extraction) -> list[str]:
    return [failure.kind for failure in extraction.failures]


def test_a_right_answer_is_asked_for_once():
    extraction = extracted(RIGHT)

    assert shown(extraction) == [OSLO]
    assert (len(extraction.attempts), extraction.failures) == (1, ())


def test_a_wrong_answer_is_asked_for_again():
    extraction = extracted(WRONG, RIGHT)

    assert shown(extraction) == [OSLO]
    assert (len(extraction.attempts), extraction.failures) == (2, ())


def test_an_extraction_names_the_request_whose_answer_counts():
    extraction = extracted(WRONG, "no more", "no more")

    assert extraction.key == extraction.attempts[0].request.key
    assert extraction.prompt == "meeting/v1"


@pytest.mark.parametrize("max_reasks", [0, 1, 2])
def test_when_the_reasks_are_used_up_what_is_right_is_kept_and_the_rest_is_a_failure(max_reasks):
    extraction = extracted(*[WRONG] * 5, max_reasks=max_reasks)

    assert len(extraction.attempts) == max_reasks + 1
    assert shown(extraction) == [BERGEN]
    assert kinds(extraction) == ["ungrounded"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Completion(text=RIGHT[:-9], finish="length"), "truncated"),
        (Completion(text="", refusal="I cannot help with that."), "refusal"),
        (Completion(text=RIGHT, finish="content_filter"), "refusal"),
    ],
    ids=["truncated", "refused", "filtered"],
)
def test_what_would_go_wrong_again_is_not_asked_again(said, kind):
    extraction = extracted(said)

    assert (len(extraction.attempts), kinds(extraction)) == (1, [kind])


def test_a_fault_of_the_endpoint_is_a_failure_of_that_kind():
    extraction = extracted(REFUSED)

    assert (extraction.records, extraction.attempts) == ((), ())
    assert kinds(extraction) == ["refused"]
    assert extraction.failures[0].message == str(REFUSED)


def test_a_fault_of_the_endpoint_at_a_reask_keeps_the_records_there_are():
    extraction = extracted(WRONG, REFUSED)

    assert shown(extraction) == [BERGEN]
    assert kinds(extraction) == ["ungrounded", "refused"]


@pytest.mark.parametrize("script", [[ZeroDivisionError("of nothing")], [WRONG, ZeroDivisionError("of nothing")]])
def test_a_bug_is_a_failure_that_says_what_to_report(script):
    extraction = extracted(*script)

    assert kinds(extraction)[-1] == "bug"
    assert re.search(r"ZeroDivisionError in \w+\.py, line \d+: of nothing; .*report", extraction.failures[-1].message)


def test_a_bug_at_a_reask_keeps_the_records_there_are():
    assert shown(extracted(WRONG, ZeroDivisionError())) == [BERGEN]


def test_a_document_that_our_own_code_cannot_take_is_a_failure():
    impossible = document(published="the day before yesterday")

    assert kinds(extracted(answer(meeting(date=when("2024-03-04"))), doc=impossible)) == ["bug"]


@pytest.mark.parametrize("error", [ConfigError("the cache is broken"), InputError("a recording was edited")])
def test_wrong_settings_and_files_stop_the_job(error):
    with pytest.raises(type(error)):
        extracted(error)


@pytest.mark.parametrize(
    "said",
    ['{"meetings": ' + "[" * 100_000, '{"meetings": ' + "1" * 5000 + "}", '{"meetings": ["\\ud83d"]}', "\ud83d", "\0"],
    ids=["nested without end", "endless number", "half a surrogate pair as an escape", "as a character", "null byte"],
)
def test_no_answer_is_so_odd_that_it_cannot_be_asked_again(said):
    extraction = extracted(said, RIGHT)

    assert (shown(extraction), extraction.failures) == ([OSLO], ())


def test_a_job_goes_on_after_a_bug():
    model = Model(RIGHT, RecursionError("too deep"), RIGHT)
    found: list[job.Result] = []

    def take(result: job.Result) -> bool:
        found.append(result)
        return True

    with pipeline(model) as made:
        documents = [document(name=name) for name in "abc"]
        job.gather(documents, made, concurrency=1, take=take)

    assert [kinds(each) for each in found if isinstance(each, Extraction)] == [[], ["bug"], []]


NAMES = [f"وزير الدفاع رقم {number} يلتقي نظيره في العاصمة" for number in range(50)]


async def by_the_report(request: Request, label: Label) -> Completion:
    """A model that quotes its own report, out of turn, and every third time only when asked again."""
    text = str(request.messages[1]["content"])
    quote = next(name for name in NAMES if name in text)
    number = NAMES.index(quote)
    for _ in range((7 * number) % 11):
        await asyncio.sleep(0)
    is_wrong = number % 3 == 0 and label.attempt == 1
    return Completion(
        text=answer(meeting(NOT_THERE if is_wrong else quote, participants=[official("NOR"), official("PRT")]))
    )


def test_many_documents_at_once_each_get_their_own_records():
    async def extract_all() -> list[Extraction]:
        made = pipeline(by_the_report)
        return await asyncio.gather(*(made.extract(document(f"{name}.", name=name)) for name in NAMES))

    extractions = asyncio.run(extract_all())

    assert [shown(extraction) for extraction in extractions] == [[name] for name in NAMES]


def test_documents_are_asked_at_the_same_time():
    async def extract_all() -> list[Extraction]:
        everyone = asyncio.Barrier(20)

        async def model(request: Request, label: Label) -> Completion:
            await everyone.wait()
            return Completion(text=RIGHT)

        made = pipeline(model)
        async with asyncio.timeout(5):
            return await asyncio.gather(*(made.extract(document()) for _ in range(20)))

    assert len(asyncio.run(extract_all())) == 20


def test_a_call_inside_a_running_loop_says_what_to_do():
    async def call() -> None:
        pipeline(Model(RIGHT))(document())

    with pytest.raises(ConfigError, match=r"await extractor\.extract"):
        asyncio.run(call())


def test_many_calls_share_one_loop_and_close_it():
    loops = []

    async def model(request: Request, label: Label) -> Completion:
        loops.append(asyncio.get_running_loop())
        return Completion(text=RIGHT)

    with pipeline(model) as made:
        made(document(name="a"))
        made(document(name="b"))

    assert loops[0] is loops[1]
    assert loops[0].is_closed()


def test_closing_runs_what_closes_the_connections_in_the_loop_that_opened_them():
    loops = []

    async def close() -> None:
        loops.append(asyncio.get_running_loop())

    async def model(request: Request, label: Label) -> Completion:
        loops.append(asyncio.get_running_loop())
        return Completion(text=RIGHT)

    with Pipeline(prompt(), Answers(ask=model), Asking(model="m"), close=close) as made:
        made(document())

    assert len(loops) == 2
    assert loops[0] is loops[1]


def recorded(folder: Path, *script: str) -> list[Path]:
    """Record a chain; its files in the order of the attempts."""
    recordings = Recordings(folder)
    with pipeline(Model(*script), recordings=recordings, is_recording=True) as made:
        made(document())
    files = list(folder.rglob("report-1--*.json"))
    return sorted(files, key=lambda path: json.loads(path.read_bytes())["attempt"])


def test_a_recorded_chain_of_two_attempts_replays(tmp_path):
    recorded(tmp_path, WRONG, RIGHT)

    extraction = pipeline(recordings=Recordings(tmp_path))(document())

    assert [attempt.completion.text for attempt in extraction.attempts] == [WRONG, RIGHT]
    assert {attempt.completion.origin for attempt in extraction.attempts} == {"recording"}


def test_a_missing_recording_of_a_reask_is_a_miss_that_names_the_attempt(tmp_path):
    files = recorded(tmp_path, WRONG, RIGHT)
    files[1].unlink()

    with pytest.raises(ReplayMiss, match="attempt 2"):
        pipeline(recordings=Recordings(tmp_path))(document())


def test_a_replay_does_not_need_the_reasks_that_it_does_not_want(tmp_path):
    files = recorded(tmp_path, WRONG, RIGHT)
    files[1].unlink()

    extraction = pipeline(recordings=Recordings(tmp_path), max_reasks=0)(document())

    assert shown(extraction) == [BERGEN]


def test_a_replay_can_be_called_inside_a_running_loop(tmp_path):
    recorded(tmp_path, RIGHT)

    async def call() -> Extraction:
        return pipeline(recordings=Recordings(tmp_path))(document())

    assert shown(asyncio.run(call())) == [OSLO]


def test_a_chain_in_the_cache_is_not_asked_for(tmp_path):
    with closing(Cache(tmp_path)) as cache:
        with pipeline(Model(WRONG, RIGHT), cache=cache) as made:
            made(document())
        silent = Model()
        with pipeline(silent, cache=cache) as made:
            extraction = made(document())

    assert [attempt.completion.origin for attempt in extraction.attempts] == ["cache", "cache"]
    assert silent.asked == []


def test_a_chain_that_is_cached_in_part_goes_on_live(tmp_path):
    with closing(Cache(tmp_path)) as cache:
        with pipeline(Model(WRONG), cache=cache, max_reasks=0) as made:
            made(document())
        with pipeline(Model(RIGHT), cache=cache) as made:
            extraction = made(document())

    assert [attempt.completion.origin for attempt in extraction.attempts] == ["cache", "live"]
    assert shown(extraction) == [OSLO]


SCRIPT = """
import sys
from pathlib import Path
from extract.cache import Cache
from extract.recordings import Recordings
from tests.test_pipeline import Model, RIGHT, WRONG, document, pipeline
folder, cached = map(Path, sys.argv[1:])
for step in (
    lambda: pipeline(Model(RIGHT))(document()),
    lambda: pipeline(recordings=Recordings(folder))(document()),
    lambda: pipeline(Model(), recordings=Recordings(folder))(document()),
    lambda: pipeline(Model(), cache=Cache(cached))(document()),
    lambda: pipeline(Model(WRONG, RIGHT))(document()),
):
    extraction = step()
    print(len(extraction.attempts), "instructor" in sys.modules)
"""


@pytest.fixture(scope="module")
def imports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Attempts and whether instructor was imported by then, after each kind of extraction in one process."""
    folder, cached = tmp_path_factory.mktemp("recordings"), tmp_path_factory.mktemp("cache")
    recorded(folder, WRONG, RIGHT)
    with closing(Cache(cached)) as cache, pipeline(Model(WRONG, RIGHT), cache=cache) as made:
        made(document())
    command = [sys.executable, "-c", SCRIPT, str(folder), str(cached)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, "1 False"), (1, "2 False"), (2, "2 False"), (3, "2 False"), (4, "2 True")],
    ids=["first answer right", "chain replayed", "chain recorded", "chain cached", "live reask"],
)
def test_instructor_is_imported_only_for_a_live_reask(imports, step, expected):
    assert imports[step] == expected
