"""Reading a chat request: about which report it is, which records it asks for, in what form.

All requests of a job are the same but for one string, the user's message. What was read once is kept by what
stands before and after that string, so that the next bodies need no parsing; on plain Python that doubles the speed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.endpoint.codec import dumps, loads
from bench.reports import PLURALS, find_token

_MOST_SHAPES = 256
_MARK = b"[r-"


class Shape(NamedTuple):
    """What requests of one job have in common; `model` is JSON, `tool` the function to call, if one is asked for."""

    model: bytes
    tool: str | None
    records: tuple[str, ...]
    is_reask: bool


class Ask(NamedTuple):
    """One request; `token` is None if it names no report, `size` the bytes of its body."""

    shape: Shape
    token: str | None
    size: int

    @property
    def is_reask(self) -> bool:
        """Whether it shows an answer that was given before."""
        return self.shape.is_reask


class Reader:
    """Reads bodies, and remembers their shapes."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[bytes, bytes], Shape] = {}

    def read(self, body: bytes) -> Ask:
        """The request in a body; ValueError says why it is none."""
        frame = _frame(body)
        shape = self._shapes.get(frame) if frame else None
        if frame is None or shape is None:
            ask = read(loads(body), len(body))
            # Only where the body has no second token is the string surely the message.
            if frame and not ask.is_reask and ask.token and body.count(_MARK) == 1:
                self._keep(frame, ask.shape)
            return ask
        end = len(body) - len(frame[1])
        return Ask(shape, find_token(body[len(frame[0]) : end].decode("utf-8", "replace")), len(body))

    def _keep(self, frame: tuple[bytes, bytes], shape: Shape) -> None:
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        self._shapes[frame] = shape


def read(request: Any, size: int) -> Ask:
    """The request that a parsed body is; ValueError says why it is none."""
    messages = request.get("messages") if isinstance(request, Mapping) else None
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        raise ValueError("messages has to be a list of messages")
    if request.get("stream"):
        raise ValueError("this endpoint does not stream")
    said = [_text(message.get("content")) for message in messages if message.get("role") == "user"]
    is_reask = len(said) > 1 or any(message.get("role") == "assistant" for message in messages)
    # A re-ask quotes what was wrong; the report stands in the first message.
    tokens = map(find_token, said if is_reask else reversed(said))
    schema, tool = _asked_for(request)
    shape = Shape(
        model=dumps(request.get("model", "mock")),
        tool=tool,
        records=_records(schema, messages),
        is_reask=is_reask,
    )
    return Ask(shape, next(filter(None, tokens), None), size)


def _asked_for(request: Mapping[str, Any]) -> tuple[Any, str | None]:
    """The schema that the answer shall have, if there is one, and the function to call with it."""
    choice = request.get("tool_choice")
    functions = [tool.get("function", {}) for tool in request.get("tools") or () if isinstance(tool, Mapping)]
    if functions and choice != "none":
        wanted = choice.get("function", {}).get("name") if isinstance(choice, Mapping) else None
        function = next((each for each in functions if each.get("name") == wanted), functions[0])
        return function.get("parameters"), str(function.get("name"))
    form = request.get("response_format")
    named = form.get("json_schema") if isinstance(form, Mapping) else None
    return named.get("schema") if isinstance(named, Mapping) else None, None


def _records(schema: Any, messages: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The kinds of records asked for: by the schema, else by the notation in the prompt; all if neither says."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if isinstance(properties, Mapping):
        found = tuple(kind for kind, plural in PLURALS.items() if plural in properties)
    else:
        prompt = _text(messages[0].get("content")) if messages else ""
        found = tuple(kind for kind, plural in PLURALS.items() if re.search(rf"(?m)^{plural}: \[", prompt))
    return found or tuple(PLURALS)


def _text(content: Any) -> str:
    """A message's content as one text."""
    if isinstance(content, str):
        return content
    return " ".join(_parts(content)) if isinstance(content, list) else ""


def _parts(content: list[Any]) -> Iterator[str]:
    for part in content:
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"]


def _frame(body: bytes) -> tuple[bytes, bytes] | None:
    """What stands before and after the string with the first token; None if there is none."""
    token = body.find(_MARK)
    if token < 0:
        return None
    start = body.rfind(b'"', 0, token)
    while start > 0 and _is_escaped(body, start):
        start = body.rfind(b'"', 0, start)
    end = body.find(b'"', token)
    while end > 0 and _is_escaped(body, end):
        end = body.find(b'"', end + 1)
    return (body[: start + 1], body[end:]) if start >= 0 and end > 0 else None


def _is_escaped(body: bytes, at: int) -> bool:
    """Whether an odd number of backslashes stands before a quotation mark."""
    before = at
    while before and body[before - 1] == 0x5C:
        before -= 1
    return (at - before) % 2 == 1
