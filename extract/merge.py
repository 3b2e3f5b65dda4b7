"""Merging adds: of records that tell of one event, one that says what all of them say.

It keeps the quotes, the most precise date that is not approximate, the fullest names, and all members of its lists,
as far as the schema has room. Where precise values conflict, the one of the fuller record is kept and both are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from annotated_types import MaxLen
from pydantic import ValidationError

from extract.fold import fold
from extract.identity import is_weak, same_event, same_person
from schemas import Participant, Party, Place, Record, When, interval

__all__ = ["Group", "Merged", "groups", "merge", "same_event"]

T = TypeVar("T")

# Of two, the later one is kept: the latest stage of an agreement, what was held after it was planned.
_STAGES = (
    *("background", "focus"),
    *("participant", "party", "observer", "witness", "signatory", "visitor", "host"),
    *("visit_only", "ceremony", "in_person", "call"),
    *("planned", "postponed", "cancelled", "held", "ongoing", "completed"),
    *("under_negotiation", "announced", "signed", "in_force", "implementing", "terminated"),
    *("other", "partnership", "declaration", "protocol", "mou", "agreement", "contract", "treaty"),
    *("state", "non_state", "igo", "company", "agency"),
    *("delegation", "senior_official"),
)
_PRECISE = ("edition", "forum_session", "count")
_NOT_SAID = (None, "", 1)


class Merged(NamedTuple):
    """One record in place of several, and what they do not agree on, in words."""

    record: Record
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Records, by their places in what was given, that are one event."""

    merged: Merged
    members: tuple[int, ...]
    answers: frozenset[int]


def merge(records: Sequence[Record]) -> Merged:
    """One record of those of one event, in whatever order they come; of a single one, that one as it is."""
    ranked = _ranked(records)
    if len(ranked) == 1:
        return Merged(ranked[0])
    values: dict[str, Any] = {}
    for name, field in type(ranked[0]).model_fields.items():
        limit = next((mark.max_length for mark in field.metadata if isinstance(mark, MaxLen)), None)
        values[name] = _field(name, [getattr(record, name) for record in ranked], limit)
    values["summary"] = ranked[0].summary
    if "series" in values:
        named = max(ranked, key=lambda record: _fullness(getattr(record, "name", None)))
        values |= {name: getattr(named, name) for name in ("name", "series")}
        values["edition"] = values["edition"] if values["name"] else None
    try:
        record = type(ranked[0]).model_validate({name: _plain(value) for name, value in values.items()})
    except ValidationError:
        # Together they break a rule that each keeps: the fullest stands, with the quotes of all.
        record = ranked[0].model_copy(update={"evidence": values["evidence"]})
    return Merged(record, tuple(_conflicts(ranked)))


def groups(records: Sequence[Record], answers: Sequence[int] | None = None) -> list[Group]:
    """The events that records tell of, each once; two of one of the `answers` are never taken for the same.

    A record without a date joins an event only if there is one alone that it can be of. Neither the order of the
    records nor doing it again changes the result.
    """
    own = answers if answers is not None else range(len(records))
    alone = [Group(Merged(each), (at,), frozenset({own[at]})) for at, each in enumerate(records)]
    settled = _joined([group for group in alone if not is_weak(group.merged.record)], records)
    weak = _joined([group for group in alone if is_weak(group.merged.record)], records)
    while True:
        waiting, weak = _in_order(weak), []
        for group in waiting:
            homes = [other for other in settled if _fit(group, other)]
            if len(homes) == 1:
                settled.remove(homes[0])
                settled = _joined([*settled, _together([group, homes[0]], records)], records)
            else:
                weak.append(group)
        if len(weak) == len(waiting):
            return _in_order([*settled, *weak])


def _joined(found: list[Group], records: Sequence[Record]) -> list[Group]:
    """Join what fits until nothing does any more."""
    waiting, settled = _in_order(found), list[Group]()
    while waiting:
        group = waiting.pop(0)
        other = next((each for each in settled if _fit(group, each)), None)
        if other is None:
            settled.append(group)
        else:
            settled.remove(other)
            waiting.insert(0, _together([group, other], records))
    return settled


def _fit(a: Group, b: Group) -> bool:
    return not a.answers & b.answers and same_event(a.merged.record, b.merged.record)


def _together(parts: Sequence[Group], records: Sequence[Record]) -> Group:
    members = tuple(sorted(at for part in parts for at in part.members))
    merged = merge([records[at] for at in members])
    return Group(merged, members, frozenset().union(*(part.answers for part in parts)))


def _in_order(found: Iterable[Group]) -> list[Group]:
    return sorted(found, key=lambda group: (_rank(group.merged.record), sorted(group.answers)))


