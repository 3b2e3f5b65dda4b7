"""How an endpoint takes it to be asked for a streamed answer; what it refuses is left out from then on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from extract.transport import Reply

# Streamed with a count of its tokens, streamed without one, in one piece.
Way = Literal["counted", "streamed", "whole"]

_ADDED: Mapping[Way, bytes] = {
    "counted": b',"stream":true,"stream_options":{"include_usage":true}}',
    "streamed": b',"stream":true}',
    "whole": b"}",
}
# Servers refuse a field that they do not know or do not allow with these.
_REFUSING = frozenset({400, 403, 404, 422, 501})
# Not "upstream", of which gateways speak.
_NAMED = re.compile(rb"(?<![a-z])stream(ing|ed)?(?![a-z_])")


class Posts(Protocol):
    """What sends a request: a connection."""

    async def post(self, content: bytes, *, is_streamed: bool = False) -> Reply:
        """Send these bytes; Unanswered if no whole reply comes back."""
        ...


class Streaming:
    """Asks one endpoint for streams, in the way that it was found to take. Kept for all requests of a client."""

    def __init__(self) -> None:
        self.way: Way = "counted"

    async def post(self, connection: Posts, sent: bytes, options: Mapping[str, Any]) -> Reply:
        """The reply to a body of these options, as if it had not been streamed; Unanswered if there is no whole one.

        Where the options say themselves whether to stream, nothing is added and nothing left out. A refusal that
        names streaming is followed by another try without; what gets through is the way from then on.
        """
        if "stream" in options:
            return await connection.post(sent, is_streamed=bool(options["stream"]))
        way: Way | None = self.way
        reply = None
        while way is not None:
            reply = await connection.post(sent[:-1] + _ADDED[way], is_streamed=way != "whole")
            if reply.status < 300:
                self.way = way
            way = _less(way, reply)
        assert reply is not None  # noqa: S101  there was a way
        return reply


def _less(way: Way, reply: Reply) -> Way | None:
    """The way to ask after this reply to the same question; None if another would be of no use."""
    if way == "whole" or reply.status not in _REFUSING:
        return None
    said = reply.data.lower()
    if b"stream_options" in said and way == "counted":
        return "streamed"
    return "whole" if _NAMED.search(said) else None
