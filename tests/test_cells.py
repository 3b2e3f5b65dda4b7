"""Text becomes cells that are safe to print, and lines that fit."""

from __future__ import annotations

from unicodedata import bidirectional, category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.cli.cells import Cell, brief, cells, clean, is_right_to_left, isolated, short, wrap

LETTERS = "abcXYZ ابتثجلمأ (ـ)،.-0123٤٥\u00a0\u200c漢é"
lines = st.text(alphabet=LETTERS)


def text_of(line: list[Cell]) -> str:
    return "".join(cell.text for cell in line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "␛[2J"),
        ("\x9b31m", "\ufffd31m"),
        ("a\x07b\x7f", "a␇b␡"),
        ("a\r\nb\tc\u2028d", "a  b c d"),
        ("\u202eevil\u202c\u2066x\u2069\u200f", "evilx"),
        ("co\u00adop\u200b\ufeff", "coop"),
        ("\ud83d", "\ufffd"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("قال\u06dd", "قال\u06dd"),
    ],
    ids=[
        "escape",
        "C1",
        "bell and delete",
        "line ends",
        "bidi controls",
        "invisible",
        "half a pair",
        "a non-joiner",
        "a sign",
    ],
)
def test_nothing_is_printed_that_a_terminal_obeys(text, shown):
    assert clean(text) == shown


@given(st.text())
def test_cleaned_text_has_no_control_and_stays_as_it_is_when_cleaned_again(text):
    shown = clean(text)

    assert not [char for char in shown if category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert not {bidirectional(char) for char in shown} & {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("تقرير", "تقرير"), ("a" * 80, "a" * 80), ("a" * 81, "a" * 79 + "…"), ("\x1b" * 100_000, "␛" * 79 + "…")],
    ids=["short", "just", "one more", "very long"],
)
def test_a_name_takes_no_more_than_a_line(text, shown):
    assert short(text) == shown


def test_of_a_very_long_message_the_beginning_and_the_end_are_printed():
    shown = brief(f"in/a.jsonl: has the id {'x' * 100_000}; give one of them another id")

    assert len(shown) == 500
    assert shown.startswith("in/a.jsonl: has the id xxx")
    assert shown.endswith("xxx; give one of them another id")


def test_a_message_of_usual_length_is_printed_whole():
    assert brief("no answer\nin 60 s") == "no answer in 60 s"


@given(st.lists(st.tuples(lines, st.sampled_from(["", "red"]))))
def test_cells_joined_are_the_text(pieces):
    assert text_of(cells(pieces)) == "".join(text for text, _ in pieces)


def test_a_mark_goes_with_its_letter_even_when_a_style_begins_between_them():
    assert cells([("م", ""), ("\u064fح", "red")]) == [Cell("م\u064f"), Cell("ح", "red")]


def test_a_mark_without_a_letter_does_not_climb_on_what_stands_left_of_it():
    assert text_of(cells([("\u0301a", "")])) == "◌\u0301a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("(12) مصر and Egypt", True), ("12. Egypt و مصر", False), ("12 ...", False), ("", False), ("שלום", True)],
    ids=["Arabic first", "Latin first", "no letter", "nothing", "Hebrew"],
)
def test_a_line_reads_as_its_first_letter_does(text, expected):
    assert is_right_to_left(cells([(text, "")])) is expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 4, ["one", "two"]),
        ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]),
        ("12\u00a0kg x", 5, ["12\u00a0kg", "x"]),
        ("漢字漢字", 5, ["漢字", "漢字"]),
        ("漢", 1, ["漢"]),
        ("", 5, [""]),
        ("a   ", 2, ["a"]),
    ],
    ids=[
        "between words",
        "blanks go",
        "a long word",
        "no break",
        "wide letters",
        "too wide for any line",
        "empty",
        "blanks at the end",
    ],
)
def test_lines_break_between_words(text, width, expected):
    assert [text_of(line) for line in wrap(cells([(text, "")]), width)] == expected


@given(lines, st.integers(min_value=2, max_value=20))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text, width):
    wrapped = list(wrap(cells([(text, "")]), width))

    assert all(sum(cell.width for cell in line) <= width for line in wrapped)
    assert "".join(map(text_of, wrapped)).replace(" ", "") == text.replace(" ", "")


def test_only_what_reads_from_the_right_is_isolated():
    assert text_of(isolated([("Cairo ", ""), ("القاهرة", "")])) == "Cairo \u200e\u202bالقاهرة\u202c\u200e"