def _ranked(records: Iterable[Record]) -> list[Record]:
    """Different records, the fullest first, in an order that does not depend on the given one."""
    return [record for _, record in sorted({_rank(record): record for record in records}.items())]


def _rank(record: Record) -> tuple[int, int, str]:
    text = record.model_dump_json(exclude_defaults=True)
    return record.mention != "focus", -len(text), text


def _field(name: str, values: list[Any], limit: int | None) -> Any:
    """One value for a field; the values are those of the fullest record first."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, list):
        return _union(values)[:limit]
    if isinstance(first, When):
        return min(values, key=_vagueness)
    if isinstance(first, Place):
        return max((value for value in values if value is not None), key=_place_fullness)
    if isinstance(first, bool):
        return any(values)
    if isinstance(first, str):
        stages = [value for value in values if value in _STAGES]
        return max(stages, key=_STAGES.index) if len(stages) == len(values) else max(values, key=_fullness)
    return max((value for value in values if value is not None), default=None) if name in _PRECISE else first


def _union(lists: Sequence[list[Any]]) -> list[Any]:
    """All members, the first of each list first; what is the same is there once, at its fullest."""
    longest = max(map(len, lists))
    members = [each[at] for at in range(longest) for each in lists if at < len(each)]
    if members and isinstance(members[0], Participant | Party):
        # The named ones first: one without a name is looked for among them, and a delegation among all.
        return _people(sorted(members, key=lambda each: (not each.name, _is_delegation(each))))
    found: dict[str, Any] = {}
    for member in members:
        found.setdefault(fold(str(member)), member)
    return list(found.values())


def _people(members: Sequence[T]) -> list[T]:
    kept: list[Any] = []
    for member in members:
        same = [at for at, other in enumerate(kept) if _is_same(member, other)]
        # One without a name may be any of several; it then adds nothing.
        if len(same) == 1 or (same and getattr(member, "name", None)):
            kept[same[0]] = _both(kept[same[0]], member)
        elif not same:
            kept.append(member)
    return kept


def _is_same(a: Any, b: Any) -> bool:
    if a.country != b.country:
        return False
    if isinstance(a, Participant):
        if a.name and b.name:
            return same_person(a, b)
        return bool(a.role_code == b.role_code or _is_delegation(a))
    return bool(fold(a.name) == fold(b.name) if a.name and b.name else a.kind == b.kind)


def _is_delegation(member: Any) -> bool:
    return isinstance(member, Participant) and not member.name and member.role_code == "delegation"


def _both(a: Any, b: Any) -> Any:
    a, b = sorted((a, b), key=lambda each: (-_fullness(each.name)[0], each.model_dump_json()))
    if _is_delegation(b):
        return a
    values = {name: _field(name, [getattr(each, name) for each in (a, b)], None) for name in type(a).model_fields}
    if isinstance(a, Participant):
        values["role_code"] = a.role_code
    return type(a).model_validate({name: _plain(value) for name, value in values.items()})


def _vagueness(when: When) -> tuple[bool, bool, int, int, str]:
    """The least for a date that is known to the day."""
    bounds = [interval(bound) for bound in (when.start, when.end) if bound]
    days = (bounds[-1][1] - bounds[0][0]).days if bounds else 0
    return not bounds, when.approximate, days, len(bounds) < 2, when.model_dump_json()


def _fullness(value: str | None) -> tuple[int, int, str]:
    return (len(value.split()), len(value), value) if value else (0, 0, "")


def _place_fullness(place: Place) -> tuple[int, int, str]:
    return sum(value is not None for value in (place.city, place.country)), len(place.text), place.model_dump_json()


def _conflicts(records: Sequence[Record]) -> Iterable[str]:
    """What two records say precisely, and differently."""
    exact = {str(each.when) for each in records if _vagueness(each.when)[:3] == (False, False, 0)}
    if len(exact) > 1:
        yield _both_told("date", exact)
    places = [place for record in records if (place := getattr(record, "place", None))]
    cities = {fold(place.city): place.city for place in places if place.city}
    if len(cities) > 1:
        yield _both_told("place.city", cities.values())
    for name in _PRECISE:
        values = {str(value) for each in records if (value := getattr(each, name, None)) not in _NOT_SAID}
        if len({fold(value) for value in values}) > 1:
            yield _both_told(name, values)


def _both_told(name: str, values: Iterable[str]) -> str:
    return f"{name}: the parts of the report say {' and '.join(sorted(values))}"


def _plain(value: Any) -> Any:
    """A value as validation takes it anew."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.model_dump() if hasattr(value, "model_dump") else value
