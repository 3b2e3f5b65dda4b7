"""Limits as an endpoint's headers state them, followed from reply to reply."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from extract.bucket import Bucket

Clock = Callable[[], float]
What = Literal["requests", "tokens"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_PART = re.compile(r"(\d+(?:\.(\d+))?)(ms|[smhd])")
# Of fewer units that are used up, the time until they are back is too coarse to be divided by.
_FEWEST = 10
# So many replies in a row that contradict what was found mean another limit; so many votes, another kind of it.
_STRIKES, _VOTES = 5, 3
# A rate that differs by less than this is the same; that of a window, which is coarse, by less than that.
_SAME, _ABOUT = 0.005, 0.1
# What is left of a limit of a day may go at once: it does not come back while anybody waits.
_LONG_S = 3_600.0
# While more is left than half of what goes at once it is asked for a little faster, until an eighth of that is left:
# a pace just below the limit would leave what was missed at first for good.
_BRISK, _PLENTY, _LITTLE = 1.05, 0.5, 0.125


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A limit in the headers of one reply: units in all, those left, seconds until all are back, to so fine a grain."""

    limit: float
    left: float | None = None
    reset_s: float | None = None
    grain_s: float = 1.0


def stated(headers: Mapping[str, str], what: What) -> Stated | None:
    """The limit of requests or tokens that a reply states.

    `x-ratelimit-limit-requests: 150`, `-remaining-requests: 120`, `-reset-requests: 200ms` is how OpenAI, Azure, Groq,
    LiteLLM and vLLM's gateways write it; Anthropic writes `anthropic-ratelimit-requests-limit` and so on, and a time
    of day for the reset. Azure says -1 where it has nothing to say.
    """
    for names in (f"x-ratelimit-{{}}-{what}", f"anthropic-ratelimit-{what}-{{}}"):
        limit = number(headers.get(names.format("limit")))
        if limit:
            reset_s, grain_s = _reset(headers.get(names.format("reset")), headers.get("date"))
            left = number(headers.get(names.format("remaining")))
            return Stated(limit=limit, left=left, reset_s=reset_s, grain_s=grain_s)
    return None


def back_in(headers: Mapping[str, str]) -> float | None:
    """Seconds until there is something left again of a limit that is used up; None if none is, or none says when."""
    limits = (stated(headers, "requests"), stated(headers, "tokens"))
    resets = [limit.reset_s for limit in limits if limit and limit.left == 0 and limit.reset_s is not None]
    return max(resets, default=None)


