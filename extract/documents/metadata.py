"""What is known of a report besides its text, and the names it goes by in files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

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
        return Metadata(**{f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)})


NOTHING = Metadata()


def named(record: Mapping[str, object]) -> dict[str, str]:
    """The values of `record` under our names for them; blank ones and those that are no text are left out."""
    by_key = {str(key).strip().casefold(): _value(value) for key, value in record.items()}
    found = {name: next((by_key[key] for key in keys if by_key.get(key)), "") for name, keys in NAMES.items()}
    # The text stays as it is: offsets that others made into it must hold.
    return {name: value if name == "text" else value.strip() for name, value in found.items() if value}


def given(values: Mapping[str, str]) -> Metadata:
    """The metadata among `values`, which have our names."""
    return Metadata(**{f.name: values.get(f.name) for f in fields(Metadata)})


def day(value: str) -> str:
    """The calendar day (YYYY-MM-DD) that `value` states; raises InputError (kind "metadata")."""
    match = _DAY.fullmatch(value.translate(_DIGITS).strip())
    try:
        return date.fromisoformat(match[1] if match else "").isoformat()
    except ValueError as error:
        message = f"published is {value!r}, which is no calendar day; write it as YYYY-MM-DD"
        raise InputError(message, kind="metadata") from error


def language(tag: str | None) -> str | None:
    """The ISO 639 code that begins a language tag ("ar" of "ar-EG"); anything else stays as it is."""
    match = _TAG.fullmatch(tag or "")
    return match[1].lower() if match else tag


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = clean(str(value))
    return "" if text.isspace() else text
