"""documents.jsonl: what a folder says of the files in it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from extract.document import Document
from extract.documents import Metadata, read


def load(*inputs: Path, **options: Any) -> list[Any]:
    return list(read(inputs, **options))


def folder(tmp_path: Path, entries: Sequence[object], **files: str) -> Path:
    lines = [entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False) for entry in entries]
    (tmp_path / "documents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for stem, text in files.items():
        (tmp_path / f"{stem}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def test_it_describes_its_neighbours_and_is_no_document(tmp_path):
    entry = {
        "file": "a.txt",
        "id": "visit-1",
        "published": "2021-03-04",
        "source": "s",
        "url": "https://example.org",
        "language": "ar",
    }

    (document,) = load(folder(tmp_path, [entry], a="نص"))

    assert document == Document(
        id="visit-1",
        text="نص",
        published="2021-03-04",
        source="s",
        url="https://example.org",
        language="ar",
        path=str(tmp_path / "a.txt"),
    )


def test_it_describes_a_file_that_was_named_alone_and_only_there(tmp_path):
    folder(tmp_path, [{"file": "a.txt", "source": "s"}], a="x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("y")

    assert [item.source for item in load(tmp_path / "a.txt")] == ["s"]
    assert [item.source for item in load(tmp_path / "sub")] == [None]


def test_it_is_passed_over_when_a_shell_names_it_with_the_rest(tmp_path):
    folder(tmp_path, [{"file": "a.txt", "source": "s"}], a="x")

    assert [item.id for item in load(tmp_path / "a.txt", tmp_path / "documents.jsonl")] == ["a"]


def test_it_wins_over_the_file_and_the_flags_come_last(tmp_path):
    folder(tmp_path, [{"file": "a.md", "source": "folder"}])
    (tmp_path / "a.md").write_text("---\nsource: file\nurl: https://example.org/file\nid: own\n---\nText")
    flags = Metadata(source="flag", url="https://example.org/flag", language="en")

    (document,) = load(tmp_path, defaults=flags)

    assert (document.source, document.url, document.language) == ("folder", "https://example.org/file", "en")
    assert document.id == "own"


def test_it_describes_all_rows_of_a_file_and_names_them(tmp_path):
    folder(tmp_path, [{"file": "a.jsonl", "id": "wire", "source": "s"}])
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{"text": "y", "id": "own", "source": "t"}\n')

    found = load(tmp_path)

    assert [(item.id, item.source) for item in found] == [("wire:1", "s"), ("own", "s")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{broken", "not JSON"),
        ("[1]", "no JSON object"),
        ('{"source": "s"}', "names no file"),
        ('{"file": "gone.txt"}', "'gone.txt' is no file"),
        ('{"file": "b.txt", "id": "again"}', "described before"),
    ],
)
def test_a_broken_line_is_a_failure_and_the_others_hold(tmp_path, line, told):
    entries = [{"file": "b.txt", "source": "b"}, line, {"file": "a.txt", "source": "a"}]

    failure, *found = load(folder(tmp_path, entries, a="x", b="y"))

    assert (failure.kind, failure.path) == ("metadata", str(tmp_path / "documents.jsonl:2"))
    assert told in failure.message
    assert [item.source for item in found] == ["a", "b"]


def test_a_bad_day_is_told_of_where_it_stands(tmp_path):
    failure, document = load(folder(tmp_path, [{"file": "a.txt", "id": "i", "published": "soon"}], a="x"))

    assert document.published is None
    assert (failure.document, failure.path) == ("i", str(tmp_path / "documents.jsonl:1"))


def test_two_files_given_one_id_are_told_apart(tmp_path):
    first, second = load(folder(tmp_path, [{"file": f, "id": "i"} for f in ("a.txt", "b.txt")], a="x", b="y"))

    assert first.text == "x"
    assert second.kind == "duplicate_id"


def test_names_match_however_the_system_composes_them(tmp_path):
    (tmp_path / unicodedata.normalize("NFD", "أخبار.txt")).write_text("x")

    (document,) = load(folder(tmp_path, [{"file": "أخبار.txt", "source": "s"}]))

    assert (document.id, document.source) == ("أخبار", "s")


def test_rows_without_a_file_key_are_documents(tmp_path):
    (document,) = load(folder(tmp_path, [{"id": "i", "text": "x"}]))

    assert (document.id, document.text) == ("i", "x")
