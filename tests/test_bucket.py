"""A token bucket. Time is the tests' own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.bucket import Bucket


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


def test_who_waits_goes_as_soon_as_another_rate_allows():
    clock = Clock()
    bucket = Bucket(1, burst=1, clock=clock)
    bucket.take(1)

    assert bucket.ready(1) == pytest.approx(1, abs=0.02)
    bucket.tune(100)
    assert bucket.ready(1) == pytest.approx(0.01, abs=0.001)


def test_more_than_it_ever_holds_waits_until_it_is_full_and_the_next_one_for_the_rest():
    clock = Clock()
    bucket = Bucket(10, burst=5, clock=clock)

    assert bucket.ready(20) == 0
    bucket.take(20)
    assert bucket.ready(1) == pytest.approx(1.6, abs=0.05)


def test_what_is_lowered_is_not_raised():
    clock = Clock()
    bucket = Bucket(10, burst=5, clock=clock)
    bucket.lower(0)
    bucket.lower(4)

    assert bucket.ready(1) == pytest.approx(0.1, abs=0.01)
