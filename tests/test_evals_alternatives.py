"""Which of several right values a prediction is compared with."""

from __future__ import annotations

from typing import Any

import pytest

from evals.alternatives import best, broken
from tests.scoring import OSLO, day, official


def likest(name: str, gold: Any, predicted: Any, alternatives: dict[str, list[Any]]) -> Any:
    """The variant that differs from a prediction in the fewest parts."""
    return best(name, gold, alternatives, lambda variant: (-len(leaves(variant) ^ leaves(predicted)),))


def leaves(value: Any, path: str = "") -> set[tuple[str, Any]]:
    """All single values with the way to each."""
    if isinstance(value, dict):
        return {leaf for key, each in value.items() for leaf in leaves(each, f"{path}.{key}")}
    if isinstance(value, list):
        return {leaf for index, each in enumerate(value) for leaf in leaves(each, f"{path}[{index}]")}
    return {(path, value)}


PEOPLE = [official("NOR", part="host"), official("PRT", part="visitor"), official("PER", part="visitor")]


ONE_SIDED = [PEOPLE[0], {**PEOPLE[1], "part": "participant"}, PEOPLE[2]]
NEXT_DAY = {"date.start": ["2032-03-15"], "date.end": ["2032-03-15"]}
SOME_DAYS = {"date.start": ["2032-03-01", "2032-03-05"], "date.end": ["2032-03-05", "2032-03-10"]}
ANY_PART = {"participants[1].part": ["participant"], "participants[2].part": ["participant"]}
FEWER: dict[str, list[Any]] = {"participants": [PEOPLE[:2]], "participants[2].part": ["participant"]}
CASES: dict[str, tuple[str, Any, Any, dict[str, list[Any]]]] = {
    "code": ("kind", "mou", "protocol", {"kind": ["agreement", "protocol"]}),
    "null": ("place", OSLO, None, {"place": [None]}),
    "whole list": ("topics", ["maritime"], ["other"], {"topics": [[], ["other"]]}),
    "part of a place": ("place", OSLO, {**OSLO, "city": "Fornebu"}, {"place.city": ["Fornebu"], "place": [None]}),
    "both bounds": ("date", day("2032-03-14"), day("2032-03-15"), NEXT_DAY),
    "any of several bounds": ("date", day("2032-03"), day("2032-03-01", "2032-03-10"), SOME_DAYS),
    "one of two members": ("participants", PEOPLE, ONE_SIDED, ANY_PART),
    "dotted index": ("participants", PEOPLE, ONE_SIDED, {"participants.1.part": ["participant"]}),
    "shorter list": ("participants", PEOPLE, PEOPLE[:2], FEWER),
}


@pytest.mark.parametrize(("name", "gold", "predicted", "alternatives"), CASES.values(), ids=CASES)
def test_the_variant_that_was_predicted_is_found(name, gold, predicted, alternatives):
    assert likest(name, gold, predicted, alternatives) == predicted


def test_every_choice_of_members_parts_is_within_reach():
    alternatives = {f"participants[{index}].part": ["participant", "witness"] for index in range(3)}
    parts = ("host", "participant", "witness"), ("visitor", "participant", "witness")

    for first in parts[0]:
        for second in parts[1]:
            predicted = [{**PEOPLE[0], "part": first}, {**PEOPLE[1], "part": second}, PEOPLE[2]]
            assert likest("participants", PEOPLE, predicted, alternatives) == predicted


def test_the_labelled_value_stands_where_nothing_is_better():
    assert likest("kind", "mou", "treaty", {"kind": ["agreement"]}) == "mou"
    assert likest("kind", "mou", "mou", {"status": ["signed"], "kinds": ["mou"]}) == "mou"


def test_gold_is_left_as_it_was():
    gold = day("2032-03-14")

    likest("date", gold, day("2032"), {"date.start": ["2032"], "date.end": ["2032"]})

    assert gold == day("2032-03-14")


@pytest.mark.parametrize(
    ("path", "is_broken"),
    [
        ("place.city", False),
        ("participants[1].part", False),
        ("participants.1.part", False),
        ("participants[1].rank", False),
        ("summary", False),
        ("participants[7].part", True),
        ("participants[first].part", True),
        ("forum.name", True),
        ("forum_session.number", True),
        ("venue.name", True),
    ],
)
def test_a_path_that_leads_nowhere_is_known(path, is_broken):
    fields = {"place": OSLO, "participants": PEOPLE, "forum": None, "forum_session": 3}

    assert list(broken(fields, {path: []})) == [path] * is_broken
