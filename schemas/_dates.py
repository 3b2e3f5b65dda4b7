"""Dates as records write them: YYYY, YYYY-MM, YYYY-MM-DD, or XXXX-MM-DD without its year."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

NO_YEAR = "XXXX"
# A leap year stands in for an unknown one, so that 29 February exists.
_ANY_YEAR = 2000


# Every check of a record asks for the days of its bounds anew.
@lru_cache(maxsize=1024)
def interval(text: str) -> tuple[date, date]:
    """First and last day that `text` covers; ValueError says which part does not exist.

    A date without a year is placed in the year 2000, so compare such dates only with each other.
    """
    year_text, *rest = text.split("-")
    year = _ANY_YEAR if year_text == NO_YEAR else int(year_text)
    if year < 1:
        raise ValueError(f"{text!r}: there is no year 0000")
    if not rest:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(rest[0])
    if not 1 <= month <= 12:
        raise ValueError(f"{text!r}: there is no month {rest[0]}")
    days = monthrange(year, month)[1]
    if len(rest) == 1:
        return date(year, month, 1), date(year, month, days)
    day = int(rest[1])
    if not 1 <= day <= days:
        raise ValueError(f"{text!r}: that month has no day {rest[1]}")
    return date(year, month, day), date(year, month, day)


def check_date(text: str) -> str:
    """`text` itself, if it is a date that exists."""
    interval(text)
    return text
