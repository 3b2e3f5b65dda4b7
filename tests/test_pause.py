"""How long an endpoint asks to wait. The clock is the tests' own."""

from __future__ import annotations

import pytest

from extract.faults.pause import asked_for, shown

NOW_S = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def asked(**headers: str) -> float | None:
    return asked_for({name.replace("_", "-"): value for name, value in headers.items()}, clock=lambda: NOW_S)


@pytest.mark.parametrize(
    ("moment", "pause"),
    [
        ("Tue, 14 Nov 2023 22:14:00 GMT", 40),
        ("Tue, 14 Nov 2023 22:14:00", 40),
        ("Thu, 16 Nov 2023 22:13:20 GMT", 300),
        ("Tue, 14 Nov 2023 22:13:00 GMT", None),
    ],
    ids=["soon", "without a zone", "in days, or our clock is slow", "past, or our clock is fast"],
)
def test_a_time_of_day_is_counted_from_our_clock_where_the_endpoint_does_not_tell_its_own(moment, pause):
    assert asked(retry_after=moment) == pause


def test_the_clock_of_the_endpoint_goes_before_ours():
    date = "Wed, 21 Oct 2099 07:28:00 GMT"

    assert asked(retry_after="Thu, 22 Oct 2099 07:28:00 GMT", date=date) == 86_400
    assert asked(retry_after="Wed, 21 Oct 2099 07:00:00 GMT", date=date) == 0


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "-1", "1e999"])
def test_what_is_no_number_of_seconds_means_nothing(value):
    assert asked(retry_after=value) is None
    assert asked(retry_after_ms=value, retry_after="2") == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.25 s"), (90, "90 s"), (1800, "30 min"), (86_400, "24 h"), (1e9, "277,777.8 h")],
)
def test_a_pause_is_shown_in_a_unit_that_fits(seconds, text):
    assert shown(seconds) == text
