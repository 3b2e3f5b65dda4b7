"""Which ranges of a text are marked, and which are left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extract.cli.highlight import Passage, hidden, passages, ranges, segments

TEXT = "0123456789"


def found(start: int | None, end: int | None) -> dict[str, int | None]:
    return {"start": start, "end": end}


def passages_of(length: int) -> st.SearchStrategy[list[Passage]]:
    """Up to five passages of a text of that length, as `passages` gives them."""
    bounds = st.lists(st.integers(0, length), min_size=2, max_size=2, unique=True).map(sorted)
    rows = st.lists(bounds.map(lambda pair: {"evidence": [found(*pair)]}), max_size=5)
    return rows.map(lambda rows: passages("x" * length, rows))


def test_passages_of_one_record_that_meet_are_one():
    rows = [{"evidence": [found(0, 3), found(2, 5), found(5, 6), found(8, 9)]}, {"evidence": [found(1, 9)]}]

    assert passages(TEXT, rows) == [Passage(0, 6, 1), Passage(1, 9, 2), Passage(8, 9, 1)]


def test_quotes_that_were_not_found_have_no_range_and_blanks_at_the_ends_do_not_count():
    groundings = [found(None, None), found(1, 6), found(3, 3), found(0, 2)]

    assert list(ranges("\n a\nb \n", groundings)) == [(2, 5)]


def test_nested_and_overlapping_passages_begin_and_end_where_they_do():
    proofs = [Passage(0, 8, 1), Passage(2, 4, 2), Passage(6, 10, 3)]

    cut = segments(0, 10, proofs, [])

    assert [(TEXT[each.start : each.end], each.records, each.begun, each.ended) for each in cut] == [
        ("01", (1,), (1,), ()),
        ("23", (1, 2), (2,), ()),
        ("45", (1,), (), (2,)),
        ("67", (1, 3), (3,), ()),
        ("89", (3,), (), (1,)),
        ("", (), (), (3,)),
    ]


def test_values_are_cut_out_without_beginning_anything():
    cut = segments(0, 10, [Passage(0, 10, 1)], [(3, 5)])

    assert [(TEXT[each.start : each.end], each.is_value, each.has_changed) for each in cut if each.records] == [
        ("012", False, True),
        ("34", True, False),
        ("56789", False, False),
    ]


@given(passages_of(10), st.lists(st.tuples(st.integers(0, 5), st.integers(6, 10)), max_size=3))
def test_segments_joined_are_the_text_and_each_passage_begins_and_ends_once(proofs, values):
    cut = segments(0, 10, proofs, values)

    assert "".join(TEXT[each.start : each.end] for each in cut) == TEXT
    assert sorted(number for each in cut for number in each.begun) == sorted(each.record for each in proofs)
    assert sorted(number for each in cut for number in each.ended) == sorted(each.record for each in proofs)


@given(passages_of(10), st.integers(0, 10))
def test_segments_of_two_halves_are_those_of_the_whole(proofs, middle):
    halves = [*segments(0, middle, proofs, []), *segments(middle, 10, proofs, [])]

    assert "".join(TEXT[each.start : each.end] for each in halves) == TEXT
    assert {each.records for each in halves if each.start < each.end} == {
        each.records for each in segments(0, 10, proofs, []) if each.start < each.end
    }


@given(st.text(alphabet="ab \n", max_size=600), st.data())
def test_evidence_is_never_left_out_nor_anything_twice(text, data):
    proofs = data.draw(passages_of(len(text))) if len(text) > 1 else []

    left_out = hidden(text, proofs, 10)

    assert all(each.end <= start or end <= each.start for each in proofs for start, end in left_out)
    assert all(0 <= start < end <= len(text) for start, end in left_out)
    assert left_out == sorted(left_out)


def test_a_long_part_without_evidence_is_left_out_up_to_a_line_beside_it():
    text = "title\n" + "word " * 100 + "proof"

    ((start, end),) = hidden(text, [Passage(len(text) - 5, len(text), 1)], 20)

    assert text[:start] == "title\nword word word word"
    assert text[end:] == "word word word word proof"


def test_a_short_part_without_evidence_stays():
    assert hidden("word " * 12 + "proof", [Passage(60, 65, 1)], 20) == []


def test_of_a_report_without_evidence_the_beginning_stays():
    ((start, end),) = hidden("word " * 100, [], 20)

    assert (start, end) == (119, 500)
