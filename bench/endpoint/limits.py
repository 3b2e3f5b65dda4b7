"""What a busy endpoint lets through: a token bucket, and slots with a queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import Protocol


class Bucket:
    """A token bucket: each request takes a token, `rate` of them come back a second, it holds `burst` at most."""

    def __init__(self, rate: float, burst: float | None, now: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate if burst is None else burst)
        self._left = self._most
        self._at = now

    def take(self, now: float) -> float:
        """0 if there was a token, else the seconds until there is one; a request without one takes nothing."""
        self._fill(now)
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate

    def headers(self, now: float) -> bytes:
        """What endpoints say of their limit: how many fit, how many are left, when all are back."""
        self._fill(now)
        back = duration((self._most - self._left) / self._rate).encode()
        lines = (b"limit-requests: %d", b"remaining-requests: %d", b"reset-requests: %s")
        return b"".join(b"x-ratelimit-%s\r\n" % line for line in lines) % (self._most, self._left, back)

    def _fill(self, now: float) -> None:
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now


def duration(seconds: float) -> str:
    """A time as OpenAI writes it: 12ms, 1.5s, 6m0s."""
    if seconds < 1:
        return f"{ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:.0f}s" if minutes else f"{rest:.3g}s"


class Waiting(Protocol):
    """What waits for a slot."""

    def generate(self) -> None:
        """Begin: a slot is yours; leave it when you are done, or at once if you are no longer wanted."""


class Slots:
    """At most so many at once; the others wait, first come, first served."""

    def __init__(self, most: int | None, max_queue: int | None, soon: Callable[[Callable[[], None]], object]) -> None:
        self._most = most
        self._max_queue = max_queue
        # One that begins inside another's end would, in a long queue, nest too deeply.
        self._soon = soon
        self._busy = 0
        self._queue: deque[Waiting] = deque()
        self.queued_max = 0

    @property
    def is_full(self) -> bool:
        """Whether one more could not even wait."""
        return self._is_busy and self._max_queue is not None and len(self._queue) >= self._max_queue

    @property
    def _is_busy(self) -> bool:
        return self._most is not None and self._busy >= self._most

    def enter(self, one: Waiting) -> None:
        """Let it generate, now or as soon as a slot is free."""
        if self._is_busy:
            self._queue.append(one)
            self.queued_max = max(self.queued_max, len(self._queue))
            return
        self._busy += 1
        one.generate()

    def leave(self) -> None:
        """Give a slot back; the one that waits longest gets it."""
        if self._queue:
            self._soon(self._queue.popleft().generate)
        else:
            self._busy -= 1

    def give_up(self, one: Waiting) -> None:
        """Take one out of the queue, if it is still there."""
        if one in self._queue:
            self._queue.remove(one)
