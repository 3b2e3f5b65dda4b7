"""Counts, and the shares made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.counts import ABSENT, MISSED, SPURIOUS, Counts, of_credit, total

outcomes = st.sampled_from([MISSED, SPURIOUS, ABSENT]) | st.floats(0, 1).map(of_credit)


def test_a_wrong_value_costs_precision_and_recall():
    right, wrong = of_credit(1), of_credit(0)

    assert (right + wrong).precision == (right + wrong).recall == 0.5
    assert ((right + MISSED).precision, (right + MISSED).recall) == (1.0, 0.5)
    assert ((right + SPURIOUS).precision, (right + SPURIOUS).recall) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("credit", "expected"),
    [(1, Counts(cor=1, credit=1.0)), (0.5, Counts(par=1, credit=0.5)), (0, Counts(inc=1))],
    ids=["right", "half", "wrong"],
)
def test_credit_says_what_kind_of_answer_it_was(credit, expected):
    assert of_credit(credit) == expected


def test_shares_of_nothing_are_undefined_not_zero():
    empty = total([ABSENT, ABSENT])

    assert empty.non == 2
    assert (empty.precision, empty.recall, empty.f1) == (None, None, None)
    assert (empty.overgeneration, empty.undergeneration, empty.substitution) == (None, None, None)


def test_all_shares_of_a_worked_example():
    counts = Counts(cor=6, par=2, inc=1, mis=3, spu=1, non=4, credit=7.0)

    assert (counts.pos, counts.act) == (12, 10)
    assert counts.precision == pytest.approx(0.7)
    assert counts.recall == pytest.approx(7 / 12)
    assert counts.f1 == pytest.approx(14 / 22)
    assert counts.overgeneration == pytest.approx(1 / 10)
    assert counts.undergeneration == pytest.approx(3 / 12)
    assert counts.substitution == pytest.approx(1 / 9)


@given(st.lists(outcomes))
def test_credit_never_passes_what_either_side_has(found):
    counts = total(found)

    assert counts.credit <= min(counts.pos, counts.act) + 1e-9
    assert counts.f1 is None or 0 <= counts.f1 <= 1 + 1e-9


@given(st.lists(outcomes), st.lists(outcomes))
def test_counts_of_two_parts_add_up(first, second):
    whole, parts = total([*first, *second]), total(first) + total(second)

    assert (whole.pos, whole.act, whole.non) == (parts.pos, parts.act, parts.non)
    assert whole.credit == pytest.approx(parts.credit)
