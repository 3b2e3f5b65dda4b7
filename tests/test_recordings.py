"""Recordings: written and found, named, without a secret."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extract.errors import ConfigError
from extract.recordings import Recordings, Setup
from extract.recordings.difference import text_changes
from extract.recordings.recording import safe
from extract.request import Label
from tests.recorded import ANSWER, FORM, LABEL, NOON, SECRET, SYSTEM, ask, form, texts


@pytest.fixture
def recordings(tmp_path):
    return Recordings(tmp_path, clock=lambda: NOON)


@given(text=texts, system=texts, answer=texts, reasoning=st.none() | texts, refusal=st.none() | texts)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_what_is_found(text, system, answer, reasoning, refusal):
    completion = replace(ANSWER, text=answer, reasoning=reasoning, refusal=refusal)
    with TemporaryDirectory() as folder:
        Recordings(Path(folder)).write(ask(text, system), completion, LABEL)

        later = Recordings(Path(folder))

        assert later.find(ask(text, system)) == completion
        assert later.check() == []


@given(text=texts.filter(bool), data=st.data())
def test_a_change_of_any_one_character_of_a_message_changes_the_key(text, data):
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]) | st.sampled_from("أإىي\r\n "))
    assume(other != text[place])

    changed = text[:place] + other + text[place + 1 :]

    assert ask(changed).key != ask(text).key
    assert text_changes(text, changed)[0] > 0


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "text", "text": "a\nb"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"arguments": "{\n}"}}]},
        {"role": "user", "content": "\ud83d alone"},
    ],
    ids=["parts", "tool call", "half a surrogate pair"],
)
def test_a_message_of_any_kind_is_kept(recordings, message):
    request = ask().with_messages([message])

    recordings.write(request, ANSWER, LABEL)

    assert Recordings(recordings.folder).find(request) == ANSWER


def test_a_request_that_json_would_change_is_not_written(recordings):
    request = ask().with_messages([{"role": "user", "content": ["a", "b"]}])

    with pytest.raises(ConfigError, match="read back as another"):
        recordings.write(request, ANSWER, LABEL)

    assert list(recordings.folder.rglob("*.json")) == []


def test_a_recording_is_readable_and_named_by_task_document_and_key(recordings):
    path = recordings.write(ask(), ANSWER, LABEL)

    assert path == recordings.folder / "events" / "v1" / f"تقرير-1--{ask().key[:12]}.json"
    assert path.read_bytes().endswith(b"\n}\n")
    assert json.loads(path.read_bytes()) == {
        "format": 1,
        "key": ask().key,
        "document": "تقرير-1",
        "task": "events/v1",
        "attempt": 1,
        "request": {
            **ask().to_json(),
            "form": {"name": "events", "schema": FORM.digest},
            "messages": [
                {"role": "system", "content": SYSTEM.split("\n")},
                {"role": "user", "content": ["التقى وزير الدفاع نظيره الأردني\r", "في مسقط يوم الثلاثاء.", ""]},
            ],
        },
        "completion": {**ANSWER.to_json(), "text": ["{", ' "meetings": []', "}"]},
        "recorded": {"time": "2024-05-03T12:00:00Z"},
    }
    assert "في مسقط يوم الثلاثاء." in path.read_text(encoding="utf-8")


def test_a_schema_is_kept_once_for_all_recordings(recordings):
    recordings.write(ask("1"), ANSWER, LABEL)
    recordings.write(ask("2"), ANSWER, LABEL)

    (path,) = (recordings.folder / "schemas").iterdir()

    assert path.name == f"events-{FORM.digest}.json"
    assert json.loads(path.read_bytes()) == FORM.schema


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("تقرير وزارة الدفاع-1", "تقرير وزارة الدفاع-1"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("a\nb\u200fc\u2028d\x00", "a_b_c_d_"),
        ("../../etc/passwd", "___.._etc_passwd"),
        (".hidden", "_hidden"),
        ("", "_"),
        ("ا" * 200, "ا" * 80),
        ("😀" * 80, "😀" * 50),
        ("\ud800", "_"),
        ("e\u0301", "é"),
    ],
    ids=["arabic", "separators", "controls", "parents", "hidden", "empty", "long", "many bytes", "surrogate", "nfd"],
)
def test_a_document_s_id_is_made_safe_for_file_names(name, expected):
    assert safe(name) == expected


@pytest.mark.parametrize("task", ["../../out", "/etc", "..", "a//b", "C:\\x"])
def test_no_task_leads_out_of_the_folder(tmp_path, task):
    path = Recordings(tmp_path / "in").write(ask(), ANSWER, Label(document="../x", task=task))

    assert path.resolve().is_relative_to(tmp_path / "in")
    assert Recordings(tmp_path / "in").find(ask()) == ANSWER


def test_writing_the_same_answer_again_leaves_the_file_as_it_is(recordings):
    path = recordings.write(ask(), ANSWER, LABEL)
    before = path.read_bytes()
    later = Recordings(recordings.folder, clock=lambda: NOON.replace(year=2025))

    assert later.write(ask(), replace(ANSWER, latency_s=9.0, origin="live"), LABEL) == path

    assert path.read_bytes() == before


def test_another_answer_takes_the_place_of_the_first(recordings):
    recordings.write(ask(), ANSWER, LABEL)

    recordings.write(ask(), replace(ANSWER, text="{}"), LABEL)

    assert recordings.find(ask()) == replace(ANSWER, text="{}")
    assert len(list(recordings.folder.glob("events/v1/*"))) == 1


def test_writing_again_repairs_a_broken_file(recordings):
    path = recordings.write(ask(), ANSWER, LABEL)
    path.write_text("{", encoding="utf-8")

    Recordings(recordings.folder).write(ask(), ANSWER, LABEL)

    assert Recordings(recordings.folder).find(ask()) == ANSWER


def test_no_draft_is_left_beside_a_recording(recordings):
    path = recordings.write(ask(), ANSWER, LABEL)

    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"file.*cannot be written.*record to another folder"):
        Recordings(tmp_path / "file").write(ask(), ANSWER, LABEL)


def test_threads_may_write_and_find_at_once(recordings):
    def visit(number):
        recordings.write(ask(str(number)), ANSWER, LABEL)
        return recordings.find(ask(str(number)))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(visit, range(32))) == [ANSWER] * 32


@pytest.mark.parametrize(
    ("request_", "completion", "label", "place"),
    [
        (ask(f"x\n{SECRET}\ny"), ANSWER, LABEL, r"request\.messages\[1\]\.content\[1\]"),
        (ask(options={"user": SECRET}), ANSWER, LABEL, r"request\.options\.user"),
        (ask(form=form(key={"default": SECRET})), ANSWER, LABEL, r"schema\.properties\.key\.default"),
        (ask(), replace(ANSWER, text=SECRET), LABEL, r"completion\.text"),
    ],
    ids=["message", "option", "schema", "answer"],
)
def test_a_secret_is_not_written_and_not_repeated(recordings, request_, completion, label, place):
    with pytest.raises(ConfigError, match=f"holds an OpenAI key in {place}") as caught:
        recordings.write(request_, completion, label)

    assert SECRET not in str(caught.value)
    assert list(recordings.folder.rglob("*")) == []


def test_the_key_in_use_is_not_written(tmp_path):
    with pytest.raises(ConfigError, match="the API key in use"):
        Recordings(tmp_path, secrets=["correct-horse"]).write(ask("correct-horse"), ANSWER, LABEL)


def test_what_replay_asked_for_is_used_and_the_rest_is_not(recordings):
    asked = recordings.write(ask("1"), ANSWER, LABEL)
    other = recordings.write(ask("2"), ANSWER, replace(LABEL, document="other"))
    elsewhere = recordings.write(ask("3"), ANSWER, replace(LABEL, task="events/v2"))
    later = Recordings(recordings.folder)

    later.replay(ask("1"), LABEL)

    assert later.used == {asked}
    assert later.unused() == sorted([other, elsewhere])
    assert later.unused(["events/v1"]) == [other]


def test_one_call_kept_for_two_documents_counts_as_used_for_both(recordings):
    for document in ("a", "b"):
        recordings.write(ask(), ANSWER, replace(LABEL, document=document))
    later = Recordings(recordings.folder)

    later.find(ask())

    assert later.unused() == []


def test_the_setups_of_all_recordings_are_known_the_most_frequent_first(recordings):
    recordings.write(ask("1", model="rare", endpoint="e", mode="tools"), ANSWER, LABEL)
    recordings.write(ask("2", sample=1), ANSWER, LABEL)
    recordings.write(ask("3"), ANSWER, LABEL)
    recordings.write(ask("4", options={"temperature": 0.0}), ANSWER, replace(LABEL, task="events/v2"))
    later = Recordings(recordings.folder)

    usual = Setup(endpoint="", model="m", mode="json_schema", options={"temperature": 0})
    assert later.settings()[0] == usual
    assert len(later.settings()) == 3
    assert later.settings("events/v1") == [
        usual,
        Setup(endpoint="e", model="rare", mode="tools", options={"temperature": 0}),
    ]
    assert later.models() == {"m", "rare"}


def test_only_the_file_that_is_asked_for_is_read(tmp_path):
    for number in range(20):
        Recordings(tmp_path).write(ask(str(number)), ANSWER, replace(LABEL, document=str(number)))
    for path in sorted(tmp_path.glob("events/v1/*.json"))[1:]:
        path.write_text("{", encoding="utf-8")
    later = Recordings(tmp_path)

    assert later.find(ask("0")) == ANSWER
