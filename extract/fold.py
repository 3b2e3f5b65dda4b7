"""Folding: characters that look or read alike become one, with a way back to the text as written.

Marks, tatweel and invisible characters go; the forms of alef, ya, kaf and heh, digits, dashes,
quotation marks and letter case become equal; Latin accents go too, since models strip them.
Turkish I, İ, ı and i are one letter here: a name must match in capitals and small letters, in
any locale. A run of white space is one space, a run of full stops one ellipsis.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

_ALIKE = {
    "ا": "ٱٲٳٵ",
    "ي": "ىیۍ",
    "ه": "ةہھەۃ",
    "ك": "کڪګ",
    ",": "،٬",
    ";": "؛",
    "?": "؟",
    ".": "۔٫",
    "%": "٪",
    "'": '"`´«»‹›‘’‚‛“”„‟′″ʹʺʻʼʽʾʿˈ「」『』〝〞〟❛❜❝❞',
    "-": "‐‑‒–—―−⁃־",
    "i": "ı",
    "ss": "ßẞ",
    "ae": "æÆ",
    "oe": "œŒ",
    "": "ـۥۦ",
}
_KNOWN = {char: to for to, chars in _ALIKE.items() for char in chars}

# Marks of other scripts (Devanagari, Japanese voicing) are letters in all but name: they stay.
_MARKS = (
    (0x0300, 0x036F),
    (0x0483, 0x0487),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x08CA, 0x08FF),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE2F),
)
# Latin and Arabic ligatures and presentation forms, then full and half width.
_FORMS = ((0xFB00, 0xFB06), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0xFF01, 0xFFEE))

# One character stands for all that is dropped, one for all that becomes several, so that the
# first pass keeps the length and runs are found by looking for four characters only.
_DROPPED, _SEVERAL = "\0", "\1"
_RUN = re.compile("\0\0*|\1| [ \0]+|\\.[.…\0]*[.…]|…[.…\0]*[.…]")

# The characters that reports are made of, as ranges: codecs fold these many times faster than `str.translate` can.
_COMMON = (
    "\0\0\t\t\n\n\r\r ~\xa0\xa0©©««··»»ÀÀÇÇÉÉÖÖÜÜßïñýğğİıŞşĞĞœœ،،؛؛؟؟ءْ٠٬ٰٱپپچچژژککگگ"
    "\u200c\u200f–—‘’“”„„••……\u202a\u202e‹›\ufeff\ufeff"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that can say where any part of it stands in the text as written."""

    text: str
    # From folded offset `cuts[n]` on, the text as written is `shifts[n]` characters ahead.
    cuts: Sequence[int] = ()
    shifts: Sequence[int] = ()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Range of the text as written that folds to `text[start:end]`, which is not empty.

        A dropped character belongs to the one before it, so a word keeps its last mark.
        A ligature that the range cuts in two is covered whole.
        """
        if not self.cuts:
            return start, end
        return self._start(start), max(self._start(end), self._start(end - 1) + 1)

    def _start(self, offset: int) -> int:
        index = bisect_right(self.cuts, offset)
        return offset + self.shifts[index - 1] if index else offset


@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Give the text with look-alike characters made equal; folding twice changes nothing more."""
    return trace(text).text


def trace(text: str) -> Folded:
    """Fold a text and keep the way back to it."""
    plain = _one_for_one(text)
    if not _RUN.search(plain):
        return Folded(plain)
    pieces: list[str] = []
    cuts, shifts = array("l"), array("l")
    done = size = shift = 0
    for run in _RUN.finditer(plain):
        start, end = run.span()
        left = _left_of(plain[start], text[start])
        pieces += plain[done:start], left
        size += start - done
        for offset, step in _steps(end - start, len(left)):
            shift += step
            cuts.append(size + offset)
            shifts.append(shift)
        size += len(left)
        done = end
    pieces.append(plain[done:])
    return Folded("".join(pieces), cuts, shifts)


def _one_for_one(text: str) -> str:
    """What `text.translate(_TABLE)` gives."""
    encoding, folded = _common()
    try:
        return codecs.charmap_decode(codecs.charmap_encode(text, "strict", encoding)[0], "strict", folded)[0]
    except UnicodeEncodeError:
        return text.translate(_TABLE)


@cache
def _common() -> tuple[Any, str]:
    """A code page of common characters, and what each of its codes folds to."""
    ends = iter(_COMMON)
    chars = "".join(
        chr(code) for first, last in zip(ends, ends, strict=True) for code in range(ord(first), ord(last) + 1)
    )
    # A table has 256 places; this one is for what is in none.
    page = chars.ljust(256, "\ufffe")
    return codecs.charmap_build(page), "".join(chr(_TABLE[ord(char)]) for char in page)


def is_dropped(char: str) -> bool:
    """Tell whether folding leaves nothing of the character."""
    return _TABLE[ord(char)] == ord(_DROPPED)


def _left_of(sign: str, char: str) -> str:
    """What is left of a run, by the sign it begins with and the character it begins with."""
    if sign == _DROPPED:
        return ""
    if sign == _SEVERAL:
        return _fold_char(char)
    return " " if sign == " " else "…"


def _steps(before: int, after: int) -> Iterable[tuple[int, int]]:
    """Where, counted from the start of a run, the way back changes, and by how much."""
    if after < 2:
        return ((after, before - after),)
    return [(offset, -1) for offset in range(1, after)]


class _Table(dict[int, int]):
    """Folding of single characters for `str.translate`, worked out when one is first met."""

    def __missing__(self, code: int) -> int:
        folded = _fold_char(chr(code))
        sign = folded if len(folded) == 1 else _SEVERAL if folded else _DROPPED
        self[code] = ord(sign)
        return ord(sign)


def _fold_char(char: str) -> str:
    if char in _KNOWN:
        return _KNOWN[char]
    if _is_mark(char) or (unicodedata.category(char) in ("Cc", "Cf") and not char.isspace()):
        return ""
    if char.isspace():
        return " "
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    simpler = _simpler(char)
    return char if simpler == char else "".join(map(_fold_char, simpler))


def _simpler(char: str) -> str:
    """The character without its form, else without its accents, else in small letters."""
    if _is_in(char, _FORMS):
        # Forms of a mark that stands alone are a space and the mark.
        return unicodedata.normalize("NFKC", char).strip()
    parts = unicodedata.normalize("NFD", char)
    if len(parts) > 1 and all(map(_is_mark, parts[1:])):
        return parts[0]
    small = char.casefold()
    return small if len(small) == 1 else char


def _is_mark(char: str) -> bool:
    return _is_in(char, _MARKS) and unicodedata.category(char) == "Mn"


def _is_in(char: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)


_TABLE = _Table()
