"""One recording: a request, its completion and what it was for, as a JSON file that people can read and diff."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from extract.request import Completion, Form, Label, Message, Request

FORMAT = 1
_LINED = ("text", "refusal", "reasoning")
_FORBIDDEN = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A call that was made: what was asked, what came back, what for and when (ISO 8601, UTC)."""

    request: Request
    completion: Completion
    label: Label
    time: str

    @property
    def path(self) -> PurePosixPath:
        """Where it is kept, below the folder of recordings."""
        return home(self.label.task) / f"{safe(self.label.document)}--{self.request.key[:12]}.json"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, texts as lists of lines and the schema as its digest; `parse` is the inverse."""
        request = self.request.to_json()
        request["form"] = {"name": self.request.form.name, "schema": self.request.form.digest}
        request["messages"] = [_lined(message, ("content",)) for message in self.request.messages]
        return {
            "format": FORMAT,
            "key": self.request.key,
            "document": self.label.document,
            "task": self.label.task,
            "attempt": self.label.attempt,
            "request": request,
            "completion": _lined(self.completion.to_json(), _LINED),
            "recorded": {"time": self.time},
        }


def parse(value: Mapping[str, Any], form: Callable[[str, str], Form]) -> Recording:
    """Read what `to_json` wrote; `form` gives the form with a name and a digest.

    ValueError, KeyError and TypeError say why the value is no recording.
    """
    if value["format"] != FORMAT:
        raise ValueError(f"its format is {value['format']!r}, this mahdar reads {FORMAT}")
    asked = {**value["request"]}
    asked["form"] = form(asked["form"]["name"], asked["form"]["schema"])
    asked["messages"] = tuple(_joined(message, ("content",)) for message in asked["messages"])
    completion = Completion.from_json(_joined(value["completion"], _LINED), "recording")
    if not all(isinstance(text, str) for text in (completion.text, value["document"], value["task"])):
        raise TypeError("document, task and the completion's text must be texts")
    return Recording(
        request=Request(**asked),
        completion=completion,
        label=Label(document=value["document"], task=value["task"], attempt=value["attempt"]),
        time=value["recorded"]["time"],
    )


def dump(value: object) -> bytes:
    """JSON as it stands in a file: indented, in the letters of its language."""
    # A reply may hold half a surrogate pair, which UTF-8 cannot; its backslash form is valid JSON.
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def home(task: str) -> PurePosixPath:
    """The folder of a task's recordings, below the folder of all."""
    return PurePosixPath(*(safe(part) for part in task.split("/")))


def safe(name: str) -> str:
    """A name as every file system takes it: no separator, control or format character, no dot in front."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(c if c.isprintable() and c not in _FORBIDDEN else "_" for c in text)
    bare = text.lstrip(".")
    text = "_" * (len(text) - len(bare)) + bare
    # File systems count bytes (255); the key and the extension come on top.
    return text[:80].encode()[:200].decode(errors="ignore") or "_"


def _lined(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Texts of several lines as lists; only at \\n, so that any other line end stays in its line."""
    return {
        name: item.split("\n") if name in names and isinstance(item, str) and "\n" in item else item
        for name, item in value.items()
    }


def _joined(value: Message, names: tuple[str, ...]) -> dict[str, Any]:
    """The inverse of `_lined`; a message's list of parts (mappings) stays a list."""
    return {name: "\n".join(item) if name in names and _is_lines(item) else item for name, item in value.items()}


def _is_lines(item: object) -> bool:
    return isinstance(item, list) and len(item) > 1 and all(isinstance(line, str) for line in item)
