"""What is marked in a report's text, and what is left out of it: ranges of offsets, nothing of the screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Range = tuple[int, int]

# Leaving out so many lines, or fewer, would not make the page shorter to read: a note takes one itself.
_WORTH = 2


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """A range of the text that proves a record; records are counted from 1."""

    start: int
    end: int
    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A range of the text over which nothing changes: it proves `records`, those that began first in front."""

    start: int
    end: int
    records: tuple[int, ...] = ()
    is_value: bool = False
    begun: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()

    @property
    def has_changed(self) -> bool:
        """Whether the segment before it proves other records."""
        return bool(self.begun or self.ended)


def passages(text: str, rows: Sequence[Mapping[str, Any]]) -> list[Passage]:
    """The passages of some records, in order; those of one record that meet are one."""
    found = []
    for number, row in enumerate(rows, start=1):
        joined: list[Range] = []
        for start, end in sorted(ranges(text, row["evidence"])):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        found += [Passage(start, end, number) for start, end in joined]
    return sorted(found, key=lambda passage: (passage.start, -passage.end, passage.record))


def ranges(text: str, groundings: Iterable[Mapping[str, Any]]) -> Iterator[Range]:
    """The ranges of those quotes, or values, that stand in the report; without blanks at their ends."""
    for grounding in groundings:
        if grounding["start"] is not None:
            found = text[grounding["start"] : grounding["end"]]
            start = grounding["start"] + len(found) - len(found.lstrip())
            if found.strip():
                yield start, start + len(found.strip())


def segments(start: int, end: int, proofs: Sequence[Passage], values: Sequence[Range]) -> list[Segment]:
    """Cut a range of the text wherever a passage or a value begins or ends; in order, and nothing is left out.

    A passage that ends where the range does is told to have ended by an empty last segment.
    """
    bounds = {start, end, *(at for passage in proofs for at in (passage.start, passage.end))}
    bounds |= {at for value in values for at in value}
    cuts = [at for at in sorted(bounds) if start <= at <= end]
    found = [_segment(one, other, proofs, values) for one, other in pairwise(cuts)]
    closing = tuple(passage.record for passage in reversed(proofs) if passage.end == end and passage.start < end)
    return [*found, Segment(start=end, end=end, ended=closing)] if closing else found


def _segment(start: int, end: int, proofs: Sequence[Passage], values: Sequence[Range]) -> Segment:
    return Segment(
        start=start,
        end=end,
        records=tuple(passage.record for passage in proofs if passage.start <= start < passage.end),
        is_value=any(first <= start < last for first, last in values),
        begun=tuple(passage.record for passage in proofs if passage.start == start),
        ended=tuple(passage.record for passage in reversed(proofs) if passage.end == start),
    )


def hidden(text: str, proofs: Sequence[Passage], width: int) -> list[Range]:
    """Long ranges of the text without evidence; some lines beside a passage and at the beginning stay."""
    found = []
    for start, upto in _gaps(len(text), proofs):
        before = 6 if not proofs else 2 if start == 0 or upto == len(text) else 1
        after = 0 if upto == len(text) else 1
        gap = text[start:upto]
        left_out = start + _kept(gap, before, width), upto - _kept(gap[::-1], after, width)
        if _height(text[slice(*left_out)].strip(), width) > _WORTH:
            found.append(left_out)
    return found


def _gaps(length: int, proofs: Sequence[Passage]) -> Iterator[Range]:
    end = 0
    for passage in proofs:
        if passage.start > end:
            yield end, passage.start
        end = max(end, passage.end)
    if end < length:
        yield end, length


def _height(text: str, width: int) -> int:
    """Lines that a text takes, about."""
    return sum(_rows(paragraph, width) for paragraph in text.split("\n"))


def _rows(paragraph: str, width: int) -> int:
    return max(1, -(-len(paragraph) // width))


def _kept(text: str, rows: int, width: int) -> int:
    """Length of the beginning of a text that takes so many rows; it ends between words, where it can."""
    end = 0
    for paragraph in text.split("\n"):
        needed = _rows(paragraph, width)
        if needed > rows:
            room = rows * width
            blank = paragraph.rfind(" ", 0, room + 1)
            return end + (blank if blank > 0 else room) if rows else end
        rows -= needed
        end += len(paragraph) + 1
    return min(end, len(text))
