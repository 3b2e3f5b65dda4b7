"""An estimate of a text's tokens, where no endpoint has counted them.

Tokenisers differ; this follows the byte-pair vocabularies of about 100,000 entries
(cl100k and its like): within 10 % of cl100k on this project's prompts, schemas,
notations and seed reports. Smaller vocabularies need more, above all for Arabic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# A word with the space before it, digits by threes, a run of signs, letters of other scripts, line breaks.
_PIECE = re.compile(r"[A-Za-z]+|[0-9]{1,3}|[^\sA-Za-z0-9\u0080-\U0010ffff]+|[\u0080-\U0010ffff]+|\n+")
_WORD, _LONG = re.compile(r"[A-Za-z]+"), re.compile(r"[A-Za-z]{8,}")
_DIGITS, _BREAKS = re.compile(r"[0-9]{1,3}"), re.compile(r"\n+")
_SIGNS, _BEYOND = re.compile(r"[^\sA-Za-z0-9\u0080-\U0010ffff]+"), re.compile(r"[\u0080-\U0010ffff]+")


def estimate(text: str) -> int:
    """Estimated number of tokens of `text`."""
    return round(_plain(text) + _letters(_BEYOND.findall(text)))


def letters(pieces: Sequence[str]) -> int:
    """Estimated number of tokens of words beyond ASCII, each by itself."""
    return round(_letters(pieces))


def _plain(text: str) -> float:
    """What `_cost` gives for all pieces in ASCII, without looking at each of them."""
    signs = _SIGNS.findall(text)
    long = _LONG.findall(text)
    words = len(_WORD.findall(text)) + (len("".join(long)) - 7 * len(long)) / 6
    return words + len(_DIGITS.findall(text)) + len(_BREAKS.findall(text)) + 0.75 * len(signs) + len("".join(signs)) / 4


def _letters(pieces: Sequence[str]) -> float:
    return len(pieces) * (1 - 1 / 1.4) + len("".join(pieces)) / 1.4


def running(text: str) -> tuple[list[int], list[float]]:
    """Offsets at which pieces of `text` end, and the estimated tokens up to each."""
    ends, sums, total = [0], [0.0], 0.0
    for piece in _PIECE.finditer(text):
        total += _cost(piece[0])
        ends.append(piece.end())
        sums.append(total)
    return ends, sums


def _cost(piece: str) -> float:
    first = piece[0]
    if first.isascii():
        if first.isalpha():
            return 1 + max(0, len(piece) - 7) / 6
        return 1 if first.isdigit() or first == "\n" else 1 + (len(piece) - 1) / 4
    # Arabic: about 1.4 letters a token; accented Latin letters cost one each.
    return 1 + (len(piece) - 1) / 1.4
