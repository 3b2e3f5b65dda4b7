"""The connections to an endpoint, and the one door to aiohttp; imported only when an endpoint is asked."""

from __future__ import annotations

import os
import platform
import ssl
import time
from asyncio import get_running_loop, timeout
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from extract.descriptors import are_spent

if TYPE_CHECKING:
    from extract.client import Endpoint

Why = Literal[
    "unusable", "unconnected", "exhausted", "untrusted", "late", "stalled", "broken", "redirected", "key", "header"
]

_PATH = "/chat/completions"
_KEEP_IDLE_S = 30.0
# A connection that had been closed under us says so within a round trip; what takes longer was a server that
# had our request and died over it.
_STALE_WITHIN_S = 2.0
_MOVED = frozenset({301, 302, 307, 308})
_HOPS = 5


class Unanswered(Exception):  # noqa: N818  what happened, not whose fault it was
    """No whole reply came. `why` says in a word how that was, the text what is known; no address, no secret."""

    def __init__(self, why: Why, reason: str = "") -> None:
        super().__init__(reason)
        self.why = why


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status; the names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


@dataclass(slots=True)
class _Try:
    """How far one request came."""

    is_connected: bool = False
    is_reused: bool = False
    has_begun: bool = False


class Connection:
    """The connections of one event loop to one endpoint: kept alive, as many as are in flight.

    Proxies and certificates are those of the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, ...), looked
    up once: aiohttp's own `trust_env` asks a thread for each call, and for a password in ~/.netrc.
    Must be made and closed in the loop. Raises Unanswered for an address or a key that cannot be used.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._loop = get_running_loop()
        self._url = _address(endpoint.base_url)
        self._headers = _headers(endpoint)
        self._begin_s, self._whole_s = endpoint.first_token_timeout_s, endpoint.timeout_s
        # Where the beginning has a time of its own, `_send` keeps both.
        total = endpoint.timeout_s if self._begin_s is None else None
        self._timeout = aiohttp.ClientTimeout(total=total, connect=endpoint.connect_timeout_s)
        self._proxy = _proxy(self._url)
        self._pool = self._session(force_close=False)
        self._fresh: aiohttp.ClientSession | None = None

    async def post(self, content: bytes) -> Reply:
        """Send these bytes to /chat/completions; Unanswered if no whole reply comes back."""
        url = self._url
        for _ in range(_HOPS):
            reply = await self._post(url, content)
            if reply.status not in _MOVED or not reply.headers.get("location"):
                return reply
            url = _next(url, reply.headers["location"])
        raise Unanswered("redirected", _shown(url))

    async def get(self, path: str, timeout_s: float) -> Reply:
        """What is at a path of the same host; Unanswered if nothing is within this time. Follows no redirect."""
        tried = _Try()
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

    async def _post(self, url: URL, content: bytes) -> Reply:
        started, tried = time.perf_counter(), _Try()
        try:
            try:
                return await self._send(self._pool, url, content, tried)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError) as error:
                if not tried.is_reused or _has_begun(error) or time.perf_counter() - started > _STALE_WITHIN_S:
                    raise
            # The endpoint had closed a connection that stood idle: nobody has read our request.
            tried = _Try()
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
            ssl=_trusted(_bundle()) if is_tls else True,
            trace_request_ctx=tried,
        )
        async with timeout(self._begin_s) as limit, sending as response:
            if self._begin_s is not None:
                tried.has_begun = True
                limit.reschedule(self._loop.time() + self._whole_s)
            return Reply(response.status, response.headers, await response.read())

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


def _address(base_url: str) -> URL:
    """Where to post: the path goes before a query (?api-version=... of Azure), credentials into a header."""
    parts = urlsplit(base_url)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path.rstrip("/") + _PATH
    try:
        url = URL(parts._replace(netloc=host, path=path, fragment="").geturl())
    except ValueError as error:
        raise Unanswered("unusable", str(error).replace(parts.netloc, host)) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise Unanswered("unusable", "the address must start with http:// or https:// and a host")
    return url


def _headers(endpoint: Endpoint) -> Mapping[str, str]:
    """Ours, then the user's, which win whatever the case of their names."""
    headers = CIMultiDict(
        {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "mahdar"}
        | dict([_authorization(endpoint)])
    )
    for name, value in endpoint.headers.items():
        if not (value.isascii() and value.isprintable()):
            raise Unanswered("header", f"the header {name} holds a line break or another character that none can")
        headers[name] = value
    return headers


def _authorization(endpoint: Endpoint) -> tuple[str, str]:
    """The header that the key goes into, or the name and password of the address."""
    parts = urlsplit(endpoint.base_url)
    if parts.username is not None:
        given = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return "Authorization", f"Basic {b64encode(given.encode()).decode()}"
    if not (endpoint.api_key.isascii() and endpoint.api_key.isprintable()):
        raise Unanswered("key", "the key holds a line break or another character that no key has")
    # Local servers take any; some proxies want there to be one.
    key = endpoint.api_key or "none"
    return ("api-key", key) if endpoint.is_azure else ("Authorization", f"Bearer {key}")


def _proxy(url: URL) -> URL | None:
    """The proxy that the environment names for this address."""
    proxies = getproxies()
    given = proxies.get(url.scheme) or proxies.get("all")
    if not given or any(proxy_bypass(name) for name in (url.raw_host or "", f"{url.host}:{url.port}")):
        return None
    with suppress(ValueError):
        proxy = URL(given if "://" in given else f"http://{given}")
        if proxy.scheme in ("http", "https") and proxy.host:
            return proxy
    raise Unanswered("unusable", "the proxy that the environment names is no HTTP proxy")


def _bundle() -> str | None:
    """The file or folder of certificates that the environment names."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


@cache
def _trusted(bundle: str | None) -> ssl.SSLContext:
    # Reading the certificates takes 50 ms: once for all connections.
    if bundle is not None:
        if os.path.isdir(bundle):  # noqa: PTH112  a text from the environment
            return ssl.create_default_context(capath=bundle)
        try:
            return ssl.create_default_context(cafile=bundle)
        except OSError as error:
            reason = f"the certificates of SSL_CERT_FILE or REQUESTS_CA_BUNDLE, {bundle}, cannot be read"
            raise Unanswered("untrusted", reason) from error
    if platform.system() in ("Windows", "Darwin"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context()


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
    return str(url.with_user(None).with_query(None).with_fragment(None)).removesuffix(_PATH)


def _unanswered(error: Exception, tried: _Try) -> Unanswered:
    """What aiohttp's error means; its own text may hold the address, so each kind gives what it may."""
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return Unanswered("unusable", "the address cannot be used")
    if are_spent(error):
        return Unanswered("exhausted", "too many open files")
    if isinstance(error, TimeoutError):
        # A connection that takes too long has no text of its own; the limit is said in its place.
        return Unanswered("stalled" if tried.has_begun else "late" if tried.is_connected else "unconnected")
    if not tried.is_connected:
        return _unconnected(error)
    if isinstance(error, aiohttp.ClientResponseError):
        return Unanswered("broken", error.message)
    return Unanswered("broken", "in the middle of the headers" if _has_begun(error) else _text(error))


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
