"""Comparators of single values: what a predicted value earns against a gold one, 0 to 1, and a word on why.

A value is compared with many others, so what a comparator reads of it can be made ready once: `who`, `spot` and
`body` are for people, places and parties what `dates.day` is for dates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from evals.dates import when
from evals.text import is_near, is_part, is_stated, same_name, shared_words, word_set

__all__ = ["Compare", "Compared", "are_near", "equal", "free", "name", "number", "party", "person", "place", "when"]

Compared = tuple[float, str]
Compare = Callable[[Any, Any], Compared]

RIGHT: Compared = (1.0, "")
WRONG: Compared = (0.0, "")


class Who(NamedTuple):
    """What is read of a person or delegation."""

    names: tuple[str, ...]
    is_named: bool
    office: tuple[Any, Any]
    has_office: bool


class Spot(NamedTuple):
    """What is read of a place; `called` is its city and its words."""

    country: Any
    cities: tuple[str, ...]
    called: tuple[str, ...]


class Body(NamedTuple):
    """What is read of a party or force."""

    names: tuple[str, ...]
    country: Any
    has_country: bool


def who(side: Mapping[str, Any]) -> Who:
    """A person made ready."""
    parts = side.get("name"), side.get("name_latin"), side.get("country"), side.get("role_code")
    try:
        found = _remembered_who(*parts)
    except TypeError:
        # A part that cannot be looked up.
        found = _who(*parts)
    aliases = side.get("aliases")
    return found._replace(names=(*found.names, *filter(is_stated, aliases))) if aliases else found


def spot(side: Mapping[str, Any]) -> Spot:
    """A place made ready."""
    parts = side.get("text"), side.get("city"), side.get("country")
    try:
        return _remembered_spot(*parts)
    except TypeError:
        return _spot(*parts)


def body(side: Mapping[str, Any]) -> Body:
    """A party made ready."""
    country = side.get("country")
    return Body(_names(side), country, is_stated(country))


def equal(gold: Any, predicted: Any) -> Compared:
    """Equality of codes and truth values."""
    return RIGHT if gold == predicted else WRONG


def number(gold: Any, predicted: Any, *, absolute: float = 0.0, relative: float = 1e-9) -> Compared:
    """Numbers, also as text ("12.50"), that differ by no more than the greater of two tolerances."""
    try:
        is_same = math.isclose(float(gold), float(predicted), abs_tol=absolute, rel_tol=relative)
    except (TypeError, ValueError):
        return equal(gold, predicted)
    return RIGHT if is_same else WRONG


def name(gold: Any, predicted: Any) -> Compared:
    """Names: 1 if they are one, 0.5 if one is the other cut short."""
    gold, predicted = str(gold), str(predicted)
    if same_name(gold, predicted):
        return RIGHT
    if is_part(gold, predicted):
        return 0.5, "partial_name"
    return 0.0, "alias_miss" if is_near(gold, predicted) else ""


def free(gold: Any, predicted: Any) -> Compared:
    """Free text: F1 of the words."""
    return shared_words(str(gold), str(predicted)), ""


def place(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """Places: the same city, or the same words where a city is missing, 1; then only the same country 0.5."""
    return spots(spot(gold), spot(predicted))


def person(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """People and delegations: by name where both have one, else by office and country; 0.5 if one side has no name."""
    return people(who(gold), who(predicted))


def party(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """Parties and forces: of the same country; bodies of no country by name."""
    return parties(body(gold), body(predicted))


def spots(gold: Spot, predicted: Spot) -> Compared:
    """`place` of places made ready."""
    are_in_countries = gold.country is not None and predicted.country is not None
    if are_in_countries and gold.country != predicted.country:
        return WRONG
    are_cities = bool(gold.cities and predicted.cities)
    called, named = (gold.cities, predicted.cities) if are_cities else (gold.called, predicted.called)
    if _is_any_one(called, named):
        return RIGHT
    if are_cities or not are_in_countries:
        return WRONG
    if not called and not named:
        return RIGHT
    return 0.5, "place_overprecise" if predicted.cities else "place_coarse"


def people(gold: Who, predicted: Who) -> Compared:
    """`person` of people made ready."""
    for name in gold.names:
        for other in predicted.names:
            if same_name(name, other):
                return RIGHT
    if not gold.has_office or gold.office != predicted.office:
        return WRONG
    if _is_any_short(gold.names, predicted.names):
        return RIGHT
    # Aliases of somebody whom the report does not name ("his counterpart") are no name that could be missing.
    if gold.is_named == predicted.is_named:
        return WRONG if gold.is_named else RIGHT
    return 0.5, "name_missing" if gold.is_named else "name_added"


def parties(gold: Body, predicted: Body) -> Compared:
    """`party` of parties made ready."""
    if gold.has_country or predicted.has_country:
        return equal(gold.country, predicted.country)
    return RIGHT if _is_any_one(gold.names, predicted.names) else WRONG


def share_a_name(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> bool:
    """Whether any name or alias of one member is one of the other."""
    return _is_any_one(_names(gold), _names(predicted))


def are_near(gold: Any, predicted: Any) -> bool:
    """Whether two members that are not one have names near enough to think of an alias."""
    if not isinstance(gold, Mapping) or not isinstance(predicted, Mapping):
        return isinstance(gold, str) and isinstance(predicted, str) and is_near(gold, predicted)
    return any(is_near(a, b) for a in _names(gold) for b in _names(predicted))


def _who(name: Any, name_latin: Any, country: Any, role_code: Any) -> Who:
    names = _texts(name, name_latin)
    return Who(names, bool(names), (country, role_code), is_stated(role_code) or is_stated(country))


def _spot(text: Any, city: Any, country: Any) -> Spot:
    cities = _texts(city)
    return Spot(country if is_stated(country) else None, cities, (*cities, *_texts(text)))


# The same people and places turn up again and again. Typed, since 1 and True are looked up alike and written not.
_remembered_who = lru_cache(maxsize=20_000, typed=True)(_who)
_remembered_spot = lru_cache(maxsize=20_000, typed=True)(_spot)


def _names(side: Mapping[str, Any]) -> tuple[str, ...]:
    return (*_texts(side.get("name"), side.get("name_latin")), *filter(is_stated, side.get("aliases") or ()))


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values if is_stated(value))


def _is_any_one(called: tuple[str, ...], named: tuple[str, ...]) -> bool:
    for first in called:
        for second in named:
            if same_name(first, second):
                return True
    return False


def _is_any_short(called: tuple[str, ...], named: tuple[str, ...]) -> bool:
    """Whether a short form stands beside a full one: every word of one is in the other."""
    pairs = [(word_set(first), word_set(second)) for first in called for second in named]
    return any(a and b and (a <= b or b <= a) for a, b in pairs)
