"""How long a request is tried: by its fault, and by how the endpoint fares with all the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from extract.errors import EndpointError
from extract.faults.pause import LONGEST_S

if TYPE_CHECKING:
    from tenacity import RetryCallState

Clock = Callable[[], float]

# Tries and seconds from the first try on after which a request is given up, by the kind of its fault; other kinds
# have the endpoint's own number of tries. A rate passes with time alone; a server that has answered before comes back.
_BY_KIND: Mapping[str, tuple[int, float]] = {"rate": (1_000, LONGEST_S), "refused": (1_000, 300.0)}
# Faults of a server or of the way to it, which a document may have too: one that is too long for its memory.
_BROKEN = frozenset({"dropped", "server"})
# A server that was never there is told of soon; one that was there is waited for.
_NEVER_THERE_S, _AWAY_S = 15.0, 300.0
# Between two answers there may be so long a silence.
_SILENT_S = 2.0
# A few documents in a row may each break a server.
_MANY = 8
# So few requests of a storm are given up, at most, with at most so many times the tries that are allowed in calm.
_GIVEN_UP, _MOST_TIMES = 1e-6, 4
# What strikes fewer requests than this share is no storm.
_STORM = 0.1
# A single fault moves the share of faults by this much.
_WEIGHT = 0.02
# Pauses of our own grow up to these: while others are answered, waiting longer spares the endpoint nothing.
_CALM_S, _AWAY_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 5.0, 60.0
# Who is refused twice waits at least so long, whatever is asked for, and then twice as long each time, up to the other.
_REFUSED_S, _LONGEST_REFUSED_S = 0.05, 1.0


class Patience:
    """Knows how all requests to one endpoint have fared, and so whether a fault is to be held against one of them.

    What strikes a third of all requests strikes some of them five times running: they have more tries. While two
    requests or more fail and none is answered for a while, the endpoint is away, which no document can help: it is
    waited for.
    """

    def __init__(self, max_tries: int, *, clock: Clock = time.monotonic) -> None:
        self._max_tries = max_tries
        self._clock = clock
        self._was_there = self._has_answered = False
        self._share = 0.0
        # Requests that have failed since the last answer, and when the first of them did.
        self._failing: set[int] = set()
        self._since = 0.0
        # When there was an answer last, and when there will be one again, as far as the endpoint has told.
        self._answered_at = self._back_at = clock()

    def heard(self) -> None:
        """There was a reply, good or bad."""
        self._was_there = True

    def answered(self) -> None:
        """A request was answered."""
        self._has_answered = True
        self._answered_at = self._clock()
        self._failing.clear()
        self._share -= self._share * _WEIGHT

    def failed(self, request: int, kind: str, pause_s: float | None = None) -> None:
        """A request failed; `request` is its number, the same at each try, `pause_s` what the endpoint asks for."""
        if kind in ("rate", "timeout"):
            return  # the endpoint is there
        self._back_at = max(self._back_at, self._clock() + (pause_s or 0.0))
        self._since = self._since if self._failing else self._clock()
        self._failing.add(request)
        self._share += (1 - self._share) * _WEIGHT

    @property
    def is_away(self) -> bool:
        """Whether an endpoint that has answered before answers nobody any more."""
        return self._has_answered and len(self._failing) > 1 and self._clock() - self._since >= _SILENT_S

    @property
    def is_lost(self) -> bool:
        """Whether it is away from too many requests, for too long, for their documents to be the cause."""
        return self.is_away and self._clock() - self._since >= _AWAY_S and len(self._failing) >= _MANY

    @property
    def _is_over(self) -> bool:
        return self._clock() - self._since >= _AWAY_S and self._clock() >= self._back_at

    def verdict(self, error: EndpointError, tried_s: float) -> str:
        """The kind of a fault for which a request was given up: its own, or one that every other would meet too."""
        if error.kind in _BROKEN and self.is_lost:
            return "refused"
        if min(tried_s, self._clock() - self._answered_at) >= _AWAY_S:
            # Nobody was answered while it was tried: it is the endpoint that has no time, not the document.
            if error.kind == "rate":
                return "quota"
            if error.kind in _BROKEN and error.retry_after_s:
                return "refused"
        return error.kind

    def is_enough(self, state: RetryCallState) -> bool:
        """Whether no further try is made: by tries, and by time."""
        if self._max_tries == 1:
            return True  # that is all that somebody wants who says so
        error = state.outcome.exception() if state.outcome else None
        kind = error.kind if isinstance(error, EndpointError) else ""
        passed = state.seconds_since_start or 0.0
        if isinstance(error, EndpointError) and passed + (error.retry_after_s or 0.0) > LONGEST_S:
            return True
        if kind not in ("rate", "timeout") and self.is_away:
            return self._is_over or passed >= LONGEST_S
        tries, seconds = _BY_KIND.get(kind, (self._tries(), LONGEST_S))
        if kind == "refused" and not self._was_there:
            seconds = _NEVER_THERE_S
        return state.attempt_number >= tries or passed >= seconds

    def pause(self, state: RetryCallState) -> float:
        """Seconds until the next try: as asked for, else exponential with jitter."""
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, EndpointError):
            return 0.0
        if error.retry_after_s is not None:
            return max(error.retry_after_s, self._least(state.attempt_number) if error.kind == "rate" else 0.0)
        return wait_random_exponential(multiplier=1, max=self._longest())(state)

    @staticmethod
    def _least(tries: int) -> float:
        """An endpoint that refuses a request again did not know how long it has to wait: longer each time."""
        return min(_REFUSED_S * 2.0 ** min(tries - 2, 10), _LONGEST_REFUSED_S) if tries > 1 else 0.0

    def _longest(self) -> float:
        if self.is_away:
            return _AWAY_PAUSE_S
        return _CALM_S if self._has_answered else _LONGEST_PAUSE_S

    def _tries(self) -> int:
        """As many as are allowed, more of them when so many requests fail that chance alone would use them up."""
        if not _STORM < self._share < 1.0:
            return self._max_tries
        needed = math.ceil(math.log(_GIVEN_UP) / math.log(self._share))
        return max(self._max_tries, min(needed, _MOST_TIMES * self._max_tries))
