"""Pacing: how many requests are on their way at once, how fast they follow each other, and who waits for what.

A request that an endpoint refuses leaves its slot while it waits, so that others go on. How many slots there are is
given, or found: they grow while answers come as fast as before, and shrink when the endpoint refuses or is silent.
Rates are given (`rpm`, `tpm`), read from x-ratelimit headers, or learned from what an endpoint lets through.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from extract.errors import Interrupted
from extract.learned import Learned
from extract.limits import Told, stated
from extract.slots import Slots

if TYPE_CHECKING:
    from asyncio import Future

Clock = Callable[[], float]

# Documents in work for each slot: those beyond the slots wait for their time to try again.
_PER_SLOT = 4


class Pace:
    """Lets requests through; one for each endpoint and event loop. All times are in seconds of `clock`."""

    def __init__(
        self,
        *,
        concurrency: int | None = None,
        first: int | None = None,
        most: int | None = None,
        rpm: float | None = None,
        tpm: float | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.slots = Slots(concurrency, first=first, most=most, clock=clock)
        self._requests = Told(rpm / 60 if rpm else None, clock=clock)
        self._tokens = Told(tpm / 60 if tpm else None, clock=clock)
        self._learned = Learned(clock=clock)
        self._busy = 0
        self._queue: deque[Future[None]] = deque()
        self._resting: set[Future[None]] = set()
        # Those of them that any answer wakes: they wait for an endpoint that answers nobody.
        self._hoping: set[Future[None]] = set()
        # Those with a slot that wait for the rates, behind the one whose turn it is.
        self._line: deque[Future[None]] = deque()
        self._is_led = False
        # Whether the one whose turn it is waits.
        self._is_leader_held = False
        self._is_hurried = False

    @property
    def in_flight(self) -> int:
        """Requests that are on their way."""
        return self._busy - self.paced

    @property
    def waiting(self) -> int:
        """Requests that were refused, or wait for somebody else's answer."""
        return len(self._resting) - self._is_leader_held

    @property
    def paced(self) -> int:
        """Requests that have a slot and are held back by a rate."""
        return sum(not future.done() for future in self._line) + self._is_leader_held

    @property
    def queued(self) -> int:
        """Requests that wait for a slot."""
        return sum(not future.done() for future in self._queue)

    @property
    def rate(self) -> float | None:
        """Requests a second that are let through: given, read or learned; None where there is no limit."""
        told = self._requests.bucket
        return told.rate if told is not None else self._learned.rate

    @property
    def counts_tokens(self) -> bool:
        """Whether a limit of tokens is known."""
        return self._tokens.bucket is not None

    def places(self, size: int) -> int:
        """How many documents may be in work, so that slots are filled while some documents wait.

        As many as there are slots may wait for one or have left theirs and be validated: a slot that gets free is
        filled at once, by a request that is ready.
        """
        slots = min(size, self.slots.number) if self.slots.is_fixed else self.slots.number
        return 2 * slots + min(self.waiting, (_PER_SLOT - 2) * slots + 64)

    @asynccontextmanager
    async def slot(self, tokens: int = 0) -> AsyncIterator[None]:
        """One of the slots, when rates and refusals allow; Interrupted if there is no time left to wait."""
        await self._enter()
        try:
            await self._lull(tokens)
            yield
        finally:
            self._busy -= 1
            self._wake()

    async def rest(self, seconds: float, *, or_answer: bool = False) -> None:
        """Wait outside the slots, no longer than until the next answer if so wished; Interrupted when hurried."""
        from asyncio.events import get_running_loop

        if self._is_hurried:
            raise Interrupted
        future = get_running_loop().create_future()
        self._resting.add(future)
        if or_answer:
            self._hoping.add(future)
        timer = get_running_loop().call_later(seconds, _resolve, future)
        try:
            await future
        finally:
            timer.cancel()
            self._resting.discard(future)
            self._hoping.discard(future)
        if self._is_hurried:
            raise Interrupted

    def hurry(self) -> None:
        """Nobody waits any more: who waits for a slot or for another try is interrupted."""
        self._is_hurried = True
        for future in (*self._resting, *self._queue, *self._line):
            _resolve(future)

    def answered(self, headers: Mapping[str, str], latency_s: float) -> None:
        """A request was answered."""
        self.slots.answered(latency_s)
        self._read(headers)
        self._wake()
        for future in self._hoping:
            _resolve(future)

    def refused(self, headers: Mapping[str, str], latency_s: float = 0.0) -> None:
        """A request was refused for coming too fast (429, or 503 of a full queue), so long after it was sent."""
        self.slots.refused()
        self._learned.refused(latency_s)
        self._read(headers)

    def timed_out(self) -> None:
        """A request was not answered in time."""
        self.slots.timed_out()

    def _read(self, headers: Mapping[str, str]) -> None:
        changes = [self._requests.read(stated(headers, "requests")), self._tokens.read(stated(headers, "tokens"))]
        if any(changes):
            # What was refused before the limit was known says nothing of how well it is kept.
            self._learned.forget()

    async def _enter(self) -> None:
        from asyncio.events import get_running_loop

        while self._busy >= self.slots.number:
            future = get_running_loop().create_future()
            self._queue.append(future)
            try:
                await future
            except BaseException:
                self._wake()
                raise
            if self._is_hurried:
                raise Interrupted
        if self._is_hurried:
            raise Interrupted
        self._busy += 1

    async def _lull(self, tokens: int) -> None:
        """Wait for the rates, one behind the other; the slot is held, since nobody else could use it sooner."""
        await self._line_up()
        try:
            while (pause := self._pause(tokens)) > 0:
                self._is_leader_held = True
                await self.rest(pause)
        finally:
            self._is_leader_held = False
            self._lead()
        for told, units in ((self._requests, 1), (self._tokens, tokens)):
            if told.bucket is not None and units:
                told.bucket.take(units)
        self._learned.sent()

    def _pause(self, tokens: int) -> float:
        """Seconds until the rates let the next request go, as they are now: they may change while it waits."""
        pause = self._learned.ready()
        for told, units in ((self._requests, 1), (self._tokens, tokens)):
            if told.bucket is not None and units:
                pause = max(pause, told.bucket.ready(units))
        return pause

    async def _line_up(self) -> None:
        from asyncio.events import get_running_loop

        if not self._is_led:
            self._is_led = True
            return
        future = get_running_loop().create_future()
        self._line.append(future)
        try:
            await future
        except BaseException:
            if not future.cancelled():
                self._lead()  # its turn had just come
            raise
        if self._is_hurried:
            self._lead()
            raise Interrupted

    def _lead(self) -> None:
        """Give the turn to the next one."""
        while self._line:
            future = self._line.popleft()
            if not future.done():
                future.set_result(None)
                return
        self._is_led = False

    def _wake(self) -> None:
        free = self.slots.number - self._busy
        while free > 0 and self._queue:
            future = self._queue.popleft()
            if not future.done():
                future.set_result(None)
                free -= 1


def _resolve(future: Future[None]) -> None:
    if not future.done():
        future.set_result(None)
