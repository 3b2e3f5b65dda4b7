"""Names and texts made comparable: one function for both sides."""

from __future__ import annotations

import re
from functools import lru_cache

from extract.fold import fold

_NOT_WORD = re.compile(r"[^\w]+")
# What people and models write for "not stated"; null before anything is compared.
_NOT_STATED = frozenset({"", "unknown", "none", "null", "n/a", "غير محدد", "غير معروف"})
# Folding makes these pairs one; they are not. Looked up with their marks still on.
NEVER_EQUAL = (frozenset({"عُمان", "عمّان"}), frozenset({"عُمان", "عَمّان"}))
# The smallest ratio of any pair of words at which two names may be one, spelt differently.
MIN_WORD_RATIO = 85


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Folded, punctuation as spaces, spaces single."""
    return _NOT_WORD.sub(" ", fold(text)).strip()


def is_stated(value: object) -> bool:
    """Whether a value says anything: null, "" and words for "unknown" do not, an empty list neither."""
    if isinstance(value, str):
        return value.strip().casefold() not in _NOT_STATED
    return value is not None and value not in ([], {})


def same_name(first: str, second: str) -> bool:
    """Whether two names are one: equal when folded, or spelt a little differently word by word.

    Never by a ratio over the whole string: Egyptian and Syrian armed forces share nine
    letters of ten. Words that Arabic joins (عبد الفتاح, عبدالفتاح) are compared joined too.
    """
    if frozenset({first, second}) in NEVER_EQUAL:
        return False
    a, b = plain(first), plain(second)
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return True
    return lowest_word_ratio(a, b) >= MIN_WORD_RATIO


def lowest_word_ratio(a: str, b: str) -> float:
    """The smallest ratio (0 to 100) of the words of two plain texts, place by place; 0 if they differ in number."""
    from rapidfuzz.fuzz import ratio

    left, right = a.split(), b.split()
    if len(left) != len(right) or not left:
        return 0.0
    return min(ratio(x, y) for x, y in zip(left, right, strict=True))


def shared_words(first: str, second: str) -> float:
    """F1 of the words of two texts, as multisets; 0 to 1."""
    left, right = plain(first).split(), plain(second).split()
    rest = list(right)
    common = 0
    for word in left:
        if word in rest:
            rest.remove(word)
            common += 1
    return 2 * common / (len(left) + len(right)) if left or right else 0.0
