"""The assignment is the best there is, and holds no pair of no gain."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.assign import assign, tie


def matrices(most: int) -> st.SearchStrategy[list[list[float]]]:
    gains = st.sampled_from([0.0, 0.0, 0.25, 0.5, 0.55, 0.9, 1.0])
    sizes = st.tuples(st.integers(0, most), st.integers(0, most))
    return sizes.flatmap(
        lambda size: st.lists(st.lists(gains, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0])
    )


def brute_force(gains: list[list[float]]) -> float:
    rows, columns = len(gains), len(gains[0]) if gains else 0
    if rows > columns:
        return brute_force([list(column) for column in zip(*gains, strict=True)]) if columns else 0.0
    ways = permutations(range(columns), rows)
    return max((sum(gains[i][j] for i, j in enumerate(way)) for way in ways), default=0.0)


@given(matrices(5))
def test_no_other_assignment_gains_more(gains):
    assert sum(gains[i][j] for i, j in assign(gains)) == pytest.approx(brute_force(gains))


@given(matrices(7))
def test_pairs_are_one_to_one_in_order_and_gain_something(gains):
    pairs = assign(gains)

    assert pairs == sorted(pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(gains[i][j] > 0 for i, j in pairs)


@pytest.mark.parametrize("gains", [[], [[]], [[], []], [[0.0, 0.0]]], ids=["no rows", "no columns", "neither", "zeros"])
def test_nothing_to_gain_is_nothing_assigned(gains):
    assert assign(gains) == []


def test_two_fair_pairs_beat_one_good_one():
    assert assign([[0.9, 0.55], [0.55, 0.0]]) == [(0, 1), (1, 0)]


def test_a_tie_is_settled_alike_from_both_sides():
    assert tie("a", "b") == tie("b", "a") != tie("a", "c")
    assert 0 <= tie("a", "b") < 1
