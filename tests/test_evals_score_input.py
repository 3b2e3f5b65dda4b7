"""What is refused rather than scored: other documents, gold told twice, unknown types."""

from __future__ import annotations

import pytest

from evals.scoring import score
from extract.errors import InputError
from tests.scoring import meeting, scored


@pytest.mark.parametrize(
    ("gold", "predicted", "said"),
    [
        ({"a": [], "b": []}, {"a": []}, "without a prediction: b"),
        ({"a": []}, {"a": [], "b": []}, "without gold: b"),
        ({"a-1": []}, {"a": []}, "without a prediction: a-1; without gold: a"),
    ],
    ids=["missing", "surplus", "other ids"],
)
def test_gold_and_prediction_must_be_of_the_same_documents(gold, predicted, said):
    with pytest.raises(InputError, match=said):
        score(gold, predicted)


@pytest.mark.parametrize(
    "twin",
    [
        meeting(),
        meeting(evidence=["another quote"], summary="Told again."),
        meeting(participants=[*reversed(meeting()["participants"])]),
    ],
    ids=["same", "other evidence", "other order"],
)
def test_gold_that_holds_a_record_twice_is_refused(twin):
    with pytest.raises(InputError, match="d: gold holds the same meeting twice"):
        scored([meeting(), twin], [])


def test_a_type_that_nothing_is_known_of_is_refused_not_left_out():
    with pytest.raises(InputError, match="how to compare 'meetings'"):
        scored([], [meeting(type="meetings")])
