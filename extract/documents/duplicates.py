"""Documents whose text was seen before."""

from __future__ import annotations

from hashlib import blake2b

from extract.document import Document
from extract.documents.part import fold


class Duplicates:
    """Remembers the texts of documents, by digest."""

    def __init__(self) -> None:
        self._by_digest: dict[bytes, str] = {}

    def seen(self, document: Document) -> str | None:
        """Id of the first document with the same text, white space aside; None when this is the first."""
        # Eight bytes tell millions of texts apart, and are all that is kept of each.
        digest = blake2b(fold(document.text).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        first = self._by_digest.setdefault(digest, document.id)
        return None if first == document.id else first
