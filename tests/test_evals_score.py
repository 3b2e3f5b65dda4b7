"""What documents and whole runs of them score."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

import schemas
from evals.counts import Counts
from evals.scoring import score
from tests.scoring import OSLO, agreement, day, exercise, item, meeting, official, scored

ELSEWHERE = meeting(
    date=day("2032-09-01"),
    place={"text": "Lima", "city": "Lima", "country": "PER"},
    participants=[official("PER", "Ana Reis"), official("CHL", "Luis Soto")],
)
# Six values, two people, three fields within each.
STATED = 14


def test_gold_against_itself_is_perfect():
    document = scored([meeting(), exercise(), agreement()], [agreement(), meeting(), exercise()])

    assert document.counts().f1 == document.events().f1 == 1.0
    assert document.counts("matched") == document.counts()


def test_a_missed_record_is_missed_value_by_value():
    document = scored([meeting()], [])

    assert document.counts() == Counts(mis=STATED)
    assert document.events() == Counts(mis=1)
    assert document.counts(name="participants") == Counts(mis=2)


def test_an_invented_record_is_spurious_value_by_value():
    document = scored([], [meeting()])

    assert document.counts() == Counts(spu=STATED)
    assert document.events() == Counts(spu=1)


def test_a_wrong_value_costs_precision_and_recall():
    counts = scored([meeting()], [meeting(status="planned")]).counts()

    assert counts.inc == 1
    assert counts.precision == counts.recall == (counts.act - 1) / counts.act


def test_of_matched_records_only_their_own_fields_count():
    document = scored([meeting(), ELSEWHERE], [meeting(status="planned"), exercise()])

    assert document.counts("matched").mis == document.counts("matched").spu == 0
    assert document.counts("matched").inc == 1
    assert document.counts("all").mis > 0
    assert document.counts("all").spu > 0


@pytest.mark.parametrize("name", ["topics", "place", "participants", "status"])
@pytest.mark.parametrize("how", ["key", "mark"])
def test_a_field_that_is_not_annotated_leaves_the_score(name, how):
    gold = {key: value for key, value in meeting().items() if key != name}
    gold |= {name: "?"} if how == "mark" else {}

    for predicted in ([meeting()], [meeting(**{name: None})], []):
        assert scored([gold], predicted).counts(name=name) == Counts()


def test_a_field_that_gold_says_is_not_stated_counts():
    assert scored([meeting(forum=None)], [meeting(forum="Oslo Forum")]).counts(name="forum") == Counts(spu=1)
    assert scored([meeting(forum=None)], [meeting(forum="unknown")]).counts(name="forum") == Counts(non=1)


def test_a_predicted_field_that_is_missing_is_null():
    predicted = {key: value for key, value in meeting().items() if key != "place"}

    assert scored([meeting()], [predicted]).counts(name="place") == Counts(mis=1)


def test_both_null_earns_nothing():
    nothing = meeting(date=day(None), place=None, participants=[], topics=[], status=None, format=None, mention=None)
    document = scored([meeting()], [nothing])

    assert document.counts().credit == 0
    assert document.counts().f1 == 0.0
    assert scored([nothing], [nothing]).counts().f1 is None


@pytest.mark.parametrize(
    ("changes", "alternatives"),
    [
        ({"status": "planned"}, {"status": ["planned"]}),
        ({"date": day("2032-03")}, {"date.start": ["2032-03"], "date.end": ["2032-03"]}),
        ({"place": None}, {"place": [None]}),
        ({"topics": []}, {"topics": [["other"], []]}),
        (
            {"participants": [official("NOR", "Kari Lund"), official("PRT", "Rui Pires", part="visitor")]},
            {"participants[0].part": ["participant"]},
        ),
    ],
    ids=["code", "both ends of a date", "no place", "no topics", "part of a person"],
)
def test_another_right_value_is_right(changes, alternatives):
    gold = item(meeting(), alternatives=alternatives)

    assert scored([gold], [meeting(**changes)]).counts().f1 == 1.0
    assert scored([gold], [meeting()]).counts().f1 == 1.0


def test_an_optional_record_earns_credit_and_costs_nothing():
    optional = item(meeting(), optional=True)

    assert scored([optional], [meeting()]).events() == Counts(cor=1, credit=1.0)
    assert scored([optional], []).counts() == scored([optional], []).events() == Counts()
    assert scored([optional], [ELSEWHERE]).events() == Counts(spu=1)


def test_a_borderline_record_is_not_scored_either_way():
    borderline = item(meeting(), borderline=True)

    assert scored([borderline], [meeting(status="planned")]).counts() == Counts()
    assert scored([borderline], []).events() == scored([borderline], [meeting()]).events() == Counts()
    assert scored([borderline], [ELSEWHERE]).events() == Counts(spu=1)


def test_free_text_is_shown_but_not_in_the_headline():
    gold, predicted = agreement(), agreement(title="memorandum on fishing", product="boats")
    document = scored([gold], [predicted])

    assert document.counts().f1 == 1.0
    assert document.counts(name="title").par == 1
    assert 0 < document.counts(name="title").credit < 1
    assert document.counts(name="product") == Counts(spu=1)


def test_the_fields_of_the_headline_and_those_beside_it_are_known():
    found = score({"d": [agreement()]}, {"d": [agreement()]})

    assert ("agreement", "title") not in found.fields()
    assert found.free() == [("agreement", "title"), ("agreement", "product")]
    assert ("agreement", "parties.kind") in found.fields()


def test_micro_counts_are_summed_and_macro_scores_are_averaged():
    gold = {"a": [meeting()], "b": [meeting(), ELSEWHERE], "c": []}
    found = score(gold, {"a": [meeting()], "b": [], "c": []})

    assert found.counts().pos == 3 * STATED
    assert found.counts().recall == pytest.approx(1 / 3)
    assert found.macro() == 0.5
    assert found.events() == Counts(cor=1, mis=2, credit=1.0)


def test_documents_without_anything_have_no_score():
    found = score({"a": [], "b": []}, {"a": [], "b": []})

    assert (found.counts().f1, found.counts().precision, found.macro()) == (None, None, None)
    assert found.true_negatives() == 2


def test_a_document_is_rightly_empty_if_nothing_that_counts_is_in_it():
    borderline = item(meeting(), borderline=True)
    gold: dict[str, list[Any]] = {"a": [borderline], "b": [borderline], "c": [], "d": [meeting()]}

    assert score(gold, {"a": [], "b": [meeting()], "c": [meeting()], "d": []}).true_negatives() == 1


def test_counts_can_be_had_of_one_type_and_one_field():
    document = scored([meeting(), exercise()], [meeting(), exercise(status="planned")])

    assert document.counts(kind="meeting").f1 == 1.0
    assert document.counts(kind="exercise", name="status") == Counts(inc=1)
    assert document.events("exercise") == Counts(cor=1, credit=1.0)


def test_a_record_of_another_type_does_not_match():
    document = scored([meeting()], [agreement()])

    assert document.events() == Counts(mis=1, spu=1)


def test_records_of_our_own_models_can_be_scored():
    kind = schemas.get("meeting")
    changes = {"date": {**day("2032-03-14"), "basis": "explicit"}, "summary": "They met."}
    record = kind.model_validate({**meeting(), **changes})

    assert scored([item(meeting())], [record]).counts().f1 == 1.0


def test_not_a_number_cannot_arise():
    empty = {"type": "meeting"}
    found = scored([empty], [empty, meeting()])

    assert math.isfinite(sum(pair.similarity for pair in found.pairs))
    assert found.events() == Counts(mis=1, spu=2)


def test_documents_come_in_the_order_of_their_ids():
    found = score({"b": [], "a": []}, {"a": [], "b": []})

    assert [document.document for document in found.documents] == ["a", "b"]


def test_fifty_records_against_fifty_take_less_than_a_second():
    people = meeting()["participants"]
    gold = [
        meeting(date=day(f"2032-03-{1 + i % 28:02d}"), participants=[*people, official("PER", f"Person{i}")])
        for i in range(50)
    ]
    started = time.process_time()

    document = scored(gold, [*reversed(gold)])

    assert document.counts().f1 == 1.0
    assert time.process_time() - started < 1.0


def test_a_place_with_its_country_only_is_half_found():
    document = scored([meeting()], [meeting(place={"text": "Norway", "city": None, "country": "NOR"})])

    assert document.counts(name="place") == Counts(par=1, credit=0.5)
    assert scored([meeting()], [meeting(place=OSLO)]).counts(name="place") == Counts(cor=1, credit=1.0)
