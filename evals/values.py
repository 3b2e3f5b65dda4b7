"""Comparators of single values: what a predicted value earns against a gold one, 0 to 1, and a word on why."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from evals.dates import when
from evals.text import is_near, is_part, is_stated, same_name, shared_words, words

__all__ = ["Compare", "Compared", "are_near", "equal", "free", "name", "number", "party", "person", "place", "when"]

Compared = tuple[float, str]
Compare = Callable[[Any, Any], Compared]

RIGHT: Compared = (1.0, "")
WRONG: Compared = (0.0, "")


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
    countries = {side["country"] for side in (gold, predicted) if is_stated(side.get("country"))}
    if len(countries) > 1:
        return WRONG
    cities = [_stated(side, "city") for side in (gold, predicted)]
    called, named = cities if all(cities) else [_stated(side, "city", "text") for side in (gold, predicted)]
    if any(same_name(a, b) for a in called for b in named):
        return RIGHT
    if all(cities) or not all(is_stated(side.get("country")) for side in (gold, predicted)):
        return WRONG
    if not called and not named:
        return RIGHT
    return 0.5, "place_overprecise" if cities[1] else "place_coarse"


def person(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """People and delegations: by name where both have one, else by office and country; 0.5 if one side has no name."""
    called, named = _names(gold), _names(predicted)
    is_office = _same_office(gold, predicted)
    if any(same_name(a, b) for a in called for b in named) or (is_office and _share_a_name(called, named)):
        return RIGHT
    # Aliases of somebody whom the report does not name ("his counterpart") are no name that could be missing.
    are_named = _is_named(gold), _is_named(predicted)
    if all(are_named) or not is_office:
        return WRONG
    if not any(are_named):
        return RIGHT
    return 0.5, "name_missing" if are_named[0] else "name_added"


def _is_named(side: Mapping[str, Any]) -> bool:
    return is_stated(side.get("name")) or is_stated(side.get("name_latin"))


def party(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """Parties and forces: of the same country; bodies of no country by name."""
    if is_stated(gold.get("country")) or is_stated(predicted.get("country")):
        return equal(gold.get("country"), predicted.get("country"))
    return RIGHT if share_a_name(gold, predicted) else WRONG


def share_a_name(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> bool:
    """Whether any name or alias of one member is one of the other."""
    return any(same_name(a, b) for a in _names(gold) for b in _names(predicted))


def are_near(gold: Any, predicted: Any) -> bool:
    """Whether two members that are not one have names near enough to think of an alias."""
    if not isinstance(gold, Mapping) or not isinstance(predicted, Mapping):
        return isinstance(gold, str) and isinstance(predicted, str) and is_near(gold, predicted)
    return any(is_near(a, b) for a in _names(gold) for b in _names(predicted))


def _names(side: Mapping[str, Any]) -> list[str]:
    return [*_stated(side, "name", "name_latin"), *(text for text in side.get("aliases") or () if is_stated(text))]


def _stated(side: Mapping[str, Any], *keys: str) -> list[str]:
    return [str(side[key]) for key in keys if is_stated(side.get(key))]


def _same_office(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> bool:
    is_same = gold.get("country") == predicted.get("country") and gold.get("role_code") == predicted.get("role_code")
    return is_same and (is_stated(gold.get("role_code")) or is_stated(gold.get("country")))


def _share_a_name(called: list[str], named: list[str]) -> bool:
    """Whether a short form stands beside a full one: every word of one is in the other."""
    pairs = [(set(words(a)), set(words(b))) for a in called for b in named]
    return any(a and b and (a <= b or b <= a) for a, b in pairs)
