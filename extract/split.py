"""Cutting a long text into parts that fit: at paragraphs, else at sentences, else at words, with an overlap."""

from __future__ import annotations

import re
from bisect import bisect_left
from unicodedata import category

from extract.tokens import running

Range = tuple[int, int]

# Where a text may be cut, the best first: behind a line, a sentence, a word.
_BREAKS = (
    re.compile(r"\n\s*"),
    re.compile(r"[.!?؟۔…][\"'»”’)\]]*\s+"),
    re.compile(r"\s+"),
)
_ENDS_OF_SENTENCES = re.compile(r"\n\s*|[.!?؟۔…][\"'»”’)\]]*\s+")
# A headline is no longer than this; what stands below it (a dateline, a writer's name) is shorter.
_HEADLINE, _BELOW, _MOST_BELOW = 160, 60, 2


def cut(text: str, room: float, *, overlap: float = 0.0) -> list[Range]:
    """Ranges of `text`, in order and without a gap, each of at most `room` estimated tokens.

    Each but the first begins with the last sentences (or words) of the one before it, up to `overlap` tokens, which
    must be less than `room`. A part is at least half full before it ends at a better place. A word longer than
    `room` is cut inside.
    """
    scale = _Scale(text)
    parts: list[Range] = []
    start = end = 0
    while True:
        limit = scale.offset(scale.cost(start) + room)
        if limit >= len(text) or not text[limit:].strip():
            return [*parts, (start, len(text))]
        least = max(end, scale.offset(scale.cost(start) + room / 2))
        end = _break(text, least, max(limit, least + 1))
        parts.append((start, end))
        start = _back(text, max(scale.offset(scale.cost(end) - overlap), start + 1), end)


def headline(text: str) -> Range | None:
    """Where the headline stands: the first line that says something, with up to two short lines below it."""
    lines = [line for line in re.finditer(r"[^\n]+", text[:2000]) if line[0].strip()]
    if not lines:
        return None
    start, end = lines[0].span()
    if end - start > _HEADLINE:
        space = text.rfind(" ", start, start + _HEADLINE)
        return start, space if space > start else start + _HEADLINE
    for line in lines[1 : 1 + _MOST_BELOW]:
        if len(line[0]) > _BELOW:
            break
        end = line.end()
    return start, end


class _Scale:
    """Estimated tokens up to any offset of a text, and back; inside a piece they grow evenly."""

    def __init__(self, text: str) -> None:
        self._ends, self._sums = running(text)
        if self._ends[-1] < len(text):
            self._ends.append(len(text))
            self._sums.append(self._sums[-1])

    def cost(self, offset: int) -> float:
        return _between(self._ends, self._sums, offset)

    def offset(self, cost: float) -> int:
        """The furthest offset that costs no more."""
        if cost >= self._sums[-1]:
            return self._ends[-1]
        return int(_between(self._sums, self._ends, max(cost, 0.0)) + 1e-9)


def _between(places: list[int] | list[float], values: list[int] | list[float], place: float) -> float:
    index = bisect_left(places, place)
    if index == 0:
        return values[0]
    if index == len(places):
        return values[-1]
    low, high = places[index - 1], places[index]
    return values[index - 1] + (values[index] - values[index - 1]) * (place - low) / (high - low)


def _break(text: str, least: int, limit: int) -> int:
    """The best place to cut behind `least` and not behind `limit`."""
    for pattern in _BREAKS:
        found = 0
        for match in pattern.finditer(text, max(least - 1, 0), limit):
            found = match.end()
        if found > least:
            return found
    while limit > least + 1 and category(text[limit]).startswith("M"):
        limit -= 1
    return limit


def _back(text: str, first: int, end: int) -> int:
    """Where the next part begins: at the first sentence from `first` on, else at a word, else at `end`."""
    for pattern in (_ENDS_OF_SENTENCES, _BREAKS[-1]):
        match = pattern.search(text, first - 1, end)
        if match and first <= match.end() < end:
            return match.end()
    return end
