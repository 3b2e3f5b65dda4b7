"""Parts and lists of records: what becomes null, what is dropped, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, create_model

import schemas
from schemas import Answer, Participant, Party, Place, Published, Record, When
from schemas.agreement import Agreement
from schemas.exercise import Exercise
from schemas.meeting import Meeting
from tests.records import agreement, exercise, meeting, official, refusals, side

PERSON = official("NOR", name="ليلى النجار")
BODY = side(None, name="Polar Council", kind="igo")
NO_LATIN_ALONE = "name_latin is given without a name; give name as the report writes it, or drop name_latin"
PARTS: tuple[type[BaseModel], ...] = (When, Place, Participant, Party, Published, Answer)


@pytest.mark.parametrize("nothing", [None, "", "unknown"])
def test_a_party_is_someone(nothing):
    assert refusals(Party, side(None, name=nothing)) == ["a party needs a name or a country"]


@pytest.mark.parametrize("nothing", [None, "", "غير معروف"])
def test_a_latin_name_needs_a_name(nothing):
    assert refusals(Participant, official("NOR", name=nothing, name_latin="Layla Najjar")) == [NO_LATIN_ALONE]


@pytest.mark.parametrize(
    "letters", ["ليلى", "Layla ليلى", "ﻟﻴﻠﻰ", "لیلا"], ids=["Arabic", "mixed", "shaped", "Persian"]
)
def test_a_latin_form_is_not_in_arabic_letters(letters):
    message = f"{letters!r} is in Arabic letters; give the usual Latin form, or null"

    assert refusals(Participant, PERSON | {"name_latin": letters}) == [f"name_latin: {message}"]
    assert refusals(Place, {"text": "الميناء", "city": letters}) == [f"city: {message}"]


@pytest.mark.parametrize("letters", ["Layla al-Najjar", "Ürün Çağlayan", "Łódź"])
def test_a_latin_form_keeps_its_marks(letters):
    assert Participant.model_validate(PERSON | {"name_latin": letters}).name_latin == letters


@pytest.mark.parametrize(("given", "code"), [("nor", "NOR"), ("NO", "NOR"), ("Norway", "NOR"), ("unknown", None)])
def test_a_country_is_read_from_code_or_name(given, code):
    assert Place.model_validate({"text": "Oslo", "country": given}).country == code


def test_a_wrong_country_is_refused_with_a_hint():
    assert refusals(Party, side("Norwey")) == [
        "country: 'Norwey' is not an ISO 3166-1 alpha-3 country code; did you mean NOR; "
        "give a code such as EGY, or null for no state"
    ]


def _nullable_texts() -> list[Any]:
    kinds = [*PARTS, *map(schemas.get, schemas.names())]
    return [
        pytest.param(kind.model_fields[name], id=f"{kind.__name__}.{name}")
        for kind in kinds
        for name, field in kind.model_json_schema()["properties"].items()
        if {"string", "null"} <= {option.get("type") for option in field.get("anyOf", [])}
    ]


@pytest.mark.parametrize("field", _nullable_texts())
@pytest.mark.parametrize(
    "nothing",
    ["", "  ", "-", "?", "unknown", " Unknown ", "N/A", "none", "not stated", "غير محدد", "غير مذكور", "inconnu"],
)
def test_a_word_for_unknown_becomes_null(field, nothing):
    model = create_model("One", __config__=Participant.model_config, value=(field.annotation, field))

    assert model.model_validate({"value": nothing}).model_dump() == {"value": None}


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (Meeting, meeting(evidence=[]), "evidence: List should have at least 1 item after validation, not 0"),
        (
            Meeting,
            meeting(evidence=["words"] * 7),
            "evidence: List should have at most 6 items after validation, not 7",
        ),
        (Meeting, meeting(evidence=["7 chars"]), "evidence.0: String should have at least 8 characters"),
        (Meeting, meeting(evidence=["   7 chars   "]), "evidence.0: String should have at least 8 characters"),
        (Meeting, meeting(evidence=["x" * 221]), "evidence.0: String should have at most 220 characters"),
        (Meeting, meeting(summary=" "), "summary: String should have at least 1 character"),
        (Meeting, meeting(summary="x" * 241), "summary: String should have at most 240 characters"),
        (
            Meeting,
            meeting(participants=[PERSON]),
            "participants: List should have at least 2 items after validation, not 1",
        ),
        (Meeting, meeting(forum="x" * 201), "forum: String should have at most 200 characters"),
        (Exercise, exercise(edition="x" * 81), "edition: String should have at most 80 characters"),
        (Exercise, exercise(activities=["x" * 201]), "activities.0: String should have at most 200 characters"),
        (Exercise, exercise(forces=[BODY]), "forces: List should have at least 2 items after validation, not 1"),
        (Agreement, agreement(parties=[BODY]), "parties: List should have at least 2 items after validation, not 1"),
        (Place, {"text": ""}, "text: String should have at least 1 character"),
        (Participant, official("NOR", name="x" * 81), "name: String should have at most 80 characters"),
        (Participant, official("NOR", role="x" * 201), "role: String should have at most 200 characters"),
        (Answer, {"tail_quote": "7 chars"}, "tail_quote: String should have at least 8 characters"),
    ],
)
def test_what_is_too_long_or_too_short_is_refused(kind, value, refusal):
    assert refusal in refusals(kind, value)


@pytest.mark.parametrize(
    ("kind", "field", "item", "most"),
    [
        (Meeting, "participants", official(None), 24),
        (Exercise, "forces", BODY, 24),
        (Agreement, "parties", BODY, 24),
        (Agreement, "signatories", PERSON, 12),
        (Meeting, "evidence", "they met in Oslo", 6),
        (Meeting, "topics", "maritime", 6),
        (Meeting, "about_countries", "FRA", 10),
        (Meeting, "outcomes", "follow_up_set", 4),
        (Exercise, "domains", "sea", 7),
        (Exercise, "focus", "humanitarian", 5),
        (Exercise, "activities", "diving", 16),
        (Agreement, "topics", "maritime", 6),
    ],
)
def test_a_list_holds_so_many_and_no_more(kind, field, item, most):
    valid: dict[type[Record], dict[str, Any]] = {Meeting: meeting(), Exercise: exercise(), Agreement: agreement()}

    assert refusals(kind, valid[kind] | {field: [item] * most}) == []
    assert refusals(kind, valid[kind] | {field: [item] * (most + 1)}) == [
        f"{field}: List should have at most {most} items after validation, not {most + 1}"
    ]


@pytest.mark.parametrize("length", [8, 220])
def test_a_quote_has_eight_to_220_characters(length):
    assert refusals(Meeting, meeting(evidence=["x" * length])) == []


@pytest.mark.parametrize(
    ("kind", "value", "field", "kept"),
    [
        (Meeting, meeting(topics=["maritime", "other", "maritime"]), "topics", ["maritime", "other"]),
        (Meeting, meeting(outcomes=["follow_up_set"] * 2), "outcomes", ["follow_up_set"]),
        (Meeting, meeting(about_countries=["FRA", "Spain", "France", "ESP"]), "about_countries", ["FRA", "ESP"]),
        (Exercise, exercise(domains=["sea", "air", "sea"]), "domains", ["sea", "air"]),
        (Exercise, exercise(focus=["peacekeeping"] * 3), "focus", ["peacekeeping"]),
        (Exercise, exercise(activities=["diving", "towing", " diving "]), "activities", ["diving", "towing"]),
        (Agreement, agreement(topics=["other", "other"]), "topics", ["other"]),
    ],
)
def test_doubles_in_a_list_are_dropped_and_its_order_is_kept(kind, value, field, kept):
    assert getattr(kind.model_validate(value), field) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Meeting, meeting(mood="cordial")),
        (Meeting, meeting(participants=[official("NOR", age=50), official("PRT")])),
        (When, {"text": "soon", "certainty": 0.5}),
        (Answer, {"reasoning": "I looked at the lead."}),
    ],
    ids=["record", "participant", "date", "answer"],
)
def test_a_key_that_nobody_asked_for_is_ignored(kind, value):
    assert refusals(kind, value) == []


def test_a_record_cannot_be_changed():
    record = Meeting.model_validate(meeting())

    with pytest.raises(ValidationError):
        record.summary = "Something else."  # type: ignore[misc]  # this is what is refused


def test_values_as_written_are_told_with_their_paths():
    first = official("NOR", name="ليلى النجار", name_latin="Layla Najjar", role="وزيرة", rank="فريق")
    value = meeting(
        date={"text": "أمس", "start": None, "end": None, "basis": "none"},
        place={"text": "الميناء", "city": "Oslo", "country": "NOR"},
        participants=[first, official("PRT")],
        forum="مجلس الشمال",
    )

    assert dict(Meeting.model_validate(value).written()) == {
        "date.text": "أمس",
        "place.text": "الميناء",
        "participants[0].name": "ليلى النجار",
        "participants[0].role": "وزيرة",
        "participants[0].rank": "فريق",
        "forum": "مجلس الشمال",
    }


def test_each_item_of_a_list_as_written_has_a_path_of_its_own():
    value = exercise(activities=["diving", "towing"])

    assert dict(Exercise.model_validate(value).written()) == {
        "name": "Calm Fjord 3",
        "activities[0]": "diving",
        "activities[1]": "towing",
    }


def test_quotes_are_told_with_their_paths():
    value = meeting(evidence=["they met in Oslo", "talks on the fjord"])

    assert list(Meeting.model_validate(value).quotes()) == [
        ("evidence[0]", "they met in Oslo"),
        ("evidence[1]", "talks on the fjord"),
    ]


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (Place.model_validate({"text": "الميناء", "city": "Oslo", "country": "NOR"}), "Oslo, NOR"),
        (Place.model_validate({"text": "the North Sea"}), "the North Sea"),
        (Participant.model_validate(PERSON | {"name_latin": "Layla Najjar"}), "Layla Najjar (defence_minister, NOR)"),
        (Participant.model_validate(official(None)), "defence_minister (defence_minister)"),
        (Party.model_validate(side("NOR")), "NOR"),
        (Party.model_validate(BODY), "Polar Council"),
        (Party.model_validate(side("NOR", name="Coast Guard")), "Coast Guard (NOR)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_part_is_shown_in_one_short_line(part, shown):
    assert str(part) == shown
