"""A rate that is learned from refusals alone. Time is the tests' own, and so is the endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

import pytest

from extract.learned import Learned


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def hammer(learned: Learned, clock: Clock, *, seconds: float, offered: float, limit: float | None, share: float) -> int:
    """Requests as fast as `learned` lets them, up to `offered` a second; gives how many were refused."""
    refused, level, number = 0, 0.0, 0
    end = clock.now + seconds
    while clock.now < end:
        pause = max(learned.ready(), 1 / offered)
        clock.now += pause
        level = min(limit / 10 if limit else 0, level + pause * (limit or 0))
        number += 1
        learned.sent()
        is_over = limit is not None and level < 1
        if is_over or (limit is None and number * share % 1 < share):
            refused += 1
            learned.refused()
        else:
            level -= 1
    return refused


@dataclass
class Many:
    """So many slots; each request that is refused, a round trip after it was sent, comes again after a pause."""

    slots: int
    rate: float
    burst: float
    round_trip_s: float = 0.005
    latency_s: float = 0.1
    pause_s: float = 0.01
    clock: Clock = field(default_factory=Clock)
    sent: int = 0
    refused: int = 0

    def seconds(self, documents: int) -> float:
        """How long it takes until all are answered."""
        learned, began = Learned(clock=self.clock), self.clock.now
        level, at, left, free = self.burst, self.clock.now, documents, self.slots
        # When something happens: a slot is free again, somebody has rested.
        events: list[tuple[float, int, str]] = []
        ready = documents
        while left:
            while free and ready and learned.ready() <= 0:
                now = self.clock.now
                level, at = min(self.burst, level + (now - at) * self.rate), now
                learned.sent()
                self.sent, free, ready = self.sent + 1, free - 1, ready - 1
                has_passed = level >= 1
                level -= has_passed
                what, after = ("answered", self.latency_s) if has_passed else ("refused", self.round_trip_s)
                heappush(events, (now + after, self.sent, what))
            wait = learned.ready() if free and ready else float("inf")
            if not events or self.clock.now + wait < events[0][0]:
                self.clock.now += wait
                continue
            self.clock.now, number, what = heappop(events)
            if what == "rested":
                ready += 1
                continue
            free += 1
            if what == "answered":
                left -= 1
            else:
                self.refused += 1
                learned.refused(self.round_trip_s)
                heappush(events, (self.clock.now + self.pause_s, number, "rested"))
        return self.clock.now - began


def test_a_limit_that_nobody_told_of_is_found():
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=5, offered=400, limit=150, share=0)

    assert learned.rate is not None
    assert 130 <= learned.rate <= 165
    assert hammer(learned, clock, seconds=5, offered=400, limit=150, share=0) < 60


@pytest.mark.parametrize(
    ("rate", "burst", "latency_s", "round_trip_s"),
    [(150, 20, 0.1, 0.005), (150, 20, 0.4, 0.1), (8, 8, 3.0, 0.05), (600, 20, 0.1, 0.02), (150, 150, 0.1, 0.005)],
    ids=["near", "far", "slow", "fast", "a second at once"],
)
def test_a_limit_is_used_up_without_asking_much_more_than_it_lets_through(rate, burst, latency_s, round_trip_s):
    many = Many(slots=128, rate=rate, burst=burst, latency_s=latency_s, round_trip_s=round_trip_s)
    documents = 10 * rate

    seconds = many.seconds(documents)

    assert seconds < 1.06 * ((documents - burst) / rate + latency_s)
    assert many.refused < 256 + 0.2 * documents


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_refusals_at_random_do_not_slow_anything_down_for_long(share):
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=3, offered=200, limit=None, share=share)

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
    assert learned.ready() == 0.0


def test_a_limit_that_is_raised_is_followed():
    clock = Clock()
    learned = Learned(clock=clock)
    hammer(learned, clock, seconds=5, offered=400, limit=100, share=0)
    hammer(learned, clock, seconds=40, offered=400, limit=200, share=0)

    assert learned.rate is not None
    assert 180 <= learned.rate <= 220


def test_what_was_refused_before_a_limit_was_known_is_forgotten():
    clock = Clock()
    learned = Learned(clock=clock)
    for _ in range(100):
        learned.sent()
    clock.now += 0.01
    learned.forget()
    for _ in range(100):
        learned.refused(0.01)

    assert learned.rate is None
