"""Intervals and tests, against tables, brute force and what they must do."""

from __future__ import annotations

import time
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import stats
from evals.counts import Counts
from evals.stats import Unit
from tests.scoring import units

PERFECT = Unit(credit=8, act=8, pos=8)
HALF = Unit(credit=4, act=8, pos=8)
EMPTY = Unit()


def test_the_f1_of_units_is_made_of_their_sums():
    assert stats.f1([PERFECT, HALF]) == 0.75
    assert stats.f1([Unit.of(Counts(cor=1, mis=1, credit=1.0)), EMPTY]) == pytest.approx(2 / 3)
    assert stats.f1([EMPTY]) is None


@pytest.mark.parametrize(
    ("number", "method"),
    [(2, "jackknife-t"), (12, "jackknife-t"), (29, "jackknife-t"), (30, "bootstrap")],
)
def test_an_interval_holds_the_score(number, method):
    sample = units(number)
    found = stats.interval(sample)

    assert found is not None
    assert found.method == method
    assert 0 <= found.low <= (stats.f1(sample) or 0) <= found.high <= 1
    assert found.half_width == (found.high - found.low) / 2


@pytest.mark.parametrize("numbers", [(5, 20), (20, 60)], ids=["jackknife", "both"])
def test_an_interval_shrinks_with_more_documents(numbers):
    few, many = (stats.interval(units(number)) for number in numbers)

    assert few is not None
    assert many is not None
    assert many.half_width < few.half_width


def test_a_jackknife_interval_is_that_of_its_formula():
    found = stats.interval([PERFECT, PERFECT, HALF])

    # Leaving one out gives 3/4, 3/4 and 1: mean 5/6, squares 1/24, error sqrt(2/3 * 1/24) = 1/6.
    assert found is not None
    assert found.low == pytest.approx(max(0.0, 5 / 6 - 4.3027 / 6), abs=1e-4)
    assert found.high == 1.0


def test_documents_without_anything_say_nothing():
    sample = units(30)

    assert stats.interval([*sample, EMPTY, EMPTY]) == stats.interval(sample)
    assert stats.interval([PERFECT, EMPTY]) is None
    assert stats.interval([]) is None
    assert stats.difference([PERFECT, EMPTY], [HALF, EMPTY]) is None


@pytest.mark.parametrize("number", [2, 8, 29, 30])
def test_the_interval_of_a_difference_holds_the_difference(number):
    a, b = units(number), units(number, skill=0.6, random_seed=2)
    found = stats.difference(a, b)

    assert found is not None
    assert found.method == ("paired jackknife-t" if number < 30 else "paired bootstrap")
    assert found.low <= (stats.f1(b) or 0) - (stats.f1(a) or 0) <= found.high


def test_the_difference_of_equal_runs_is_nought():
    found = stats.difference(units(30), units(30))

    assert found is not None
    assert found.low == found.high == 0.0


def test_pairing_makes_the_interval_narrower():
    a = units(30)
    better = [Unit(credit=unit.credit + 0.5, act=unit.act, pos=unit.pos) for unit in a]
    paired, alone = stats.difference(a, better), stats.interval(a)

    assert paired is not None
    assert alone is not None
    assert paired.low > 0
    assert paired.half_width < alone.half_width


def test_the_lower_bound_lies_within_the_interval():
    a, b = units(30), units(30, skill=0.6, random_seed=2)
    found, bound = stats.difference(a, b), stats.lower_bound(a, b)

    assert found is not None
    assert bound is not None
    assert found.low < bound < (stats.f1(b) or 0) - (stats.f1(a) or 0)
    assert stats.lower_bound([], []) is None


