"""Which predicted record is taken for which gold one."""

from __future__ import annotations

import math
from typing import Any

import pytest

from evals.align import TAU, align, similarity
from evals.profile import OURS, Compare
from tests.scoring import OSLO, day, exercise, item, meeting, official

MEETING = OURS["meeting"]
SOMEONE = [official("PER"), official("CHL")]


def pairs(gold: list[Any], predicted: list[Any], tau: float = TAU) -> list[tuple[int, int]]:
    return align([item(each) for each in gold], [item(each) for each in predicted], MEETING, tau)


def test_records_find_their_own_whatever_their_order():
    first, second = meeting(), meeting(date=day("2032-04-01"), participants=SOMEONE)

    assert pairs([first, second], [second, first]) == [(0, 1), (1, 0)]


def test_pairs_of_no_likeness_are_dropped():
    other = meeting(date=day("2032-09-01"), place=None, participants=SOMEONE)

    assert pairs([meeting()], [other]) == []
    assert pairs([meeting()], []) == pairs([], [meeting()]) == []


def test_a_pair_below_the_threshold_is_two_records():
    half = meeting(date=day("2032-09-01"), place={**OSLO, "city": "Bergen"})

    assert similarity(item(meeting()), item(half), MEETING) == 0.5
    assert pairs([meeting()], [half]) == [(0, 0)]
    assert pairs([meeting()], [half], tau=0.6) == []


def test_keys_that_neither_side_states_say_nothing():
    bare = meeting(date=day(None), place=None)

    assert similarity(item(bare), item(bare), MEETING) == 1.0
    assert similarity(item(bare), item({**bare, "participants": SOMEONE}), MEETING) == 0.0


def test_records_without_any_key_are_not_alike_and_not_a_number_cannot_arise():
    nothing = item({"type": "meeting", "date": None, "place": None, "participants": []})

    assert similarity(nothing, nothing, MEETING) == 0.0
    assert align([nothing], [nothing], MEETING, tau=0.0) == []
    assert math.isfinite(similarity(nothing, item(meeting()), MEETING))


def test_what_both_lack_lifts_no_wrong_record():
    gold, predicted = meeting(place=None), meeting(place=None, date=day("2032-09-01"), participants=SOMEONE)

    assert similarity(item(gold), item(predicted), MEETING) == 0.0


@pytest.mark.parametrize("gold", [{"date": "?"}, {}], ids=["mark", "key"])
def test_a_key_that_is_not_annotated_is_left_out(gold):
    bare = {key: value for key, value in meeting().items() if key != "date"} | gold

    assert similarity(item(bare), item(meeting(date=day("1999"))), MEETING) == 1.0


@pytest.mark.parametrize(
    ("changes", "alternatives"),
    [
        ({"date": day("2032-03")}, {"date.start": ["2032-03"], "date.end": ["2032-03"]}),
        ({"place": None}, {"place": [None]}),
        ({"place": {**OSLO, "city": "Fornebu"}}, {"place.city": ["Fornebu"]}),
        ({"participants": SOMEONE}, {"participants": [SOMEONE]}),
    ],
    ids=["dates", "no place", "city", "people"],
)
def test_other_right_values_align_as_well_as_the_labelled_ones(changes, alternatives):
    gold, predicted = item(meeting(), alternatives=alternatives), item(meeting(**changes))

    assert similarity(gold, predicted, MEETING) == 1.0
    assert similarity(item(meeting()), predicted, MEETING) < 1.0


def test_aliases_count_in_aligning():
    people = [official("NOR", "كاري لوند", aliases=["Kari Lund"]), official("PRT", "روي بيريش", aliases=["Rui Pires"])]
    latin = [official("PRT", "Rui Pires"), official("NOR", "Kari Lund")]
    gold, predicted = meeting(participants=people), meeting(participants=latin)

    assert similarity(item(gold), item(predicted), MEETING) == 1.0


def test_ties_go_to_the_pair_that_agrees_in_more():
    talks, call = meeting(format="in_person", topics=["maritime", "other"]), meeting(format="call", topics=[])

    assert pairs([talks, call], [call, {**talks, "topics": ["other", "maritime"]}]) == [(0, 1), (1, 0)]


def test_two_fair_pairs_are_taken_over_one_good_one():
    profile = {"tags": Compare(kind="equal", is_list=True, key=1.0)}
    gold = [item({"type": "x", "tags": list("abcd")}), item({"type": "x", "tags": list("abce")})]
    predicted = [item({"type": "x", "tags": list("abcd")}), item({"type": "x", "tags": list("abfd")})]

    assert len(align(gold, predicted, profile)) == 2


def test_an_exercise_is_known_by_its_name_where_little_else_is_said():
    gold = item(exercise(date=day(None), place=None))
    other_edition = item(exercise(name="Calm Fjord 4", date=day(None), place=None))

    assert similarity(gold, gold, OURS["exercise"]) == 1.0
    assert similarity(gold, other_edition, OURS["exercise"]) == 0.5
