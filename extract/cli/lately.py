"""How fast documents are finished lately, and how long the rest will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

Clock = Callable[[], float]

_WINDOW_S = 60.0
# Of fewer documents no speed can be told, however long they took.
_FEWEST = 10
_STEP_S = 1.0
# So soon after the start, what is finished was begun together; after as much silence, a burst is over.
_SOON_S = 2.0
# So many known documents one after the other, and so many times more than usual, are no sample of what comes next.
_BURST, _TIMES = 20, 10


class _Mark(NamedTuple):
    at: float
    done: int = 0
    live: int = 0


class Lately:
    """The speed over the last minute, or over the last ten documents where these took longer.

    A document is live if its answers were asked for; others are known (cached, or unreadable) and take no time. What
    was finished up to the end of a burst of known ones is forgotten, since it says nothing of those that come after.
    """

    def __init__(self, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._now = _Mark(clock())
        self._marks = deque([self._now])
        # Known documents since the last live one.
        self._known = 0
        # So many as there are of them between two live ones, on the average of late.
        self._usual = 0.0

    def finished(self, *, is_live: bool) -> None:
        """Count a document."""
        if is_live:
            if self._is_burst:
                self._forget()
            self._usual += (min(self._known, self._longest) - self._usual) / 4
        self._known = 0 if is_live else self._known + 1
        _, done, live = self._now
        self._now = _Mark(self._clock(), done + 1, live + is_live)
        if self._now.at - self._marks[-1].at >= _STEP_S:
            self._marks.append(self._now)

    @property
    def per_s(self) -> float:
        """Documents a second."""
        if self._is_burst and self._clock() - self._now.at >= _SOON_S:
            self._forget()  # it is over: what is waited for is not known
        return (self._now.done - self._base.done) / self._span_s

    @property
    def live_per_s(self) -> float:
        """Live documents a second."""
        return (self._now.live - self._base.live) / self._span_s

    def left_s(self, documents: int) -> float | None:
        """Seconds that so many more documents take; None where that cannot be told.

        It cannot while all that is finished is known: nobody has looked whether the rest are.
        """
        speed = self.per_s
        is_told = speed and self._span_s >= _SOON_S and not self._is_burst
        return documents / speed if is_told and documents >= 0 else None

    def _forget(self) -> None:
        self._marks = deque([self._now])

    @property
    def _span_s(self) -> float:
        return max(self._clock() - self._base.at, 1e-6)

    @property
    def _base(self) -> _Mark:
        """Where the window begins."""
        since = self._clock() - _WINDOW_S
        while len(self._marks) > 1 and self._marks[1].at <= since and self._now.done - self._marks[1].done >= _FEWEST:
            self._marks.popleft()
        return self._marks[0]

    @property
    def _is_burst(self) -> bool:
        return self._known >= self._longest

    @property
    def _longest(self) -> float:
        """Known documents that are no burst are fewer."""
        return _BURST + _TIMES * self._usual
