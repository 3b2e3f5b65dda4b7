"""From inputs to documents: which files are read, what they are called, what is known of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from extract.document import Document, Failure
from extract.documents import SUFFIXES, Duplicates, Metadata, read
from extract.errors import ConfigError, InputError


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def load(*inputs: str | Path, **options: Any) -> list[Any]:
    return list(read(inputs, **options))


def only(*inputs: str | Path, **options: Any) -> Any:
    (item,) = load(*inputs, **options)
    return item


def ids(found: Sequence[Any]) -> list[str]:
    return [item.id for item in found]


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path):
    write(tmp_path, {"b.txt": "two", "a.md": "one", "c/a1.txt": "three", "d.txt": "four"})

    found = load(tmp_path)

    assert [item.text for item in found] == ["one", "two", "three", "four"]
    assert found[0] == Document(id="a", text="one", path=str(tmp_path / "a.md"))


def test_several_inputs_keep_the_order_given_and_each_file_is_read_once(tmp_path):
    write(tmp_path, {"a.txt": "one", "b.txt": "two"})

    assert ids(load(tmp_path / "b.txt", tmp_path, str(tmp_path / "*.txt"))) == ["b", "a"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*.txt", ["a"]), ("**/*.txt", ["a", "b"]), ("s?b", ["b", "c"]), ("[as]*", ["a", "b", "c"])],
    ids=["star", "recursive", "folder", "set"],
)
def test_a_pattern_finds_files_and_folders(tmp_path, pattern, expected):
    write(tmp_path, {"a.txt": "x", "sub/b.txt": "y", "sub/c.md": "z", ".hidden/d.txt": "w"})

    assert ids(load(str(tmp_path / pattern))) == expected


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    write(tmp_path, {"[draft] a.txt": "x"})

    assert ids(load(str(tmp_path / "[draft] a.txt"))) == ["[draft] a"]


@pytest.mark.parametrize(
    "name", [".hidden.txt", "README.md", "readme.ar.txt", "~$a.docx", "image.png", ".git/a.txt", "noending"]
)
def test_what_is_no_report_is_passed_over_in_a_folder(tmp_path, name):
    write(tmp_path, {name: "x", "report.TXT": "y"})

    assert [item.id for item in load(tmp_path)] == ["report"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("nothing.txt", "no such file"),
        ("*.none", "holds no file"),
        ("empty", "holds no file"),
        ("a**", "pattern|holds no file"),  # newer Pythons take it for a*
        ("documents.jsonl", "give its folder"),
    ],
)
def test_an_input_that_gives_no_file_is_refused_at_once(tmp_path, given, told):
    (tmp_path / "empty").mkdir()
    write(tmp_path, {"documents.jsonl": '{"file": "x.txt"}', "README.md": "x"})

    with pytest.raises(InputError, match=told) as caught:
        read([tmp_path / given])

    assert given in str(caught.value)


@pytest.mark.parametrize("inputs", [[], [""]], ids=["none", "blank"])
def test_no_input_is_refused(inputs):
    with pytest.raises(InputError):
        read(inputs)


def test_a_single_name_is_not_taken_for_a_list_of_letters(tmp_path):
    write(tmp_path, {"a.txt": "x"})

    assert [item.path for item in read(str(tmp_path))] == [str(tmp_path / "a.txt")]


def test_a_link_to_a_folder_above_does_not_hang(tmp_path):
    write(tmp_path, {"sub/a.txt": "x"})
    (tmp_path / "sub" / "up").symlink_to(tmp_path)

    assert ids(load(tmp_path)) == ["a"]
    assert ids(load(str(tmp_path / "**" / "*.txt"))) == ["a"]


@pytest.mark.parametrize(
    ("files", "inputs", "expected"),
    [
        (["a.txt", "b/c.txt"], ["."], ["a", "c"]),
        (["x/a.txt", "y/a.txt"], ["."], ["x/a", "y/a"]),
        (["a.txt", "y/a.txt"], ["."], ["a", "y/a"]),
        (["a.md", "a.txt", "b.txt"], ["."], ["a.md", "a.txt", "b"]),
        (["x/a.txt", "y/a.txt"], ["x", "y"], ["x/a.txt", "y/a.txt"]),
        (["a.txt", "a.txt.md", "x/a.txt.txt"], ["."], ["a", "a.txt", "x/a.txt"]),
    ],
    ids=["stem", "two folders", "root and folder", "two endings", "two inputs", "ending within"],
)
def test_a_document_is_named_by_the_shortest_name_that_no_other_has(tmp_path, files, inputs, expected):
    write(tmp_path, {name: name for name in files})

    assert sorted(ids(load(*[tmp_path / name for name in inputs]))) == sorted(expected)


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (b"", "empty", "empty"),
        (b" \n\t\r\n", "empty", "white space"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary", "PNG"),
        (b"word " * 30, "too_long", "150 characters, more than 100"),
        (b"word " * 300, "too_long", "1,500 bytes"),
    ],
    ids=["nothing", "blank", "binary", "characters", "bytes"],
)
def test_a_bad_file_is_a_failure_and_the_others_go_on(tmp_path, content, kind, told):
    write(tmp_path, {"a.txt": content, "b.txt": "sound"})

    bad, good = load(tmp_path, max_chars=100)

    assert (bad.document, bad.kind, bad.path) == ("a", kind, str(tmp_path / "a.txt"))
    assert told in bad.message
    assert bad.message.startswith(bad.path)
    assert good.text == "sound"


def test_a_length_failure_names_the_cure(tmp_path):
    write(tmp_path, {"a.txt": "x" * 101})

    assert "--max-chars" in only(tmp_path, max_chars=100).message


def test_a_large_text_is_refused_by_its_size_and_read_without_a_limit(tmp_path):
    text = "تقرير طويل\n" * 500_000
    write(tmp_path, {"a.txt": text})

    assert only(tmp_path).kind == "too_long"
    assert only(tmp_path, max_chars=None).text == text


def test_an_unknown_ending_is_a_failure_when_the_file_was_named(tmp_path):
    write(tmp_path, {"a.xyz": "x"})

    failure = only(tmp_path / "a.xyz")

    assert failure.kind == "format"
    assert all(suffix in failure.message for suffix in SUFFIXES)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")

    failure = only(tmp_path)

    assert failure.kind == "unreadable"
    assert "give - to read JSON lines from a pipe" in failure.message


def test_a_file_that_vanished_is_a_failure(tmp_path):
    write(tmp_path, {"a.txt": "x", "b.txt": "y"})
    found = read([tmp_path])
    (tmp_path / "a.txt").unlink()

    assert [type(item) for item in found] == [Failure, Document]


def test_a_closed_file_and_a_closed_folder_are_failures(tmp_path):
    write(tmp_path, {"a.txt": "x", "closed/b.txt": "y", "c.txt": "z"})
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "closed").chmod(0)
    if os.access(tmp_path / "a.txt", os.R_OK):
        pytest.skip("this user may read everything")

    first, second, third = load(tmp_path)
    (tmp_path / "closed").chmod(0o700)

    assert (first.kind, first.document, second.id) == ("unreadable", "a", "c")
    assert (third.kind, third.document) == ("unreadable", "closed")


def test_the_second_document_of_an_id_is_a_failure_that_names_both(tmp_path):
    row = '{"id": "same", "text": "one"}\n'
    write(tmp_path, {"a.jsonl": row, "b.jsonl": row.replace("one", "two")})

    first, second = load(tmp_path)

    assert first.text == "one"
    assert (second.document, second.kind) == ("same", "duplicate_id")
    assert str(tmp_path / "a.jsonl:1") in second.message
    assert str(tmp_path / "b.jsonl:1") in second.message


@pytest.mark.parametrize("name", ["b.jsonl", "b.txt"])
def test_the_second_document_of_an_id_is_a_failure_if_the_first_is_done_and_takes_no_other_with_it(tmp_path, name):
    row = '{"id": "same", "text": "one"}\n'
    files = {"a.jsonl": row, "b.jsonl": row + row.replace("same", "other"), "c.txt": "two"}
    if name == "b.txt":
        files |= {"b.jsonl": row.replace("same", "other"), "b.txt": "one"}
        files["documents.jsonl"] = '{"file": "b.txt", "id": "same"}'
    write(tmp_path, files)

    found = load(tmp_path, is_done=lambda id_: id_ == "same")

    told = {each.id if isinstance(each, Document) else (each.document, each.kind) for each in found}
    assert told == {("same", "duplicate_id"), "other", "c"}


def test_documents_with_equal_words_are_known_as_duplicates():
    duplicates = Duplicates()

    assert duplicates.seen(Document(id="a", text="same  words\n")) is None
    assert duplicates.seen(Document(id="b", text="same words")) == "a"
    assert duplicates.seen(Document(id="c", text="other words")) is None


def test_defaults_fill_what_nothing_else_says(tmp_path):
    row = '{"text": "x", "source": "Coast Gazette"}\n'
    defaults = Metadata(published="٢٠٢١-٠٣-٠٤", source="Other", url="https://example.org", language="ar")

    document = only(write(tmp_path, {"a.jsonl": row}), defaults=defaults)

    assert document.source == "Coast Gazette"
    assert (document.published, document.url, document.language) == ("2021-03-04", "https://example.org", "ar")


def test_a_bad_default_day_is_refused_at_once(tmp_path):
    with pytest.raises(ConfigError, match="2021-02-30"):
        read([write(tmp_path, {"a.txt": "x"})], defaults=Metadata(published="2021-02-30"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-03-04", "2021-03-04"),
        ("2021-03-04T23:30:00Z", "2021-03-04"),
        ("2021-03-04 09:15:00.123+0300", "2021-03-04"),
        ("٢٠٢١-٠٣-٠٤", "2021-03-04"),
        ("۲۰۲۱-۰۳-۰۴", "2021-03-04"),
    ],
)
def test_a_day_is_read_from_dates_and_times_in_any_digits(tmp_path, value, expected):
    write(tmp_path, {"a.jsonl": f'{{"text": "x", "date": "{value}"}}'})

    assert only(tmp_path).published == expected


@pytest.mark.parametrize("value", ["2021-02-30", "4 March 2021", "2021-3-4", "20210304", "2021-03-04 or so", "1/2/21"])
def test_a_day_that_is_none_is_told_of_and_the_document_kept(tmp_path, value):
    write(tmp_path, {"a.jsonl": f'{{"text": "x", "published": "{value}"}}'})

    failure, document = load(tmp_path, defaults=Metadata(published="2021-01-01", source="s"))

    assert (document.text, document.published, document.source) == ("x", None, "s")
    assert (failure.document, failure.kind) == (document.id, "metadata")
    assert repr(value) in failure.message
    assert "YYYY-MM-DD" in failure.message


def test_a_language_tag_becomes_its_code(tmp_path):
    write(tmp_path, {"a.jsonl": '{"text": "x", "lang": "ar-EG"}'})

    assert only(tmp_path).language == "ar"


def test_the_folder_of_an_earlier_run_is_passed_over(tmp_path):
    (tmp_path / "report.txt").write_text("An invented report of a meeting that never was.", encoding="utf-8")
    earlier = tmp_path / "runs" / "one"
    earlier.mkdir(parents=True)
    for name in ("records.jsonl", "failures.jsonl", "meetings.csv"):
        (earlier / name).write_text("{}\n", encoding="utf-8")

    assert [item.id for item in read([tmp_path]) if isinstance(item, Document)] == ["report"]
