"""Files that grow together, and what is left of them after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import ConfigError
from extract.journal import Appender, Journal, Past

JOB = {"model": "m"}


def write(folder: Path, *documents: tuple[str, bytes]) -> None:
    """A journal over one file, a document after the other, all flushed."""
    files = {"data": Appender(folder / "data")}
    journal = Journal(folder / "journal", files, JOB)
    for key, data in documents:
        files["data"].add(data)
        journal.done(key, {"n": 1})
    journal.flush()
    journal.close()
    files["data"].close()


def past(folder: Path) -> tuple[list[str], int]:
    found = Past(folder / "journal")
    return [key for key, _ in found.done()], found.sizes["data"]


def test_a_journal_says_what_is_done_and_how_long_the_files_were(tmp_path):
    write(tmp_path, ("a", b"one\n"), ("b", b"two\n"))

    assert past(tmp_path) == (["a", "b"], 8)


def test_a_torn_last_line_is_left_out(tmp_path):
    write(tmp_path, ("a", b"one\n"), ("b", b"two\n"))
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes()[:-5])

    assert past(tmp_path) == (["a"], 4)


def test_a_line_whose_data_never_came_to_the_disk_is_left_out(tmp_path):
    write(tmp_path, ("a", b"one\n"), ("b", b"two\n"))
    (tmp_path / "data").write_bytes(b"one\ntw")

    assert past(tmp_path) == (["a"], 4)


def test_what_was_not_flushed_is_not_there(tmp_path):
    file = Appender(tmp_path / "data")
    file.add(b"lost")
    file.close()

    assert (tmp_path / "data").read_bytes() == b""


def test_a_file_that_is_taken_up_is_cut_to_where_it_goes_on(tmp_path):
    (tmp_path / "data").write_bytes(b"whole half")

    file = Appender(tmp_path / "data", start=6)
    file.add(b"more")
    file.flush()

    assert (tmp_path / "data").read_bytes() == b"whole more"
    assert file.size == 10


FIRST = b'{"format": 2, "job": {}, "files": ["data"]}\n'


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b'{"job": {',
        b'{"k": "a"}\n',
        b"\0\0\0\n",
        b"5\n",
        b"[]\n",
        b'{"job": {}, "files": ["data"]}\n',
        FIRST.replace(b"2", b"3"),
        b'{"format": 2, "job": {}}\n',
        b'{"format": 2, "job": 5, "files": ["data"]}\n',
        b'{"format": 2, "job": {}, "files": 5}\n',
    ],
)
def test_what_is_no_journal_or_one_of_another_version_says_what_to_do(tmp_path, content):
    if content is not None:
        (tmp_path / "journal").write_bytes(content)

    with pytest.raises(ConfigError, match=r"written by another version of mahdar; finish .*, or give --fresh"):
        Past(tmp_path / "journal")


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[1]",
        b"5",
        b'{"k": "a", "at": [], "t": {}}',
        b'{"k": "a", "at": 4, "t": {}}',
        b'{"k": "a", "at": ["4"], "t": {}}',
        b'{"k": "a", "at": [-4], "t": {}}',
        b'{"k": "a", "at": [4.0], "t": {}}',
        b'{"k": "a", "at": [4, 4], "t": {}}',
    ],
)
def test_a_line_of_another_form_says_what_to_do(tmp_path, line):
    (tmp_path / "data").write_bytes(b"one\ntwo\n")
    (tmp_path / "journal").write_bytes(FIRST + line + b"\n")

    with pytest.raises(ConfigError, match=r"written by another version of mahdar; finish .*, or give --fresh"):
        list(Past(tmp_path / "journal").done())


@pytest.mark.parametrize(("data", "is_edited"), [(b"one\ntwo\nxx", False), (b"oneandtwo\n", True)])
def test_a_file_that_would_be_cut_within_a_line_was_edited(tmp_path, data, is_edited):
    write(tmp_path, ("a", b"one\n"), ("b", b"two\n"))
    (tmp_path / "data").write_bytes(data)
    found = Past(tmp_path / "journal")
    list(found.done())

    if is_edited:
        with pytest.raises(ConfigError, match=r"data: was changed after the run had stopped; .*--fresh"):
            found.refuse_edited()
    else:
        found.refuse_edited()


@given(
    data=st.lists(st.binary(max_size=20), max_size=8),
    cuts=st.tuples(st.integers(0, 600), st.integers(0, 200)),
)
def test_wherever_the_files_are_cut_what_is_kept_is_a_whole_beginning(tmp_path_factory, data, cuts):
    folder = tmp_path_factory.mktemp("cut")
    write(folder, *((str(number), each) for number, each in enumerate(data)))
    for name, cut in zip(("journal", "data"), cuts, strict=True):
        (folder / name).write_bytes((folder / name).read_bytes()[:cut])

    try:
        done, size = past(folder)
    except ConfigError:
        return

    assert done == [str(number) for number in range(len(done))]
    assert (folder / "data").read_bytes()[:size] == b"".join(data[: len(done)])
