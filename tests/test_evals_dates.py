"""What a predicted date earns, and the word for what is wrong with it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.dates import is_dated, when
from tests.scoring import day

RIGHT, WRONG = (1.0, ""), (0.0, "")
COARSE, OVERPRECISE = (0.5, "date_coarse"), (0.5, "date_overprecise")

CASES = {
    "equal": (day("2032-03-14"), day("2032-03-14"), RIGHT),
    "equal range": (day("2032-03-14", "2032-03-16"), day("2032-03-14", "2032-03-16"), RIGHT),
    "equal month, spelt out": (day("2032-03"), day("2032-03-01", "2032-03-31"), RIGHT),
    "month for a day": (day("2032-03-14"), day("2032-03"), COARSE),
    "year for a day": (day("2032-03-14"), day("2032"), COARSE),
    "range for a day": (day("2032-03-14"), day("2032-03-13", "2032-03-15"), COARSE),
    "open end for a day": (day("2032-03-14"), {"start": "2032-03-14", "end": None}, COARSE),
    "day for a month": (day("2032-03"), day("2032-03-14"), OVERPRECISE),
    "day for a range": (day("2032-03-14", "2032-03-20"), day("2032-03-14"), OVERPRECISE),
    "open ends agree": ({"start": None, "end": "2032-03"}, {"start": None, "end": "2032-03-31"}, RIGHT),
    "other end open": ({"start": None, "end": "2032-03"}, {"start": "2032-03", "end": None}, WRONG),
    "day before": (day("2032-03-01"), day("2032-02-29"), (0.0, "off_by_one")),
    "range a day late": (day("2032-03-01", "2032-03-05"), day("2032-03-02", "2032-03-06"), (0.0, "off_by_one")),
    "month beside its eve": (day("2032-03"), day("2032-02-29"), WRONG),
    "wrong year": (day("2032-03-14"), day("2031-03-14"), (0.0, "wrong_year")),
    "wrong year of a month": (day("2032-02"), day("2031-02"), (0.0, "wrong_year")),
    "wrong year, years only": (day("2032"), day("2031"), (0.0, "wrong_year")),
    "day and month": (day("2032-03-04"), day("2032-04-03"), (0.0, "dm_swap")),
    "month that has no day to swap": (day("2032-03"), day("2032-01-03"), WRONG),
    "overlapping": (day("2032-03-01", "2032-03-10"), day("2032-03-08", "2032-03-20"), WRONG),
    "far off": (day("2032-03-14"), day("2032-07-01"), WRONG),
    "no year on both sides": (day("XXXX-04-21"), day("XXXX-04-21"), RIGHT),
    "no year, other day": (day("XXXX-04-21"), day("XXXX-04-22"), (0.0, "off_by_one")),
    "year left out": (day("2032-04-21"), day("XXXX-04-21"), COARSE),
    "year added": (day("XXXX-04-21"), day("2032-04-21"), OVERPRECISE),
    "year left out, other day": (day("2032-04-21"), day("XXXX-04-22"), WRONG),
    "29 February without a year": (day("XXXX-02-29"), day("XXXX-02-29"), RIGHT),
    "no date": (day("2032-03-14"), day("14 March"), (0.0, "invalid_date")),
    "no such day": (day("2032-03-14"), day("2032-02-30"), (0.0, "invalid_date")),
    "backwards": (day("2032-03-14"), day("2032-03-20", "2032-03-10"), (0.0, "invalid_date")),
}


@pytest.mark.parametrize(("gold", "predicted", "expected"), CASES.values(), ids=CASES)
def test_a_date_earns_by_its_interval(gold, predicted, expected):
    assert when(gold, predicted) == expected


@pytest.mark.parametrize(("gold", "predicted", "expected"), CASES.values(), ids=CASES)
def test_a_date_earns_the_same_from_either_side(gold, predicted, expected):
    assert when(predicted, gold)[0] == expected[0]


def test_what_is_written_and_what_resolves_it_is_not_compared():
    gold = {**day("2032-03-14"), "text": "yesterday", "basis": "publication", "approximate": False}
    predicted = {**day("2032-03-14"), "text": "14 March", "basis": "explicit", "approximate": True}

    assert when(gold, predicted) == RIGHT


@pytest.mark.parametrize(
    "value",
    ["2032-03-14", date(2032, 3, 14), datetime(2032, 3, 14, 9, tzinfo=UTC), "2032-03-14T09:00:00Z"],
    ids=["text", "date", "time stamp", "time stamp as text"],
)
def test_plain_dates_of_any_model_are_days(value):
    assert when("2032-03-14", value) == RIGHT
    assert when(value, "2032-03") == COARSE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (day("2032"), True),
        ({"start": None, "end": "2032"}, True),
        ({"text": "recently", "start": None, "end": None}, False),
        ({"text": "recently", "start": "unknown", "end": ""}, False),
        (None, False),
        ("unknown", False),
    ],
    ids=["day", "end only", "unresolved", "words for unknown", "null", "unknown"],
)
def test_an_expression_that_nothing_resolves_is_no_date(value, expected):
    assert is_dated(value) is expected


days = st.dates(date(2030, 1, 1), date(2033, 12, 31))
dates = days.flatmap(lambda each: st.sampled_from([f"{each}", f"{each}"[:7], f"{each}"[:4]])).map(day)


@given(dates, dates)
def test_half_is_earned_exactly_where_one_side_lies_within_the_other(gold, predicted):
    credit, label = when(gold, predicted)
    a, b = gold["start"], predicted["start"]

    assert credit == (1.0 if a == b else 0.5 if a.startswith(b) or b.startswith(a) else 0.0)
    assert (credit == 0.5) == (label in ("date_coarse", "date_overprecise"))