def test_the_same_seed_gives_the_same_figures():
    a, b = units(30), units(30, skill=0.6, random_seed=2)

    for function in (stats.difference, stats.randomisation):
        once, again, other = (function(a, b, random_seed=seed) for seed in (4, 4, 5))
        assert once == again != other
    assert stats.interval(a, random_seed=4) == stats.interval(a, random_seed=4) != stats.interval(a, random_seed=5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.6, 0.9], [1.0, 1.0, 1.0]),
        ([0.02], [0.02]),
        ([], []),
    ],
    ids=["worked example", "never above one", "one", "none"],
)
def test_holm_adjusts_each_for_all(values, expected):
    assert stats.holm(values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("hits", "of", "expected"),
    [
        (0, 20, (0.0, 0.1611)),
        (20, 20, (0.8389, 1.0)),
        (10, 20, (0.2993, 0.7007)),
        (15, 50, (0.1910, 0.4375)),
        (1, 1, (0.2065, 1.0)),
    ],
)
def test_wilson_intervals_are_the_known_ones(hits, of, expected):
    assert stats.wilson(hits, of) == pytest.approx(expected, abs=1e-4)


def test_a_share_of_nothing_has_no_interval():
    assert stats.wilson(0, 0) is None


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 2.5), (0.25, 1.75), (1.0, 4.0)])
def test_quantiles_are_interpolated(share, expected):
    assert stats.quantile([4.0, 1.0, 3.0, 2.0], share) == expected


def test_a_percentile_bootstrap_agrees_with_plain_resampling():
    sample = units(30)
    random = Random(7)
    plain = [stats.f1(random.choices(sample, k=30)) or 0.0 for _ in range(3_000)]
    found = stats.interval(sample)

    assert found is not None
    assert found.low == pytest.approx(stats.quantile(plain, 0.025), abs=0.006)
    assert found.high == pytest.approx(stats.quantile(plain, 0.975), abs=0.006)


def test_all_figures_of_sixty_documents_take_less_than_three_seconds():
    a, b = units(60), units(60, skill=0.6, random_seed=2)
    started = time.process_time()

    stats.interval(a)
    stats.difference(a, b)
    stats.randomisation(a, b)

    assert time.process_time() - started < 3


def test_ten_thousand_documents_have_an_interval_in_seconds():
    sample = units(10_000)
    started = time.process_time()
    found = stats.interval(sample)

    assert time.process_time() - started < 5
    assert found is not None
    assert found.low < (stats.f1(sample) or 0) < found.high
    assert found.half_width < 0.005


@pytest.mark.parametrize("number", [300, 900])
def test_weighting_units_agrees_with_drawing_them(number):
    sums = [stats._sums(units(number)), stats._sums(units(number, skill=0.6, random_seed=2))]
    ways = stats._drawn, stats._weighted

    drawn, weighted = [[stats._f1(b) - stats._f1(a) for a, b in way(sums, Random(3))] for way in ways]

    # A 2.5 % point of 10,000 resamples is known to 0.027 standard errors, the difference of two to 0.04; thrice that.
    error = fmean((each - fmean(drawn)) ** 2 for each in drawn) ** 0.5
    for share in (0.025, 0.1, 0.5, 0.9, 0.975):
        assert stats.quantile(weighted, share) == pytest.approx(stats.quantile(drawn, share), abs=0.12 * error)


def test_weights_have_mean_and_variance_one_and_nearly_the_third_moment_of_draws():
    chance = stats._CHANCE / stats._OF
    low, rise = 1 - (chance / (1 - chance)) ** 0.5, (chance * (1 - chance)) ** -0.5
    moments = [chance * (low + rise - 1) ** power + (1 - chance) * (low - 1) ** power for power in (1, 2, 3)]

    assert moments == pytest.approx([0, 1, 0.973], abs=1e-3)
    assert low > 0
    assert sum(stats._picked(10_000, Random(5)).bit_count() for _ in range(20)) / 200_000 == pytest.approx(
        chance, abs=0.005
    )


@given(st.lists(st.tuples(st.floats(0, 50), st.booleans()), min_size=1, max_size=40))
def test_a_column_adds_up_what_is_picked(units):
    # The first unit is the highest bit.
    picked = int("".join(str(int(is_picked)) for _, is_picked in units), 2)
    column = stats._Column.of([value for value, _ in units])

    assert column.sum(picked) == pytest.approx(sum(value for value, is_picked in units if is_picked), abs=1e-4)
    assert column.total == pytest.approx(sum(value for value, _ in units), abs=1e-4)


def test_halves_are_added_up_exactly():
    column = stats._Column.of([0.5, 3.0, 7.5, 0.0])

    assert (column.unit, len(column.digits), column.sum(0b1010)) == (0.5, 4, 8.0)
