"""One line of a batch: a request as it is sent, a result as it comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from extract.batch.place import Place
from extract.client import Endpoint, content, read
from extract.errors import EndpointError
from extract.faults import from_http
from extract.request import Completion, Form, Request

# What the API calls a line that had no turn before its batch was over.
_NO_TURN = {"batch_expired": "expired", "batch_cancelled": "cancelled"}


def dump(request: Request, place: Place) -> bytes:
    """A request as a line, with the body that goes over the wire when it is asked live; its custom_id is its key.

    Where the address names the deployment in place of the body, a batch has only the body for it.
    """
    head = f'{{"custom_id":"{request.key}","method":"POST","url":"{place.line_url}","body":'
    sent = replace(request, model=place.deployment) if place.deployment else request
    return head.encode() + content(sent) + b"}\n"


@dataclass(frozen=True, kw_only=True)
class Sent(Request):
    """A request that was sent before: its key and its model are known, its messages are not."""

    sent_key: str

    @cached_property
    def key(self) -> str:
        """The key that it was sent with."""
        return self.sent_key


def sent(key: str, model: str) -> Sent:
    """What is known of a request that was sent to a model."""
    return Sent(model=model, messages=(), form=Form("", {}), sent_key=key)


@dataclass(frozen=True, slots=True)
class Line:
    """A result; `key` is its custom_id, whoever may have given it."""

    key: str
    value: Mapping[str, Any]


def results(path: Path) -> Iterator[Line | None]:
    """The lines of a file of results; None stands for one that is torn."""
    with path.open("rb") as file:
        for data in file:
            if data.strip():
                yield _parsed(data)


def _parsed(data: bytes) -> Line | None:
    try:
        value = json.loads(data)
        key = value["custom_id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return Line(key, value) if isinstance(key, str) else None


def completion(line: Line, endpoint: Endpoint, request: Request) -> Completion:
    """The completion of a result; EndpointError says why there is none, `retryable` whether there may be one later."""
    response, error = line.value.get("response"), line.value.get("error")
    response = response if isinstance(response, dict) else {}
    body, status = response.get("body"), response.get("status_code")
    if isinstance(error, dict) and error:
        raise _fault(error.get("error") or error, status, endpoint, request)
    # A body that is no JSON comes as text.
    data = body.encode("utf-8", "backslashreplace") if isinstance(body, str) else json.dumps(body).encode()
    if isinstance(status, int) and status >= 300:
        raise from_http(status, data, {}, endpoint, request)
    return read(data, endpoint, request)


def _fault(error: Any, status: object, endpoint: Endpoint, request: Request) -> EndpointError:
    """The error of a line that got no answer at all, in the words of OpenAI or of vLLM."""
    error = error if isinstance(error, dict) else {"message": str(error)}
    code = error.get("code")
    if code in _NO_TURN:
        said = str(error.get("message") or "its batch was over before it had its turn")
        return EndpointError(said, kind=_NO_TURN[code], retryable=True)
    numbers = [number for number in (code, status) if isinstance(number, int) and 400 <= number < 600]
    return from_http(numbers[0] if numbers else 500, json.dumps({"error": error}).encode(), {}, endpoint, request)
