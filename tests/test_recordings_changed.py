"""Recordings whose files were changed: refused, named, and told by check."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import InputError
from extract.recordings import Recordings
from tests.recorded import ANSWER, FORM, LABEL, NOON, SECRET, ask


def change(path: Path, old: str, new: str) -> None:
    """Edit a recording by hand."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def recordings(tmp_path):
    return Recordings(tmp_path, clock=lambda: NOON)


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
