"""Words have edges, and two passages may have the same ones."""

from __future__ import annotations

import pytest

from extract.words import is_whole, same_words


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("in |Oslo|, again", True),
        ("|Oslo|", True),
        ("in |Os|lo", False),
        ("|Oslo|’s", True),
        ("وال|دفاع| عن", True),
        ("فلل|دفاع|", True),
        ("شال|دفاع|", False),
        ("|قطر|ات", False),
        ("|قطر|\u064c", False),
        ("العرب|11|-05", True),
        ("in |15|th", False),
        ("1.|5| km", False),
        ("|2013|, 2014", True),
    ],
    ids=str,
)
def test_a_range_is_whole_when_no_word_crosses_its_edges(marked, expected):
    before, inside, after = marked.split("|")

    assert is_whole(before + inside + after, len(before), len(before + inside)) is expected


@pytest.mark.parametrize(
    ("quote", "passage", "expected"),
    [
        ("joint naval exercise", "joint naval exercises", True),
        ("is birligi", "isbirligi", True),
        ("a joint exercise", "joint exercise", False),
        ("21 ships", "2 1 ships", False),
        ("never agreed", "ever agreed", False),
        ("5% of ships", "5 of ships", False),
        ("الحرب", "الحزب", False),
        ("بالقوات", "القوات", True),
        ("بالقوات", "للقوات", False),
    ],
    ids=str,
)
def test_passages_have_the_same_words_up_to_a_slip(quote, passage, expected):
    assert same_words(quote, passage, passage) is expected


def test_a_word_that_the_text_uses_elsewhere_is_no_slip_of_another():
    assert same_words("joint exercise", "joint exercises", "joint exercises")
    assert not same_words("joint exercise", "joint exercises", "one exercise, two joint exercises")
