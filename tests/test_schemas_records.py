"""The rules of each record type, with the words in which a model is told."""

from __future__ import annotations

import pytest

from schemas.agreement import Agreement
from schemas.exercise import Exercise
from schemas.meeting import Meeting
from tests.records import agreement, exercise, meeting, official, refusals, side

RULER = official("NOR", role_code="de_facto_authority")
BODY = side(None, name="Polar Council", kind="igo")
COMPANY = side(None, name="Fjord Works", kind="company")
ONE_STATE = {
    "participants": "add the other side, or drop the record: a meeting inside one state is out of scope",
    "forces": "add the other side, or drop the record: a country's own drill is out of scope",
    "parties": "add the other side, or drop the record: a deal inside one state is out of scope",
}
NO_PARTY = "which is no party; add that party, or drop the signatory: people present do not sign"
NOBODY_HOSTS_A_CALL = "nobody is host or visitor on a call; set part to participant for everyone"
UNNAMED = "an exercise without a name has no series and no edition; set both to null"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Meeting, meeting(participants=[official("NOR"), official("PRT")])),
        (Meeting, meeting(participants=[official("NOR"), official("NOR"), official("PRT")])),
        (Meeting, meeting(participants=[official("NOR"), official(None, role_code="delegation")])),
        (Meeting, meeting(participants=[official("NOR"), RULER])),
        (Exercise, exercise(forces=[side("NOR"), side(None, name="Polar Council", kind="igo")])),
        (Agreement, agreement(parties=[side("NOR"), COMPANY])),
        (Agreement, agreement(parties=[BODY, COMPANY])),
    ],
    ids=["two states", "two of one", "body", "de facto authority", "body trains", "company", "two bodies"],
)
def test_sides_of_different_states_are_accepted(kind, value):
    assert refusals(kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        (Meeting, meeting(participants=[official("NOR"), official("NOR")]), "participants"),
        (Meeting, meeting(participants=[official("NOR"), official("norway")]), "participants"),
        (Exercise, exercise(forces=[side("NOR"), side("NOR", name="Coast Guard", kind="agency")]), "forces"),
        (Agreement, agreement(parties=[side("NOR"), side("NOR", name="Fjord Works", kind="company")]), "parties"),
    ],
    ids=["meeting", "two spellings", "exercise", "agreement"],
)
def test_sides_of_one_state_are_refused(kind, value, what):
    assert refusals(kind, value) == [f"all {what} are of NOR; {ONE_STATE[what]}"]


@pytest.mark.parametrize(
    ("format_", "part", "expected"),
    [
        ("call", "host", [NOBODY_HOSTS_A_CALL]),
        ("call", "visitor", [NOBODY_HOSTS_A_CALL]),
        ("call", "participant", []),
        ("call", "witness", []),
        ("in_person", "host", []),
        ("visit_only", "visitor", []),
    ],
)
def test_a_call_has_no_host_and_no_visitor(format_, part, expected):
    value = meeting(format=format_, participants=[official("NOR"), official("PRT", part=part)])

    assert refusals(Meeting, value) == expected


@pytest.mark.parametrize("number", [1, 7, None])
def test_a_session_of_a_forum_has_a_number_from_one(number):
    assert Meeting.model_validate(meeting(forum="Polar Council", forum_session=number)).forum_session == number


@pytest.mark.parametrize("number", [0, -3])
def test_there_is_no_session_below_one(number):
    assert refusals(Meeting, meeting(forum_session=number)) == [
        f"forum_session {number} is no session number; give 1 or more, or null"
    ]


@pytest.mark.parametrize("nothing", [None, "", "غير محدد"])
@pytest.mark.parametrize("field", ["series", "edition"])
def test_an_exercise_without_a_name_has_no_series_and_no_edition(field, nothing):
    assert refusals(Exercise, exercise(name=nothing, **{field: "3"})) == [UNNAMED]


@pytest.mark.parametrize(
    "value",
    [
        exercise(name=None),
        exercise(series="Calm Fjord", edition="3"),
        exercise(name=None, series="unknown", edition=""),
    ],
    ids=["unnamed", "named", "nothing stated"],
)
def test_series_and_edition_go_with_a_name(value):
    assert refusals(Exercise, value) == []


@pytest.mark.parametrize("count", [0, -1])
def test_a_bundle_of_no_agreements_is_refused(count):
    assert refusals(Agreement, agreement(count=count)) == [
        f"count is {count}; it is 1, or the number of agreements in the bundle"
    ]


@pytest.mark.parametrize("count", [1, 17])
def test_a_bundle_keeps_its_number(count):
    assert Agreement.model_validate(agreement(count=count)).count == count


@pytest.mark.parametrize(
    ("person", "who"),
    [
        (official("FRA", name="ليلى النجار", role="وزيرة الدفاع"), "ليلى النجار"),
        (official("FRA", role="وزيرة الدفاع"), "وزيرة الدفاع"),
        (official("FRA"), "defence_minister"),
    ],
    ids=["name", "role", "role code"],
)
def test_a_signatory_of_no_party_is_refused(person, who):
    value = agreement(signatories=[official("NOR"), person])

    assert refusals(Agreement, value) == [f"signatory {who} is of FRA, {NO_PARTY}"]


@pytest.mark.parametrize(
    "value",
    [
        agreement(signatories=[official("NOR"), official("PRT")]),
        agreement(signatories=[official(None)]),
        agreement(parties=[side("NOR"), BODY], signatories=[official("FRA")]),
    ],
    ids=["of the parties", "of no state", "for an organisation"],
)
def test_a_signatory_may_sign_for_a_party(value):
    assert refusals(Agreement, value) == []
