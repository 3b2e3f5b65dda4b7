"""Gold values that are as right as the one that is labelled: which of them a prediction is compared with."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, Generic, TypeVar

Alternatives = Mapping[str, Sequence[Any]]
Worth = tuple[float, ...]
# Which values of which parts are put in, by their places, in this order.
_Choice = tuple[tuple[int, int], ...]
T = TypeVar("T")

_STEP = re.compile(r"[^.\[\]]+")


class Variants(Generic[T]):
    """The right variants of one field's gold value, each made once, by `make`, and only when it is asked for.

    `alternatives` are those of this field: a path is the field itself or leads into it.
    """

    def __init__(self, name: str, gold: Any, alternatives: Alternatives, make: Callable[[Any], T]) -> None:
        self._name, self._gold, self._make = name, gold, make
        self._whole = alternatives.get(name, ())
        self._parts = [(_steps(path), values) for path, values in alternatives.items() if path != name]
        # Where one part holds another, it matters which is put in first.
        self._is_nested = any(_holds(a, b) or _holds(b, a) for (a, _), (b, _) in combinations(self._parts, 2))
        self._made: dict[_Choice | int, T] = {}

    @property
    def are_any(self) -> bool:
        """Whether there is any other value than the labelled one."""
        return bool(self._whole or self._parts)

    def best(self, worth: Callable[[T], Worth], *, read: Collection[str] | None = None) -> T:
        """The variant that is worth most; of equals the labelled one.

        The first number of a worth is 0 where nothing could be better. Parts vary one by one: from the labelled
        value on, and from the first other value of all parts at once, each part takes in turn what is worth most.
        Parts that are not `read` cannot matter.
        """
        known: dict[_Choice | int, Worth] = {}

        def of(key: _Choice | int) -> Worth:
            if key not in known:
                known[key] = worth(self._variant(key))
            return known[key]

        if not self.are_any or of(())[0] >= 0:
            return self._variant(())
        parts = [at for at, (steps, _) in enumerate(self._parts) if read is None or steps[-1] in read]
        starts = ((), tuple((at, 0) for at in parts)) if parts else ()
        climbed = [self._climb(parts, start, of) for start in starts]
        return self._variant(max([(), *climbed, *range(len(self._whole))], key=of))

    def _climb(self, parts: Sequence[int], chosen: _Choice, of: Callable[[_Choice], Worth]) -> _Choice:
        for at in parts:
            rest = tuple(each for each in chosen if each[0] != at)
            others = ((*rest, (at, number)) for number in range(len(self._parts[at][1])))
            chosen = max((self._ordered(option) for option in (rest, chosen, *others)), key=of)
        return chosen

    def _ordered(self, choice: _Choice) -> _Choice:
        return choice if self._is_nested else tuple(sorted(choice))

    def _variant(self, key: _Choice | int) -> T:
        if key not in self._made:
            self._made[key] = self._make(self._whole[key] if isinstance(key, int) else self._replaced(key))
        return self._made[key]

    def _replaced(self, choice: _Choice) -> Any:
        holder: dict[str, Any] = {self._name: self._gold}
        for at, number in choice:
            steps, values = self._parts[at]
            if _follow(holder, steps):
                _put(holder, steps, values[number])
        return holder[self._name]


def best(
    name: str,
    gold: Any,
    alternatives: Alternatives,
    worth: Callable[[Any], Worth],
    *,
    read: Collection[str] | None = None,
) -> Any:
    """The right variant of a field's gold value that is worth most; of equals the labelled one.

    A path is the field itself or leads into it: `topics`, `date.start`, `participants[1].role_code`
    or `participants.1.role_code`.
    """
    return Variants(name, gold, paths_of(name, alternatives), lambda value: value).best(worth, read=read)


def paths_of(name: str, alternatives: Alternatives) -> Alternatives:
    """The alternatives of one field."""
    return {path: values for path, values in alternatives.items() if values and field_of(path) == name}


def field_of(path: str) -> str:
    """The field that a path leads into."""
    return _steps(path)[0]


def broken(fields: Mapping[str, Any], alternatives: Alternatives) -> Iterator[str]:
    """The paths that lead nowhere."""
    for path in alternatives:
        if not _follow(fields, _steps(path)):
            yield path


def _put(holder: Any, steps: Sequence[str], value: Any) -> None:
    """Put a value where a path leads to; what it leads through is copied, so that gold stays as it was."""
    for step in steps[:-1]:
        key = _key(holder, step)
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    holder[_key(holder, steps[-1])] = value


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


def _holds(outer: Sequence[str], inner: Sequence[str]) -> bool:
    return inner[: len(outer)] == outer


@lru_cache(maxsize=5_000)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_STEP.findall(path)) or ("",)
