"""The connection that openai talks over; imported only when an endpoint is asked."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import httpx2
from openai import AsyncOpenAI

if TYPE_CHECKING:
    from extract.client import Endpoint


def response_type() -> type[httpx2.Response]:
    """The type that makes openai hand over a reply unparsed."""
    return httpx2.Response


def connect(endpoint: Endpoint) -> AsyncOpenAI:
    """A client of that endpoint that never tries again by itself."""
    timeout = httpx2.Timeout(endpoint.timeout_s, connect=endpoint.connect_timeout_s)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=256)
    # openai would put the path behind a query (?api-version=... of Azure).
    address = urlsplit(endpoint.base_url)
    return AsyncOpenAI(
        base_url=address._replace(query="", fragment="").geturl(),
        default_query=dict(parse_qsl(address.query)) or None,
        # openai refuses to start without a key; local servers take any.
        api_key=endpoint.api_key or "none",
        max_retries=0,
        timeout=timeout,
        http_client=httpx2.AsyncClient(timeout=timeout, limits=limits, follow_redirects=True, verify=_trusted()),
    )


@cache
def _trusted() -> SSLContext:
    # Reading the certificates takes 50 ms: once for all clients.
    return httpx2.create_ssl_context()


def was_connected(error: BaseException | None) -> bool:
    """Whether there was a connection when the error came."""
    kinds = (httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.ReadError, httpx2.WriteError, httpx2.CloseError)
    return isinstance(error, (*kinds, httpx2.ProtocolError, httpx2.DecodingError))
