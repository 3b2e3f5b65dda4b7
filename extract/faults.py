"""What went wrong at an endpoint, said so that the user knows what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from extract.errors import EndpointError
from extract.reply import shorten
from extract.request import MODES, Request
from extract.secrets import mask

if TYPE_CHECKING:
    from extract.client import Endpoint
    from extract.transport import Unanswered, Why

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
    error = _error_in(text)
    if error:
        code = _code(error)
        return _of_status(code or 500, text, {}, endpoint, request, answered=200)
    if text.startswith("<"):
        message = f"{where}: answered with a web page, not an API's JSON{_PATH}"
        return EndpointError(message, kind="not_json", status=200, body=text[:2000])
    message = f"{where}: the reply is no chat completion: {shorten(text, 80) or 'it is empty'}"
    # What cannot be read was cut on its way; what can will be the same again.
    is_cut = _parsed(text) is None
    return EndpointError(message, kind="not_json", status=200, body=text[:2000], retryable=is_cut)


def from_connection(error: Unanswered, endpoint: Endpoint) -> EndpointError:
    """The EndpointError for a request to which no whole reply came."""
    limit_s = min(endpoint.connect_timeout_s, endpoint.timeout_s)
    reason = _hidden(shorten(str(error)), endpoint) or f"none within {limit_s:g} s"
    kind, said = _UNANSWERED[error.why]
    message = f"{_shown(endpoint.base_url)}: {said.format(reason=reason, timeout_s=endpoint.timeout_s)}"
    return EndpointError(message, kind=kind, retryable=error.why in ("unconnected", "late", "broken"))


_UNANSWERED: Mapping[Why, tuple[str, str]] = {
    "unusable": ("refused", "no connection ({reason}); is --base-url right?"),
    "unconnected": ("refused", "no connection ({reason}); is the server running, and is --base-url right?"),
    "untrusted": (
        "refused",
        "no connection (TLS: {reason}); is it https, and does SSL_CERT_FILE hold the certificate to trust?",
    ),
    "late": (
        "timeout",
        "no answer within {timeout_s:g} s; a model that is still loading needs longer: "
        "raise --timeout-s, or lower --concurrency",
    ),
    "broken": ("dropped", "the connection broke off before the answer was whole ({reason}); see the server's log"),
    "redirected": (
        "path",
        "it sends the request on to {reason}, and the key would go there too; if that is right, make it the --base-url",
    ),
    "key": ("key", "{reason}; set OPENAI_API_KEY or MAHDAR_API_KEY to a key of this endpoint"),
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
    error = _error_in(text)
    said = _message(error) or shorten(text, 200) or "no reason given"
    kind, advice = _meaning(status, f"{said} {_names(error)}".lower(), request)
    pause = _pause(headers)
    asked = f"; it asks to wait {pause:g} s" if pause else ""
    return EndpointError(
        f"{_shown(endpoint.base_url)}: {shorten(said, 200)}{advice}{asked} (status {answered or status})",
        kind=kind,
        status=answered or status,
        body=text[:2000],
        retryable=status in _PASSING and kind not in _LASTING,
        retry_after_s=pause,
    )


_PATH = "; is --base-url right? It usually ends in /v1"
_KEY = "; set OPENAI_API_KEY or MAHDAR_API_KEY to a key of this endpoint"
_MODEL = "; is {model!r} there? With Ollama: ollama pull {model}"
_CREDIT = "; the account has no credit left"
_CONTEXT = "; use a model with a longer context, give the server one, or lower --max-tokens"
_OPTION = "; leave it out: see --extra, --seed none, --max-tokens none and --temperature none"
_RENAMED = "; use --max-tokens none --extra '{{\"max_completion_tokens\": 4096}}'"
_MEMORY = "; its memory may be full: use a smaller model or a shorter context"
# First match wins: (statuses or none for any, words of which one must stand in the message, kind, what to do).
_MEANINGS: tuple[tuple[tuple[int, ...], tuple[str, ...], str, str], ...] = (
    ((401,), (), "key", _KEY),
    ((402,), (), "quota", _CREDIT),
    ((), ("insufficient_quota", "exceeded your current quota"), "quota", _CREDIT),
    ((403,), (), "key", _KEY),
    # LiteLLM without a database knows no key but its own.
    ((400,), ("no connected db",), "key", _KEY),
    ((429,), (), "rate", "; lower --concurrency"),
    ((503,), ("server busy",), "rate", "; lower --concurrency"),
    ((), ("context size", "context length", "context window"), "context", _CONTEXT),
    ((), ("context_length_exceeded", "contextwindowexceeded", "maximum context"), "context", _CONTEXT),
    ((413,), (), "context", "; the report is too long for this endpoint"),
    ((400,), ("content_filter", "content management policy"), "refusal", "; the endpoint does not take this report"),
    (
        (400, 404, 422),
        ("support tool", "supports tool", "tool choice", "tool-call"),
        "mode",
        "; use --mode json_schema",
    ),
    ((404,), ("file not found",), "path", _PATH),
    ((404,), ("model", "deployment"), "model", _MODEL),
    ((), ("invalid model name", "model does not exist", "not found, try pulling", "pinned to"), "model", _MODEL),
    ((404, 405), (), "path", _PATH),
    ((400, 422), ("response_format", "schema", "grammar"), "mode", "; use another --mode: {modes}"),
    ((400, 422), ("max_completion_tokens",), "option", _RENAMED),
    ((400, 422), ("temperature",), "option", "; use --temperature none"),
    ((400, 422), ("unexpected field", "extra inputs", "support thinking", "unsupported parameter"), "option", _OPTION),
    ((500, 503), ("loading model", "timed out waiting for llama"), "server", "; wait until the model is loaded"),
    ((500,), ("unexpectedly stopped",), "server", _MEMORY),
    ((500,), ("connection error",), "server", "; does the server behind this proxy run?"),
)


def _meaning(status: int, said: str, request: Request) -> tuple[str, str]:
    """One word for the cause, and what to do about it."""
    modes = ", ".join(mode for mode in MODES if mode != request.mode)
    for statuses, words, kind, advice in _MEANINGS:
        if (not statuses or status in statuses) and (not words or any(word in said for word in words)):
            return kind, advice.format(model=request.model, modes=modes)
    return ("server", "; see the server's log") if status >= 500 else ("request", "")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _error_in(text: str) -> Any:
    """What an error body says is wrong, whatever its shape; None if it is no such body."""
    value = _parsed(text)
    if isinstance(value, list) and value:
        # Google puts its error into a list.
        value = value[0]
    if not isinstance(value, dict):
        return None
    if value.get("error"):
        return value["error"]
    return value if value.get("detail") or (value.get("message") and "choices" not in value) else None


def _message(error: Any) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False) if error else ""


def _names(error: Any) -> str:
    """The words by which a program may know the error; they differ everywhere, but some say more than the message."""
    return " ".join(str(error.get(name)) for name in ("code", "type")) if isinstance(error, dict) else ""


def _code(error: Any) -> int | None:
    """The status that an error names inside a reply of status 200."""
    code = str(error.get("code")) if isinstance(error, dict) else ""
    return int(code) if code.isdecimal() and 400 <= int(code) < 600 else None


def _pause(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait: given as such, in milliseconds, or as a time of day."""
    milliseconds, seconds = _number(headers.get("retry-after-ms")), _number(headers.get("retry-after"))
    if milliseconds is not None:
        return milliseconds / 1000
    return seconds if seconds is not None else _until(headers.get("retry-after"), headers.get("date"))


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


def _until(moment: str | None, now: str | None) -> float | None:
    """Seconds from the endpoint's own time to another; our clock may be off."""
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, (parsedate_to_datetime(moment or "") - parsedate_to_datetime(now or "")).total_seconds())
    except (ValueError, TypeError):
        return None


def _shown(base_url: str) -> str:
    """The URL without what may be secret in it."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _hidden(text: str, endpoint: Endpoint) -> str:
    """The text without our key and password: some endpoints repeat them in their errors."""
    for secret in (endpoint.api_key, unquote(urlsplit(endpoint.base_url).password or "")):
        # Words such as "ollama" or "none" are no secret, and part of many messages.
        if len(secret) >= 8:
            text = text.replace(secret, mask(secret))
    return text
