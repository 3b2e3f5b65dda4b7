"""Country codes: codes and English names are read, a misspelt name is answered with its code."""

from __future__ import annotations

import pytest

from schemas import COUNTRY_NAMES, country_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EGY", "EGY"),
        ("egy", "EGY"),
        (" EGY ", "EGY"),
        ("EG", "EGY"),
        ("Egypt", "EGY"),
        ("EGYPT", "EGY"),
        ("UK", "GBR"),
        ("Britain", "GBR"),
        ("US", "USA"),
        ("United States of America", "USA"),
        ("UAE", "ARE"),
        ("KSA", "SAU"),
        ("Türkiye", "TUR"),
        ("the Netherlands", "NLD"),
        ("Ivory Coast", "CIV"),
        ("XKX", "XKX"),
        ("XK", "XKX"),
        ("Kosovo", "XKX"),
    ],
)
def test_codes_and_english_names_are_read(text, code):
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Egpyt", "EGY"), ("Turky", "TUR"), ("Libyan", "LBY"), ("Saudi Arabie", "SAU"), ("Republic of Congo", "COG")],
)
def test_a_misspelt_name_is_answered_with_its_code(text, hint):
    with pytest.raises(ValueError) as caught:
        country_code(text)

    assert str(caught.value) == (
        f"{text!r} is not an ISO 3166-1 alpha-3 country code; did you mean {hint}; "
        "give a code such as EGY, or null for no state"
    )


@pytest.mark.parametrize(
    "text",
    ["EU", "EUR", "UN", "GCC", "NATO", "EGT", "XX", "Hamas", "Gaza", "Middle East", "Syrian Arab Republic", "مصر"],
)
def test_no_other_state_is_suggested_for_what_is_no_name_of_one(text):
    with pytest.raises(ValueError) as caught:
        country_code(text)

    assert str(caught.value) == (
        f"{text!r} is not an ISO 3166-1 alpha-3 country code; give a code such as EGY, or null for no state"
    )


@pytest.mark.parametrize("code", COUNTRY_NAMES)
def test_each_code_and_its_name_lead_to_the_code(code):
    assert country_code(code) == country_code(COUNTRY_NAMES[code]) == code


def test_all_states_of_iso_3166_and_kosovo_are_there():
    assert (len(COUNTRY_NAMES), len(set(COUNTRY_NAMES.values()))) == (250, 250)
