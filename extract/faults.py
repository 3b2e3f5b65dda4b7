"""What went wrong at an endpoint, said so that the user knows what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from extract.errors import EndpointError
from extract.reply import shorten

if TYPE_CHECKING:
    from openai import OpenAIError

    from extract.request import Request

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


def from_openai(error: OpenAIError, base_url: str, request: Request) -> EndpointError:
    """The EndpointError that says what openai's error means."""
    import openai

    where = _shown(base_url)
    if isinstance(error, openai.APITimeoutError):
        message = (
            f"{where}: no answer in time; a model that is still loading needs longer: "
            "raise --timeout-s, or lower --concurrency"
        )
        return EndpointError(message, kind="timeout", retryable=True)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, where, request)
    if isinstance(error, openai.APIConnectionError):
        reason = shorten(str(error.__cause__ or error))
        message = f"{where}: no connection ({reason}); is the server running, and is --base-url right?"
        return EndpointError(message, kind="refused", retryable=True)
    return EndpointError(f"{where}: {shorten(str(error))}", kind="request")


def from_reply(data: bytes, base_url: str) -> EndpointError:
    """The EndpointError for a reply with status 200 that holds no completion."""
    text = data.decode("utf-8", "replace").strip()
    where = _shown(base_url)
    said = _said(text)
    if text.startswith("<"):
        message = f"{where}: answered with a web page, not an API's JSON; --base-url usually ends in /v1"
        return EndpointError(message, kind="not_json", status=200, body=text[:2000])
    if said:
        return EndpointError(f"{where}: {shorten(said)}", kind="server", status=200, body=text[:2000], retryable=True)
    message = f"{where}: the reply is no chat completion: {shorten(text, 80) or 'it is empty'}"
    return EndpointError(message, kind="not_json", status=200, body=text[:2000], retryable=not text.startswith("{"))


def _of_status(error: Any, where: str, request: Request) -> EndpointError:
    status: int = error.status_code
    text = error.response.text
    said = _said(text) or shorten(text, 200) or f"status {status}"
    kind, advice = _meaning(status, said.lower(), request)
    return EndpointError(
        f"{where}: {shorten(said, 200)}{advice} (status {status})",
        kind=kind,
        status=status,
        body=text[:2000],
        retryable=status in _PASSING and kind not in ("model", "quota"),
        retry_after_s=_seconds(error.response.headers.get("retry-after")),
    )


_PATH = "; is --base-url right? It usually ends in /v1"
# First match wins: (statuses or none for any, words of which one must stand in the message, kind, what to do).
_MEANINGS: tuple[tuple[tuple[int, ...], tuple[str, ...], str, str], ...] = (
    ((401, 403), (), "key", "; set OPENAI_API_KEY or MAHDAR_API_KEY to a key of this endpoint"),
    ((), ("insufficient_quota", "exceeded your current quota"), "quota", "; the account has no credit left"),
    ((429,), (), "rate", "; lower --concurrency"),
    ((404,), ("file not found",), "path", _PATH),
    ((404,), ("model",), "model", "; is {model!r} there? With Ollama: ollama pull {model}"),
    ((), ("invalid model name", "model does not exist"), "model", "; is {model!r} there?"),
    ((404,), (), "path", _PATH),
    ((), ("context size", "context length", "context window"), "context", "; use a model with a longer context"),
    (
        (400, 404, 422),
        ("support tool", "supports tool", "tool choice", "tool-call"),
        "mode",
        "; use --mode json_schema",
    ),
    ((400, 422), ("response_format", "schema", "grammar"), "mode", "; use another --mode: tools, json or md_json"),
)


def _meaning(status: int, said: str, request: Request) -> tuple[str, str]:
    """One word for the cause, and what to do about it."""
    for statuses, words, kind, advice in _MEANINGS:
        if (not statuses or status in statuses) and (not words or any(word in said for word in words)):
            return kind, advice.format(model=request.model)
    return ("server", "") if status >= 500 else ("request", "")


def _said(text: str) -> str:
    """The message in an error body, whatever its shape; empty if there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    error = value.get("error", value)
    if isinstance(error, str):
        return error
    if isinstance(error, dict):
        said = error.get("message") or error.get("detail")
        return said if isinstance(said, str) else json.dumps(said or error, ensure_ascii=False)
    return ""


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None


def _shown(base_url: str) -> str:
    """The URL without what may be secret in it."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
