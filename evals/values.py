"""Comparators of single values: what a predicted value earns against a gold one, 0 to 1, and a word on why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from evals.text import is_stated, lowest_word_ratio, plain, same_name, shared_words
from schemas import interval

Compared = tuple[float, str]
Compare = Callable[[Any, Any], Compared]

RIGHT: Compared = (1.0, "")
WRONG: Compared = (0.0, "")


def equal(gold: Any, predicted: Any) -> Compared:
    """Equality of codes, numbers and truth values."""
    return RIGHT if gold == predicted else WRONG


def name(gold: Any, predicted: Any) -> Compared:
    """Names: 1 if they are one, 0.5 if they share half of their words."""
    if same_name(gold, predicted):
        return RIGHT
    if shared_words(gold, predicted) >= 0.5:
        return 0.5, "partial_name"
    near = lowest_word_ratio(plain(gold), plain(predicted)) >= 60
    return 0.0, "alias_miss" if near else ""


def free(gold: Any, predicted: Any) -> Compared:
    """Free text: F1 of the words."""
    return shared_words(gold, predicted), ""


def when(gold: Any, predicted: Any) -> Compared:
    """Dates (a When, or one ISO date) as intervals: equal 1, one inside the other 0.5, else 0; never as strings."""
    gold, predicted = _interval(gold), _interval(predicted)
    if _without_year(gold) != _without_year(predicted):
        return _year_aside(gold, predicted)
    g, p = _bounds(gold), _bounds(predicted)
    if g == p:
        return RIGHT
    if _within(g, p):
        return 0.5, "date_coarse"
    if _within(p, g):
        return 0.5, "date_overprecise"
    return 0.0, _date_error(g, p)


def place(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """Places: the same city, or the same words where there is none, 1; only the same country 0.5."""
    cities = [side.get("city") or "" for side in (gold, predicted)]
    texts = [side.get("text") or "" for side in (gold, predicted)]
    is_same = same_name(*(cities if all(cities) else texts))
    if is_same and _countries_agree(gold, predicted):
        return RIGHT
    is_country = is_stated(gold.get("country")) and gold.get("country") == predicted.get("country")
    return (0.5, "place_coarse") if is_country and not all(cities) else WRONG


def person(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """People and delegations: by name where both have one, else by office and country."""
    called, named = _names(gold), _names(predicted)
    if called and named:
        if any(same_name(a, b) for a in called for b in named):
            return RIGHT
        return RIGHT if _same_office(gold, predicted) and _share_a_name(called, named) else WRONG
    return RIGHT if _same_office(gold, predicted) else WRONG


def party(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """Parties and forces: of the same country; bodies of no country by name."""
    if is_stated(gold.get("country")) or is_stated(predicted.get("country")):
        return equal(gold.get("country"), predicted.get("country"))
    called, named = _names(gold), _names(predicted)
    return RIGHT if any(same_name(a, b) for a in called for b in named) else WRONG


def _names(side: Mapping[str, Any]) -> list[str]:
    names = [side.get("name"), side.get("name_latin"), *(side.get("aliases") or ())]
    return [text for text in names if isinstance(text, str) and is_stated(text)]


def _same_office(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> bool:
    return bool(gold.get("country") == predicted.get("country") and gold.get("role_code") == predicted.get("role_code"))


def _share_a_name(called: list[str], named: list[str]) -> bool:
    """Whether a short form stands beside a full one: every word of one is in the other."""
    words = [(set(plain(a).split()), set(plain(b).split())) for a in called for b in named]
    return any(a and b and (a <= b or b <= a) for a, b in words)


def _countries_agree(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> bool:
    codes = [side.get("country") for side in (gold, predicted) if is_stated(side.get("country"))]
    return len(set(codes)) < 2


def is_dated(value: Any) -> bool:
    """Whether a date has a bound: an expression that nothing resolves is no date."""
    value = _interval(value)
    return bool(value.get("start") or value.get("end"))


def _interval(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return {"start": str(value), "end": str(value)} if is_stated(value) else {}


_Bounds = tuple[date | None, date | None]


def _bounds(value: Mapping[str, Any]) -> _Bounds:
    """First and last day; None on the side that is open."""
    start, end = value.get("start"), value.get("end")
    return (interval(start)[0] if start else None, interval(end)[1] if end else None)


def _within(inner: _Bounds, outer: _Bounds) -> bool:
    starts = outer[0] is None or (inner[0] is not None and outer[0] <= inner[0])
    ends = outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])
    return starts and ends


def _without_year(value: Mapping[str, Any]) -> bool:
    return str(value.get("start") or value.get("end") or "").startswith("X")


def _year_aside(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> Compared:
    """One side has no year: half, if the days are the same."""
    days = [[str(side.get(key) or "")[5:] for key in ("start", "end")] for side in (gold, predicted)]
    if days[0] != days[1]:
        return WRONG
    return 0.5, "date_coarse" if _without_year(predicted) else "date_overprecise"


def _date_error(gold: _Bounds, predicted: _Bounds) -> str:
    first, other = gold[0] or gold[1], predicted[0] or predicted[1]
    if first is None or other is None:
        return ""
    if abs((first - other).days) == 1:
        return "off_by_one"
    if first.year != other.year and (first.month, first.day) == (other.month, other.day):
        return "wrong_year"
    is_turned = (first.month, first.day) == (other.day, other.month)
    return "dm_swap" if is_turned and first.year == other.year else ""
