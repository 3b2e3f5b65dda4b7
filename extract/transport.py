"""The connections to an endpoint, and the one door to aiohttp; imported only when an endpoint is asked."""

from __future__ import annotations

import ssl
import time
from asyncio import Timeout, get_running_loop, timeout, timeout_at
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from extract.descriptors import are_spent
from extract.route import PATH, Unanswered, Why, address, bundle, headers, proxy, trusted
from extract.streamed import Streamed

if TYPE_CHECKING:
    from extract.client import Endpoint

_KEEP_IDLE_S = 30.0
# A connection that had been closed under us says so within a round trip; what takes longer was a server that
# had our request and died over it.
_STALE_WITHIN_S = 2.0
_MOVED = frozenset({301, 302, 307, 308})
_HOPS = 5
_EVENTS = "text/event-stream"
# Behind the end of an answer there may come a count of its tokens, and behind that the end of the stream: what is
# there by then can be used, and so can the connection.
_COUNT_S, _END_S = 5.0, 0.1


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status; the names of headers are found in any case.

    The data of one that was streamed is what it would have been otherwise; `first_token_s` are the seconds until its
    first token, None where there was none.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes
    first_token_s: float | None = None


@dataclass(slots=True)
class _Try:
    """How far one request came; `is_alive` where its stream sent anything, `said` are the answer's characters in it."""

    is_streamed: bool
    is_connected: bool = False
    is_reused: bool = False
    has_begun: bool = False
    is_alive: bool = False
    said: int = 0


class Connection:
    """The connections of one event loop to one endpoint: kept alive, as many as are in flight.

    Proxies and certificates are those of the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, ...), looked
    up once: aiohttp's own `trust_env` asks a thread for each call, and for a password in ~/.netrc.
    Must be made and closed in the loop. Raises Unanswered for an address or a key that cannot be used.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._loop = get_running_loop()
        self._url = address(endpoint.base_url)
        self._headers = headers(endpoint)
        self._begin_s, self._whole_s = endpoint.first_token_timeout_s, endpoint.timeout_s
        # Where the beginning has a time of its own, `_send` keeps both.
        total = endpoint.timeout_s if self._begin_s is None else None
        self._timeout = aiohttp.ClientTimeout(total=total, connect=endpoint.connect_timeout_s)
        # A stream may take as long as it goes on.
        self._endless = aiohttp.ClientTimeout(total=None, connect=endpoint.connect_timeout_s)
        self._proxy = proxy(self._url)
        self._pool = self._session(force_close=False)
        self._fresh: aiohttp.ClientSession | None = None

    async def post(self, content: bytes, *, is_streamed: bool = False) -> Reply:
        """Send these bytes to /chat/completions; Unanswered if no whole reply comes back.

        Where they ask for a stream, which `is_streamed` says, its events are put together.
        """
        url = self._url
        for _ in range(_HOPS):
            reply = await self._post(url, content, is_streamed=is_streamed)
            if reply.status not in _MOVED or not reply.headers.get("location"):
                return reply
            url = _next(url, reply.headers["location"])
        raise Unanswered("redirected", _shown(url))

    async def get(self, path: str, timeout_s: float) -> Reply:
        """What is at a path of the same host; Unanswered if nothing is within this time. Follows no redirect."""
        tried = _Try(is_streamed=False)
        try:
            async with timeout(timeout_s):
                url = self._url.with_path(path).with_query(self._url.query)
                return await self._send(self._pool, url, None, tried)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unanswered(error, tried) from None

    async def close(self) -> None:
        """Close them all."""
        for session in (self._pool, self._fresh):
            if session is not None:
                await session.close()

    def __del__(self) -> None:
        # What is left of a loop that has ended can be closed without waiting; aiohttp would write to stderr.
        loop = getattr(self, "_loop", None)
        if loop is not None and loop.is_closed() and hasattr(self, "_fresh"):
            with suppress(StopIteration):
                self.close().send(None)

    async def _post(self, url: URL, content: bytes, *, is_streamed: bool) -> Reply:
        started, tried = time.perf_counter(), _Try(is_streamed)
        try:
            try:
                return await self._send(self._pool, url, content, tried)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError) as error:
                if not tried.is_reused or _has_begun(error) or time.perf_counter() - started > _STALE_WITHIN_S:
                    raise
            # The endpoint had closed a connection that stood idle: nobody has read our request.
            tried = _Try(is_streamed)
            self._fresh = self._fresh or self._session(force_close=True)
            return await self._send(self._fresh, url, content, tried)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not chained: aiohttp's errors hold our headers and the whole address.
            raise _unanswered(error, tried) from None

    async def _send(self, session: aiohttp.ClientSession, url: URL, content: bytes | None, tried: _Try) -> Reply:
        is_tls = "https" in (url.scheme, self._proxy and self._proxy.scheme)
        sending = session.request(
            "GET" if content is None else "POST",
            url,
            data=content,
            allow_redirects=False,
            proxy=self._proxy,
            ssl=trusted(bundle()) if is_tls else True,
            trace_request_ctx=tried,
            timeout=self._endless if tried.is_streamed else self._timeout,
        )
        begin_s = self._begin_s or (self._whole_s if tried.is_streamed else None)
        started = self._loop.time()
        async with timeout(begin_s) as limit, sending as response:
            if tried.is_streamed and response.content_type == _EVENTS and response.status < 300:
                return await self._collected(response, limit, tried, started)
            if self._begin_s is not None:
                tried.has_begun = True
                limit.reschedule(self._loop.time() + self._whole_s)
            return Reply(response.status, response.headers, await response.read())

    async def _collected(self, response: aiohttp.ClientResponse, begin: Timeout, tried: _Try, started: float) -> Reply:
        """The reply that a stream tells piece by piece; each token gives it more time."""
        answer, first_token_s, due_s = Streamed(), None, begin.when()
        begin.reschedule(None)
        try:
            async with timeout_at(due_s) as limit:
                async for data in response.content.iter_any():
                    tried.is_alive = True
                    before = answer.is_whole, answer.is_over
                    is_token = answer.take(data)
                    now_s = self._loop.time()
                    if is_token:
                        first_token_s = first_token_s or now_s - started
                        tried.said = answer.characters
                    if is_token or before != (answer.is_whole, answer.is_over):
                        limit.reschedule(now_s + self._pause_s(answer))
        except (aiohttp.ClientError, OSError):
            # Nothing is missing but the end of the stream, or the count of its tokens.
            if not answer.is_whole:
                raise
        answer.end()
        if not answer.is_whole:
            raise Unanswered("broken", f"the stream ended after {answer.characters:,} characters, in the middle")
        return Reply(response.status, response.headers, answer.data(), first_token_s)

    def _pause_s(self, answer: Streamed) -> float:
        """How long more of a stream may take to come."""
        return min(self._whole_s, _END_S if answer.is_over else _COUNT_S if answer.is_whole else self._whole_s)

    def _session(self, *, force_close: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            force_close=force_close,
            keepalive_timeout=None if force_close else _KEEP_IDLE_S,
            # Not aiodns, where that is installed: it does not know the names of /etc/hosts and of the local network.
            resolver=aiohttp.ThreadedResolver(),
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[_trace()],
            # Gateways send policies longer than the 8 KB that aiohttp takes.
            max_field_size=65536,
        )


def _trace() -> aiohttp.TraceConfig:
    """Tells a request's `_Try` how it got its connection."""

    async def created(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
        context.trace_request_ctx.is_connected = True

    async def reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
        context.trace_request_ctx.is_connected = context.trace_request_ctx.is_reused = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(created)
    trace.on_connection_reuseconn.append(reused)
    return trace


def _has_begun(error: BaseException) -> bool:
    """Whether a part of the reply had come before the connection was closed."""
    return isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)


