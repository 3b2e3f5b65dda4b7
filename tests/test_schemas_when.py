"""Dates: what may be written, what is refused in which words, and which laws hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas import When, interval
from tests.records import refusals

years = (st.integers(2023, 2025) | st.integers(0, 9999)).map("{:04}".format)
months = st.integers(0, 13).map("{:02}".format)
days = st.integers(0, 32).map("{:02}".format)
# Written as a date is, whether or not there is such a day.
texts = st.one_of(
    years, st.tuples(years, months).map("-".join), st.tuples(years | st.just("XXXX"), months, days).map("-".join)
)


def when(start: str | None, end: str | None, **changes: Any) -> dict[str, Any]:
    return {"text": "as told", "start": start, "end": end, "basis": "explicit"} | changes


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-05-11", "2025-05-11"),
        ("2025-05", "2025-05"),
        ("2025", "2025"),
        ("2025-04-21", "2025-04-29"),
        ("2025-05-11", "2025-05"),
        ("2025-05", "2025-05-11"),
        ("2025-05-11", "2025"),
        ("2025", "2025-01-01"),
        ("2024-12-30", "2025-01-02"),
        ("2025-05-11", None),
        (None, "2025-05"),
        ("2024-02-29", "2024-02-29"),
        ("XXXX-02-29", "XXXX-02-29"),
        ("XXXX-04-21", "XXXX-04-29"),
        ("0001", "9999"),
    ],
    ids=str,
)
def test_a_date_is_kept_as_it_was_given(start, end):
    found = When.model_validate(when(start, end))

    assert (found.start, found.end, found.basis) == (start, end, "explicit")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("2025-02-30", "'2025-02-30': that month has no day 30"),
        ("2023-02-29", "'2023-02-29': that month has no day 29"),
        ("1900-02-29", "'1900-02-29': that month has no day 29"),
        ("2025-04-31", "'2025-04-31': that month has no day 31"),
        ("2025-04-00", "'2025-04-00': that month has no day 00"),
        ("XXXX-02-30", "'XXXX-02-30': that month has no day 30"),
        ("2025-13-01", "'2025-13-01': there is no month 13"),
        ("2025-13", "'2025-13': there is no month 13"),
        ("2025-00", "'2025-00': there is no month 00"),
        ("XXXX-13-01", "'XXXX-13-01': there is no month 13"),
        ("0000", "'0000': there is no year 0000"),
        ("0000-01-01", "'0000-01-01': there is no year 0000"),
    ],
)
@pytest.mark.parametrize("bound", ["start", "end"])
def test_a_day_that_does_not_exist_is_refused(bound, start, message):
    value = when(None, None) | {bound: start}

    assert refusals(When, value) == [f"{bound}: {message}"]


@pytest.mark.parametrize(
    "start",
    [
        "XXXX",
        "XXXX-05",
        "2025-5-1",
        "11-05-2025",
        "2025/05/11",
        "11 May 2025",
        "2025-05-11T00:00",
        "٢٠٢٥",
        "25",
        "~2025",
    ],
)
def test_only_the_four_forms_of_a_date_are_read(start):
    (refusal,) = refusals(When, when(start, None))

    assert refusal.startswith("start: String should match pattern")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-05-11", "2025-05-10"),
        ("2025-05-11", "2025-04"),
        ("2025-05", "2025-04-30"),
        ("2025-05", "2025-04"),
        ("2025-01-01", "2024"),
        ("2025", "2024-12-31"),
        ("2025", "2024"),
        ("XXXX-05-11", "XXXX-05-10"),
    ],
)
def test_a_range_that_runs_backwards_is_refused(start, end):
    assert refusals(When, when(start, end)) == [f"end {end} is before start {start}; the range must run forward"]


@pytest.mark.parametrize(
    ("start", "end"), [("XXXX-05-11", "2025-05-12"), ("2025-05-11", "XXXX-05-12"), ("2025", "XXXX-05-12")]
)
def test_a_year_in_one_bound_only_is_refused(start, end):
    assert refusals(When, when(start, end)) == ["give the year in both start and end, or in neither"]


@pytest.mark.parametrize(("start", "end"), [("2025", "2025"), ("2025", None), (None, "2025")])
def test_a_resolved_date_must_say_what_resolves_it(start, end):
    assert refusals(When, when(start, end, basis="none")) == [
        "start or end is given, so basis must say what resolves it; or set start and end to null"
    ]


@pytest.mark.parametrize("nothing", [None, "", " ", "unknown", "Unknown", "N/A", "غير محدد", "null"], ids=repr)
def test_without_bounds_there_is_no_basis_and_nothing_approximate(nothing):
    found = When.model_validate(when(nothing, nothing, basis="publication", approximate=True))

    assert found == When(text="as told", start=None, end=None, basis="none", approximate=False)


def test_bounds_and_basis_may_be_left_out_together():
    assert When.model_validate({"text": "قريبا"}) == When(text="قريبا", start=None, end=None, basis="none")


def test_a_bound_that_only_says_unknown_leaves_the_other():
    found = When.model_validate(when("2025-05-11", "unknown", approximate=True))

    assert (found.start, found.end, found.basis, found.approximate) == ("2025-05-11", None, "explicit", True)


def test_a_bound_needs_a_basis():
    assert refusals(When, {"text": None, "start": "2025", "end": "2025"}) == ["basis: Field required"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (when("2025-05-11", "2025-05-11"), "2025-05-11"),
        (when("2025-04-21", "2025-04-29"), "2025-04-21/2025-04-29"),
        (when("2025-04-21", "2025-04-29", approximate=True), "~2025-04-21/2025-04-29"),
        (when(None, "2025-05"), "../2025-05"),
        (when(None, None), "as told"),
        (when(None, None, text=None), ""),
    ],
    ids=["day", "range", "approximate", "end only", "text only", "nothing"],
)
def test_a_date_is_shown_in_one_short_line(value, shown):
    assert str(When.model_validate(value)) == shown


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        ("2025-05-11", date(2025, 5, 11), date(2025, 5, 11)),
        ("XXXX-02-29", date(2000, 2, 29), date(2000, 2, 29)),
    ],
)
def test_a_date_covers_all_its_days(text, first, last):
    assert interval(text) == (first, last)


@given(texts)
def test_an_interval_never_runs_backwards(text):
    try:
        first, last = interval(text)
    except ValueError:
        assume(False)
    assert first <= last


@given(texts)
def test_a_date_that_is_written_right_is_refused_only_if_it_does_not_exist(text):
    try:
        interval(text)
    except ValueError as error:
        expected = [f"start: {error}"]
    else:
        expected = []
    assert refusals(When, when(text, None)) == expected


@given(st.none() | texts, st.none() | texts)
def test_a_valid_date_has_ordered_bounds(start, end):
    try:
        found = When.model_validate(when(start, end))
    except ValidationError:
        return
    if found.start and found.end:
        assert interval(found.start)[0] <= interval(found.end)[1]
