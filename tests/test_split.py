"""Cutting a text into parts that fit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.split import cut, headline
from extract.tokens import estimate

texts = st.text(alphabet="ab دفاع,.؟\n 12", max_size=400)
SENTENCE = "The two ministers met in Oslo and spoke of the sea. "


@given(texts, st.floats(min_value=4, max_value=60), st.floats(min_value=0, max_value=0.5))
def test_the_parts_hold_every_word_in_its_order(text, room, share):
    parts = cut(text, room, overlap=share * room)

    assert parts[0][0] == 0
    assert parts[-1][1] == len(text)
    for (start, end), (next_start, next_end) in pairwise(parts):
        assert start < next_start <= end < next_end


@given(texts, st.floats(min_value=8, max_value=60))
def test_no_part_needs_more_than_there_is_room_for(text, room):
    # Half a token is lost where a word is cut inside, and one in rounding.
    assert all(estimate(text[slice(*part)].strip()) <= room + 2 for part in cut(text, room))


@given(texts)
def test_a_text_that_fits_is_one_part(text):
    assert cut(text, estimate(text) + 1) == [(0, len(text))]


def test_a_text_is_cut_behind_its_paragraphs():
    paragraph = SENTENCE * 3 + "\n"

    parts = cut(paragraph * 6, 2.2 * estimate(paragraph))

    assert [end % len(paragraph) for _, end in parts] == [0] * len(parts)


def test_a_long_paragraph_is_cut_behind_its_sentences():
    parts = cut(SENTENCE * 12, 3.5 * estimate(SENTENCE))

    assert [end % len(SENTENCE) for _, end in parts] == [0] * len(parts)


def test_a_part_begins_with_the_last_sentence_of_the_one_before():
    (_, end), (start, _), *_ = cut(SENTENCE * 12, 4.5 * estimate(SENTENCE), overlap=1.5 * estimate(SENTENCE))

    assert end - start == len(SENTENCE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Ministers meet\n\nIn Oslo they spoke of many things, of the sea and of the land beyond it.",
            "Ministers meet",
        ),
        ("\n Ministers meet\n4 March 2024\nBy A. Writer\nThey met.", " Ministers meet\n4 March 2024\nBy A. Writer"),
        ("word " * 100, ("word " * 32).rstrip()),
        ("x" * 300, "x" * 160),
    ],
    ids=["a line", "with its dateline", "a line that is long", "a word that is long"],
)
def test_the_headline_is_the_first_line_with_what_is_printed_below_it(text, found):
    span = headline(text)

    assert span is not None
    assert text[slice(*span)] == found


def test_an_empty_text_has_no_headline():
    assert headline(" \n ") is None
