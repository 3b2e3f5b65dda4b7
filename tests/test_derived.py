"""Rows that were made before are written again, byte for byte, and never when anything that decides on them changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from extract import derived
from extract.cache import Cache
from extract.derived import Derived
from extract.document import Document
from extract.made import Made
from tests.endpoint import ScriptedEndpoint
from tests.invented import REPORT
from tests.terminal import live, mahdar, manifest, rows, saying, write

MADE = Made(records=b'{"document": \0, "type": "meeting"}\n', tables=(b"\0,2032\r\n", b""), delta={"n": 1})
DOCUMENT = Document(id="a", text="text", published="2032-01-01")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


def kept(document: Document = DOCUMENT, *, job: str = "one") -> None:
    keeper = Derived(Path(), {"job": job})
    keeper.put(document, MADE)
    keeper.close()


def test_what_was_made_is_known_under_another_name():
    kept()

    found = Derived(Path(), {"job": "one"}).get(Document(id='b"', text="text", published="2032-01-01"))

    assert found is not None
    assert found.rows_of('b"') == b'{"document": "b\\"", "type": "meeting"}\n'
    assert found.lines_of('b"') == [b'"b""",2032\r\n', b""]


@pytest.mark.parametrize(
    "other",
    [
        Document(id="a", text="text", published="2032-01-02"),
        Document(id="a", text="texts", published="2032-01-01"),
        Document(id="a", text="text", published="2032-01-01", source="outlet"),
        Document(id="a", text="text", published="2032-01-01", source=""),
        Document(id="a", text="text"),
    ],
    ids=["day", "text", "source", "empty source", "no day"],
)
def test_another_document_is_not_known(other):
    kept()

    assert Derived(Path(), {"job": "one"}).get(other) is None


def test_another_job_knows_nothing():
    kept()

    assert Derived(Path(), {"job": "two"}).get(DOCUMENT) is None


def test_other_code_knows_nothing(monkeypatch):
    kept()
    derived.code.cache_clear()
    monkeypatch.setattr("extract.derived.version", lambda name: "another")

    assert Derived(Path(), {"job": "one"}).get(DOCUMENT) is None
    derived.code.cache_clear()


@pytest.mark.parametrize("content", [b"no database", b""], ids=["garbage", "empty"])
def test_a_file_that_is_no_database_means_that_nothing_is_known(content):
    Path("derived.sqlite").write_bytes(content)

    keeper = Derived(Path(), {"job": "one"})
    keeper.put(DOCUMENT, MADE)
    keeper.flush()

    assert content == b"" or keeper.get(DOCUMENT) is None


def test_a_file_that_another_process_holds_is_waited_for_and_then_left():
    keeper = Derived(Path(), {"job": "one"}, patience_s=0.001)
    other = sqlite3.connect("derived.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    keeper.put(DOCUMENT, MADE)

    keeper.close()

    other.execute("COMMIT")
    assert Derived(Path(), {"job": "one"}).get(DOCUMENT) is None


def test_a_second_run_writes_the_same_rows_and_counts_them_as_cached():
    names = {
        f"r{number:02}": f"{REPORT}\n{letter}" for number, letter in enumerate("abcdefghijklmnopqrstuvwxyzabcdefgh")
    }
    write("in", **names)
    with ScriptedEndpoint(saying()) as endpoint:
        live(endpoint.url, "--cache", "cache")
        first = {name: Path("out", name).read_bytes() for name in ("records.jsonl", "meetings.csv")}
        live(endpoint.url, "--cache", "cache")

    assert {name: Path("out", name).read_bytes() for name in first} == first
    assert manifest()["counts"]["answers_from"] == {"cache": 34}
    assert manifest()["counts"]["records"] == {"meeting": 34}
    assert manifest()["counts"]["repeated_documents"] == 8
    assert manifest()["counts"]["duplicates"] == {f"r{number}": f"r0{number - 26}" for number in range(26, 31)}
    assert len(rows("out/records.jsonl")) == 34


def test_what_is_derived_goes_with_the_answers_that_are_removed():
    write("in", a=f"{REPORT}\na")
    with ScriptedEndpoint(saying()) as endpoint:
        live(endpoint.url, "--cache", "cache")
    assert Path("cache/derived.sqlite").exists()

    mahdar("cache", "prune", "--older-than", "0", "--cache", "cache")

    assert not Path("cache/derived.sqlite").exists()
    with Cache(Path("cache")) as cache:
        assert len(cache) == 0
