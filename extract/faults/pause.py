"""How long an endpoint asks to wait."""

from __future__ import annotations

from collections.abc import Mapping


def asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait: given as such, in milliseconds, or as a time of day."""
    milliseconds, seconds = _number(headers.get("retry-after-ms")), _number(headers.get("retry-after"))
    if milliseconds is not None:
        return milliseconds / 1000
    return seconds if seconds is not None else _until(headers.get("retry-after"), headers.get("date"))


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


def _until(moment: str | None, now: str | None) -> float | None:
    """Seconds from the endpoint's own time to another; our clock may be off."""
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, (parsedate_to_datetime(moment or "") - parsedate_to_datetime(now or "")).total_seconds())
    except (ValueError, TypeError):
        return None
