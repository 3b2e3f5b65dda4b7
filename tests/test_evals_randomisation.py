"""The paired randomisation test, against brute force and what it must do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from evals import stats
from evals.stats import Unit
from tests.scoring import units

PERFECT = Unit(credit=8, act=8, pos=8)
HALF = Unit(credit=4, act=8, pos=8)
EMPTY = Unit()


def brute_force(a: list[Unit], b: list[Unit], rest: Sequence[Unit] = ()) -> float:
    """The share of all 2^n swaps that set the sides as far apart as they are, or farther."""
    both = sum(rest, Unit())
    gaps = []
    for way in product((False, True), repeat=len(a)):
        credit, size = [both.credit] * 2, [both.act + both.pos] * 2
        for x, y, swap in zip(a, b, way, strict=True):
            for unit, side in ((x, swap), (y, not swap)):
                credit[side] += unit.credit
                size[side] += unit.act + unit.pos
        gaps.append(abs(credit[0] / size[0] - credit[1] / size[1]))
    return sum(gap >= gaps[0] - 1e-12 for gap in gaps) / len(gaps)


@pytest.mark.parametrize("number", [6, 7, 9])
@pytest.mark.parametrize("skill", [0.3, 0.6, 0.7])
def test_a_randomisation_of_few_documents_tries_all_swaps(number, skill):
    a, b = units(number), units(number, skill=skill, random_seed=number)

    assert stats.randomisation(a, b) == pytest.approx(brute_force(a, b))


def test_documents_on_which_both_agree_do_not_change_the_exact_test():
    a, b = [*units(7), *units(40, random_seed=5)], [*units(7, skill=0.4, random_seed=3), *units(40, random_seed=5)]

    assert stats.randomisation(a, b) == pytest.approx(brute_force(a[:7], b[:7], a[7:]))


def test_a_randomisation_of_many_documents_is_near_the_exact_one():
    a, b = units(15), units(15, skill=0.6, random_seed=9)

    p = stats.randomisation(a, b)

    assert p == pytest.approx(brute_force(a, b), abs=0.015)
    assert p == pytest.approx(round((p or 0) * 10_001) / 10_001)


@pytest.mark.parametrize("number", [8, 14, 15, 23, 60])
def test_the_test_is_the_same_from_either_side(number):
    a, b = units(number), units(number, skill=0.6, random_seed=2)

    assert stats.randomisation(a, b) == stats.randomisation(b, a)


def test_too_few_documents_are_not_tested():
    assert stats.randomisation(units(5), units(5, skill=0.1)) is None
    assert stats.randomisation([*units(5), EMPTY], [*units(5, skill=0.1), EMPTY]) is None
    assert stats.randomisation(units(6), units(6, skill=0.1)) is not None


@pytest.mark.parametrize("number", [6, 40])
def test_equal_runs_do_not_differ(number):
    assert stats.randomisation(units(number), units(number)) == 1.0


def test_a_clear_gap_of_six_documents_is_as_rare_as_it_can_be():
    assert stats.randomisation([HALF] * 6, [PERFECT] * 6) == 2 / 2**6


def test_a_clear_gap_of_many_documents_is_never_quite_impossible():
    assert stats.randomisation([HALF] * 40, [PERFECT] * 40) == 1 / (1 + stats.RESAMPLES)


def test_sides_of_different_length_are_a_bug():
    with pytest.raises(ValueError, match="zip"):
        stats.randomisation(units(6), units(7))
