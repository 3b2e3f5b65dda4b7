"""Dates compared as intervals, never as strings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from evals.text import is_stated
from schemas import interval

Bounds = tuple[date | None, date | None]

_FORM = re.compile(r"^(\d{4}|XXXX)(-\d\d){0,2}$")
# Of a time stamp the day counts.
_CLOCK = re.compile(r"(?<=^\d{4}-\d\d-\d\d)[T ].*")
_DAY = re.compile(r"^(\d{4})-(\d\d)-(\d\d)$")


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """What is read of a date; `bounds` is None if it is none, `first` and `last` are ordinals, infinite where open."""

    start: str
    end: str
    bounds: Bounds | None
    first: float
    last: float
    has_no_year: bool


def when(gold: Any, predicted: Any) -> tuple[float, str]:
    """Credit of a date (a When, or one ISO date): equal 1, one inside the other 0.5, else 0; and what is wrong with it.

    A side that is no date, or ends before it begins, is wrong.
    """
    return days(day(gold), day(predicted))


def day(value: Any) -> Day:
    """A date made ready."""
    if type(value) is not dict:
        value = _range(value)
    try:
        return _remembered(value.get("start"), value.get("end"))
    except TypeError:
        # A bound that cannot be looked up.
        return _day(value.get("start"), value.get("end"))


def days(gold: Day, predicted: Day) -> tuple[float, str]:
    """`when` of dates made ready."""
    earned = nearness(gold, predicted)
    return earned, "" if earned == 1 else _label(gold, predicted)


def nearness(gold: Day, predicted: Day) -> float:
    """The credit alone."""
    if gold.bounds is None or predicted.bounds is None:
        return 0.0
    if gold.has_no_year is not predicted.has_no_year:
        # Month and day, where one side has no year.
        return 0.5 if (gold.start[5:], gold.end[5:]) == (predicted.start[5:], predicted.end[5:]) else 0.0
    # What is inside and around at once is equal.
    is_inside = predicted.first <= gold.first and gold.last <= predicted.last
    is_around = gold.first <= predicted.first and predicted.last <= gold.last
    return 0.5 * (is_inside + is_around)


@lru_cache(maxsize=20_000)
def _label(gold: Day, predicted: Day) -> str:
    """What is wrong with a date that is not right."""
    if gold.bounds is None or predicted.bounds is None:
        return "" if predicted.bounds else "invalid_date"
    if not nearness(gold, predicted):
        return "" if gold.has_no_year is not predicted.has_no_year else _error(gold, predicted)
    if gold.has_no_year is not predicted.has_no_year:
        return "date_coarse" if predicted.has_no_year else "date_overprecise"
    is_inside = predicted.first <= gold.first and gold.last <= predicted.last
    return "date_coarse" if is_inside else "date_overprecise"


def is_dated(value: Any) -> bool:
    """Whether a date has a bound: an expression that nothing resolves is no date."""
    found = day(value)
    return bool(found.start or found.end)


def _range(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    day = _CLOCK.sub("", str(value)) if is_stated(value) else None
    return {"start": day, "end": day}


def _day(first_day: Any, last_day: Any) -> Day:
    start, end = (str(bound) if is_stated(bound) else "" for bound in (first_day, last_day))
    bounds = _bounds(start, end)
    first, last = bounds or (None, None)
    return Day(
        start=start,
        end=end,
        bounds=bounds,
        first=first.toordinal() if first else -math.inf,
        last=last.toordinal() if last else math.inf,
        has_no_year=(start or end).startswith("X"),
    )


# Typed, since 2032 and 2032.0 are looked up alike and written not.
_remembered = lru_cache(maxsize=20_000, typed=True)(_day)


def _bounds(start: str, end: str) -> Bounds | None:
    """First and last day, None on the side that is open; None if they are no dates or the wrong way round."""
    if not all(_FORM.match(bound) for bound in (start, end) if bound):
        return None
    try:
        found = (interval(start)[0] if start else None, interval(end)[1] if end else None)
    except ValueError:
        return None
    is_reversed = found[0] is not None and found[1] is not None and found[1] < found[0]
    return None if is_reversed else found


def _error(gold: Day, predicted: Day) -> str:
    """What sets two dates apart, if it is the same thing at both ends."""
    g, p = gold.bounds or (None, None), predicted.bounds or (None, None)
    gaps = [abs((a - b).days) if a and b else 0 for a, b in zip(g, p, strict=True) if a or b]
    is_alike = [bool(a) == bool(b) for a, b in zip(g, p, strict=True)]
    if not all(is_alike):
        return ""
    if max(gaps) == 1:
        return "off_by_one"
    ends = [(gold.start, predicted.start), (gold.end, predicted.end)]
    if all(a[4:] == b[4:] for a, b in ends):
        return "wrong_year"
    return "dm_swap" if all(_swapped(a) == b for a, b in ends) else ""


def _swapped(text: str) -> str:
    """The day with its month and day of month exchanged; nothing else has any."""
    return _DAY.sub(r"\1-\3-\2", text)
