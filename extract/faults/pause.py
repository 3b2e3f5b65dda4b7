"""How long an endpoint asks to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from extract.limits import number

if TYPE_CHECKING:
    from datetime import datetime

# A request is waited for so long, all its pauses together; what takes longer is no pause but the end of a run.
LONGEST_S = 1_800.0
# Our own clock may be off by hours: what it makes of a time of day is believed up to this.
_BY_OUR_CLOCK_S = 300.0


def asked_for(headers: Mapping[str, str], *, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds that the endpoint asks to wait: given as such, in milliseconds, or as a time of day.

    A time of day is counted from the endpoint's own `Date`, without one from `clock`, in seconds of the epoch, and
    then for five minutes at most. None if nothing is asked for, or nothing that can be waited for.
    """
    milliseconds, seconds = number(headers.get("retry-after-ms")), number(headers.get("retry-after"))
    if milliseconds is not None:
        return milliseconds / 1000
    return seconds if seconds is not None else _until(headers.get("retry-after"), headers.get("date"), clock)


def shown(seconds: float) -> str:
    """A pause for people: 7 s, 30 min, 24 h."""
    if seconds <= 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7_200 else f"{seconds / 3600:,.1f} h".replace(".0 h", " h")


def _until(moment: str | None, now: str | None, clock: Callable[[], float]) -> float | None:
    """Seconds to a moment: from the endpoint's own time, else from ours."""
    then, theirs = _time(moment), _time(now)
    if then is None:
        return None
    if theirs is not None:
        return max(0.0, (then - theirs).total_seconds())
    left = then.timestamp() - clock()
    return min(left, _BY_OUR_CLOCK_S) if left >= 0 else None


def _time(text: str | None) -> datetime | None:
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
