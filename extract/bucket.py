"""Rates: a token bucket, one learned from an endpoint's refusals, and what its headers say."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Clock = Callable[[], float]

# Just below a limit: what arrives a little early counts as too much.
_SHARE = 0.99
_WINDOW_S = 1.0
_GAP_S = 0.5
# Of fewer requests no share can be told; a pace slower than this would never come to so many.
_FEWEST, _SLOWEST = 10, 5.0


class Bucket:
    """Lets `rate` units a second through, `burst` of them at once. Who takes too much is told how long to wait."""

    def __init__(self, rate: float, *, burst: float | None = None, clock: Clock = time.monotonic) -> None:
        self.rate = rate * _SHARE
        self._burst = max(1.0, min(burst, rate) if burst is not None else rate / 20)
        self._clock = clock
        self._level, self._at = self._burst, clock()

    def take(self, units: float) -> float:
        """Take units, and give the seconds until they are there; a request larger than the bucket waits its time."""
        now = self._clock()
        # A clock that was set back must not take what was saved.
        self._level = min(self._burst, self._level + max(0.0, now - self._at) * self.rate)
        self._at = now
        self._level -= units
        return max(0.0, -self._level / self.rate)


class Learned:
    """A rate found from refusals alone, for endpoints that have a limit and do not say which.

    A limit lets through what it lets through, however much is asked: what passes in a second is the limit. Asking at
    that rate, refusals all but end. If they do not, they are not for coming too fast (an overloaded proxy refuses
    at random), and slowing down would only cost time: the rate is let go, and not learned again for a while.
    """

    def __init__(self, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._passed: deque[float] = deque()
        self._refused: deque[float] = deque()
        self._bucket: Bucket | None = None
        self._since = 0.0
        self._share_before = 0.0
        self._not_before = 0.0
        self._began: float | None = None
        self._last = 0.0

    @property
    def rate(self) -> float | None:
        """Requests a second that are let through, or None while there is no reason to pace."""
        return self._bucket.rate if self._bucket else None

    def passed(self) -> None:
        """A request was answered."""
        self._note(self._passed)

    def refused(self) -> None:
        """A request was refused."""
        self._note(self._refused)

    def take(self) -> float:
        """Seconds that the next request has to wait."""
        return self._bucket.take(1) if self._bucket else 0.0

    def _note(self, events: deque[float]) -> None:
        now = self._clock()
        if self._began is None or now - self._last > _GAP_S:
            # What came before a pause says nothing of how much gets through: one went ahead of all, or all rested.
            self._began = now
        self._last = now
        events.append(now)
        # Unpaced, the last second counts; at a pace, all since it was set: at a slow one a second holds too little.
        oldest = now - _WINDOW_S if self._bucket is None else self._since
        for kept in (self._passed, self._refused):
            while kept and kept[0] < oldest:
                kept.popleft()
        self._judge(now)

    def _judge(self, now: float) -> None:
        passed, refused = len(self._passed), len(self._refused)
        if passed + refused < _FEWEST or self._began is None or now - self._began < _WINDOW_S or now < self._not_before:
            return
        share = refused / (passed + refused)
        if self._bucket is None:
            if share > 0.1:
                busy = sum(each >= self._began for each in self._passed)
                self._pace(busy / _WINDOW_S * 1.02, share, now)
        elif now - self._since >= 2 * _WINDOW_S:
            self._review(passed / (now - self._since), share, now)

    def _review(self, passed: float, share: float, now: float) -> None:
        assert self._bucket is not None  # noqa: S101  the caller looked
        if share > self._share_before / 2 and share > 0.1:
            self._bucket = None
            self._not_before = now + 30 * _WINDOW_S
        elif share > 0.02:
            self._pace(passed, max(share, self._share_before), now)
        else:
            # Limits are raised too, and the first second may have been a slow one: more, while nothing is refused.
            self._pace(self._bucket.rate / _SHARE * 1.05, self._share_before, now)

    def _pace(self, rate: float, share: float, now: float) -> None:
        self._bucket = Bucket(max(rate, _SLOWEST), burst=max(1.0, rate / 50), clock=self._clock)
        self._since, self._share_before = now, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Limits as headers state them: requests and tokens a second, and the requests that are left at once."""

    requests: float | None = None
    tokens: float | None = None
    left: float | None = None


def of_headers(headers: Mapping[str, str]) -> Rates:
    """The limits in x-ratelimit headers: the limit is of the time that `reset` says for what is used up, else a minute.

    `x-ratelimit-limit-requests: 150`, `-remaining-requests: 120`, `-reset-requests: 200ms`: 30 are used and are back in
    0.2 s, so that 150 are let through in a second. OpenAI, Azure, Groq, LiteLLM and vLLM's gateways write them so.
    """
    limit = _number(headers.get("x-ratelimit-limit-requests"))
    if limit is None:
        return Rates()
    left = _number(headers.get("x-ratelimit-remaining-requests"))
    tokens = _number(headers.get("x-ratelimit-limit-tokens"))
    return Rates(requests=_rate(headers, "requests", limit, left), tokens=tokens and tokens / 60, left=left)


def _rate(headers: Mapping[str, str], what: str, limit: float, left: float | None) -> float | None:
    reset = _seconds(headers.get(f"x-ratelimit-reset-{what}"))
    used = limit - left if left is not None else 0
    # Requests are counted whole: of what is used, half a one is back already.
    if reset is not None and used < 1:
        # Nothing is used up, so nothing can be told of how fast it comes back; another reply will.
        return None
    rate = (used - 0.5) / reset if reset else 0.0
    if used >= 10 and rate:
        return rate
    # Of a few used requests the time is too coarse to divide by; but a limit that fills so fast is not of a minute.
    return limit / 60 if rate < 2 * limit / 60 else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _seconds(text: str | None) -> float | None:
    """`200ms`, `1.5s`, `6m0s`, or plain seconds."""
    if not text:
        return None
    parts = re.findall(r"([\d.]+)(ms|s|m|h)", text)
    if parts:
        return sum(float(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit] for number, unit in parts)
    return _number(text)
