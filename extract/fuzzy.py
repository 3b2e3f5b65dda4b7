"""Fuzzy search: where a text says what a quote says, slips of spelling aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice, product

from extract.words import CLITICS, WORD, follows_negation, is_whole, occurrences, same_words

LEAST_SCORE = 90.0

# Below a score of 90 fewer than one letter in five differs, so some piece of four is left whole.
_PIECE = 4
_PIECES = 24
_MOST_HITS = 500
_MOST_PLACES = 6
_MARGIN = 40
_END = 64


def passages(quote: str, text: str) -> Iterator[tuple[int, int, float]]:
    """Give range and score of passages with the words of the quote; both are folded.

    A passage is whole words and its score 90 or more. The likeliest place comes first; a passage
    may come twice.
    """
    from rapidfuzz import fuzz  # slow to import, and most quotes are verbatim

    for offset, limit in _places(quote, text):
        rough = _rough(quote, text[offset:limit])
        ranges = _ranges(quote, text, offset + rough[0], offset + rough[1]) if rough else ()
        for score, start, end in sorted(((fuzz.ratio(quote, text[i:j]), i, j) for i, j in ranges), reverse=True):
            if score < LEAST_SCORE:
                break
            if same_words(quote, text[start:end], text) and not follows_negation(text, start):
                yield start, end, score
                break


def _rough(quote: str, stretch: str) -> tuple[int, int] | None:
    """About where in a stretch the quote begins and ends, by its first and its last letters."""
    from rapidfuzz.fuzz import partial_ratio_alignment

    # More letters than fit a machine word take much longer to align.
    head, tail = quote[:_END], quote[-_END:]
    first = partial_ratio_alignment(head, stretch, score_cutoff=LEAST_SCORE - 10)
    last = first if tail == head else partial_ratio_alignment(tail, stretch, score_cutoff=LEAST_SCORE - 10)
    return (first.dest_start, last.dest_end) if first and last else None


def _places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Stretches of the text that share pieces with the quote, those that share most first."""
    width = min(256, max(16, len(quote) // 4))
    votes: Counter[int] = Counter()
    for offset, piece in _pieces(quote):
        for hit in islice(occurrences(text, piece), _MOST_HITS):
            # A slip moves what follows it, so a place takes the votes of its neighbour too.
            place = (hit - offset) // width
            votes[place] += 1
            votes[place - 1] += 1
    for place, _ in votes.most_common(_MOST_PLACES):
        yield max(0, (place - 1) * width), min(len(text), (place + 3) * width + len(quote))


def _pieces(quote: str) -> Iterator[tuple[int, str]]:
    size = min(12, max(_PIECE, len(quote) // _PIECES))
    step = max(size, len(quote) // _PIECES)
    for offset in range(0, len(quote) - size + 1, step):
        yield offset, quote[offset : offset + size]


def _ranges(quote: str, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Ranges of whole words that begin and end about where the rough one does."""
    first = WORD.search(quote)
    if first is None:
        return
    starts = {
        word.start() + skipped
        for word in WORD.finditer(text, max(0, start - _MARGIN), start + _MARGIN)
        for skipped in (0, _clitic(word[0], first[0]))
    }
    ends = {word.end() for word in WORD.finditer(text, max(0, end - _MARGIN), end + _MARGIN)}
    nearest = sorted(starts, key=lambda at: abs(at - start))[:4], sorted(ends, key=lambda at: abs(at - end))[:4]
    for i, j in product(*nearest):
        if i < j and is_whole(text, i, j):
            yield i, j


def _clitic(word: str, bare: str) -> int:
    """Length of the prefix attached to the bare word, 0 if there is none."""
    extra = len(word) - len(bare)
    return extra if word.endswith(bare) and word[:extra] in CLITICS else 0
