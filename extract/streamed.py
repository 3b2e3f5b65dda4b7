"""Puts a streamed answer together: its chunks become the reply that would have come without streaming."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extract.events import Event, Events

_DONE = b"[DONE]"
# The fields of a message that come in pieces.
_TEXTS = ("content", "reasoning", "reasoning_content", "refusal")


class Streamed:
    """One answer on its way.

    `is_over` tells that nothing more is to be read: the stream said so, or said what went wrong. `is_whole` tells that
    nothing is missing. `characters` is about how many have come, thoughts and arguments of calls included.
    """

    def __init__(self) -> None:
        self.is_over = False
        self.characters = 0
        self._events = Events()
        self._fault: Any = None
        self._model: Any = None
        self._usage: Any = None
        self._choices: dict[int, _Choice] = {}

    @property
    def is_whole(self) -> bool:
        """Whether there was an end to each choice, or to all of them, or an error in place of one."""
        ended = self.is_over or all(choice.finish is not None for choice in self._choices.values())
        return self._fault is not None or (bool(self._choices) and ended)

    def take(self, data: bytes) -> bool:
        """Read these bytes; gives whether a token was among them. Comments and the role of a message are none."""
        # Each is read, so no `any` that ends at the first.
        return sum([self._read(event) for event in self._events.take(data)]) > 0

    def end(self) -> None:
        """No more bytes will come: an event that lacks its end is taken if it can be read."""
        event = self._events.end()
        if event is not None and (event.data.strip() == _DONE or isinstance(_parsed(event.data), dict)):
            self._read(event)

    def data(self) -> bytes:
        """The body of the reply that would have come without streaming, or of the error in its place."""
        if self._fault is not None:
            return self._fault if isinstance(self._fault, bytes) else json.dumps(self._fault).encode()
        choices = [self._choices[index].whole(index) for index in sorted(self._choices)]
        whole = {"object": "chat.completion", "model": self._model, "choices": choices, "usage": self._usage}
        # In ASCII: the halves of a surrogate pair that came in two chunks are one character again when it is read.
        return json.dumps(whole).encode()

    def _read(self, event: Event) -> bool:
        if self.is_over or not (text := event.data.strip()):
            return False
        if text == _DONE:
            self.is_over = True
            return False
        chunk = _parsed(text)
        fault = _fault(event, chunk)
        if fault is not None:
            self._fault, self.is_over = fault, True
            return False
        self._model = self._model or chunk.get("model")
        self._usage = chunk.get("usage") or self._usage
        choices = chunk.get("choices")
        return sum([self._add(choice) for choice in _objects(choices)]) > 0

    def _add(self, choice: Mapping[str, Any]) -> bool:
        index = choice.get("index")
        kept = self._choices.setdefault(index if isinstance(index, int) else 0, _Choice())
        characters = kept.add(choice)
        self.characters += characters
        return characters > 0


@dataclass(slots=True)
class _Call:
    """A call of a function, as far as it has come."""

    index: Any
    id: str
    name: str
    arguments: list[Any] = field(default_factory=list)

    def whole(self) -> dict[str, Any]:
        function = {"name": self.name, "arguments": _joined(self.arguments)}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(slots=True)
class _Choice:
    """A choice, as far as it has come."""

    finish: Any = None
    error: Any = None
    pieces: dict[str, list[Any]] = field(default_factory=dict)
    calls: list[_Call] = field(default_factory=list)

    def add(self, choice: Mapping[str, Any]) -> int:
        """Take what a chunk brings of it; gives its characters."""
        self.finish = choice.get("finish_reason") or self.finish
        self.error = choice.get("error") or self.error
        # Some send each message as a whole beside its part, others as a whole alone.
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else choice.get("message")
        if not isinstance(delta, dict):
            return 0
        characters = sum(self._call(call) for call in _objects(delta.get("tool_calls")))
        for name in _TEXTS:
            if piece := delta.get(name):
                self.pieces.setdefault(name, []).append(piece)
                characters += len(piece) if isinstance(piece, str | list) else 1
        return characters

    def _call(self, part: Mapping[str, Any]) -> int:
        function = part.get("function")
        function = function if isinstance(function, dict) else {}
        call = self._of(part.get("index"), part.get("id") or "", function.get("name") or "")
        piece = function.get("arguments")
        if not piece:
            return 1
        call.arguments.append(piece)
        return len(piece) if isinstance(piece, str) else 1

    def _of(self, index: Any, id_: str, name: str) -> _Call:
        """The call that a part belongs to, which may begin with it.

        A call begins with its name. Some servers number no calls, some give each the number 0, some each part of one
        call an id of its own.
        """
        found = next((call for call in reversed(self.calls) if index is None or call.index == index), None)
        if found is not None and not (name and (index is None or (id_ and id_ != found.id))):
            return found
        self.calls.append(_Call(index, id_, name))
        return self.calls[-1]

    def whole(self, index: int) -> dict[str, Any]:
        """The choice of a reply."""
        message: dict[str, Any] = {"role": "assistant", "content": None}
        message |= {name: _joined(pieces) for name, pieces in self.pieces.items()}
        if self.calls:
            message["tool_calls"] = [call.whole() for call in self.calls]
        choice = {"index": index, "finish_reason": self.finish, "message": message}
        return {**choice, "error": self.error} if self.error else choice


def _joined(pieces: Sequence[Any]) -> Any:
    """One value of the pieces that came: a text of texts, a list where some are lists, as thoughts of Mistral are."""
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(pieces)
    if len(pieces) == 1:
        return pieces[0]
    parts: list[Any] = []
    for piece in pieces:
        parts += piece if isinstance(piece, list) else [{"type": "text", "text": piece}]
    return parts


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else ()


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _fault(event: Event, chunk: Any) -> Any:
    """What an event says that is no chunk: an error as the body of a reply, bytes that cannot be read; else None."""
    if event.name == b"error":
        is_body = isinstance(chunk, dict) and chunk.get("error")
        said = chunk if chunk is not None else event.data.decode("utf-8", "replace")
        return chunk if is_body else {"error": said}
    if not isinstance(chunk, dict):
        return event.data
    is_error = "choices" not in chunk and (chunk.get("detail") or chunk.get("message"))
    if chunk.get("error") or is_error:
        # OpenRouter puts a choice beside it.
        return {name: value for name, value in chunk.items() if name != "choices"}
    return None
