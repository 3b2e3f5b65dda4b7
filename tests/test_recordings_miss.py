"""A request that has no recording: what is nearest, what differs, and what to do."""

import contextlib
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import ReplayMiss
from extract.recordings import Recordings
from extract.recordings.difference import differences, text_changes
from extract.request import Form, Label, Request
from tests.recorded import ANSWER, FORM, LABEL, MEETING, NOON, SYSTEM, ask, form, texts


def miss(recordings: Recordings, request: Request, label: Label = LABEL) -> str:
    with pytest.raises(ReplayMiss) as caught:
        recordings.replay(request, label)
    return str(caught.value)


@pytest.fixture
def recordings(tmp_path):
    return Recordings(tmp_path, clock=lambda: NOON)


def test_a_miss_is_no_exception_that_a_retry_could_swallow(recordings):
    assert recordings.find(ask()) is None
    with pytest.raises(ReplayMiss), contextlib.suppress(Exception):
        recordings.replay(ask(), LABEL)


def test_a_miss_names_document_task_attempt_key_and_command(recordings):
    text = miss(recordings, ask(), replace(LABEL, attempt=2))

    assert f"no recording of document 'تقرير-1', task events/v1, attempt 2 (key {ask().key})" in text
    assert "there are no recordings at all" in text
    assert text.endswith(f"to record it: mahdar record --to {recordings.folder} --prompt events/v1 ...")


def test_the_caller_knows_the_command_best(tmp_path):
    recordings = Recordings(tmp_path, how_to_record=lambda label: f"make record DOC={label.document}")

    assert miss(recordings, ask()).endswith("to record it: make record DOC=تقرير-1")


def test_a_miss_of_an_unknown_document_lists_those_there_are(recordings):
    for number in range(12):
        recordings.write(ask(str(number)), ANSWER, replace(LABEL, document=f"d{number:02}"))

    assert "recorded for events/v1: d00, d01, d02, d03, d04, d05, d06, d07, d08, d09 and 2 more" in miss(
        recordings, ask()
    )
    assert "recorded tasks: events/v1 (12)" in miss(recordings, ask(), Label(document="x", task="agreements/v1"))


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (ask(model="b"), "model: 'm' -> 'b'"),
        (ask(endpoint="here"), "endpoint: '' -> 'here'"),
        (ask(mode="tools"), "mode: 'json_schema' -> 'tools'"),
        (ask(sample=1), "sample: 0 -> 1"),
        (ask(options={"temperature": 0.7}), "options.temperature: 0 -> 0.7"),
        (ask(options={"temperature": 0.0}), "options.temperature: 0 -> 0.0"),
        (ask(options={"temperature": 0, "seed": 7}), "options.seed: (none) -> 7"),
        (ask(options={}), "options.temperature: 0 -> (none)"),
        (ask(form=Form("agreements", FORM.schema)), "schema: 'events' -> 'agreements'"),
        (ask(form=form(notes={})), "schema events: +notes"),
        (ask(form=Form("events", {"type": "object"})), "schema events: -properties"),
        (
            ask(
                form=form(meetings={"type": "list", "items": {**MEETING, "properties": {"place": {}, "location": {}}}})
            ),
            "schema events: -meetings.items.properties.day, +meetings.items.properties.location, "
            "-meetings.items.properties.place.type, ~meetings.type",
        ),
        (ask(form=form(**{name: {} for name in "abcdefg"})), "schema events: +a, +b, +c, +d, +e, and 2 more"),
    ],
    ids=[
        "model",
        "endpoint",
        "mode",
        "sample",
        "option",
        "kind of number",
        "new option",
        "lost option",
        "other schema",
        "new field",
        "lost field",
        "deep fields",
        "many fields",
    ],
)
def test_a_miss_names_the_field_that_differs_and_only_that(recordings, asked, line):
    path = recordings.write(ask(), ANSWER, LABEL)

    lines = miss(recordings, asked).split("\n")

    assert lines[1] == f"nearest recording (attempt 1): {path.relative_to(recordings.folder)}"
    assert lines[3:-1] == [f"  {line}"]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "meeting",
            "meetinq",
            ["line 2, character 18: U+0067 -> U+0071", "- Give every meetin⟦g⟧.", "+ Give every meetin⟦q⟧."],
        ),
        (
            "report.",
            "report",
            ["line 3, character 17: U+002E -> (none)", "- Quote the report⟦.⟧", "+ Quote the report⟦⟧"],
        ),
        ("Give ", "Give\u00a0", ["U+0020 -> U+00A0", "- Give⟦ ⟧every meeting.", "+ Give⟦<U+00A0>⟧every meeting."]),
        ("Quote", "\u200fQuote", ["(none) -> U+200F", "- ⟦⟧Quote the report.", "+ ⟦<U+200F>⟧Quote the report."]),
        ("reports.", "reports.\r", ["(none) -> U+000D", "- You read reports.⟦⟧", "+ You read reports.⟦<U+000D>⟧"]),
        ("every", "all", ["- Give ⟦every⟧ meeting.", "+ Give ⟦all⟧ meeting."]),
    ],
    ids=["letter", "end", "kind of space", "direction mark", "return", "word"],
)
def test_a_miss_for_one_small_change_shows_the_line_before_and_after_with_the_place(recordings, old, new, lines):
    recordings.write(ask(), ANSWER, LABEL)

    text = miss(recordings, ask(system=SYSTEM.replace(old, new)))

    assert "messages[0] (system): 1 line changed" in text
    assert "messages[1]" not in text
    for line in lines:
        assert line in text


