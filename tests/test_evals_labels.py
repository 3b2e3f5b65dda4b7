"""What kind of error a record or a value is, seen beside the others of its document."""

from __future__ import annotations

from typing import Any

import pytest

from evals.scoring import DocumentScore, score
from tests.scoring import agreement, day, exercise, item, meeting, official, scored, side

NORWAY, PORTUGAL = official("NOR", "Kari Lund", part="host"), official("PRT", "Rui Pires", part="visitor")
PERU, CHILE = official("PER", "Ana Reis", part="visitor"), official("CHL", "Luis Soto", part="visitor")
FAR = meeting(date=day("2032-09-01"), place=None, participants=[PERU, CHILE], evidence=["Ana Reis received Luis Soto"])


def records(document: DocumentScore) -> list[str]:
    return [pair.label for pair in document.pairs]


def values(document: DocumentScore, name: str) -> list[str]:
    return [outcome.label for _, outcome in document.outcomes() if outcome.field == name and outcome.label]


def test_a_record_is_missed_or_invented():
    assert records(scored([meeting()], [FAR])) == ["missing_event", "spurious_event"]


def test_a_record_told_twice_is_a_duplicate():
    assert records(scored([meeting()], [meeting(), meeting()])) == ["", "duplicate"]
    assert records(scored([meeting()], [meeting(), meeting(topics=["other"])])) == ["", "duplicate"]


def test_a_record_told_in_two_parts_is_split():
    whole = meeting(participants=[NORWAY, PORTUGAL, PERU, CHILE])
    parts = [meeting(participants=[NORWAY, PORTUGAL, PERU]), meeting(participants=[NORWAY, CHILE])]

    assert records(scored([whole], parts)) == ["", "split"]


def test_two_records_told_as_one_are_merged():
    parts = [meeting(participants=[NORWAY, PORTUGAL, PERU]), meeting(participants=[NORWAY, CHILE])]

    assert records(scored(parts, [meeting(participants=[NORWAY, PORTUGAL, PERU, CHILE])])) == ["", "merge"]


def test_a_missed_record_that_only_resembles_another_is_missed():
    gold = [meeting(), meeting(participants=[NORWAY, CHILE])]

    assert records(scored(gold, [meeting()])) == ["", "missing_event"]


def test_one_event_told_as_another_type_is_one_confusion():
    told = agreement(evidence=["After the two ministers met in «Oslo», they left"])
    shown = meeting(evidence=["the two ministers met in Oslo"])
    found = score({"d": [shown]}, {"d": [told]})

    assert records(found.documents[0]) == ["type_confusion", "type_confusion"]
    assert found.labels() == {"type_confusion": 1}


def test_each_missed_record_explains_one_confusion_only():
    told = [agreement(evidence=meeting()["evidence"]), exercise(evidence=meeting()["evidence"])]

    assert sorted(records(scored([meeting()], told))) == ["spurious_event", "type_confusion", "type_confusion"]


def test_other_types_without_a_quote_in_common_are_two_errors():
    assert records(scored([meeting()], [agreement()])) == ["missing_event", "spurious_event"]
    assert records(scored([meeting(evidence=[])], [agreement(evidence=[""])])) == ["missing_event", "spurious_event"]


def test_an_invented_record_that_no_quote_bears_out_is_ungrounded():
    assert records(scored([], [item(meeting(), ungrounded={""})])) == ["ungrounded"]
    assert records(scored([meeting()], [item(meeting(), ungrounded={""})])) == [""]


def test_what_a_broken_answer_missed_is_laid_to_it():
    found = score({"a": [meeting()], "b": [meeting()]}, {"a": [], "b": []}, invalid={"a"})

    assert found.labels() == {"invalid_output": 1, "missing_event": 1}
    assert found.counts().mis == 2 * score({"a": [meeting()]}, {"a": []}).counts().mis


