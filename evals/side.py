"""A record taken apart once for all that it is compared with: its fields, and what is read of their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.alternatives import Variants, field_of, paths_of
from evals.dates import day
from evals.item import NOT_ANNOTATED, Item
from evals.profile import Compare, Plan
from evals.text import canonical, is_stated
from evals.values import Compared

_TEXTS = {str}
_REGULAR = {str, dict}


class Shared:
    """What fields with the same members need to find out only once, by the identity of values.

    A value is kept with what is known of it: as long as it lives no other one has its identity.
    """

    __slots__ = ("credits", "made", "texts")

    def __init__(self) -> None:
        self.made: dict[int, tuple[Any, Any]] = {}
        self.texts: dict[int, tuple[str, Any]] = {}
        # Of a gold value and a predicted one.
        self.credits: dict[tuple[int, int], tuple[Compared, Any, Any]] = {}


class Field:
    """What one field of a record states: `values` are the members of a list, or the value alone; empty if nothing."""

    __slots__ = ("_ready", "_texts", "how", "raw", "shared", "values")

    def __init__(self, how: Compare, raw: Any, shared: Shared | None = None) -> None:
        self.how = how
        self.raw = raw
        self.shared = shared
        self._ready: list[Any] | None = None
        self._texts: list[str] | None = None
        self.values: Sequence[Any] = ()
        if raw is None:
            pass
        elif how.is_list:
            self.values = members(how, raw)
        elif how.kind == "date":
            found = day(raw)
            if found.start or found.end:
                self.values, self._ready = (raw,), [found]
        elif is_stated(raw):
            self.values = (raw,)

    @property
    def ready(self) -> list[Any]:
        """What comparators read of each value; of a nested model its fields."""
        if self._ready is None:
            self._ready = self._made()
        return self._ready

    @property
    def texts(self) -> list[str]:
        """For each value one text, the same for all that state the same."""
        if self._texts is None:
            self._texts = [self._text(value) for value in self.values]
        return self._texts

    @property
    def are_texts(self) -> bool:
        """Whether the values are codes that are texts, equal to themselves alone."""
        return self.how.is_code and set(map(type, self.values)) <= _TEXTS

    @property
    def is_regular(self) -> bool:
        """Whether a list that equals this one has the same members, each equal to itself: 1 is True, NaN is not NaN."""
        types = set(map(type, self.values))
        return types <= _TEXTS or (types <= _REGULAR and not self.how.is_code)

    def _made(self) -> list[Any]:
        how, shared = self.how, self.shared
        if how.make is None and how.kind != "parts":
            return list(self.values)
        if shared is None:
            return [made(how, value) for value in self.values]
        known = shared.made
        for value in self.values:
            if id(value) not in known:
                known[id(value)] = made(how, value), value
        return [known[id(value)][0] for value in self.values]

    def _text(self, value: Any) -> str:
        if self.shared is None:
            return canonical(value)
        known = self.shared.texts
        if id(value) not in known:
            known[id(value)] = canonical(value), value
        return known[id(value)][0]


# A key field: itself, its raw value, and what is read of that where it is a single one.
Key = tuple[Field, Any, Any]
# A key of gold: its place in the plan, its weight, and itself, or None where other values are right too.
Asked = tuple[int, float, Key | None]


class Side:
    """A record on one side of a comparison."""

    __slots__ = ("_asked", "_keys", "_text", "_variants", "item", "known", "likenesses")

    def __init__(self, item: Item) -> None:
        self.item = item
        # How alike it is to records of the other side, as far as it has been asked.
        self.likenesses: dict[Side, float] = {}
        # The fields that have been taken apart.
        self.known: dict[str, Field] = {}
        self._keys: list[Key] | None = None
        self._asked: tuple[list[Asked], float] | None = None
        # By name, of the fields that have alternatives; None until it is asked for.
        self._variants: dict[str, Variants[Field] | None] | None = None
        self._text = ""

    def field(self, name: str, how: Compare) -> Field:
        """A field as it stands; one that is missing states nothing."""
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = Field(how, self.item.fields.get(name))
        return found

    def keys(self, plan: Plan) -> list[Key]:
        """The key fields in the order of the plan."""
        if self._keys is None:
            self._keys = found = []
            known, get = self.known, self.item.fields.get
            for name, how in plan.keys:
                known[name] = field = Field(how, get(name))
                is_one = field.values and not how.is_list and how.kind != "parts"
                found.append((field, field.raw, field.ready[0] if is_one else None))
        return self._keys

    def asked(self, plan: Plan) -> tuple[list[Asked], float]:
        """The annotated key fields of gold, those with other right values last, and the sum of their weights."""
        if self._asked is None:
            found: list[Asked] = []
            late: list[Asked] = []
            weight = 0.0
            for at, key in enumerate(self.keys(plan)):
                name, how = plan.keys[at]
                if key[1] == NOT_ANNOTATED or name not in self.item.fields:
                    continue
                weight += how.key
                if self.item.alternatives and self.variants(name, how):
                    late.append((at, how.key, None))
                else:
                    found.append((at, how.key, key))
            self._asked = found + late, weight
        return self._asked

    def variants(self, name: str, how: Compare) -> Variants[Field] | None:
        """The right variants of an annotated field of gold; None if it has no alternatives."""
        others = self.item.alternatives
        if not others:
            return None
        if self._variants is None:
            self._variants = dict.fromkeys(map(field_of, others))
        if name not in self._variants:
            return None
        found = self._variants[name]
        if found is None:
            found = self._variants[name] = variants(name, how, self.item.fields[name], others)
        return found if found.are_any else None

    @property
    def text(self) -> str:
        """One text for all records that state the same."""
        if not self._text:
            self._text = canonical(self.item.fields)
        return self._text


def variants(name: str, how: Compare, gold: Any, alternatives: Mapping[str, Sequence[Any]]) -> Variants[Field]:
    """The right variants of a field, taken apart; members that they share are read once."""
    shared = Shared()
    return Variants(name, gold, paths_of(name, alternatives), lambda raw: Field(how, raw, shared))


def made(how: Compare, value: Any) -> Any:
    """What is read of a value that is there."""
    try:
        if how.make:
            return how.make(value)
        if how.kind == "parts":
            return [Field(part, value.get(name)) for name, part in how.parts.items()]
    except AttributeError:
        # Not of the form that the field should have: all the same equal to itself, which takes no reading.
        pass
    return value


def members(how: Compare, value: Any) -> list[Any]:
    """The members of a list that state something, equal codes once."""
    found = [member for member in (value if isinstance(value, (list, tuple)) else (value,)) if is_stated(member)]
    if not how.is_code or len(found) < 2:
        return found
    if set(map(type, found)) <= _TEXTS:
        return list(dict.fromkeys(found))
    return list({canonical(member): member for member in found}.values())
