"""A connection: bytes in, requests one after the other, replies out."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

from bench.endpoint.codec import dumps
from bench.endpoint.http import END_OF_HEAD, JSON, LONGEST_HEAD, BadRequest, Head, read_head, reply_head

if TYPE_CHECKING:
    from bench.endpoint.chat import Exchange
    from bench.endpoint.run import Run
    from bench.endpoint.server import Server


class Connection(asyncio.Protocol):
    """Reads requests and has them answered in their order; the next one waits until the last one's reply is out."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._head: Head | None = None
        self._is_busy = False
        self._transport: asyncio.Transport | None = None
        # The chat request that is being answered, which has to know if the client leaves.
        self.exchange: Exchange | None = None
        self._counted_in: Run | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  the base class gives it
        """The client has left, or was cut off."""
        self._transport = None
        if self.exchange is not None:
            self.exchange.abandon()

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer if it is enough."""
        self._buffer += data
        self._advance()

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        return self._transport is not None

    def count_in(self, run: Run) -> None:
        """Count the connection, once in each run that it is used in."""
        if self._counted_in is not run:
            self._counted_in = run
            run.connections += 1

    def reply(self, status: int, body: bytes, headers: bytes = b"", content_type: bytes = JSON) -> None:
        """Send a whole reply; the connection is ready for the next request."""
        self.write(reply_head(status, len(body), headers, content_type) + body)
        self.done()

    def reply_json(self, status: int, value: Any) -> None:
        """Send a value as JSON."""
        self.reply(status, dumps(value))

    def reply_error(self, status: int, message: str, headers: bytes = b"") -> None:
        """Send an error in the form that OpenAI gives it."""
        self.reply(status, dumps(error_value(status, message)), headers)

    def write(self, data: bytes) -> None:
        """Send part of a reply."""
        if self._transport is not None:
            self._transport.write(data)

    def done(self) -> None:
        """The reply is out: close, or go on to the next request."""
        keep_alive = self._head is None or self._head.keep_alive
        self._head, self._is_busy, self.exchange = None, False, None
        if self._transport is not None and not keep_alive:
            self._transport.close()
        elif self._buffer:
            self._server.loop.call_soon(self._advance)

    def cut(self) -> None:
        """End the connection in the middle of what was being sent."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """End the connection as a machine does that knows nothing of it: with a reset."""
        if self._transport is None:
            return
        raw: socket.socket | None = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _advance(self) -> None:
        if self._is_busy or not self._buffer:
            return
        try:
            is_whole = self._has_request()
        except BadRequest as error:
            self._is_busy = True
            self._buffer.clear()
            self.write(_refusal(error))
            self.cut()
            return
        if is_whole:
            self._take()

    def _has_request(self) -> bool:
        """Whether the buffer holds a whole request; its head is taken out as soon as it is there."""
        if self._head is None:
            end = self._buffer.find(END_OF_HEAD)
            if max(end, len(self._buffer) if end < 0 else 0) > LONGEST_HEAD:
                raise BadRequest(431, "the head is too long")
            if end < 0:
                return False
            self._head = read_head(bytes(self._buffer[:end]))
            del self._buffer[: end + len(END_OF_HEAD)]
            if self._head.expects and len(self._buffer) < self._head.length:
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return len(self._buffer) >= self._head.length

    def _take(self) -> None:
        head = self._head
        assert head is not None  # noqa: S101  for mypy: only called once a head is there
        body = bytes(self._buffer[: head.length])
        del self._buffer[: head.length]
        self._is_busy = True
        self._server.handle(self, head, body)


def error_value(status: int, message: str) -> dict[str, Any]:
    """An error in the form that OpenAI gives it."""
    kind = _ERRORS.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


_ERRORS = {429: "rate_limit_exceeded", 500: "server_error", 503: "service_unavailable"}


def _refusal(error: BadRequest) -> bytes:
    body = dumps(error_value(error.status, str(error)))
    return reply_head(error.status, len(body), b"connection: close\r\n") + body
