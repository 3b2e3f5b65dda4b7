"""A run: what one reset begins and the next one ends, with all that is counted and limited in it."""

from __future__ import annotations

import math
from asyncio import AbstractEventLoop
from collections import Counter
from typing import Any

from bench.endpoint.draws import Faults
from bench.endpoint.limits import Bucket, Slots
from bench.endpoint.options import Options
from bench.endpoint.reading import Ask

# Who asks for an answer that went out longer ago than this could have known of it.
_LATE_S = 2.0


class Run:
    """Counters, limits and draws. A request belongs to the run that it came in, so a later one never counts it."""

    def __init__(self, options: Options, loop: AbstractEventLoop) -> None:
        self.options = options
        self.faults = Faults(options)
        self.slots = Slots(options.slots, options.max_queue, loop.call_soon)
        self.bucket = Bucket(options.rate, options.burst, loop.time()) if options.rate else None
        self.statuses: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.connections = self.reasks = self.batch_lines = 0
        self.requests = self.in_flight = self.in_flight_max = 0
        # How often each report was asked for the first time, and how often that was answered well.
        self.asks: Counter[str] = Counter()
        self.asked_late: Counter[str] = Counter()
        self._answered: dict[str, int] = {}
        self._answered_at: dict[str, float] = {}
        self._loop = loop
        self._started = loop.time()
        self._first: float | None = None
        self._last = 0.0

    def is_out(self) -> bool:
        """Whether there is an outage now."""
        if self.options.outage is None:
            return False
        start, length = self.options.outage
        return start <= self._loop.time() - self._started < start + length

    def is_in_burst(self) -> bool:
        """Whether the request that came last is one of a burst of 429."""
        if self.options.burst_429 is None:
            return False
        every, length = self.options.burst_429
        return (self.requests - 1) % every < length

    def came(self) -> None:
        """Count a request that has come in."""
        if self._first is None:
            self._first = self._loop.time()
        self.requests += 1
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)

    def asked(self, ask: Ask) -> None:
        """Count what a request is about."""
        if ask.is_reask:
            self.reasks += 1
        elif ask.token:
            self._answered.setdefault(ask.token, 0)
            self.asks[ask.token] += 1
            if self._loop.time() - self._answered_at.get(ask.token, math.inf) > _LATE_S:
                self.asked_late[ask.token] += 1

    def answered(self, ask: Ask) -> None:
        """Count an answer that is right and went out whole."""
        if ask.token and not ask.is_reask:
            self._answered[ask.token] = self._answered.get(ask.token, 0) + 1
            self._answered_at.setdefault(ask.token, self._loop.time())

    def went(self, status: str) -> None:
        """Count a request that is over: its status, "left" for a client that did not wait, "cut" for a broken one."""
        self.in_flight -= 1
        self.statuses[status] += 1
        self._last = self._loop.time()

    def stats(self) -> dict[str, Any]:
        """All that was counted; `span_s` is from the first request to the end of the last."""
        return {
            "requests": self.requests,
            "unique": len(self._answered),
            "answered": sum(times > 0 for times in self._answered.values()),
            "answered_twice": sum(times > 1 for times in self._answered.values()),
            "reasks": self.reasks,
            "in_flight": self.in_flight,
            "in_flight_max": self.in_flight_max,
            "queued_max": self.slots.queued_max,
            "status": dict(self.statuses),
            "faults": dict(self.struck),
            "connections": self.connections,
            "batch_lines": self.batch_lines,
            "span_s": round(max(0.0, self._last - self._first), 4) if self._first is not None else 0.0,
        }
