"""The run folder: what stands in its files, whose folder it takes, and what it says of a broken one."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from extract.answers import Answers
from extract.document import Failure
from extract.errors import ConfigError, InputError
from extract.pipeline import Asking, Extraction, Pipeline
from extract.request import Completion
from extract.runfiles import read_failures, read_manifest, read_records
from extract.store import RunFolder
from schemas import Record
from schemas.agreement import Agreement
from schemas.exercise import Exercise
from schemas.meeting import Meeting
from tests.invented import NOT_THERE, OSLO, REPORT, Model, answer, document, in_bergen, meeting, prompt
from tests.terminal import rows

SCHEMA = "0123456789abcdef"
UNREADABLE = Failure(document="b", kind="binary", message="in/b.txt: holds bytes that are no text", path="in/b.txt")


def extraction(*said: str | Completion, name: str = "report-1") -> Extraction:
    """What comes of the invented report when the model says these things."""
    with Pipeline(prompt(), Answers(ask=Model(*said)), Asking(model="m", max_reasks=len(said) - 1)) as made:
        return made(document(name=name))


def stored(
    folder: Path, *results: Extraction | Failure, kinds: tuple[type[Record], ...] = (Meeting,), **manifest: object
) -> Path:
    """A finished run of these."""
    with RunFolder(folder, kinds) as store:
        for result in results:
            if isinstance(result, Failure):
                store.fail(result)
            else:
                store.append(result, SCHEMA)
        store.finish({"model": "نموذج", **manifest})
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_row_says_what_was_asked_of_whom(tmp_path):
    made = extraction(answer(meeting()))

    (row,) = rows(stored(tmp_path / "run", made) / "records.jsonl")

    names = ("document", "type", "model", "prompt", "schema", "key")
    assert [row[name] for name in names] == ["report-1", "meeting", "m", "meeting/v1", SCHEMA, made.key]


def test_a_row_holds_the_record_as_it_was_validated(tmp_path):
    made = extraction(answer(meeting(status="planned")))

    (row,) = rows(stored(tmp_path / "run", made) / "records.jsonl")

    assert row["record"] == made.records[0].record.model_dump(mode="json")
    assert row["record"]["status"] == "planned"


def test_every_quote_and_value_of_a_row_says_where_it_stands(tmp_path):
    made = extraction(answer(meeting()))

    (row,) = rows(stored(tmp_path / "run", made) / "records.jsonl")

    assert row["evidence"] == [
        {
            "path": "evidence[0]",
            "text": OSLO,
            "start": 0,
            "end": len(OSLO),
            "match": "verbatim",
            "score": 100.0,
            "in_tail": False,
        }
    ]
    assert [REPORT[value["start"] : value["end"]] for value in row["values"]] == ["أولا هانسن", "روي سيلفا"]


def test_a_quote_that_stands_nowhere_has_no_place(tmp_path):
    made = extraction(answer(meeting(OSLO, NOT_THERE)))

    (row,) = rows(stored(tmp_path / "run", made) / "records.jsonl")

    nowhere = {name: row["evidence"][1][name] for name in ("text", "start", "end", "match", "score")}
    assert nowhere == {"text": NOT_THERE, "start": None, "end": None, "match": None, "score": None}


def test_a_failure_is_kept_with_its_reason_the_number_of_attempts_and_the_record_that_failed(tmp_path):
    invented = answer(meeting(NOT_THERE))

    folder = stored(tmp_path / "run", extraction(invented, invented))

    (row,) = rows(folder / "failures.jsonl")
    assert (row["document"], row["kind"], row["path"], row["attempts"]) == ("report-1", "ungrounded", "meetings[0]", 2)
    assert row["record"]["evidence"] == [NOT_THERE]
    assert rows(folder / "records.jsonl") == []


def test_a_document_that_could_not_be_read_is_a_failure_without_attempts(tmp_path):
    (row,) = rows(stored(tmp_path / "run", UNREADABLE) / "failures.jsonl")

    assert row == {
        "document": "b",
        "kind": "binary",
        "message": UNREADABLE.message,
        "path": "in/b.txt",
        "attempts": 0,
        "tokens": {"prompt": 0, "completion": 0},
        "record": None,
    }


@pytest.mark.parametrize("name", ["records.jsonl", "failures.jsonl", "manifest.json", "meetings.csv"])
def test_arabic_is_written_in_its_letters(tmp_path, name):
    failure = Failure(document="تقرير", kind="empty", message="فارغ")

    text = (stored(tmp_path / "run", extraction(answer(meeting())), failure) / name).read_text(encoding="utf-8")

    assert re.search("[ء-ي]{3}", text)
    assert "\\u06" not in text


def test_a_file_name_that_is_no_utf_8_is_written_all_the_same(tmp_path):
    odd = Failure(document="b", kind="empty", message="in/\udcff.txt: is empty", path="in/\udcff.txt")

    folder = stored(tmp_path / "run", odd, inputs=[odd.path])

    assert [row["path"] for row in read_failures(folder)] == [odd.path]
    assert read_manifest(folder)["inputs"] == [odd.path]


def test_the_same_extractions_give_the_same_bytes(tmp_path):
    def results() -> list[Extraction | Failure]:
        return [extraction(answer(meeting(), in_bergen())), UNREADABLE, extraction("prose", name="report-2")]

    first, second = (stored(tmp_path / name, *results()) for name in ("one", "two"))

    assert contents(first) == contents(second)


def test_rows_stand_in_the_order_in_which_they_came(tmp_path):
    folder = stored(
        tmp_path / "run", *(extraction(answer(meeting(), in_bergen()), name=name) for name in ("c", "a", "b"))
    )

    assert [row["document"] for row in read_records(folder)] == ["c", "c", "a", "a", "b", "b"]


def test_a_run_has_one_table_for_each_of_its_record_types(tmp_path):
    folder = stored(tmp_path / "run", kinds=(Meeting, Agreement))

    tables = {path.name for path in folder.glob("*.csv")}
    assert tables == {"agreements.csv", "meetings.csv"}


def test_a_run_that_was_not_finished_has_no_manifest(tmp_path):
    stored(tmp_path / "run")

    with RunFolder(tmp_path / "run", (Meeting,)):
        pass

    assert not (tmp_path / "run" / "manifest.json").exists()


def test_an_earlier_run_is_written_anew(tmp_path):
    folder = stored(tmp_path / "run", extraction(answer(meeting())), UNREADABLE, kinds=(Meeting, Exercise))

    stored(folder, extraction(answer(in_bergen()), name="report-2"), kinds=(Meeting,))

    assert [row["document"] for row in rows(folder / "records.jsonl")] == ["report-2"]
    assert rows(folder / "failures.jsonl") == []
    assert not (folder / "exercises.csv").exists()


def test_what_a_user_put_beside_a_run_stays(tmp_path):
    folder = stored(tmp_path / "run")
    (folder / "notes.csv").write_text("mine")

    stored(folder)

    assert (folder / "notes.csv").read_text() == "mine"


@pytest.mark.parametrize("name", [".gitkeep", ".DS_Store"])
def test_hidden_files_do_not_make_a_folder_somebody_elses(tmp_path, name):
    (tmp_path / name).touch()

    stored(tmp_path)

    assert read_manifest(tmp_path)


@pytest.mark.parametrize(
    "names",
    [["thesis.docx"], ["manifest.json", "meetings.csv"], ["records.jsonl"]],
    ids=["other files", "another program's manifest", "somebody's records"],
)
def test_a_folder_that_holds_other_files_than_a_run_is_refused_and_left_alone(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("mine")

    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}: holds other files than a run; choose another")):
        RunFolder(tmp_path, (Meeting,))

    assert contents(tmp_path) == dict.fromkeys(names, b"mine")


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_refused(tmp_path, name):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"cannot be written: .+; choose another with --out DIR"):
        RunFolder(tmp_path / name, (Meeting,))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full disk at hand")  # noqa: PTH110
def test_a_full_disk_is_said_to_be_full(tmp_path):
    store = RunFolder(tmp_path / "run", (Meeting,))
    (tmp_path / "run" / "manifest.json.part").symlink_to("/dev/full")

    with store, pytest.raises(ConfigError, match="No space left on device") as caught:
        store.finish({})

    assert caught.value.exit_code == 3


def test_what_was_written_is_read_back(tmp_path):
    folder = stored(tmp_path / "run", extraction(answer(meeting())), UNREADABLE)

    assert read_manifest(folder) == {"model": "نموذج"}
    assert [row["document"] for row in read_records(folder)] == ["report-1"]
    assert [row["document"] for row in read_failures(folder)] == ["b"]


@pytest.mark.parametrize("text", [None, "", "{", "[]"], ids=["missing", "empty", "cut", "a list"])
def test_a_run_without_a_whole_manifest_is_told_of(tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)

    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: no finished run: manifest.json is missing or broken")):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "line", [b'{"document": ', b"5", b"\xff\xfe", b""], ids=["cut", "number", "not UTF-8", "blank"]
)
@pytest.mark.parametrize(("name", "read"), [("records.jsonl", read_records), ("failures.jsonl", read_failures)])
def test_a_broken_line_is_named(tmp_path, name, read, line):
    (tmp_path / name).write_bytes(b'{"document": "a"}\n' + line + b"\n")

    with pytest.raises(InputError, match=re.escape(f"{tmp_path / name}:2: not a JSON object; run it again")):
        list(read(tmp_path))


@pytest.mark.parametrize("read", [read_records, read_failures])
def test_a_folder_that_is_no_run_is_told_of(tmp_path, read):
    with pytest.raises(InputError, match=re.escape(f"is {tmp_path} a run folder?")):
        list(read(tmp_path))


def test_a_manifest_is_json_that_people_can_read(tmp_path):
    text = (stored(tmp_path / "run") / "manifest.json").read_text(encoding="utf-8")

    value: dict[str, Any] = {"model": "نموذج"}
    assert text == json.dumps(value, ensure_ascii=False, indent=2) + "\n"
