"""A rate that is learned from an endpoint's refusals alone."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from extract.bucket import Bucket

Clock = Callable[[], float]

_WINDOW_S, _STEP_S, _GAP_S = 1.0, 0.1, 0.5
# For rounding: what was sent just as a pace was set was sent before.
_MOMENT_S = 1e-6
# Of fewer requests no share can be told; a pace slower than this would take too long to come to so many.
_FEWEST, _SLOWEST = 10, 1.0
# So many refusals, and more than half of all that was sent, are believed at once.
_MANY = 20
# A pace is tried on so many requests; if refusals go on as before, on as many more.
_TRIAL, _TRIALS = 40, 2
# While a rate is sought it is asked for this much more than gets through: without refusals nothing would be learned.
_MORE = 1.25
# and it falls no further than to this part in a step, in which chance may have refused everything.
_LESS = 8


class Learned:
    """A rate for endpoints that have a limit and do not say which.

    A limit lets through what it lets through, however much is asked: what passes in a second is the limit. Asking at
    that rate, refusals all but end. If they do not, they are not for coming too fast (an overloaded proxy refuses
    at random), and slowing down would only cost time: the rate is let go, and not learned again for a while.

    Where most of what is sent is refused, a second of it would be thousands: then the rate is sought at a pace, in
    steps of a tenth of a second, each a little above what got through in the one before. What passes is known by what
    was sent at the time and not refused since: answers may take minutes, refusals come at once.
    """

    def __init__(self, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        # When each request was sent, and when those were that have been refused.
        self._sent: deque[float] = deque()
        self._refused: deque[float] = deque()
        self._bucket: Bucket | None = None
        # What was sent before this says nothing of the pace that is kept now.
        self._since = clock()
        self._last = float("-inf")
        # Seconds that a refusal takes.
        self._lag = 0.0
        self._share_before = 0.0
        self._not_before = float("-inf")
        self._failed = 0
        self._set = 0.0
        self._is_tried = False
        # While a rate is sought: what got through, in how many seconds.
        self._is_sought = False
        self._found = self._found_s = 0.0

    @property
    def rate(self) -> float | None:
        """Requests a second that are let through, or None while there is no reason to pace."""
        return self._bucket.rate if self._bucket else None

    def ready(self) -> float:
        """Seconds that the next request has to wait."""
        return self._bucket.ready(1) if self._bucket else 0.0

    def sent(self) -> None:
        """A request goes out."""
        now = self._clock()
        if self._bucket is not None:
            self._bucket.take(1)
        elif now - self._last > _GAP_S:
            # What came before a pause says nothing of how much gets through: one went ahead of all, or all rested.
            self._begin(now - 2 * _MOMENT_S)
        self._last = now
        self._sent.append(now)
        self._judge(now)

    def refused(self, latency_s: float = 0.0) -> None:
        """A request was refused, so many seconds after it was sent."""
        now = self._clock()
        self._lag = max(latency_s, 0.9 * self._lag)
        if now - latency_s > self._since + _MOMENT_S:
            self._refused.append(now - latency_s)
            self._judge(now)

    def forget(self) -> None:
        """Pace no more, and learn from what is sent from now on: somebody else knows the rate."""
        self._bucket, self._is_sought = None, False
        self._begin(self._clock())

    def _begin(self, now: float) -> None:
        self._since = now
        self._sent.clear()
        self._refused.clear()

    def _judge(self, now: float) -> None:
        if self._bucket is None:
            self._look(now)
            return
        until = now - self._lag
        if self._is_sought:
            if until - self._since >= _STEP_S and len(self._sent) >= _FEWEST:
                self._seek(*self._counted(until), until - self._since, now)
        elif until - self._since >= 2 * _WINDOW_S or (
            not self._is_tried and len(self._sent) >= _TRIAL and until - self._since >= 3 * _STEP_S
        ):
            self._review(*self._counted(until), until - self._since, now)

    def _counted(self, until: float) -> tuple[int, int]:
        """Requests that were sent up to then, and how many of them were refused."""
        sent = sum(each <= until for each in self._sent)
        return sent, min(sent, sum(each <= until for each in self._refused))

    def _look(self, now: float) -> None:
        """Unpaced: the last second counts."""
        oldest = now - _WINDOW_S - self._lag
        for kept in (self._sent, self._refused):
            while kept and kept[0] < oldest:
                kept.popleft()
        sent, refused = len(self._sent), len(self._refused)
        if now < self._not_before or refused * 20 < sent:
            return
        known = self._counted(now - self._lag)[0] if refused >= _MANY else sent
        if refused >= _MANY and refused * 2 > known:
            self._failed, self._is_sought = 0, True
            self._found = self._found_s = 0.0
            self._pace(max(known - refused, 1) / _STEP_S, refused / max(known, refused), now)
        elif sent >= _FEWEST and now - self._since >= _WINDOW_S + self._lag:
            sent, refused = self._counted(now - self._lag)
            if refused * 10 > sent:
                self._failed = 0
                self._pace((sent - refused) / _WINDOW_S * 1.02, refused / sent, now)

    def _seek(self, sent: int, refused: int, seconds: float, now: float) -> None:
        """A step is over: the next one is a little faster than what got through."""
        if sent < _FEWEST:
            return
        passed = sent - refused
        self._failed = self._failed + 1 if refused * 2 > sent else 0
        self._found, self._found_s = self._found + passed, self._found_s + seconds
        if self._failed > _TRIALS:
            self._let_go(now)
        elif not refused:
            self._found = self._found_s = 0.0
            self._pace(2 * self._set, self._share_before, now)
        elif self._found_s >= _WINDOW_S:
            self._failed, self._is_sought = 0, False
            self._pace(self._found / self._found_s * 1.02, self._share_before, now)
        else:
            self._pace(max(passed / seconds * _MORE, self._set / _LESS), self._share_before, now)

    def _review(self, sent: int, refused: int, seconds: float, now: float) -> None:
        """A pace has been kept for a while: is it the right one, and does it help?"""
        is_long = seconds >= 2 * _WINDOW_S and sent >= _FEWEST
        if not sent or (sent < _TRIAL and not is_long):
            return
        self._is_tried = True
        share = refused / sent
        if share > self._share_before / 2 and share > 0.1:
            self._failed += 1
            if self._failed >= _TRIALS:
                self._let_go(now)
            else:
                self._pace((sent - refused) / seconds * 1.02, self._share_before, now)
        elif is_long:
            self._failed = 0
            # Limits are raised too, and the first second may have been a slow one: more, while nothing is refused.
            rate = self._set * (1 - share) if share > 0.02 else self._set * 1.05
            self._pace(rate, max(share, self._share_before), now)

    def _let_go(self, now: float) -> None:
        self._bucket, self._is_sought = None, False
        self._not_before = now + 30 * _WINDOW_S
        self._begin(now)

    def _pace(self, rate: float, share: float, now: float) -> None:
        self._set = max(rate, _SLOWEST)
        if self._bucket is None:
            self._bucket = Bucket(self._set, burst=1.0, clock=self._clock)
        self._bucket.tune(self._set, burst=self._set / 50)
        self._share_before, self._is_tried = share, False
        self._begin(now)
