"""A report's text cut where quotes begin and end, so that each piece can be shown with the records it proves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that a record's quote covers."""

    start: int
    end: int
    record: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text and the records whose quotes cover it."""

    text: str
    records: tuple[int, ...]


def paragraphs(text: str, marks: Sequence[Mark]) -> Iterator[list[Piece]]:
    """The pieces of each paragraph, in order; joined, with line breaks between paragraphs, they are the text."""
    start = 0
    for line in text.split("\n"):
        yield list(pieces(line, start, marks))
        start += len(line) + 1


def pieces(line: str, start: int, marks: Sequence[Mark]) -> Iterator[Piece]:
    """A line that begins at offset `start`, cut at the ends of all marks."""
    end = start + len(line)
    inside = [mark for mark in marks if mark.start < end and mark.end > start]
    cuts = sorted({start, end, *(max(mark.start, start) for mark in inside), *(min(mark.end, end) for mark in inside)})
    for left, right in pairwise(cuts):
        records = sorted({mark.record for mark in inside if mark.start <= left and mark.end >= right})
        yield Piece(line[left - start : right - start], tuple(records))