def _next(url: URL, location: str) -> URL:
    """Where a redirect leads, if that is the same host and no less safe: the key goes with the request."""
    try:
        target = url.join(URL(location))
        is_raised = (url.scheme, target.scheme) == ("http", "https") and url.is_default_port()
        is_same = target.origin() == url.origin() or (
            is_raised and target.host == url.host and target.is_default_port()
        )
    except ValueError:
        raise Unanswered("redirected", "an address that cannot be read") from None
    if not is_same:
        raise Unanswered("redirected", _shown(target))
    # The query is part of the base URL; a Location seldom repeats it.
    target = target.with_user(None).with_fragment(None)
    return target if target.query_string else target.with_query(url.query)


def _shown(url: URL) -> str:
    return str(url.with_user(None).with_query(None).with_fragment(None)).removesuffix(PATH)


def _unanswered(error: Exception, tried: _Try) -> Unanswered:
    """What aiohttp's error means; its own text may hold the address, so each kind gives what it may."""
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return Unanswered("unusable", "the address cannot be used")
    if are_spent(error):
        return Unanswered("exhausted", "too many open files")
    if isinstance(error, TimeoutError):
        # A connection that takes too long has no text of its own; the limit is said in its place.
        return Unanswered(_too_long(tried), f"{tried.said:,}" if tried.said else "")
    if not tried.is_connected:
        return _unconnected(error)
    if isinstance(error, aiohttp.ClientResponseError):
        return Unanswered("broken", error.message)
    return Unanswered("broken", "in the middle of the headers" if _has_begun(error) else _text(error))


def _too_long(tried: _Try) -> Why:
    """What took longer than it may."""
    if tried.is_alive:
        return "stalled" if tried.said else "wordless"
    return "unfinished" if tried.has_begun else "late" if tried.is_connected else "unconnected"


def _unconnected(error: Exception) -> Unanswered:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        refused = error.certificate_error
        return Unanswered("untrusted", getattr(refused, "verify_message", "") or "its certificate is not trusted")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Unanswered("unconnected", f"the proxy answered {error.status} {error.message}")
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ssl.SSLError):
        return Unanswered("untrusted", (cause.reason or "it failed").lower().replace("_", " "))
    proxy = "the proxy: " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
    return Unanswered("unconnected", proxy + _text(cause))


def _text(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error) or type(error).__name__
