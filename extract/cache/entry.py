"""One entry of the cache: a completion with what it was for, as one line of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from extract.request import Completion, Label, canonical

_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One stored answer: what it was for, when it was stored (ISO 8601, UTC) and its size in bytes."""

    key: str
    model: str
    document: str
    task: str
    attempt: int
    time: str
    size: int

    def age_days(self, now: datetime) -> float:
        """Days from storing it to `now`."""
        return (now - datetime.fromisoformat(self.time)).total_seconds() / 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A completion with its label, the model that was asked for, the time, and the run that paid for it, if one did."""

    completion: Completion
    label: Label
    model: str
    time: str
    run: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `parse` is its inverse."""
        label = {"document": self.label.document, "task": self.label.task, "attempt": self.label.attempt}
        value = {"completion": self.completion.to_json(), "label": label, "model": self.model, "time": self.time}
        return {**value, "run": self.run} if self.run else value


def dump(value: Mapping[str, Any]) -> str:
    """Canonical JSON as text that every encoder takes."""
    text = canonical(value)
    try:
        return text.decode()
    except UnicodeDecodeError:
        # A reply may hold half a surrogate pair, which UTF-8 cannot; its backslash form is valid JSON.
        return text.decode("utf-8", "surrogatepass").encode("utf-8", "backslashreplace").decode()


def parse(text: str) -> Stored:
    """Read a stored value; ValueError says why it is none."""
    return _stored(_mapping(text))


def parse_line(text: str) -> tuple[str, Stored]:
    """Read a line of an export, a stored value with its key; ValueError says why it is none."""
    value = _mapping(text)
    key = value.get("key")
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise ValueError(f"its key is {key!r}, not 32 hex digits")
    return key, _stored(value)


def stamp(time: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _mapping(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004  what the caller catches is a bad text
    return value


def _stored(value: Mapping[str, Any]) -> Stored:
    try:
        completion = Completion.from_json(value["completion"], "cache")
        label, model, time = Label(**value["label"]), value["model"], value["time"]
        run = value.get("run", "")
        moment = datetime.fromisoformat(time)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is missing") from error
    except TypeError as error:
        raise ValueError(str(error)) from error
    _check_types(completion, label, model, run)
    if moment.tzinfo is None:
        raise ValueError(f"its time {time!r} says no time zone")
    return Stored(completion=completion, label=label, model=model, time=stamp(moment), run=run)


def _check_types(completion: Completion, label: Label, model: object, run: object) -> None:
    """What a dataclass does not check by itself; ValueError names the value."""
    usage, none = completion.usage, type(None)
    texts = [completion.text, completion.finish, completion.model, label.document, label.task, model, run]
    expected: list[tuple[tuple[type, ...], list[Any]]] = [
        ((str,), texts),
        ((str, none), [completion.refusal, completion.reasoning]),
        ((int, none), [usage.prompt, usage.completion, usage.cached]),
        ((int, float, none), [completion.latency_s]),
        ((int,), [label.attempt]),
    ]
    for kinds, values in expected:
        for value in values:
            if not isinstance(value, kinds):
                raise ValueError(f"{value!r:.40} is not {kinds[0].__name__}")  # noqa: TRY004  as in _mapping
