"""What went wrong at an endpoint, said so that the user knows what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from extract.descriptors import SPENT
from extract.errors import EndpointError
from extract.faults.body import error_in, message_of, names_of, parsed, status_of
from extract.faults.meanings import PATH, Meaning, key_advice, meaning
from extract.faults.pause import LONGEST_S, asked_for, shown
from extract.limits import back_in
from extract.reply import shorten
from extract.request import Request
from extract.secrets import hide

if TYPE_CHECKING:
    from extract.client import Endpoint
    from extract.route import Unanswered, Why

_PASSING_WHY = frozenset({"unconnected", "late", "wordless", "unfinished", "stalled", "broken"})
_PASSING = frozenset({408, 409, 425, 429, 499, 500, 502, 503, 504, 529})
# Kinds that stay as they are, whatever the status says.
_LASTING = frozenset({"key", "model", "quota", "path", "context", "refusal", "mode", "option"})


def from_http(
    status: int, data: bytes, headers: Mapping[str, str], endpoint: Endpoint, request: Request
) -> EndpointError:
    """The EndpointError for a reply whose status says that something is wrong."""
    return _of_status(status, _hidden(data.decode("utf-8", "replace"), endpoint), headers, endpoint, request)


def from_reply(data: bytes, endpoint: Endpoint, request: Request) -> EndpointError:
    """The EndpointError for a reply with status 200 that holds no completion."""
    text = _hidden(data.decode("utf-8", "replace").strip(), endpoint)
    where = _shown(endpoint.base_url)
    error = error_in(text)
    if error:
        return _of_status(status_of(error) or 500, text, {}, endpoint, request, answered=200)
    if text.startswith("<"):
        message = f"{where}: answered with a web page, not an API's JSON{PATH}"
        return EndpointError(message, kind="path", status=200, body=text[:2000])
    message = f"{where}: the reply is no chat completion: {shorten(text, 80) or 'it is empty'}"
    # What cannot be read was cut on its way; what can will be the same again.
    is_cut = parsed(text) is None
    return EndpointError(message, kind="not_json", status=200, body=text[:2000], retryable=is_cut)


def from_connection(error: Unanswered, endpoint: Endpoint) -> EndpointError:
    """The EndpointError for a request to which no whole reply came."""
    limit_s = min(endpoint.connect_timeout_s, endpoint.timeout_s)
    reason = _hidden(shorten(str(error)), endpoint) or f"none within {limit_s:g} s"
    kind, said = _UNANSWERED[error.why]
    begun_s = endpoint.first_token_timeout_s or endpoint.timeout_s
    filled = said.format(
        reason=reason, timeout_s=endpoint.timeout_s, begun_s=begun_s, key=key_advice(endpoint.base_url)
    )
    message = f"{_shown(endpoint.base_url)}: {filled}"
    return EndpointError(message, kind=kind, retryable=error.why in _PASSING_WHY)


_UNANSWERED: Mapping[Why, tuple[str, str]] = {
    "unusable": ("refused", "no connection ({reason}); is --base-url right?"),
    "unconnected": ("refused", "no connection ({reason}); is the server running, and is --base-url right?"),
    "exhausted": ("refused", f"no connection ({{reason}}): {SPENT}"),
    "untrusted": (
        "refused",
        "no connection (TLS: {reason}); is it https, and does SSL_CERT_FILE hold the certificate to trust?",
    ),
    "late": (
        "timeout",
        "no answer within {begun_s:g} s; a model that is still loading needs longer: "
        "raise --timeout-s or --first-token-timeout-s, or lower --concurrency",
    ),
    "wordless": (
        "timeout",
        "the stream shows life, but no token came within {begun_s:g} s; a model that is still loading, or thinks "
        "unseen, needs longer: raise --timeout-s or --first-token-timeout-s, or lower --concurrency",
    ),
    "stalled": (
        "timeout",
        "the answer stalled after {reason} characters: nothing more came within {timeout_s:g} s; "
        "see the server's log, or raise --timeout-s",
    ),
    "unfinished": (
        "timeout",
        "the answer began, and was not whole within {timeout_s:g} s more; raise --timeout-s, or lower --max-tokens",
    ),
    "broken": ("dropped", "the connection broke off before the answer was whole ({reason}); see the server's log"),
    "redirected": (
        "path",
        "it sends the request on to {reason}, and the key would go there too; if that is right, make it the --base-url",
    ),
    "key": ("key", "{reason}{key}"),
    "header": ("key", "{reason}; see --header and MAHDAR_HEADERS"),
}


def _of_status(
    status: int,
    text: str,
    headers: Mapping[str, str],
    endpoint: Endpoint,
    request: Request,
    *,
    answered: int | None = None,
) -> EndpointError:
    error = error_in(text)
    said = message_of(error) or shorten(text, 200) or "no reason given"
    found = meaning(status, f"{said} {names_of(error)}".lower(), request, endpoint.base_url)
    is_passing = status in _PASSING and found.kind not in _LASTING
    pause = asked_for(headers)
    if pause is None and found.kind == "rate":
        pause = back_in(headers)
    asked = f"; it asks to wait {shown(pause)}" if pause else ""
    if is_passing and pause is not None and pause > LONGEST_S:
        # What is used up for a day, or shut for hours, is so for every document.
        found = Meaning("quota" if found.kind == "rate" else "refused", "")
        asked, is_passing = f"{asked}, longer than a run waits", False
    return EndpointError(
        f"{_shown(endpoint.base_url)}: {shorten(said, 200)}{found.advice}{asked} (status {answered or status})",
        kind=found.kind,
        status=answered or status,
        body=text[:2000],
        retryable=is_passing,
        retry_after_s=pause,
    )


def _shown(base_url: str) -> str:
    """The URL without what may be secret in it."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _hidden(text: str, endpoint: Endpoint) -> str:
    """The text without our key, headers and password: some endpoints repeat them in their errors."""
    return hide(text, endpoint.secrets)
