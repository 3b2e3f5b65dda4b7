"""Grounding: finding the span of a quote in a text, or saying that there is none.

A quote is looked for verbatim, then folded, then with slips of spelling. Whether that makes a
false match is decided by the numbers, the names and the words, never by a score alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Literal, NamedTuple
from unicodedata import category, normalize

from extract import fuzzy
from extract.fold import Folded, fold, is_dropped, trace
from extract.words import WORD, is_whole, occurrences

Match = Literal["verbatim", "folded", "fuzzy"]
Range = tuple[int, int]

# Shorter quotes stand in too many places by chance to be matched loosely.
SHORTEST = 8

# Ranks and names of more words are found as they stand or not at all: each word doubles the forms to try.
_MOST_WORDS = 4

# What a model puts around a quote, and the text does not have.
_OUTSIDE = " '.…,:;!?"
_ELLIPSIS = "…"


class Span(NamedTuple):
    """Where a quote stands in a text, and how it matched; the score is 100 unless it is fuzzy.

    There is one for every value of every record, and a tuple is made in a quarter of the time of a frozen dataclass.
    """

    start: int
    end: int
    match: Match
    score: float = 100.0


class Text:
    """A text in which many quotes are looked for; it is folded once, when first needed.

    Where a value stands is remembered: records of one report, and answers that are given again, share values.
    """

    __slots__ = ("_folded", "_folded_hits", "_whole_hits", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded: Folded | None = None
        self._whole_hits: dict[str, Sequence[Range]] = {}
        self._folded_hits: dict[tuple[str, int], Sequence[Range]] = {}

    @property
    def folded(self) -> Folded:
        """The folded text, with its way back."""
        if self._folded is None:
            self._folded = trace(self.text)
        return self._folded

    def locate(self, quote: str, *, near: Sequence[Span] = ()) -> Span | None:
        """Find a passage; of several, the one in a `near` span, else nearest to one, else the first.

        Below eight characters a quote matches only verbatim. A quote with an ellipsis inside is
        not one passage, unless the text has that ellipsis.
        """
        quote = quote.strip()
        hit = _choose(self._whole(quote) or tuple(_ranges(self.text, quote)), near)
        if len(quote) < SHORTEST:
            return hit and Span(*hit, "verbatim")
        return self._search(quote, near, hit and self._with_marks(*hit), least=SHORTEST)

    def locate_value(self, value: str, *, near: Sequence[Span] = ()) -> Span | None:
        """Find a name, place or number as whole words; attached Arabic prefixes do not count.

        «الدفاع» is found in «للدفاع», where the article is written into the prefix, and «لواء ركن» in
        «اللواء الركن»: a rank is written down without its article, which Arabic repeats on each word.
        """
        value = value.strip()
        # Most values stand in a quote of their record: the rest of the text need not be searched then.
        if hit := _first_inside(self.text, value, near):
            return Span(*hit, "verbatim")
        hit = _choose(self._whole(value), near)
        least = 1 if value.isdigit() else 2
        verbatim = hit and Span(*hit, "verbatim")
        return self._search(value, near, verbatim, least=least) or self._find_with_articles(value, near)

    def _whole(self, part: str) -> Sequence[Range]:
        """Every range where the part stands as whole words, in the text as written."""
        hits = self._whole_hits.get(part)
        if hits is None:
            hits = self._whole_hits[part] = _whole_ranges(self.text, part)
        return hits

    def _find_with_articles(self, value: str, near: Sequence[Span]) -> Span | None:
        words = fold(value).split()
        if not 2 <= len(words) <= _MOST_WORDS or not all(map(_is_arabic, words)):
            return None
        forms = (" ".join((words[0], *rest)) for rest in product(*((word, f"ال{word}") for word in words[1:])))
        hits = (hit for form in forms for hit in _whole_ranges(self.folded.text, form))
        hit = _choose(sorted(self.folded.origin(*hit) for hit in hits), near)
        return hit and Span(*hit, "folded")

    def locate_first(self, quote: str) -> Span | None:
        """Find the first passage with the quote, be it verbatim or folded; a fuzzy one if there is no other."""
        found = self.locate(quote)
        if found is None or len(quote.strip()) < SHORTEST:
            return found
        folded = self._find_folded(quote.strip(), (), SHORTEST)
        return folded if folded and folded.start < found.start else found

    def _search(self, quote: str, near: Sequence[Span], verbatim: Span | None, *, least: int) -> Span | None:
        if verbatim and _is_near(verbatim, near):
            return verbatim
        folded = self._find_folded(quote, near, least)
        if folded and (verbatim is None or _is_near(folded, near)):
            return folded
        return verbatim or self._find_fuzzy(quote, near)

    def _find_folded(self, quote: str, near: Sequence[Span], least: int) -> Span | None:
        key = (quote, least)
        hits = self._folded_hits.get(key)
        if hits is None:
            hits = self._folded_hits[key] = self._folded_ranges(quote, least)
        hit = _choose(hits, near)
        return hit and Span(*hit, "verbatim" if self.text[slice(*hit)] == quote else "folded")

    def _folded_ranges(self, quote: str, least: int) -> Sequence[Range]:
        """Ranges of the text as written where the quote stands folded, else where it does without its outer marks."""
        text, origin = self.folded.text, self.folded.origin
        asked = fold(quote).strip()
        for form in dict.fromkeys((asked, asked.strip(_OUTSIDE))):
            if len(form) < least:
                continue
            if found := [origin(*hit) for variant in _variants(form) for hit in _whole_ranges(text, variant)]:
                return sorted(found)
        return ()

    def _find_fuzzy(self, quote: str, near: Sequence[Span]) -> Span | None:
        core = fold(quote).strip(_OUTSIDE)
        if len(core) < SHORTEST:
            return None
        found = (
            Span(*self.folded.origin(start, end), "fuzzy", score)
            for start, end, score in fuzzy.passages(core, self.folded.text)
            # An ellipsis of the model's own joins what does not stand together.
            if core.count(_ELLIPSIS) == self.folded.text.count(_ELLIPSIS, start, end)
        )
        named = (span for span in found if _have_same_names(quote, self.text[span.start : span.end]))
        return min(
            named, key=lambda span: (_distance(span.start, span.end, near), -span.score, span.start), default=None
        )

    def _with_marks(self, start: int, end: int) -> Span:
        """The span of a verbatim hit, with the marks and the tatweel of its last letter."""
        last = end
        while last < len(self.text) and is_dropped(self.text[last]) and category(self.text[last]) != "Cf":
            last += 1
        return Span(start, last, "verbatim" if last == end else "folded")


def tail_start(text: str | Text, tail_quote: str | None) -> int | None:
    """Give the offset at which the tail of related news begins, None if its quote is not found.

    A headline that is printed twice begins the tail where it is printed first.
    """
    text = text if isinstance(text, Text) else Text(text)
    span = text.locate_first(tail_quote) if tail_quote else None
    return span.start if span else None


def _ranges(text: str, part: str) -> Iterator[Range]:
    return ((start, start + len(part)) for start in occurrences(text, part)) if part else iter(())


def _whole_ranges(text: str, part: str) -> list[Range]:
    size = len(part)
    found = []
    start = text.find(part) if part else -1
    while start >= 0:
        if is_whole(text, start, start + size):
            found.append((start, start + size))
        start = text.find(part, start + 1)
    return found


def _first_inside(text: str, part: str, near: Sequence[Span]) -> Range | None:
    """The first range inside a near span where the part stands as whole words."""
    size = len(part)
    starts = []
    for span in near if part else ():
        start = text.find(part, span.start, span.end)
        while start >= 0 and not is_whole(text, start, start + size):
            start = text.find(part, start + 1, span.end)
        if start >= 0:
            starts.append(start)
    return (min(starts), min(starts) + size) if starts else None


def _variants(quote: str) -> Iterator[str]:
    """The quote, and how it is written after "to": the article loses its alef, and before a lam its own lam too."""
    yield quote
    if quote.startswith("ال"):
        yield "لل" + quote[2:]
    if quote.startswith("الل"):
        yield "ل" + quote[2:]


def _is_arabic(word: str) -> bool:
    return "\u0621" <= word[0] <= "\u064a"


def _choose(hits: Sequence[Range], near: Sequence[Span]) -> Range | None:
    """The hit nearest to a span, the first of several, or of all if there is no span."""
    if len(hits) < 2 or not near:
        return hits[0] if hits else None
    return min(hits, key=lambda hit: _distance(hit[0], hit[1], near))


def _is_near(span: Span, near: Sequence[Span]) -> bool:
    return _distance(span.start, span.end, near) == 0


def _distance(start: int, end: int, near: Sequence[Span]) -> int:
    """By how much a range sticks out of the nearest span; 0 inside one, or if there is none."""
    least = -1
    for span in near:
        before, after = span.start - start, end - span.end
        distance = max(after, before)
        if distance <= 0:
            return 0
        if distance < least or least < 0:
            least = distance
    return max(least, 0)


def _have_same_names(quote: str, passage: str) -> bool:
    """Tell whether every capitalised word of each stands in the other, however it is spaced there."""
    return _has_names(quote, of=passage) and _has_names(passage, of=quote)


def _has_names(text: str, *, of: str) -> bool:
    letters = "".join(WORD.findall(fold(text)))
    return all(fold(word) in letters for word in WORD.findall(normalize("NFC", of)) if word[0].isupper())
