"""A part of a file: one report as the file states it, or a flaw where one should be."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from extract.documents.metadata import NOTHING, Metadata

# Stands for JSON lines on the standard input.
STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One report as its file states it; `number` is its line or row where a file holds several."""

    text: str
    title: str | None = None
    id: str | None = None
    metadata: Metadata = NOTHING
    number: int | None = None

    def headed(self) -> str:
        """The text under its title, unless it begins with the title already."""
        if not self.title or fold(self.text).lstrip("# ").startswith(fold(self.title)):
            return self.text
        return f"{self.title}\n\n{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A line or row that holds no report, and why."""

    number: int
    message: str


def fold(text: str) -> str:
    """`text` in NFC, each run of white space made one space."""
    text = " ".join(text.split())
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
