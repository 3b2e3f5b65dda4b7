"""Recordings are found by key, written for people, and say what differs when one is missing."""

import contextlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extract.errors import ConfigError, InputError, ReplayMiss
from extract.recordings import Recordings, Setup
from extract.recordings.difference import differences, text_changes
from extract.recordings.recording import safe
from extract.request import Completion, Form, Label, Request, Usage

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)
MEETING = {"type": "object", "properties": {"place": {"type": "string"}, "day": {"type": "string"}}}
FORM = Form("events", {"type": "object", "properties": {"meetings": {"type": "array", "items": MEETING}}})
SYSTEM = "You read reports.\nGive every meeting.\nQuote the report."
REPORT = "التقى وزير الدفاع نظيره الأردني\r\nفي مسقط يوم الثلاثاء.\n"
LABEL = Label(document="تقرير-1", task="events/v1")
ANSWER = Completion(
    text='{\n "meetings": []\n}',
    model="m-2024",
    usage=Usage(prompt=10, completion=5),
    latency_s=0.5,
    origin="recording",
)
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\n\n\r\u2028\u200fأإىيةه٣"), max_size=60)


def ask(text: str = REPORT, system: str = SYSTEM, **fields: Any) -> Request:
    messages = ({"role": "system", "content": system}, {"role": "user", "content": text})
    usual: dict[str, Any] = {"model": "m", "messages": messages, "form": FORM, "options": {"temperature": 0}}
    return Request(**{**usual, **fields})


def form(**properties: object) -> Form:
    return Form("events", {**FORM.schema, "properties": {**FORM.schema["properties"], **properties}})


def miss(recordings: Recordings, request: Request, label: Label = LABEL) -> str:
    with pytest.raises(ReplayMiss) as caught:
        recordings.replay(request, label)
    return str(caught.value)


def change(path: Path, old: str, new: str) -> None:
    """Edit a recording by hand."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


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


SECRET = "sk-" + "a1B2c3D4" * 6


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


# --- files that were changed ---


@pytest.mark.parametrize(
    ("old", "new"),
    [("الثلاثاء", "الأربعاء"), ('"model": "m"', '"model": "n"'), ('"temperature": 0', '"temperature": 1')],
    ids=["message", "model", "option"],
)
def test_a_recording_whose_request_was_edited_is_refused(recordings, old, new):
    change(recordings.write(ask(), ANSWER, LABEL), old, new)

    with pytest.raises(InputError, match=rf"تقرير-1--.*was edited: its content no longer has the key {ask().key}"):
        Recordings(recordings.folder).find(ask())


def test_a_recording_that_was_renamed_to_another_key_is_refused(recordings):
    path = recordings.write(ask("1"), ANSWER, LABEL)
    path.rename(path.with_name(f"x--{ask('2').key[:12]}.json"))

    with pytest.raises(InputError, match="no longer has the key"):
        Recordings(recordings.folder).find(ask("2"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not valid JSON"),
        ('{"format": 1, "key"', "not valid JSON"),
        ("\xff", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not a JSON object"),
        ("{}", "'format' is missing"),
        ('{"format": 2}', "its format is 2, this mahdar reads 1"),
        ('{"format": 1, "request": 5}', "not a recording"),
        ('{"format": 1, "request": {"form": {"name": 5, "schema": []}}}', "not a recording"),
    ],
    ids=["empty", "cut off", "bytes", "deep", "list", "no fields", "newer", "number", "types"],
)
def test_a_file_that_is_no_recording_is_named(recordings, content, reason):
    path = recordings.write(ask(), ANSWER, LABEL)
    path.write_text(content, encoding="latin-1")

    with pytest.raises(InputError, match=rf"{path.name}: .*{reason}"):
        Recordings(recordings.folder).find(ask())


@pytest.mark.parametrize(
    "field", ["key", "document", "task", "attempt", "request", "completion", "recorded"], ids=lambda name: name
)
def test_a_recording_without_a_field_is_named(recordings, field):
    path = recordings.write(ask(), ANSWER, LABEL)
    value = json.loads(path.read_bytes())
    del value[field]
    path.write_text(json.dumps(value), encoding="utf-8")

    with pytest.raises(InputError, match=f"not a recording: '{field}' is missing"):
        Recordings(recordings.folder).find(ask())


def test_a_schema_that_is_missing_or_was_edited_is_named(recordings):
    recordings.write(ask(), ANSWER, LABEL)
    schema = recordings.folder / "schemas" / f"events-{FORM.digest}.json"
    change(schema, "place", "location")

    with pytest.raises(InputError, match=rf"{schema.name}: the schema was edited"):
        Recordings(recordings.folder).find(ask())
    schema.unlink()
    with pytest.raises(InputError, match=rf"{schema.name}: cannot be read: No such file"):
        Recordings(recordings.folder).find(ask())


def test_check_tells_all_problems_at_once(recordings):
    good, edited, cut, moved, leaking, strange = (
        recordings.write(ask(str(number)), ANSWER, replace(LABEL, document=name))
        for number, name in enumerate(["good", "edited", "cut", "moved", "leaking", "strange"])
    )
    change(edited, '"model": "m"', '"model": "n"')
    cut.write_text('{"format"', encoding="utf-8")
    moved.rename(moved.with_name(moved.name.replace("moved", "elsewhere")))
    change(leaking, "meetings", SECRET)
    strange.rename(strange.with_name("strange.json"))
    (recordings.folder / "schemas" / "events-0000000000000000.json").write_text("{}", encoding="utf-8")

    problems = Recordings(recordings.folder).check()

    folder = recordings.folder / "events" / "v1"
    assert [problem.partition(": ")[0] for problem in problems] == [
        str(path)
        for path in (
            cut,
            edited,
            moved.with_name(moved.name.replace("moved", "elsewhere")),
            leaking,
            folder / "strange.json",
            recordings.folder / "schemas" / "events-0000000000000000.json",
        )
    ]
    for problem, said in zip(
        problems,
        [
            "not valid JSON",
            "no longer has the key",
            "belongs at",
            "an OpenAI key in completion.text",
            "not named",
            "edited",
        ],
        strict=True,
    ):
        assert said in problem
        assert SECRET not in problem
    assert not any(str(good) in problem for problem in problems)


def test_check_finds_a_secret_in_a_file_that_is_no_json(recordings):
    path = recordings.write(ask(), ANSWER, LABEL)
    path.write_text(f'{{"text": "\\n{SECRET}', encoding="utf-8")

    assert any("holds an OpenAI key in its text" in problem for problem in Recordings(recordings.folder).check())


def test_check_says_that_there_is_no_folder(tmp_path):
    assert Recordings(tmp_path / "none").check() == [f"{tmp_path / 'none'}: there is no such folder"]


# --- a miss ---


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
