"""Documents whose text was seen before."""

from __future__ import annotations

from dataclasses import replace

from extract.document import Document
from extract.documents.part import fold


class Duplicates:
    """Remembers the texts of documents, by digest."""

    def __init__(self) -> None:
        self._by_digest: dict[str, str] = {}

    def seen(self, document: Document) -> str | None:
        """Id of the first document with the same text, white space aside; None when this is the first."""
        digest = replace(document, text=fold(document.text)).digest
        first = self._by_digest.setdefault(digest, document.id)
        return None if first == document.id else first
