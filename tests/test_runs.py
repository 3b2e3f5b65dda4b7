"""A report is found by its name, and its text only shown if it is still that of the run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extract.errors import InputError
from tests.invented_run import QUOTE, TEXT, elsewhere, invoke, make, row, show  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.mark.parametrize("name", ["002_ab", "002", "in/002_ab.txt"], ids=["its id", "its beginning", "its file"])
def test_a_report_is_found_by(name):
    make({"001_ab": "x", "002_ab": "y"}, row("y", "y", id_="002_ab"))

    assert show(name).startswith("002_ab\n")


def test_an_id_that_begins_another_one_is_no_puzzle():
    make({"a": "x", "ab": "y"})

    assert show("a").startswith("a\n")


def test_a_file_of_several_reports_has_them_by_number():
    make({"a": "x"})
    Path("in/many.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')

    assert show("many:2").startswith("many:2\n")
    with pytest.raises(InputError, match=r"may be any of 2 reports; name one of: many:1, many:2"):
        show("in/many.jsonl")


def test_an_unknown_report_is_answered_with_some_of_the_run():
    make({f"{number:02}": "x" for number in range(12)})

    with pytest.raises(InputError, match=r"runs/one: has no report 'zz'; it has: 00, 01, .*, 09 and 2 more$"):
        show("zz")


def test_without_a_run_the_command_that_makes_one_is_told():
    with pytest.raises(InputError, match="runs/: no finished run; make one with: mahdar run INPUT"):
        show("a")


def test_the_newest_run_is_shown_and_what_is_no_run_passed_over():
    make({"a": "old"}, folder="runs/9", started="2020-01-01T00:00:00+00:00")
    make({"a": "new"}, row("new", "new"), folder="runs/1", started="2020-01-01T12:00:00+09:00")
    Path("runs/broken").mkdir()
    Path("runs/undated").mkdir()
    Path("runs/undated/manifest.json").write_text("{}")

    result = invoke("a")

    assert "⟦1 new 1⟧" in result.stdout
    assert "runs/broken: passed over, its manifest.json is missing or broken" in result.stderr
    assert "runs/undated: passed over, its manifest.json does not say when it was started" in result.stderr


def test_a_named_run_is_shown_whatever_is_newer():
    make({"a": "x"}, row("x", "x"), folder="here")
    make({"a": "x"}, started="2024-01-01T00:00:00+00:00")

    assert "⟦1 x 1⟧" in show("a", "--run", "here")


def change():
    Path("in/a.txt").write_text("another text", encoding="utf-8")


def remove():
    Path("in/a.txt").unlink()


def empty():
    Path("in/a.txt").write_text("", encoding="utf-8")


def move():
    Path("in").rename("elsewhere")


@pytest.mark.parametrize(
    ("happen", "message"),
    [
        (change, r"in/a\.txt: the text has changed since the run: evidence\[0\] of record 1 no longer stands at "),
        (
            remove,
            r"a: is no longer among the inputs of the run \(in\); put the file back, or run again: mahdar run in ",
        ),
        (empty, r"in/a\.txt: is empty; remove it, or save the report again"),
        (move, r"in: no such file or folder; .*; the inputs of a run are read again from where it was started"),
    ],
    ids=["changed", "removed", "emptied", "moved"],
)
def test_a_text_that_is_not_the_one_of_the_run_is_not_shown_but_the_records_are(happen, message):
    make({"a": TEXT, "b": "x"}, row(TEXT, QUOTE))
    happen()

    result = invoke("a")

    assert re.search(f"mahdar: the text is not shown: {message}", result.stderr)
    assert "⟦1⟧ meeting, held, focus" in result.stdout
    assert "another text" not in result.stdout
    assert result.return_value == 1
