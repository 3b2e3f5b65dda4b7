"""A document: one report as given."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One report. Offsets of spans index `text`, which is in Unicode normal form C.

    `published` is a calendar day (YYYY-MM-DD) that was given with the report, not read
    from it. `language` is an ISO 639 code, `path` the file (and line) it came from.
    """

    id: str
    text: str
    published: str | None = None
    source: str | None = None
    url: str | None = None
    language: str | None = None
    path: str | None = None

    @property
    def digest(self) -> str:
        """Hash of the text (BLAKE2b, 16 hex digits): equal texts have equal digests."""
        return blake2b(self.text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that could not be had from one document, as a value.

    `kind` is one word for programs, `message` says what happened and what to do.
    `record` is what the model gave, when a single record failed.
    """

    document: str
    kind: str
    message: str
    path: str | None = None
    record: object = None
