"""One chat request: from its arrival, past what may go wrong, through the queue, until its answer is out."""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from bench.endpoint.http import reply_head
from bench.endpoint.reading import Ask

if TYPE_CHECKING:
    from bench.endpoint.connection import Connection
    from bench.endpoint.server import Server

_PIECES = 20
# Long enough for half a body to leave before the connection is cut.
_CUT_AFTER_S = 0.002


class Exchange:
    """A chat request that is being answered. It ends once, in `_end`, however that comes about."""

    __slots__ = ("_ask", "_connection", "_delay", "_fault", "_has_slot", "_is_over", "_run", "_server", "_timer")

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._run = server.run
        self._ask: Ask | None = None
        self._fault: str | None = None
        self._delay = 0.0
        self._has_slot = self._is_over = False
        self._timer: TimerHandle | None = None
        connection.exchange = self

    def start(self, body: bytes) -> None:
        """Answer at once if it is to go wrong, else as soon as there is a slot."""
        run = self._run
        run.came()
        self._connection.count_in(run)
        if run.is_out():
            self._reset()
            return
        try:
            self._ask = ask = self._server.reader.read(body)
        except ValueError as error:
            self._fail(400, str(error))
            return
        run.asked(ask)
        if self._is_held_back():
            return
        self._fault, self._delay = run.faults.draw(body, is_reask=ask.is_reask)
        if self._fault is not None:
            run.struck[self._fault] += 1
        if self._fault in _AT_ONCE:
            status = int(self._fault)
            self._fail(status, _AT_ONCE[self._fault], None if status == 500 else run.options.retry_after_s)
            return
        run.slots.enter(self)

    def generate(self) -> None:
        """Take a slot, and the time that an answer takes."""
        if self._is_over:
            self._run.slots.leave()
            return
        self._has_slot = True
        if self._fault == "hang":
            return
        seconds = self._run.options.latency_ms / 1000 + self._delay
        if seconds > 0:
            self._later(seconds, self._answer)
        else:
            self._answer()

    def abandon(self) -> None:
        """The client has left: nobody needs the answer."""
        if self._is_over:
            return
        if not self._has_slot:
            self._run.slots.give_up(self)
        self._end("left")

    def _is_held_back(self) -> bool:
        """Whether there are too many requests just now; if so it is said."""
        run = self._run
        wait = run.bucket.take(self._server.loop.time()) if run.bucket else 0.0
        if wait:
            run.struck["rate"] += 1
            self._fail(429, "Rate limit reached", wait)
        elif run.is_in_burst():
            run.struck["burst_429"] += 1
            self._fail(429, "Rate limit reached", run.options.retry_after_s)
        elif run.slots.is_full:
            run.struck["queue"] += 1
            self._fail(503, "The queue is full", run.options.retry_after_s)
        return self._is_over

    def _answer(self) -> None:
        if self._run.is_out():
            self._reset()
            return
        ask, fault = self._ask, self._fault
        assert ask is not None  # noqa: S101  for mypy: without it nothing gets a slot
        body = self._server.completions.completion(ask, fault)
        if fault == "reset":
            self._connection.write(reply_head(200, len(body), self._limits()) + body[: len(body) // 2])
            self._later(_CUT_AFTER_S, self._cut)
            return
        if fault == "drip":
            self._connection.write(reply_head(200, len(body), self._limits()))
            self._drip(body, 0)
            return
        if fault is None:
            self._run.answered(ask)
        self._send(200, body[: len(body) // 2] if fault == "badbody" else body)

    def _drip(self, body: bytes, at: int) -> None:
        size = -(-len(body) // _PIECES)
        self._connection.write(body[at : at + size])
        if at + size < len(body):
            self._later(self._run.options.drip_s / _PIECES, lambda: self._drip(body, at + size))
            return
        if self._ask is not None:
            self._run.answered(self._ask)
        self._end("200")
        self._connection.done()

    def _fail(self, status: int, message: str, retry_after_s: float | None = None) -> None:
        # Seconds may be fractions here, which clients read though the standard has whole ones.
        retry = (
            b"" if retry_after_s is None else b"retry-after: %s\r\n" % f"{ceil(retry_after_s * 1000) / 1000:g}".encode()
        )
        self._end(str(status))
        self._connection.reply_error(status, message, retry + self._limits())

    def _send(self, status: int, body: bytes) -> None:
        self._end(str(status))
        self._connection.reply(status, body, self._limits())

    def _cut(self) -> None:
        self._end("cut")
        self._connection.cut()

    def _reset(self) -> None:
        self._run.struck["outage"] += 1
        self._end("cut")
        self._connection.reset()

    def _end(self, status: str) -> None:
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._has_slot:
            self._run.slots.leave()
        self._run.went(status)

    def _limits(self) -> bytes:
        bucket = self._run.bucket
        return bucket.headers(self._server.loop.time()) if bucket and self._run.options.limit_headers else b""

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._timer = self._server.loop.call_later(seconds, do)


_AT_ONCE = {"429": "Rate limit reached", "500": "The server had an error", "503": "The server is overloaded"}
