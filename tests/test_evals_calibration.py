"""What confidence is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.calibration import Judged, auroc, brier, lines, precision_at


def judged(*pairs: tuple[float, bool]) -> list[Judged]:
    return [Judged(confidence=confidence, is_right=is_right) for confidence, is_right in pairs]


def test_confidence_that_ranks_all_right_things_first_has_an_area_of_one():
    assert auroc(judged((0.9, True), (0.8, True), (0.3, False))) == 1.0


def test_confidence_that_is_the_same_for_all_has_an_area_of_a_half():
    assert auroc(judged((0.7, True), (0.7, False), (0.7, False))) == 0.5


def test_there_is_no_area_where_nothing_is_wrong():
    assert auroc(judged((0.9, True), (0.2, True))) is None


def test_the_brier_score_is_the_mean_squared_distance():
    assert brier(judged((1.0, True), (0.5, False))) == pytest.approx(0.125)
    assert brier([]) is None


def test_precision_at_coverage_takes_the_most_confident_and_shares_ties():
    items = judged((0.9, True), (0.5, True), (0.5, False), (0.1, False))

    assert precision_at(items, 0.25) == 1.0
    assert precision_at(items, 0.5) == pytest.approx(0.75)
    assert precision_at(items, 1.0) == 0.5


def test_a_few_items_have_a_table_and_no_figure():
    shown = list(lines(judged((1.0, True), (0.5, False))))

    assert shown[0].startswith("confidence")
    assert len(shown) == 3


def test_many_items_have_figures_too():
    shown = list(lines(judged(*[(1.0, True)] * 90, *[(0.5, False)] * 10)))

    assert shown[-1] == ("AUROC 1.000, Brier score 0.025, precision 1.000 at 50%, 1.000 at 80%, 0.900 at 100% coverage")


items = st.lists(st.builds(Judged, confidence=st.sampled_from([0.25, 0.5, 0.75, 1.0]), is_right=st.booleans()))


@given(items)
def test_the_area_is_the_share_of_pairs_that_are_ranked_right(found):
    good = [item.confidence for item in found if item.is_right]
    bad = [item.confidence for item in found if not item.is_right]
    wins = [(a > b) + (a == b) / 2 for a in good for b in bad]

    assert auroc(found) == (pytest.approx(sum(wins) / len(wins)) if wins else None)
