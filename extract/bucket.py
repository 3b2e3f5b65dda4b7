"""A token bucket."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]

# Just below a limit: what arrives a little early counts as too much.
_SHARE = 0.99


class Bucket:
    """Lets `rate` units a second through, `burst` of them at once."""

    def __init__(self, rate: float, *, burst: float | None = None, clock: Clock = time.monotonic) -> None:
        self.rate = rate * _SHARE
        self._burst = max(1.0, burst if burst is not None else rate / 20)
        self._clock = clock
        self._level, self._at = self._burst, clock()

    def take(self, units: float) -> float:
        """Take units, and give the seconds until they are there; a request larger than the bucket waits its time."""
        self._come()
        self._level -= units
        return max(0.0, -self._level / self.rate)

    def ready(self, units: float) -> float:
        """Seconds until units can be taken; of more than it ever holds, until it is full, and the next one waits."""
        self._come()
        missing = min(units, self._burst) - self._level
        # What rounding leaves is no wait: a clock might never get past it.
        return missing / self.rate if missing > 1e-9 * units else 0.0

    def tune(self, rate: float, *, burst: float | None = None) -> None:
        """Let another rate through from now on, and so many at once; what was taken stays taken."""
        self._come()
        self.rate = rate * _SHARE
        if burst is not None:
            self._burst = max(1.0, burst)
            self._level = min(self._level, self._burst)

    def lower(self, level: float) -> None:
        """Hold no more than this: an endpoint has said that it has no more."""
        self._come()
        self._level = min(self._level, level)

    def _come(self) -> None:
        now = self._clock()
        # A clock that was set back must not take what was saved.
        self._level = min(self._burst, self._level + max(0.0, now - self._at) * self.rate)
        self._at = now
