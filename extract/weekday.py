"""Weekdays in date expressions: a check on dates that a model has resolved."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from extract.fold import fold

# Monday first, as datetime counts; Arabic, English, Turkish, French.
_NAMES = (
    ("الإثنين", "الاثنين", "monday", "pazartesi", "lundi"),
    ("الثلاثاء", "tuesday", "salı", "mardi"),
    ("الأربعاء", "wednesday", "çarşamba", "mercredi"),
    ("الخميس", "thursday", "perşembe", "jeudi"),
    ("الجمعة", "friday", "cuma", "vendredi"),
    ("السبت", "saturday", "cumartesi", "samedi"),
    ("الأحد", "sunday", "pazar", "dimanche"),
)
ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def weekdays(text: str) -> set[int]:
    """Numbers (Monday is 0) of the weekdays that an expression names."""
    folded = fold(text)
    return {number for number, pattern in enumerate(_patterns()) if pattern.search(folded)}


def is_off(text: str, day: date) -> bool:
    """Whether an expression names one weekday, and the day is another."""
    named = weekdays(text)
    return len(named) == 1 and day.weekday() not in named


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    # Arabic joins "on" and "and" to the front of a name, Turkish endings to its back; pazartesi is not pazar.
    return tuple(
        re.compile(rf"(?<!\w)[وفبل]?(?:{'|'.join(map(fold, names))})(?!r?tesi)(?:(?<=[a-z])['’]?\w{{0,4}})?(?!\w)")
        for names in _NAMES
    )
