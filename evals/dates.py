"""Dates compared as intervals, never as strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def when(gold: Any, predicted: Any) -> tuple[float, str]:
    """Credit of a date (a When, or one ISO date): equal 1, one inside the other 0.5, else 0; and what is wrong with it.

    A side that is no date, or ends before it begins, is wrong.
    """
    gold, predicted = _range(gold), _range(predicted)
    g, p = _bounds(gold), _bounds(predicted)
    if g is None or p is None:
        return 0.0, "" if p else "invalid_date"
    if _without_year(gold) != _without_year(predicted):
        return _year_aside(gold, predicted)
    if g == p:
        return 1.0, ""
    if _within(g, p):
        return 0.5, "date_coarse"
    if _within(p, g):
        return 0.5, "date_overprecise"
    return 0.0, _error(gold, predicted, g, p)


def is_dated(value: Any) -> bool:
    """Whether a date has a bound: an expression that nothing resolves is no date."""
    value = _range(value)
    return is_stated(value.get("start")) or is_stated(value.get("end"))


def _range(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    day = _CLOCK.sub("", str(value)) if is_stated(value) else None
    return {"start": day, "end": day}


def _bounds(value: Mapping[str, Any]) -> Bounds | None:
    return _between(_text(value, "start"), _text(value, "end"))


@lru_cache(maxsize=20_000)
def _between(start: str, end: str) -> Bounds | None:
    """First and last day, None on the side that is open; None if they are no dates or the wrong way round."""
    if not all(_FORM.match(bound) for bound in (start, end) if bound):
        return None
    try:
        found = (interval(start)[0] if start else None, interval(end)[1] if end else None)
    except ValueError:
        return None
    is_reversed = found[0] is not None and found[1] is not None and found[1] < found[0]
    return None if is_reversed else found


def _text(value: Mapping[str, Any], bound: str) -> str:
    return str(value[bound]) if is_stated(value.get(bound)) else ""


def _within(inner: Bounds, outer: Bounds) -> bool:
    starts = outer[0] is None or (inner[0] is not None and outer[0] <= inner[0])
    ends = outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])
    return starts and ends


def _without_year(value: Mapping[str, Any]) -> bool:
    return (_text(value, "start") or _text(value, "end")).startswith("X")


def _year_aside(gold: Mapping[str, Any], predicted: Mapping[str, Any]) -> tuple[float, str]:
    """One side has no year: half, if the days are the same."""
    days = [[_text(side, bound)[5:] for bound in ("start", "end")] for side in (gold, predicted)]
    if days[0] != days[1]:
        return 0.0, ""
    return 0.5, "date_coarse" if _without_year(predicted) else "date_overprecise"


def _error(gold: Mapping[str, Any], predicted: Mapping[str, Any], g: Bounds, p: Bounds) -> str:
    """What sets two dates apart, if it is the same thing at both ends."""
    gaps = [abs((a - b).days) if a and b else 0 for a, b in zip(g, p, strict=True) if a or b]
    is_alike = [bool(a) == bool(b) for a, b in zip(g, p, strict=True)]
    if not all(is_alike):
        return ""
    if max(gaps) == 1:
        return "off_by_one"
    ends = [(_text(gold, bound), _text(predicted, bound)) for bound in ("start", "end")]
    if all(a[4:] == b[4:] for a, b in ends):
        return "wrong_year"
    return "dm_swap" if all(_swapped(a) == b for a, b in ends) else ""


def _swapped(text: str) -> str:
    """The day with its month and day of month exchanged; nothing else has any."""
    return _DAY.sub(r"\1-\3-\2", text)
