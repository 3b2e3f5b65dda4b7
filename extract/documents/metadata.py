"""What is known of a report besides its text, and the names it goes by in files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from extract.documents.encoding import clean
from extract.errors import InputError

NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "body", "content"),
    "id": ("id",),
    "title": ("title",),
    "published": ("published", "date"),
    "source": ("source", "outlet"),
    "url": ("url", "link"),
    "language": ("language", "lang"),
}

_DIGITS = {ord(d): str(n % 10) for n, d in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ]\d\d:?\d\d[\d:.,]* ?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]\w+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What is known of a report besides its text; None where nobody said."""

    published: str | None = None
    source: str | None = None
    url: str | None = None
    language: str | None = None

    def over(self, other: Metadata) -> Metadata:
        """This metadata, its gaps filled from `other`."""
        if other is NOTHING or other == self:
            return self
        return Metadata(
            published=self.published or other.published,
            source=self.source or other.source,
            url=self.url or other.url,
            language=self.language or other.language,
        )


NOTHING = Metadata()


def named(record: Mapping[str, object]) -> dict[str, str]:
    """The values of `record` under our names for them; blank ones and those that are no text are left out."""
    by_key = {_key(key): value for key, value in record.items()}
    found = {}
    for name, keys in NAMES.items():
        for key in keys:
            value = _value(by_key[key]) if key in by_key else ""
            if value:
                # The text stays as it is: offsets that others made into it must hold.
                found[name] = value if name == "text" else value.strip()
                break
    return found


@lru_cache(maxsize=256)
def _key(key: object) -> str:
    return str(key).strip().casefold()


def given(values: Mapping[str, str]) -> Metadata:
    """The metadata among `values`, which have our names."""
    return Metadata(
        published=values.get("published"),
        source=values.get("source"),
        url=values.get("url"),
        language=values.get("language"),
    )


@lru_cache(maxsize=4096)
def day(value: str) -> str:
    """The calendar day (YYYY-MM-DD) that `value` states; raises InputError (kind "metadata")."""
    match = _DAY.fullmatch(value.translate(_DIGITS).strip())
    try:
        return date.fromisoformat(match[1] if match else "").isoformat()
    except ValueError as error:
        message = f"published is {value!r}, which is no calendar day; write it as YYYY-MM-DD"
        raise InputError(message, kind="metadata") from error


@lru_cache(maxsize=256)
def language(tag: str | None) -> str | None:
    """The ISO 639 code that begins a language tag ("ar" of "ar-EG"); anything else stays as it is."""
    match = _TAG.fullmatch(tag or "")
    return match[1].lower() if match else tag


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = clean(str(value))
    return "" if text.isspace() else text
