"""openai's client as live requests go: with their headers, proxy and certificates, and nothing of its own."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from extract.batch.place import Place
from extract.client import Endpoint
from extract.route import Unanswered, address, bundle, headers, proxy, trusted

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Look = Callable[[Any], Awaitable[None]]
# Their notes, from INFO down, hold addresses with queries, and headers.
_TALKATIVE = ("openai", "httpx2", "httpcore2")
# What follows from a request itself; all else that openai sends is left out.
_OF_THE_REQUEST = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)


def client_of(endpoint: Endpoint, place: Place) -> AsyncOpenAI:
    """A client that tries once; Unanswered for an address, a key, a proxy or certificates that cannot be used."""
    import openai

    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    url = address(endpoint.base_url)
    way = proxy(url)
    is_tls = "https" in (url.scheme, way and way.scheme)
    port = None if url.is_default_port() else url.explicit_port
    look = _kept_to((url.scheme, url.host or "", port), _sent(endpoint))
    return openai.AsyncOpenAI(
        base_url=place.base_url,
        # `look` puts in the real one, where Azure reads it if need be.
        api_key="none",
        timeout=openai.Timeout(endpoint.timeout_s, connect=endpoint.connect_timeout_s),
        max_retries=0,
        default_query=dict(place.query),
        http_client=openai.DefaultAsyncHttpxClient(
            # Its own look at the environment knows other variables than ours.
            trust_env=False,
            proxy=str(way) if way else None,
            verify=trusted(bundle()) if is_tls else ssl.create_default_context(),
            event_hooks={"request": [look]},
        ),
    )


def _sent(endpoint: Endpoint) -> Mapping[str, str]:
    """The headers of a live request, but for those that follow from the request, unless the user gave them."""
    given = {name.lower() for name in endpoint.headers}
    live = headers(endpoint)
    return {name: live[name] for name in live if name.lower() in given or name.lower() not in _OF_THE_REQUEST}


def _kept_to(origin: tuple[str, str, int | None], sent: Mapping[str, str]) -> Look:
    """Puts our headers into each request to this origin, and none into one that a redirect leads elsewhere."""

    async def look(request: Any) -> None:
        url = request.url
        for name in [name for name in request.headers if name.lower() not in _OF_THE_REQUEST]:
            # What openai's own variables say does not go along either.
            del request.headers[name]
        if (url.scheme, url.host, url.port) == origin:
            request.headers.update(sent)
        elif request.method != "GET":
            # Reports are sent to nobody but who was named; results may lie elsewhere.
            raise Unanswered("redirected", f"{url.scheme}://{url.netloc.decode().rpartition('@')[2]}")

    return look
