"""How the fields of a record type are compared: by name for ours, by marks or types for any other model."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Literal

from pydantic import BaseModel

import schemas
from evals import dates, values
from schemas import Participant, Party, Place, Record, When

Kind = Literal["auto", "equal", "number", "name", "free", "date", "place", "person", "party", "parts"]

# What is made once of a value that is compared with many; the others are compared as they are.
_READY: Mapping[str, Callable[[Any], Any]] = {
    "date": dates.day,
    "place": values.spot,
    "person": values.who,
    "party": values.body,
}
COMPARATORS: Mapping[str, values.Compare] = {
    "auto": values.equal,
    "equal": values.equal,
    "number": values.number,
    "parts": values.equal,
    "name": values.name,
    "free": values.free,
    "date": dates.days,
    "place": values.spots,
    "person": values.people,
    "party": values.parties,
}
# Kinds whose credit may be any share; that of the others is a whole or a half, and nothing is lost in adding those.
_SHARES = ("free", "parts")

# What comparators read of a value that has parts; nothing else of it can change a score.
_READ: Mapping[str, frozenset[str]] = {
    "date": frozenset({"start", "end"}),
    "place": frozenset({"text", "city", "country"}),
    "person": frozenset({"name", "name_latin", "aliases", "role_code", "country"}),
    "party": frozenset({"name", "name_latin", "aliases", "country"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """How one field is compared. As a mark in `Annotated[...]` it says so for any Pydantic model.

    `kind` is what the field's type suggests if it is left "auto"; where there is no type, equality. `key` is
    the field's weight in pairing records, 0 if it is no key. `is_counted` tells whether the field is in the
    headline score. `within` are fields of a list's members that are scored too. `absolute` and `relative` are how
    far numbers may lie apart, `parts` how the fields of a nested model are compared. `is_code` tells whether values are
    only equal or not, `make` makes a value ready to be compared with many, if it takes any, and `credit` says what one
    earns against another, both made ready, and why; nested models are compared in `fields`.
    """

    kind: Kind = "auto"
    key: float = 0.0
    is_list: bool = False
    is_counted: bool = True
    within: tuple[str, ...] = ()
    absolute: float = 0.0
    relative: float = 1e-9
    # A mark must have a hash to stand within a union.
    parts: Mapping[str, Compare] = field(default_factory=dict, hash=False)
    # Looked up once: they are asked for with every value.
    is_code: bool = field(init=False, repr=False, compare=False)
    make: Callable[[Any], Any] | None = field(init=False, repr=False, compare=False)
    credit: values.Compare = field(init=False, repr=False, compare=False)
    nearness: Callable[[Any, Any], float] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        credit = COMPARATORS[self.kind]
        if self.kind == "number":
            credit = partial(values.number, absolute=self.absolute, relative=self.relative)
        object.__setattr__(self, "is_code", self.kind in ("auto", "equal"))
        object.__setattr__(self, "make", _READY.get(self.kind))
        object.__setattr__(self, "credit", credit)
        # What is wrong with a date takes longer to say than what it earns.
        object.__setattr__(self, "nearness", dates.nearness if self.kind == "date" else None)

    @property
    def read(self) -> frozenset[str] | None:
        """The parts of a value that its comparator reads; None if any."""
        return _READ.get(self.kind)

    @property
    def is_in_halves(self) -> bool:
        """Whether all that a value, or a part of it, can earn is 0, a half or 1."""
        return self.kind not in _SHARES and all(
            self.parts[part].is_in_halves for part in self.within if part in self.parts
        )


Profile = Mapping[str, Compare]


@dataclass(frozen=True, slots=True)
class Plan:
    """A profile laid out for many comparisons: its fields, `keys` with the cheap ones first, and what is counted."""

    profile: Profile
    keys: tuple[tuple[str, Compare], ...]
    # The places of the keys in the order of the profile.
    order: tuple[int, ...]
    counted: tuple[tuple[str, Compare], ...]
    free: tuple[tuple[str, Compare], ...]
    is_in_halves: bool

    @classmethod
    def of(cls, profile: Profile) -> Plan:
        """The plan of a profile."""
        keys = sorted(((name, how) for name, how in profile.items() if how.key), key=_cost)
        counted = tuple((name, how) for name, how in profile.items() if how.is_counted)
        return cls(
            profile=profile,
            keys=tuple(keys),
            order=tuple(sorted(range(len(keys)), key=lambda at: list(profile).index(keys[at][0]))),
            counted=counted,
            free=tuple((name, how) for name, how in profile.items() if not how.is_counted),
            is_in_halves=all(how.is_in_halves for _, how in counted),
        )


def _cost(key: tuple[str, Compare]) -> tuple[bool, bool]:
    """Names and lists of people last: they are compared word by word, and often need not be."""
    return key[1].is_list, key[1].kind not in ("auto", "equal", "number", "date", "place")


_PEOPLE = Compare(kind="person", key=2.0, is_list=True, within=("role_code", "country", "part"))
_CODE = Compare(kind="equal")
_CODES = Compare(kind="equal", is_list=True)

OURS: Mapping[str, Profile] = {
    "meeting": {
        "status": _CODE,
        "format": _CODE,
        "mention": _CODE,
        "date": Compare(kind="date", key=1.0),
        "place": Compare(kind="place", key=1.0),
        "participants": _PEOPLE,
        "forum": Compare(kind="name"),
        "forum_session": _CODE,
        "topics": _CODES,
        "about_countries": _CODES,
        "outcomes": _CODES,
    },
    "exercise": {
        "status": _CODE,
        "mention": _CODE,
        "name": Compare(kind="name", key=1.0),
        "series": Compare(kind="name"),
        "edition": Compare(kind="name"),
        "date": Compare(kind="date", key=1.0),
        "place": Compare(kind="place", key=1.0),
        "forces": Compare(kind="party", key=1.0, is_list=True, within=("part",)),
        "domains": _CODES,
        "focus": _CODES,
        "activities": Compare(kind="free", is_list=True, is_counted=False),
    },
    "agreement": {
        "status": _CODE,
        "kind": Compare(kind="equal", key=0.5),
        "mention": _CODE,
        "title": Compare(kind="free", key=1.0, is_counted=False),
        "date": Compare(kind="date", key=1.0),
        "parties": Compare(kind="party", key=1.0, is_list=True, within=("kind",)),
        "signatories": Compare(kind="person", is_list=True, within=("role_code", "country")),
        "count": _CODE,
        "topics": _CODES,
        "product": Compare(kind="free", is_counted=False),
    },
}

_LISTS = (list, set, frozenset, tuple, Sequence)
_OUR_PARTS: Mapping[type, Kind] = {When: "date", Place: "place", Participant: "person", Party: "party"}
_KINDS: Mapping[Any, Kind] = {date: "date", str: "name", int: "number", float: "number", Decimal: "number"}
# What every record has and no score reads: quotes are grounded, not compared.
_UNSCORED = ("evidence", "summary")


@cache
def of(model: type[BaseModel]) -> Profile:
    """The profile of any model: what its fields are marked with, else what their types suggest.

    Without a marked key every field is a key of weight 1.
    """
    return _of(model, ())


def of_type(name: str) -> Profile | None:
    """The profile of one of our record types, also of one that has none of its own; None of an unknown type."""
    if name in OURS:
        return OURS[name]
    return of(schemas.get(name)) if name in schemas.names() else None


def _of(model: type[BaseModel], outer: tuple[type, ...]) -> Profile:
    skipped = _UNSCORED if issubclass(model, Record) else ()
    profile = {
        name: _field(Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation, (*outer, model))
        for name, info in model.model_fields.items()
        if name not in skipped
    }
    if any(compare.key for compare in profile.values()):
        return profile
    return {name: replace(compare, key=1.0 if compare.is_counted else 0.0) for name, compare in profile.items()}


def _field(annotation: Any, outer: tuple[type, ...]) -> Compare:
    """How a field of this type is compared: its mark, wherever in the type it stands, else its type's default."""
    annotation, mark, is_list = _bare(annotation)
    default = replace(_by_type(annotation, outer), is_list=is_list)
    if mark is None:
        return default
    kind = default.kind if mark.kind == "auto" else mark.kind
    return replace(mark, kind=kind, parts=mark.parts or default.parts, is_list=mark.is_list or is_list)


def _by_type(annotation: Any, outer: tuple[type, ...]) -> Compare:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return Compare(kind=_KINDS.get(annotation, "equal"))
    if annotation in _OUR_PARTS:
        return Compare(kind=_OUR_PARTS[annotation])
    # A model that holds itself is compared whole from there on.
    return _CODE if annotation in outer else Compare(kind="parts", parts=_of(annotation, outer))


def _bare(annotation: Any) -> tuple[Any, Compare | None, bool]:
    """A type without its marks, `| None` and list around it; the outermost mark; whether there was a list."""
    origin, options = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        found, inner, is_list = _bare(options[0])
        mark = next((each for each in options[1:] if isinstance(each, Compare)), inner)
        return found, mark, is_list
    if origin in (typing.Union, UnionType):
        options = tuple(option for option in options if option is not type(None))
        return _bare(options[0]) if len(options) == 1 else (Any, None, False)
    if origin in _LISTS or annotation in _LISTS:
        found, mark, _ = _bare(options[0] if options else Any)
        return found, mark, True
    return annotation, None, False
