"""What a predicted value earns, for each kind of value."""

from __future__ import annotations

from typing import Any

import pytest

from evals import values
from tests.scoring import OSLO, official, side

RIGHT, WRONG = (1.0, ""), (0.0, "")


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ("held", "held", RIGHT),
        ("held", "planned", WRONG),
        (True, False, WRONG),
        (3, 3, RIGHT),
        ("EGY", "egy", WRONG),
    ],
    ids=["same", "other", "truth", "number", "another code"],
)
def test_codes_are_equal_or_not(gold, predicted, expected):
    assert values.equal(gold, predicted) == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "options", "expected"),
    [
        (12.5, 12.5, {}, RIGHT),
        (0.3, 0.1 + 0.2, {}, RIGHT),
        ("12.50", 12.5, {}, RIGHT),
        (100, 101, {}, WRONG),
        (100, 101, {"absolute": 1}, RIGHT),
        (100, 102, {"absolute": 1, "relative": 0.05}, RIGHT),
        (0, 0.5, {"relative": 0.5}, WRONG),
        (float("nan"), float("nan"), {}, WRONG),
        ("twelve", "twelve", {}, RIGHT),
        ("twelve", 12, {}, WRONG),
        (12, [12], {}, WRONG),
    ],
    ids=["same", "float", "as text", "other", "absolute", "greater", "near zero", "nan", "words", "mixed", "list"],
)
def test_numbers_may_differ_by_a_tolerance(gold, predicted, options, expected):
    assert values.number(gold, predicted, **options) == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ("Calm Fjord 3", "«calm  fjord» 3", RIGHT),
        ("Calm Fjord 3", "Calm Fjord", (0.5, "partial_name")),
        ("North Korea", "South Korea", (0.0, "alias_miss")),
        ("Sudan", "South Sudan", WRONG),
        ("Egyptian Armed Forces", "Syrian Armed Forces", WRONG),
        ("Russia", "Russian Federation", WRONG),
        ("Mavridakis", "Mavrithakes", (0.0, "alias_miss")),
        ("Oslo Forum", "Lisbon Treaty Council", WRONG),
        ("3", 3, RIGHT),
    ],
    ids=["same", "cut short", "Koreas", "Sudans", "forces", "long form", "spelling", "other", "number for a text"],
)
def test_names_earn_half_only_where_one_is_the_other_cut_short(gold, predicted, expected):
    assert values.name(gold, predicted) == expected


def test_free_text_earns_by_its_words():
    credit, label = values.free("joint naval training", "naval training in May")

    assert credit == pytest.approx(4 / 7)
    assert label == ""


def place(text: str | None = None, city: str | None = None, country: str | None = None) -> dict[str, Any]:
    return {"text": text, "city": city, "country": country}


PLACES = {
    "same": (OSLO, OSLO, RIGHT),
    "other words": (OSLO, place("أوسلو", "Oslo", "NOR"), RIGHT),
    "no country": (OSLO, place("Oslo", "Oslo", None), RIGHT),
    "no city": (OSLO, place("Oslo", None, "NOR"), RIGHT),
    "only the country": (OSLO, place("City Hall", None, "NOR"), (0.5, "place_coarse")),
    "a city too many": (place("Norway", None, "NOR"), OSLO, (0.5, "place_overprecise")),
    "another city": (OSLO, place("Bergen", "Bergen", "NOR"), WRONG),
    "another country": (OSLO, place("Oslo", "Oslo", "USA"), WRONG),
    "Oman, Amman": (place("عُمان", None, None), place("عمّان", None, None), WRONG),
    "Oman, Amman, by country": (place("عُمان", None, "OMN"), place("عمّان", "Amman", "JOR"), WRONG),
    "a sea": (place("North Sea"), place("north sea"), RIGHT),
    "another sea": (place("North Sea"), place("Black Sea"), WRONG),
    "countries": (place(None, None, "NOR"), place(None, None, "NOR"), RIGHT),
    "nothing shared": (place(None, None, "NOR"), place(None, "Oslo", None), WRONG),
    "unknown city": (place("Oslo", "unknown", "NOR"), place("Oslo", None, "NOR"), RIGHT),
    "nothing": ({}, {}, WRONG),
}


@pytest.mark.parametrize(("gold", "predicted", "expected"), PLACES.values(), ids=PLACES)
def test_places_earn_by_city_then_words_then_country(gold, predicted, expected):
    assert values.place(gold, predicted) == expected


KARI = official("NOR", "Kari Lund")


