"""How many requests may be on their way at once: a given number, or one that follows the endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]

SMALLEST, LARGEST = 4, 256
# A number is judged by so many replies at least, and a halving over so many round trips.
_JUDGED, _ROUNDS = 8, 2
# If a slot answers no more than so many times as much while there are half as many, they were not too many.
_NO_BETTER = 1.4
# So long nothing is made of refusals then, in seconds and in round trips; and a round trip before one was measured.
_CALM_S, _CALM_ROUNDS, _USUAL_S = 15.0, 40, 0.25


class _Stretch:
    """What came since the number was halved last, or set back."""

    def __init__(self, now: float) -> None:
        self.since = self._at = now
        self.replies = self.answers = 0
        self._slot_seconds = 0.0

    def until(self, now: float, number: int) -> None:
        """There were so many slots up to now."""
        self._slot_seconds += number * (now - self._at)
        self._at = now

    @property
    def of_a_slot(self) -> float:
        """Answers a second of each slot."""
        return self.answers / self._slot_seconds if self._slot_seconds else 0.0


class Slots:
    """How many requests may be on their way: a fixed number, or one that follows the endpoint; never more than `most`.

    An adaptive number begins at `first`, 4 if nobody knows better, and doubles each time as many answers came, as long
    as they come within 1.6 times the fastest mean so far; beyond that it stays. It halves, at most once in a round
    trip, when requests are refused or time out, and grows by one a round from then on (additive increase,
    multiplicative decrease).

    Each halving after a refusal is a trial. An endpoint that had too much on its hands answers as many a second with
    half the slots, each of which gives twice as much then. Where each gives what it gave before, refusals come at
    random, and few requests on their way only cost time: the number is as before, and for a while refusals change
    nothing.
    """

    def __init__(
        self, number: int | None, *, first: int | None = None, most: int | None = None, clock: Clock = time.monotonic
    ) -> None:
        self.is_fixed = number is not None
        wanted = number if number is not None else LARGEST
        self.most = min(wanted, most) if most is not None else wanted
        self.number = self.most if self.is_fixed else min(first or SMALLEST, self.most)
        self._clock = clock
        self._answers, self._latency = 0, 0.0
        self._best: float | None = None
        self._is_slow_start = True
        self._shrunk_at = float("-inf")
        self._stretch = _Stretch(clock())
        # The number before a halving that is on trial, and the answers a second that each slot gave then.
        self._before: tuple[int, float] | None = None
        self._calm_until = float("-inf")

    def answered(self, latency_s: float) -> None:
        """An answer came."""
        if self.is_fixed:
            return
        self._stretch.replies += 1
        self._stretch.answers += 1
        self._answers += 1
        self._latency += latency_s
        self._judge()
        if self._answers >= self.number:
            mean = self._latency / self._answers
            self._best = mean if self._best is None else min(self._best, mean)
            if mean > 1.6 * self._best:
                # More in flight only wait for each other: a server with few slots.
                self._set(max(1, round(self.number * self._best / mean * 1.3)), is_slow_start=False)
            elif self._before is None:
                more = 2 * self.number if self._is_slow_start else self.number + 1
                self._set(min(more, self.most), is_slow_start=self._is_slow_start)
            self._answers, self._latency = 0, 0.0

    def refused(self) -> None:
        """The endpoint had enough."""
        if self.is_fixed:
            return
        self._stretch.replies += 1
        self._judge()
        now = self._clock()
        is_time = self._before is None and now >= self._calm_until and now - self._shrunk_at >= self._round_trip_s
        if is_time and self._stretch.replies >= _JUDGED:
            self._stretch.until(now, self.number)
            before = (self.number, self._stretch.of_a_slot) if self.number > 1 else None
            self._halve(now)
            self._before = before

    def timed_out(self) -> None:
        """The endpoint gave no answer in time."""
        now = self._clock()
        if not self.is_fixed and now - self._shrunk_at >= self._round_trip_s:
            self._halve(now)

    @property
    def _round_trip_s(self) -> float:
        return self._best or _USUAL_S

    def _halve(self, now: float) -> None:
        self._shrunk_at, self._before = now, None
        self._set(max(1, self.number // 2), is_slow_start=False)
        self._stretch = _Stretch(now)
        self._answers, self._latency = 0, 0.0

    def _judge(self) -> None:
        """Whether a halving that is on trial did any good, once that can be told."""
        now, stretch = self._clock(), self._stretch
        is_told = stretch.replies >= _JUDGED and now - stretch.since >= _ROUNDS * self._round_trip_s
        if self._before is None or not is_told:
            return
        (number, of_a_slot), self._before = self._before, None
        stretch.until(now, self.number)
        if stretch.of_a_slot < _NO_BETTER * of_a_slot:
            self._calm_until = now + max(_CALM_S, _CALM_ROUNDS * self._round_trip_s)
            self._set(number, is_slow_start=True)
            self._stretch = _Stretch(now)

    def _set(self, number: int, *, is_slow_start: bool) -> None:
        self._stretch.until(self._clock(), self.number)
        self.number, self._is_slow_start = number, is_slow_start