@given(line=st.text("ابتثجح abc", min_size=1, max_size=2000), place=st.integers(0, 1999), before=texts)
def test_the_changed_character_is_shown_however_long_its_line_is(line, place, before):
    place %= len(line)
    changed = f"{line[:place]}Ж{line[place + 1 :]}"

    count, (_, old, new) = text_changes(f"{before}\n{line}", f"{before}\n{changed}")

    assert count == 1
    assert f"⟦{line[place]}⟧" in old
    assert "⟦Ж⟧" in new
    assert max(len(old), len(new)) <= 166


def test_only_the_first_changed_lines_are_shown(recordings):
    recordings.write(ask("\n".join(f"line {number}" for number in range(40))), ANSWER, LABEL)

    lines = miss(recordings, ask("\n".join(f"Line {number}" for number in range(40)), system="x")).split("\n")

    assert "  messages[0] (system): 3 lines changed" in lines
    assert "  messages[1] (user): 40 lines changed" in lines
    assert len([line for line in lines if line.startswith("    ")]) <= 14


def test_lines_that_came_or_went_are_shown(recordings):
    recordings.write(ask(), ANSWER, LABEL)

    text = miss(recordings, ask(system=f"{SYSTEM}\n\nلا تخترع شيئًا."))

    assert "messages[0] (system): 2 lines changed" in text
    assert "+ (empty line)" in text
    assert "+ لا تخترع شيئًا." in text


def test_messages_that_came_or_went_are_named():
    short, long = ask(), ask().with_messages([*ask().messages, {"role": "assistant", "content": "{}"}])

    assert differences(short, long) == ["messages[2] (assistant): added"]
    assert differences(long, short) == ["messages[2] (assistant): removed"]


def test_other_fields_of_a_message_are_compared():
    calls = [{"id": "1"}]
    old = ask().with_messages([{"role": "assistant", "content": None, "tool_calls": calls}])
    new = ask().with_messages([{"role": "tool", "content": [{"text": "x"}], "tool_calls": [{"id": "2"}]}])

    lines = differences(old, new)

    assert lines[:2] == ["messages[0].role: 'assistant' -> 'tool'", "messages[0].tool_calls[0].id: '1' -> '2'"]
    assert lines[2].startswith("messages[0] (tool): ")


def test_equal_requests_have_no_differences():
    assert differences(ask(), ask()) == []


def test_the_nearest_recording_is_of_the_same_task_and_attempt_with_fewest_differences(recordings):
    recordings.write(ask(), ANSWER, replace(LABEL, task="events/v2"))
    recordings.write(ask(sample=1), ANSWER, replace(LABEL, attempt=2))
    recordings.write(ask("other", model="n"), ANSWER, LABEL)
    near = recordings.write(ask(model="n"), ANSWER, LABEL)

    text = miss(recordings, ask(model="o"))

    assert f"nearest recording (attempt 1): {near.relative_to(recordings.folder)}" in text


def test_a_recording_of_another_task_is_better_than_none(recordings):
    recordings.write(ask(), ANSWER, LABEL)

    text = miss(recordings, ask(system="x"), replace(LABEL, task="events/v2"))

    assert "nearest recording of another task, events/v1, (attempt 1): events/v1/" in text


def test_a_miss_says_which_files_could_not_be_compared(recordings):
    path = recordings.write(ask(), ANSWER, LABEL)
    path.write_text("{", encoding="utf-8")

    text = miss(Recordings(recordings.folder), ask(model="b"))

    assert f"not readable: {path}: not valid JSON" in text


def test_replay_loads_no_library_that_could_reach_a_network():
    code = "import sys, extract.recordings; print(*{'openai', 'instructor', 'httpx', 'httpx2', 'ssl'} & {*sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
