"""Rates: given, learned, and read from headers. Time is the tests' own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.bucket import Bucket, Learned, of_headers


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_saved_up_goes_at_once_and_the_rest_waits():
    clock = Clock()
    bucket = Bucket(10, burst=2, clock=clock)

    assert [bucket.take(1), bucket.take(1)] == [0.0, 0.0]
    assert bucket.take(1) == pytest.approx(0.101, abs=0.001)
    assert bucket.take(1) == pytest.approx(0.202, abs=0.001)


def test_a_clock_that_jumps_back_takes_nothing_away():
    clock = Clock()
    bucket = Bucket(10, burst=5, clock=clock)
    clock.now -= 3600

    assert bucket.take(1) == 0.0


@given(rate=st.floats(0.5, 500), steps=st.lists(st.floats(0, 2), max_size=40))
def test_no_more_goes_through_than_the_rate_allows(rate, steps):
    clock = Clock()
    bucket = Bucket(rate, burst=1, clock=clock)
    starts = []
    for step in steps:
        clock.now += step
        starts.append(clock.now + bucket.take(1))

    if len(starts) > 2:
        assert len(starts) - 1 <= rate * (max(starts) - starts[0]) + 2


def hammer(learned: Learned, clock: Clock, *, seconds: float, offered: float, limit: float | None, share: float) -> int:
    """Requests as fast as `learned` lets them, up to `offered` a second; gives how many were refused."""
    refused, level, number = 0, 0.0, 0
    end = clock.now + seconds
    while clock.now < end:
        pause = max(learned.take(), 1 / offered)
        clock.now += pause
        level = min(limit / 10 if limit else 0, level + pause * (limit or 0))
        number += 1
        is_over = limit is not None and level < 1
        if is_over or (limit is None and number * share % 1 < share):
            refused += 1
            learned.refused()
        else:
            level -= 1
            learned.passed()
    return refused


def test_a_limit_that_nobody_told_of_is_found():
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=5, offered=400, limit=150, share=0)

    assert learned.rate is not None
    assert 130 <= learned.rate <= 165
    assert hammer(learned, clock, seconds=5, offered=400, limit=150, share=0) < 60


def test_refusals_at_random_do_not_slow_anything_down_for_long():
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=8, offered=200, limit=None, share=0.3)

    assert learned.rate is None


def test_a_slow_beginning_does_not_hold_a_run_back_for_good():
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=2, offered=11, limit=None, share=0.3)  # a cold start, refused at random
    hammer(learned, clock, seconds=12, offered=300, limit=None, share=0.3)

    assert learned.rate is None


def test_without_refusals_nothing_is_paced():
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=3, offered=100, limit=None, share=0)

    assert learned.rate is None
    assert learned.take() == 0.0


@pytest.mark.parametrize(
    ("headers", "requests"),
    [
        ({}, None),
        ({"x-ratelimit-limit-requests": "600"}, 10),
        (
            {
                "x-ratelimit-limit-requests": "150",
                "x-ratelimit-remaining-requests": "100",
                "x-ratelimit-reset-requests": "333ms",
            },
            150,
        ),
        (
            {
                "x-ratelimit-limit-requests": "6000",
                "x-ratelimit-remaining-requests": "5999",
                "x-ratelimit-reset-requests": "6m0s",
            },
            100,
        ),
        (
            {
                "x-ratelimit-limit-requests": "20",
                "x-ratelimit-remaining-requests": "18",
                "x-ratelimit-reset-requests": "14ms",
            },
            None,
        ),
        ({"x-ratelimit-limit-requests": "many"}, None),
        (
            {
                "x-ratelimit-limit-requests": "20",
                "x-ratelimit-remaining-requests": "20",
                "x-ratelimit-reset-requests": "0s",
            },
            None,
        ),
    ],
    ids=[
        "none",
        "a minute",
        "by the reset",
        "too few used",
        "too few used of a small bucket",
        "no number",
        "none used",
    ],
)
def test_headers_tell_requests_a_second(headers, requests):
    assert of_headers(headers).requests == (pytest.approx(requests, rel=0.01) if requests else None)