@pytest.mark.parametrize(
    ("path", "name", "changes", "expected"),
    [
        ("forum", "forum", {"forum": "Lima Forum"}, "ungrounded"),
        ("place.text", "place", {"place": {"text": "Lima", "city": "Lima", "country": "PER"}}, "ungrounded"),
        ("participants[2].name", "participants", {"participants": [NORWAY, PORTUGAL, PERU]}, "ungrounded"),
        ("participants[1].name", "participants", {"participants": [NORWAY, PORTUGAL, PERU]}, "spurious_value"),
        ("forum_session", "forum", {"forum": "Lima Forum"}, "spurious_value"),
        ("forum", "forum", {"forum": None}, None),
    ],
    ids=["value", "part of a value", "member", "another member", "longer name", "nothing said"],
)
def test_a_wrong_value_that_stands_nowhere_is_ungrounded(path, name, changes, expected):
    document = scored([meeting()], [item(meeting(**changes), ungrounded={path})])

    assert values(document, name) == ([expected] if expected else [])


def test_a_right_value_that_is_written_otherwise_is_right():
    assert values(scored([meeting()], [item(meeting(), ungrounded={"participants[0].name"})]), "participants") == []


def test_host_and_visitor_exchanged_is_a_swap_of_both():
    exchanged = [{**NORWAY, "part": "visitor"}, {**PORTUGAL, "part": "host"}]

    document = scored([meeting()], [meeting(participants=exchanged)])

    assert values(document, "participants.part") == ["role_swap", "role_swap"]


def test_one_wrong_part_is_no_swap():
    document = scored([meeting()], [meeting(participants=[{**NORWAY, "part": "visitor"}, PORTUGAL])])

    assert values(document, "participants.part") == ["wrong_value"]


def test_a_name_in_the_wrong_field_is_a_swap():
    document = scored([exercise(edition=None)], [exercise(name=None, series="Calm Fjord 3", edition=None)])

    # The series is half right; only what earns nothing is looked at.
    assert values(document, "series") == ["partial_name"]
    swapped = scored([exercise(name="Calm Fjord", series="Sea Wind")], [exercise(name="Sea Wind", series="Calm Fjord")])
    assert values(swapped, "name") == values(swapped, "series") == ["role_swap"]


OTHER: dict[str, tuple[str, Any, str]] = {
    "date of another record": ("date", FAR["date"], "wrong_event"),
    "person of another record": ("participants", [NORWAY, PORTUGAL, PERU], "wrong_event"),
    "date of none": ("date", day("2032-07-01"), "wrong_value"),
    "code of another record": ("topics", ["maritime", "other"], "spurious_value"),
}


@pytest.mark.parametrize(("name", "value", "expected"), OTHER.values(), ids=OTHER)
def test_a_wrong_value_that_is_right_in_another_record_belongs_there(name, value, expected):
    other = {**FAR, "topics": ["other"]}

    assert values(scored([meeting(), other], [meeting(**{name: value}), other]), name) == [expected]


def test_a_value_that_earns_something_keeps_its_label():
    gold = [meeting(), {**FAR, "date": day("2032-03")}]

    assert values(scored(gold, [meeting(date=day("2032-03"))]), "date")[0] == "date_coarse"


def test_a_missed_name_that_is_nearly_there_asks_for_an_alias():
    document = scored(
        [meeting(participants=[NORWAY, official("GRC", "Thanos Mavridakis")])],
        [meeting(participants=[NORWAY, official("GRC", "Tanos Mavrithakes")])],
    )

    assert values(document, "participants") == ["alias_miss", "spurious_value"]


def test_errors_are_counted_once_each():
    gold = {"d": [meeting(), agreement()]}
    predicted = {"d": [meeting(status="planned", participants=[NORWAY, PERU]), agreement(), agreement()]}

    assert score(gold, predicted).labels() == {
        "duplicate": 1,
        "wrong_value": 1,
        "missing_value": 1,
        "spurious_value": 1,
    }


def test_errors_of_records_that_do_not_count_are_not_counted():
    borderline, optional = item(meeting(), borderline=True), item(FAR, optional=True)

    assert score({"d": [borderline, optional]}, {"d": [meeting(status="planned")]}).labels() == {}


def test_a_force_beside_its_record_is_told_by_its_country():
    gold = [exercise(), exercise(name="Sea Wind", series=None, edition=None, forces=[side("PER"), side("CHL")])]

    document = scored(gold, [exercise(forces=[side("NOR", part="host"), side("PRT"), side("PER")]), gold[1]])

    assert values(document, "forces") == ["wrong_event"]
