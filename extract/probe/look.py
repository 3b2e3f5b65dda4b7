"""What an endpoint says of itself when nothing is asked of a model: a few GETs, all at the same time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from extract import hosts

if TYPE_CHECKING:
    from extract.client import Endpoint
    from extract.route import Unanswered
    from extract.transport import Connection

TIMEOUT_S = 5.0
# Beside /chat/completions.
MODELS = "/models"
# LiteLLM's. Not /health: there it asks every model that it has.
ALIVE, ABOUT_MODELS = "/health/liveliness", "/model/info"
# From the root of the server.
ROOTS = ("/api/version", "/api/ps", "/props", "/version", "/api/v0/models", ALIVE, ABOUT_MODELS)


@dataclass(frozen=True, slots=True)
class Page:
    """A reply to a GET: `value` is its JSON, None if it is none."""

    status: int
    headers: Mapping[str, str]
    value: Any = None

    @property
    def good(self) -> Any:
        """The value of a reply with a good status, else None."""
        return self.value if self.status == 200 else None


@dataclass(frozen=True, slots=True)
class Looks:
    """The pages that came, by the path that was asked for; `fault` is why none did."""

    pages: Mapping[str, Page] = field(default_factory=dict)
    fault: Unanswered | None = None

    def good(self, path: str) -> Mapping[str, Any]:
        """The object at a path, empty if there is none."""
        value = self.pages[path].good if path in self.pages else None
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str:
        """A header that any page has, else an empty text."""
        return next((page.headers[name] for page in self.pages.values() if name in page.headers), "")


async def look(connection: Connection, endpoint: Endpoint) -> Looks:
    """Get /models, and of a server that is none of the well-known services what tells it from others."""
    from asyncio import gather

    from extract.route import Unanswered

    roots = () if hosts.is_hosted(endpoint.base_url) else ROOTS
    replies = await gather(
        *(page(connection, endpoint, path) for path in (MODELS, *roots)),
        return_exceptions=True,
    )
    pages, fault = {}, None
    for path, reply in zip((MODELS, *roots), replies, strict=True):
        if isinstance(reply, Unanswered):
            fault = fault or reply
        elif isinstance(reply, BaseException):
            raise reply
        else:
            pages[path] = reply
    return Looks(pages, None if pages else fault)


async def page(connection: Connection, endpoint: Endpoint, path: str) -> Page:
    """One page; Unanswered if none comes."""
    base = urlsplit(endpoint.base_url).path.rstrip("/")
    whole = base + path if path == MODELS else base.removesuffix("/v1") + path
    reply = await connection.get(whole, min(TIMEOUT_S, endpoint.timeout_s))
    try:
        value = json.loads(reply.data)
    except (ValueError, RecursionError):
        value = None
    return Page(reply.status, reply.headers, value)
