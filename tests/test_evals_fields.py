"""What one field of a pair of records earns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from evals import counts
from evals.counts import Counts
from evals.fields import Outcome, compare, similarity, spurious
from evals.profile import OURS, Compare
from tests.scoring import OSLO, day, official, side

MEETING, EXERCISE = OURS["meeting"], OURS["exercise"]


def outcomes(name: str, gold: Any, predicted: Any, **alternatives: list[Any]) -> list[Outcome]:
    return compare(name, MEETING[name], gold, predicted, alternatives)


def tally(found: list[Outcome], name: str) -> Counts:
    return counts.total(outcome.counts for outcome in found if outcome.field == name)


@pytest.mark.parametrize(
    ("gold", "predicted", "expected", "label"),
    [
        ("held", "held", Counts(cor=1, credit=1.0), ""),
        ("held", "planned", Counts(inc=1), "wrong_value"),
        ("held", None, Counts(mis=1), "missing_value"),
        (None, "held", Counts(spu=1), "spurious_value"),
        (None, None, Counts(non=1), ""),
        ("held", "unknown", Counts(mis=1), "missing_value"),
        (None, "غير محدد", Counts(non=1), ""),
        ("", "n/a", Counts(non=1), ""),
    ],
    ids=["right", "wrong", "missed", "invented", "absent", "unknown", "unknown in Arabic", "empty"],
)
def test_a_value_is_right_wrong_missed_invented_or_absent(gold, predicted, expected, label):
    [outcome] = outcomes("status", gold, predicted)

    assert (outcome.counts, outcome.label) == (expected, label)


@pytest.mark.parametrize(
    ("name", "gold", "predicted", "label"),
    [
        ("date", day("2032-03-14"), day("2032-03"), "date_coarse"),
        ("date", day("2032-03"), day("2032-03-14"), "date_overprecise"),
        ("place", OSLO, {"text": "Norway", "city": None, "country": "NOR"}, "place_coarse"),
        ("forum", "Oslo Defence Forum", "Defence Forum", "partial_name"),
    ],
)
def test_half_right_is_partly_right_with_a_reason(name, gold, predicted, label):
    [outcome] = outcomes(name, gold, predicted)

    assert (outcome.counts, outcome.label) == (Counts(par=1, credit=0.5), label)


def test_a_date_that_nothing_resolves_counts_as_absent():
    unresolved = {"text": "last Thursday", "start": None, "end": None}

    assert tally(outcomes("date", unresolved, None), "date") == counts.ABSENT
    assert tally(outcomes("date", unresolved, day("2032-03-11")), "date") == counts.SPURIOUS
    assert tally(outcomes("date", day("2032-03-11"), unresolved), "date") == counts.MISSED


def test_each_member_of_a_list_is_a_value():
    found = outcomes("topics", ["maritime", "other", "humanitarian"], ["other", "maritime", "counterterrorism"])

    assert tally(found, "topics") == Counts(cor=2, mis=1, spu=1, credit=2.0)


def test_equal_codes_count_once_and_words_for_unknown_not_at_all():
    found = outcomes("topics", ["maritime", "maritime"], ["maritime", "unknown", "", "maritime"])

    assert tally(found, "topics") == Counts(cor=1, credit=1.0)


def test_empty_lists_are_one_absent_value():
    assert outcomes("topics", [], None) == [Outcome(field="topics", counts=counts.ABSENT)]


def test_a_person_told_twice_is_right_once():
    kari = official("NOR", "Kari Lund")

    assert tally(outcomes("participants", [kari], [kari, kari]), "participants") == Counts(cor=1, spu=1, credit=1.0)


def test_fields_within_a_matched_member_are_scored_too():
    gold = [official("NOR", "Kari Lund", part="host")]
    predicted = [official("SWE", "Kari Lund", part="host", role_code=None)]

    found = outcomes("participants", gold, predicted)

    assert tally(found, "participants") == Counts(cor=1, credit=1.0)
    assert tally(found, "participants.country") == Counts(inc=1)
    assert tally(found, "participants.role_code") == Counts(mis=1)
    assert tally(found, "participants.part") == Counts(cor=1, credit=1.0)


def test_what_gold_has_is_counted_whole_whatever_is_predicted():
    gold = [official("NOR", "Kari Lund", part="host"), official(None, "Ana Reis")]
    nobody, somebody = outcomes("participants", gold, []), outcomes("participants", gold, [gold[0], official("PER")])

    for name, number in (("participants", 2), ("participants.country", 1), ("participants.role_code", 2)):
        assert tally(nobody, name).pos == tally(somebody, name).pos == number
    assert tally(somebody, "participants.country") == Counts(cor=1, spu=1, credit=1.0)
    assert {outcome.label for outcome in nobody if "." in outcome.field} == {"with_member"}


@pytest.mark.parametrize("member", [{"name": "Kari Lund"}, {"name": "Kari Lund", "country": "?"}], ids=["key", "mark"])
def test_a_field_within_a_member_that_is_not_annotated_is_not_scored(member):
    found = outcomes("participants", [member], [official("NOR", "Kari Lund")])
    alone = outcomes("participants", [member], [])

    assert [outcome.field for outcome in found] == ["participants"]
    assert [outcome.field for outcome in alone] == ["participants"]


def test_of_equally_good_members_the_one_that_agrees_in_more_is_taken():
    host, visitor = official("NOR", part="host"), official("NOR", part="visitor")

    assert tally(outcomes("participants", [visitor, host], [host, visitor]), "participants.part").cor == 2


def test_of_two_companies_of_one_country_the_one_of_that_name_is_taken():
    gold = [side("ITA", "Adria Sistemi", part="host"), side("ITA", "Lido Radar")]
    predicted = [side("ITA", "Lido Radar"), side("ITA", "Adria  Sistemi", part="host")]

    found = compare("forces", EXERCISE["forces"], gold, predicted, {})

    assert tally(found, "forces.part").cor == 2


def test_a_missed_member_with_a_near_name_beside_it_suggests_an_alias():
    gold, predicted = official("GRC", "Thanos Mavridakis"), official("GRC", "Tanos Mavrithakes")

    found = outcomes("participants", [gold], [predicted])

    [missed] = [outcome for outcome in found if outcome.field == "participants" and outcome.counts.mis]
    assert (missed.label, missed.gold, missed.predicted) == ("alias_miss", gold, predicted)


def test_a_member_with_its_name_left_out_is_half_right():
    found = outcomes("participants", [official("NOR", "Kari Lund")], [official("NOR")])

    assert tally(found, "participants") == Counts(par=1, credit=0.5)
    assert "name_missing" in {outcome.label for outcome in found}


PEOPLE = [official("NOR", "Kari Lund", part="host"), official("PRT", "Rui Pires", part="visitor")]
RIGHT_TOO: Mapping[str, tuple[str, Any, Any, dict[str, list[Any]]]] = {
    "code": ("status", "held", "planned", {"status": ["planned"]}),
    "null for a value": ("forum", "Oslo Forum", None, {"forum": [None]}),
    "value for null": ("forum", None, "Oslo Forum", {"forum": ["Oslo Forum"]}),
    "whole list": ("topics", ["maritime"], ["other", "maritime"], {"topics": [["maritime", "other"]]}),
    "empty list": ("topics", ["maritime"], [], {"topics": [[]]}),
    "both ends": ("date", day("2032-03-14"), day("2032-03"), {"date.start": ["2032-03"], "date.end": ["2032-03"]}),
    "one end": ("date", day("2032-03-14"), day("2032-03-14", "2032-03-15"), {"date.end": ["2032-03-15"]}),
    "city": ("place", OSLO, {**OSLO, "city": "Fornebu"}, {"place.city": ["Fornebu"]}),
    "member's part": (
        "participants",
        PEOPLE,
        [PEOPLE[0], {**PEOPLE[1], "part": "participant"}],
        {"participants[1].part": ["participant"]},
    ),
    "member's part, dotted": (
        "participants",
        PEOPLE,
        [PEOPLE[0], {**PEOPLE[1], "role_code": "delegation"}],
        {"participants.1.role_code": ["delegation"]},
    ),
    "members": ("participants", PEOPLE, [*PEOPLE, official("PER")], {"participants": [[*PEOPLE, official("PER")]]}),
}


@pytest.mark.parametrize(("name", "gold", "predicted", "alternatives"), RIGHT_TOO.values(), ids=RIGHT_TOO)
def test_another_right_value_is_right(name, gold, predicted, alternatives):
    total = counts.total(outcome.counts for outcome in compare(name, MEETING[name], gold, predicted, alternatives))

    assert (total.inc, total.mis, total.spu, total.par) == (0, 0, 0, 0)


@pytest.mark.parametrize(("name", "gold", "predicted", "alternatives"), RIGHT_TOO.values(), ids=RIGHT_TOO)
def test_another_right_value_is_as_alike_as_the_labelled_one(name, gold, predicted, alternatives):
    assert similarity(name, MEETING[name], gold, predicted, alternatives) in (1.0, None)


def test_a_wrong_value_for_an_optional_one_is_spurious_only():
    [outcome] = outcomes("forum", "Oslo Forum", "Lisbon Summit", forum=[None])

    assert outcome.counts == counts.SPURIOUS


def test_a_missed_field_counts_by_the_variant_that_asks_least():
    assert tally(outcomes("topics", ["maritime", "other"], None, topics=[["maritime"]]), "topics").mis == 1
    assert tally(outcomes("forum", "Oslo Forum", None, forum=[None]), "forum") == counts.ABSENT


def test_a_field_of_an_unpaired_prediction_is_spurious_value_by_value():
    found = spurious("participants", MEETING["participants"], PEOPLE)

    assert tally(found, "participants") == Counts(spu=2)
    assert tally(found, "participants.part") == Counts(spu=2)


@pytest.mark.parametrize(
    ("name", "gold", "predicted", "expected"),
    [
        ("status", None, "unknown", None),
        ("topics", [], None, None),
        ("status", "held", None, 0.0),
        ("topics", ["maritime", "other"], ["other"], 2 / 3),
        ("participants", PEOPLE, PEOPLE[:1], 2 / 3),
        ("date", day("2032-03-14"), day("2032-03"), 0.5),
    ],
    ids=["absent", "empty", "on one side", "half a list", "half the people", "coarse date"],
)
def test_similarity_is_undefined_where_nothing_is_stated(name, gold, predicted, expected):
    assert similarity(name, MEETING[name], gold, predicted, {}) == pytest.approx(expected)


def test_lists_of_anything_are_compared_without_falling_over():
    how = Compare(kind="equal", is_list=True)
    found = compare("rows", how, [{"a": 1}, [2]], [[2], {"a": 1}, {"a": 1}], {})

    assert tally(found, "rows") == Counts(cor=2, credit=2.0)
    assert tally(compare("rows", how, ["x"], "x", {}), "rows") == Counts(cor=1, credit=1.0)
