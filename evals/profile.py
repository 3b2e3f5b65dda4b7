"""How the fields of a record type are compared: by name for ours, by marks or types for any other model."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel

from evals import values

Kind = Literal["equal", "name", "free", "date", "place", "person", "party"]

COMPARATORS: Mapping[str, values.Compare] = {
    "equal": values.equal,
    "name": values.name,
    "free": values.free,
    "date": values.when,
    "place": values.place,
    "person": values.person,
    "party": values.party,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """How one field is compared. As a mark in `Annotated[...]` it says so for any Pydantic model.

    `key` is the field's weight in pairing records, 0 if it is no key. `is_counted` tells whether the
    field is in the headline score. `within` are fields of a matched member that are scored too.
    """

    kind: Kind = "equal"
    key: float = 0.0
    is_list: bool = False
    is_counted: bool = True
    within: tuple[str, ...] = ()


Profile = Mapping[str, Compare]

_PEOPLE = Compare(kind="person", key=2.0, is_list=True, within=("role_code", "country", "part"))
_CODES = Compare(is_list=True)

OURS: Mapping[str, Profile] = {
    "meeting": {
        "status": Compare(),
        "format": Compare(),
        "mention": Compare(),
        "date": Compare(kind="date", key=1.0),
        "place": Compare(kind="place", key=1.0),
        "participants": _PEOPLE,
        "forum": Compare(kind="name"),
        "forum_session": Compare(),
        "topics": _CODES,
        "about_countries": _CODES,
        "outcomes": _CODES,
    },
    "exercise": {
        "status": Compare(),
        "mention": Compare(),
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
        "status": Compare(),
        "kind": Compare(key=0.5),
        "mention": Compare(),
        "title": Compare(kind="free", key=1.0, is_counted=False),
        "date": Compare(kind="date", key=1.0),
        "parties": Compare(kind="party", key=1.0, is_list=True, within=("kind",)),
        "signatories": Compare(kind="person", is_list=True, within=("role_code", "country")),
        "count": Compare(),
        "topics": _CODES,
        "product": Compare(kind="free", is_counted=False),
    },
}


def of(model: type[BaseModel]) -> Profile:
    """The profile of any model: what its fields are marked with, else what their types suggest.

    Without a marked key every field is a key of weight 1.
    """
    profile = {name: _field(info.annotation, info.metadata) for name, info in model.model_fields.items()}
    if any(compare.key for compare in profile.values()):
        return profile
    return {name: _keyed(compare) for name, compare in profile.items()}


def _keyed(compare: Compare) -> Compare:
    from dataclasses import replace

    return replace(compare, key=1.0 if compare.is_counted else 0.0)


def _field(annotation: Any, marks: list[Any]) -> Compare:
    marked = next((mark for mark in marks if isinstance(mark, Compare)), None)
    if marked is not None:
        return marked
    options = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    if typing.get_origin(annotation) in (list, set, tuple):
        return Compare(kind=_kind(options[0] if options else str), is_list=True)
    return Compare(kind=_kind(options[0] if len(options) == 1 else annotation))


def _kind(annotation: Any) -> Kind:
    if annotation is date:
        return "date"
    return "name" if annotation is str else "equal"