PEOPLE = {
    "same": (KARI, official("NOR", "KARI  LUND"), RIGHT),
    "by name whatever the office": (KARI, official("SWE", "Kari Lund", role_code="ambassador"), RIGHT),
    "other person": (KARI, official("NOR", "Rui Pires"), WRONG),
    "Arabic spelling": (official("EGY", "ياسر الشناوي"), official("EGY", "ياسر الشناوى"), RIGHT),
    "near, but another": (official("EGY", "محمد زكي"), official("EGY", "محمود زكي"), WRONG),
    "other script": (official("EGY", "ياسر الشناوي"), official("EGY", "Yasser El-Shennawy"), WRONG),
    "by alias": (
        official("EGY", "ياسر الشناوي", aliases=["Yasser El-Shennawy"]),
        official("EGY", "Yasser Al-Shennawy"),
        RIGHT,
    ),
    "by Latin name": (
        official("EGY", "ياسر الشناوي", name_latin="Yasser El-Shennawy"),
        official("EGY", "Yasser El Shennawy"),
        RIGHT,
    ),
    "words for unknown": (
        official("GRC", "Mavridakis", aliases=["unknown", ""]),
        official("GRC", "unknown"),
        (0.5, "name_missing"),
    ),
    "short form": (official("EGY", "عبد الفتاح السيسي"), official("EGY", "السيسي"), RIGHT),
    "short Latin form": (official("EGY", "Abdel Fattah El-Sisi"), official("EGY", "Al-Sisi"), RIGHT),
    "short form of another office": (
        official("EGY", "السيسي"),
        official("EGY", "السيسي الصغير", role_code="ambassador"),
        WRONG,
    ),
    "unnamed": (official("EGY"), official("EGY"), RIGHT),
    "unnamed of another country": (official("EGY"), official("SYR"), WRONG),
    "unnamed of another office": (official("EGY"), official("EGY", role_code="chief_of_staff"), WRONG),
    "name left out": (KARI, official("NOR"), (0.5, "name_missing")),
    "name added": (official("NOR"), KARI, (0.5, "name_added")),
    "name left out, other country": (KARI, official("SWE"), WRONG),
    "only a country": ({"country": "NOR"}, {"country": "NOR"}, RIGHT),
    "nobody": ({"country": None}, {"country": None}, WRONG),
    "unnamed, with an alias": (official("GRC", aliases=["his counterpart"]), official("GRC"), RIGHT),
    "unnamed, by an alias": (official("GRC", aliases=["his counterpart"]), official("GRC", "His counterpart"), RIGHT),
    "unnamed, with an alias, name added": (
        official("GRC", aliases=["his counterpart"]),
        official("GRC", "Thanos Mavridakis"),
        (0.5, "name_added"),
    ),
}


@pytest.mark.parametrize(("gold", "predicted", "expected"), PEOPLE.values(), ids=PEOPLE)
def test_people_earn_by_name_else_by_office(gold, predicted, expected):
    assert values.person(gold, predicted) == expected


PARTIES = {
    "country": (side("EGY"), side("EGY", "القوات المسلحة المصرية"), RIGHT),
    "other country": (side("EGY", "القوات المسلحة المصرية"), side("SYR", "القوات المسلحة السورية"), WRONG),
    "forces by name": (side(None, "القوات المسلحة المصرية"), side(None, "القوات المسلحة السورية"), WRONG),
    "Koreas": (side("PRK", "Korea"), side("KOR", "Korea"), WRONG),
    "long form by code": (side("RUS", "Russia"), side("RUS", "Russian Federation"), RIGHT),
    "long form": (side(None, "Russia"), side(None, "Russian Federation"), WRONG),
    "long form by alias": (
        side(None, "Russia", aliases=["Russian Federation"]),
        side(None, "Russian Federation"),
        RIGHT,
    ),
    "other script by alias": (side(None, "NATO", aliases=["حلف شمال الأطلسي"]), side(None, "حلف شمال الأطلسي"), RIGHT),
    "Sudans": (side(None, "Sudan"), side(None, "South Sudan"), WRONG),
    "code left out": (side("NOR"), side(None, "Norway"), WRONG),
    "nobody": (side(None), side(None), WRONG),
}


@pytest.mark.parametrize(("gold", "predicted", "expected"), PARTIES.values(), ids=PARTIES)
def test_parties_earn_by_country_else_by_name(gold, predicted, expected):
    assert values.party(gold, predicted) == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        (official("EGY", "محمد زكي"), official("EGY", "محمود زكي"), True),
        (KARI, official("NOR", "Rui Pires"), False),
        (KARI, official("NOR"), False),
        ("Mavridakis", "Mavrithakes", True),
        (1, 2, False),
    ],
    ids=["near", "far", "unnamed", "texts", "numbers"],
)
def test_members_are_near_if_their_names_are(gold, predicted, expected):
    assert values.are_near(gold, predicted) is expected
