"""Streams of server-sent events as servers send them, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

DONE = b"data: [DONE]\n\n"
PROCESSING = b": OPENROUTER PROCESSING\n\n"
_TEXTS = ("content", "reasoning", "reasoning_content", "refusal")


def event(value: Mapping[str, Any]) -> bytes:
    """One event that holds this value."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n\n"


def chunk(**delta: Any) -> dict[str, Any]:
    """A chunk with such a delta."""
    return {"model": "scripted", "choices": [{"index": 0, "finish_reason": None, "delta": delta}]}


def finish(reason: str = "stop") -> dict[str, Any]:
    """The last chunk of an answer."""
    return {"model": "scripted", "choices": [{"index": 0, "finish_reason": reason, "delta": {}}]}


def chunks(reply: Mapping[str, Any], size: int = 3, *, has_usage: bool = True) -> Iterator[dict[str, Any]]:
    """The chunks of a chat.completion, its texts in pieces of so many characters."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": reply.get("model")}
    for choice in reply["choices"]:
        index = choice.get("index", 0)

        def of(delta: Any, reason: Any = None, number: int = index) -> dict[str, Any]:
            return {**head, "choices": [{"index": number, "delta": delta, "finish_reason": reason}], "usage": None}

        yield of({"role": "assistant", "content": None})
        yield from map(of, _deltas(choice["message"], size))
        yield of({}, choice.get("finish_reason"))
    if has_usage:
        yield {**head, "choices": [], "usage": reply.get("usage")}


def events(reply: Mapping[str, Any], size: int = 3, *, has_usage: bool = True) -> tuple[bytes, ...]:
    """The events of a chat.completion."""
    return (*(event(each) for each in chunks(reply, size, has_usage=has_usage)), DONE)


def _deltas(message: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    for name in _TEXTS:
        text = message.get(name)
        yield from ({name: piece} for piece in _pieces(text, size)) if isinstance(text, str) else ()
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.get("id"), "type": "function", "function": function}]}
        for piece in _pieces(call["function"]["arguments"], size):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def cut_at(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The bytes, cut at these places."""
    within = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(within)]