class Told:
    """A limit that headers tell, and the bucket that keeps to it; a rate that is given is kept as it is.

    Most endpoints let units come back one by one: what is used up, divided by the time until it is back, is the rate,
    and each reply narrows it down. Others give out so many a window: what is left goes evenly over what is left of
    it. A reply that contradicts what was found changes nothing, several in a row do.
    """

    def __init__(self, given: float | None = None, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._is_given = given is not None
        self.bucket = Bucket(given, clock=clock) if given else None
        self._rate = given or 0.0
        self._limit: float | None = None
        self._low, self._high = 0.0, math.inf
        self._strikes = 0
        self._before: Stated | None = None
        self._votes = 0
        self._longest_s = 0.0
        self._is_brisk = False

    def read(self, now: Stated | None) -> bool:
        """Take what a reply states; whether the rate is another one than before, by more than a little."""
        if self._is_given or now is None:
            return False
        if now.limit != self._limit:
            self._limit = now.limit
            self._low, self._high, self._votes, self._before, self._longest_s = 0.0, math.inf, 0, None, 0.0
        rate, same = self._found(now)
        changed = rate is not None and abs(rate - self._rate) > same * self._rate
        before = self._rate
        if rate is not None and changed:
            self._rate = rate
        if changed or (self.bucket is not None and self._turns(now)):
            self._tune(now)
        if self.bucket is not None and now.left is not None:
            self.bucket.lower(now.left)
        return changed and abs(self._rate - before) > _ABOUT * before

    def _turns(self, now: Stated) -> bool:
        """Whether from now on it is asked for faster than units come back, or no longer."""
        if now.left is None:
            return False
        share = now.left / min(now.limit, self._rate)
        was, self._is_brisk = self._is_brisk, share >= _PLENTY or (self._is_brisk and share > _LITTLE)
        return self._is_brisk != was

    def _tune(self, now: Stated) -> None:
        burst = now.limit if now.limit > self._rate * _LONG_S else min(now.limit, self._rate)
        rate = self._rate * (_BRISK if self._is_brisk and self._votes < 0 else 1.0)
        if self.bucket is None:
            self.bucket = Bucket(rate, burst=burst, clock=self._clock)
        self.bucket.tune(rate, burst=burst)

    def _found(self, now: Stated) -> tuple[float | None, float]:
        """The rate, and by how much another one has to differ from it to count."""
        a_minute = now.limit / 60
        if now.left is None or now.reset_s is None:
            return a_minute, _SAME
        self._vote(now)
        if self._votes >= _VOTES - 1:
            return self._of_window(now, now.left, now.reset_s), _ABOUT
        used = now.limit - now.left
        if used < 1:
            # Nothing is used up, so nothing can be told of how fast it comes back; another reply will.
            return None, _SAME
        # Units are counted whole: of what is used, half a one is back already.
        rate = (used - 0.5) / now.reset_s if now.reset_s else math.inf
        if used < _FEWEST or not now.reset_s:
            # A limit that fills so fast is not of a minute.
            return (a_minute if rate < 2 * a_minute and not self._low else None), _SAME
        longer_s, shorter_s = now.reset_s + now.grain_s, now.reset_s - now.grain_s
        self._narrow((used - 1) / longer_s, used / shorter_s if shorter_s > now.grain_s else math.inf)
        found = (self._low + self._high) / 2 if math.isfinite(self._high) else rate
        # Slower than the limit a minute: a window of a minute looks so at its beginning. Others agree, or it waits.
        return (found if found >= a_minute / 2 or self._votes < 0 else a_minute), _SAME

    def _narrow(self, low: float, high: float) -> None:
        if low <= self._high and high >= self._low:
            self._low, self._high, self._strikes = max(low, self._low), min(high, self._high), 0
            return
        self._strikes += 1
        if self._strikes >= _STRIKES:
            self._low, self._high, self._strikes = low, high, 0

    def _vote(self, now: Stated) -> None:
        """Where more is used up and yet back sooner, units come back all at once, at the end of a window."""
        before = self._before
        assert now.left is not None and now.reset_s is not None  # noqa: S101, PT018  the caller looked
        self._longest_s = max(self._longest_s, now.reset_s)
        if before is None or before.left is None or before.reset_s is None:
            self._before = now
            return
        used, later = before.left - now.left, now.reset_s - before.reset_s
        if used and abs(later) > 2 * now.grain_s:
            self._votes = max(-_VOTES, min(_VOTES, self._votes + (1 if used * later < 0 else -1)))
            self._before = now

    def _of_window(self, now: Stated, left: float, reset_s: float) -> float:
        most = 2 * now.limit / max(self._longest_s, 1.0)
        return min(most, max(left, 1.0) / max(reset_s, now.grain_s))


def number(text: str | None) -> float | None:
    """The number in a header; None if there is none, or one that means nothing, as "inf" and "nan" do."""
    try:
        found = float(text) if text else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _reset(text: str | None, date: str | None) -> tuple[float | None, float]:
    """`200ms`, `1.5s`, `6m0s`, plain seconds, or a time of day as RFC 3339 has it; and how fine that is, in seconds."""
    text = (text or "").strip()
    if _DURATION.fullmatch(text):
        parts = _PART.findall(text)
        _, decimals, unit = parts[-1]
        return sum(float(count) * _UNITS[unit] for count, _, unit in parts), _UNITS[unit] / 10 ** len(decimals)
    plain = number(text)
    if plain is not None:
        return plain, 10.0 ** -len(text.partition(".")[2])
    return _until(text, date), 1.0


def _until(text: str, date: str | None) -> float | None:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        then = datetime.fromisoformat(text)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return max(0.0, (then - now).total_seconds())
    except (ValueError, TypeError):
        return None
