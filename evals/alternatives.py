"""Gold values that are as right as the one that is labelled: which of them a prediction is compared with."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

Alternatives = Mapping[str, Sequence[Any]]
# What a variant of the gold value is worth to the prediction: first a number that is 0 where nothing could be better.
Worth = Callable[[Any], tuple[float, ...]]

_STEP = re.compile(r"[^.\[\]]+")


def best(name: str, gold: Any, alternatives: Alternatives, worth: Worth, *, read: Collection[str] | None = None) -> Any:
    """The right variant of a field's gold value that is worth most; of equals the labelled one.

    A path is the field itself or leads into it: `topics`, `date.start`, `participants[1].role_code`
    or `participants.1.role_code`. Parts vary one by one: from the labelled value on, and from the first
    other value of all parts at once, each part takes in turn what is worth most. Parts that are not
    `read` cannot matter.
    """
    mine = {path: values for path, values in alternatives.items() if values and _steps(path)[0] == name}
    if not mine or worth(gold)[0] >= 0:
        return gold
    whole = mine.pop(name, ())
    parts = {path: values for path, values in mine.items() if read is None or _steps(path)[-1] in read}
    starts = ({}, {path: values[0] for path, values in parts.items()}) if parts else ()
    climbed = (_climb(name, gold, parts, start, worth) for start in starts)
    return max((gold, *climbed, *whole), key=worth)


def broken(fields: Mapping[str, Any], alternatives: Alternatives) -> Iterator[str]:
    """The paths that lead nowhere."""
    for path in alternatives:
        if not _follow(fields, _steps(path)):
            yield path


def _climb(name: str, gold: Any, parts: Alternatives, start: Mapping[str, Any], worth: Worth) -> Any:
    chosen = dict(start)
    for path, values in parts.items():
        rest = {other: value for other, value in chosen.items() if other != path}
        options = [rest, chosen, *({**rest, path: value} for value in values)]
        chosen = max(options, key=lambda option: worth(_replaced(name, gold, option)))
    return _replaced(name, gold, chosen)


def _replaced(name: str, gold: Any, changes: Mapping[str, Any]) -> Any:
    holder: dict[str, Any] = {name: copy.deepcopy(gold)}
    for path, value in changes.items():
        steps = _steps(path)
        if at := _follow(holder, steps):
            at[-1][_key(at[-1], steps[-1])] = value
    return holder[name]


def _follow(holder: Any, steps: Sequence[str]) -> list[Any]:
    """What a path leads through, without its end, a key of which may be new; empty if it leads nowhere."""
    found = [holder]
    try:
        for step in steps[:-1]:
            found.append(found[-1][_key(found[-1], step)])
        if not isinstance(found[-1], dict):
            found[-1][_key(found[-1], steps[-1])]
    except (KeyError, IndexError, TypeError, ValueError):
        return []
    return found


def _key(holder: Any, step: str) -> Any:
    return int(step) if isinstance(holder, list) else step


def _steps(path: str) -> list[str]:
    return _STEP.findall(path) or [""]
