"""The way to an endpoint: its address, the headers that go with a request, the proxy and the certificates.

Whatever of it cannot be used raises Unanswered, as does a request that gets no reply.
"""

from __future__ import annotations

import os
import platform
import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from multidict import CIMultiDict
from yarl import URL

if TYPE_CHECKING:
    from extract.client import Endpoint

PATH = "/chat/completions"

Why = Literal[
    "unusable",
    "unconnected",
    "exhausted",
    "untrusted",
    "late",
    "wordless",
    "unfinished",
    "stalled",
    "broken",
    "redirected",
    "key",
    "header",
]


class Unanswered(Exception):  # noqa: N818  what happened, not whose fault it was
    """No whole reply came. `why` says in a word how that was, the text what is known; no address, no secret."""

    def __init__(self, why: Why, reason: str = "") -> None:
        super().__init__(reason)
        self.why = why


def address(base_url: str) -> URL:
    """Where to post: the path goes before a query (?api-version=... of Azure), credentials into a header."""
    parts = urlsplit(base_url)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path.rstrip("/") + PATH
    try:
        url = URL(parts._replace(netloc=host, path=path, fragment="").geturl())
    except ValueError as error:
        raise Unanswered("unusable", str(error).replace(parts.netloc, host)) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise Unanswered("unusable", "the address must start with http:// or https:// and a host")
    return url


def headers(endpoint: Endpoint) -> Mapping[str, str]:
    """Ours, then the user's, which win whatever the case of their names."""
    sent = CIMultiDict(
        {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "mahdar"}
        | dict([_authorization(endpoint)])
    )
    for name, value in endpoint.headers.items():
        if not (value.isascii() and value.isprintable()):
            raise Unanswered("header", f"the header {name} holds a line break or another character that none can")
        sent[name] = value
    return sent


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


def proxy(url: URL) -> URL | None:
    """The proxy that the environment names for this address."""
    proxies = getproxies()
    given = proxies.get(url.scheme) or proxies.get("all")
    if not given or any(proxy_bypass(name) for name in (url.raw_host or "", f"{url.host}:{url.port}")):
        return None
    with suppress(ValueError):
        named = URL(given if "://" in given else f"http://{given}")
        if named.scheme in ("http", "https") and named.host:
            return named
    raise Unanswered("unusable", "the proxy that the environment names is no HTTP proxy")


def bundle() -> str | None:
    """The file or folder of certificates that the environment names."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


@cache
def trusted(certificates: str | None) -> ssl.SSLContext:
    """What is trusted: the certificates in this file or folder, or those of the system."""
    # Reading the certificates takes 50 ms: once for all connections.
    if certificates is not None:
        if os.path.isdir(certificates):  # noqa: PTH112  a text from the environment
            return ssl.create_default_context(capath=certificates)
        try:
            return ssl.create_default_context(cafile=certificates)
        except OSError as error:
            reason = f"the certificates of SSL_CERT_FILE or REQUESTS_CA_BUNDLE, {certificates}, cannot be read"
            raise Unanswered("untrusted", reason) from error
    if platform.system() in ("Windows", "Darwin"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context()
