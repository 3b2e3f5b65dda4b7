"""Names and texts made comparable: one function for both sides."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from rapidfuzz.fuzz import ratio

from extract.fold import fold
from schemas import COUNTRY_NAMES

# What the schemas take for "not stated" must be that here too.
from schemas._types import null_if_not_stated

_NOT_WORD = re.compile(r"[^\w]+")
# Names so near that folding or a letter makes them one, and they are not. What sets Oman and Amman apart are the marks.
_OMAN = re.compile("عُم[\u064b-\u0650\u0652]*ان")
_AMMAN = re.compile("عَ?م[\u064b-\u0650\u0652]*\u0651[\u064b-\u0652]*ان")
_NIGER, _NIGERIA = re.compile("نيجر"), re.compile("نيجير")
_EAST, _WEST = re.compile("east", re.IGNORECASE), re.compile("west", re.IGNORECASE)
NEVER_EQUAL = ((_OMAN, _AMMAN), (_NIGER, _NIGERIA), (_EAST, _WEST))
# Two words may be one, spelt differently, from this ratio and this length of the shorter on, its article aside. At 85,
# or with shorter words, fourth is seventh (الرابعة, السابعة), navy is army (البحرية, البرية), Muhammad is Mahmud.
MIN_WORD_RATIO = 87
MIN_LETTERS = 6
# From here on two names are near enough for a person to look whether one is an alias of the other.
MIN_ALIAS_RATIO = 60
_ARABIC_ARTICLE = "ال"
# It is written either way in Latin letters: El-Sisi, Al-Sisi.
_ARTICLE = re.compile(r"\bel\b")
_DIGIT = re.compile(r"\d")
_COLLECTIONS = (list, tuple, set, frozenset)
_TWO_NUMBERS = re.compile(r"\d \d")


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Folded, punctuation as spaces, spaces single."""
    return _NOT_WORD.sub(" ", fold(text)).strip()


def is_stated(value: object) -> bool:
    """Whether a value says anything: null, words for "unknown", empty lists and parts that say nothing do not."""
    if value is None:
        return False
    if isinstance(value, str):
        return says_something(value)
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, _COLLECTIONS):
        return True
    # A loop: any() over a generator takes twice as long, and this is asked of every value.
    for part in value:  # noqa: SIM110
        if part is not None and (says_something(part) if type(part) is str else is_stated(part)):
            return True
    return False


@lru_cache(maxsize=20_000)
def says_something(text: str) -> bool:
    """Whether a text is none of the words for "unknown"."""
    return null_if_not_stated(text) is not None


@lru_cache(maxsize=100_000)
def same_name(first: str, second: str) -> bool:
    """Whether two names are one: equal when folded, or spelt a little differently word by word.

    Never by a ratio over the whole string: Egyptian and Syrian armed forces share nine
    letters of ten. Words that Arabic joins (عبد الفتاح, عبدالفتاح) are compared joined too.
    """
    if any(_are(first, second, *pair) or _are(second, first, *pair) for pair in NEVER_EQUAL):
        return False
    a, b = _name(first), _name(second)
    if not a or not b:
        return first == second
    if a == b or _joined(a) == _joined(b):
        return True
    are_countries = a in _countries() and b in _countries()
    return not are_countries and _lowest(a, b, MIN_LETTERS) >= MIN_WORD_RATIO


@lru_cache(maxsize=50_000)
def is_near(first: str, second: str) -> bool:
    """Whether two names that are not one may be so all the same, so that an alias is worth a thought."""
    return not same_name(first, second) and _lowest(_name(first), _name(second), 1) >= MIN_ALIAS_RATIO


def is_part(first: str, second: str) -> bool:
    """Whether one of two names is the other cut short: all its words, and at least half of all words, are shared.

    A single word may lose numbers only: "Saiqa" of "Saiqa 3", but not "Sudan" of "South Sudan".
    """
    short, long = sorted((words(first), words(second)), key=len)
    rest = list(long)
    for word in short:
        if word not in rest:
            return False
        rest.remove(word)
    return bool(short) and len(rest) <= 2 * len(short) and (len(short) > 1 or all(word.isdigit() for word in rest))


def words(text: str) -> list[str]:
    """The words of a name, folded."""
    return _name(text).split()


@lru_cache(maxsize=20_000)
def word_set(text: str) -> frozenset[str]:
    """The different words of a name, folded."""
    return frozenset(words(text))


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


def canonical(value: Any) -> str:
    """One text for values that state the same, whatever the order of their keys and members."""
    return json.dumps(_sorted(value), ensure_ascii=False, sort_keys=True, default=str)


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _sorted(item) for key, item in value.items() if is_stated(item)}
    if isinstance(value, list | tuple | set | frozenset):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, default=str, sort_keys=True))
    return value


def _are(first: str, second: str, one: re.Pattern[str], other: re.Pattern[str]) -> bool:
    return bool(one.search(first) and other.search(second))


def _name(text: str) -> str:
    return _ARTICLE.sub("al", plain(text))


def _joined(text: str) -> str:
    """Without spaces, unless two numbers would become one."""
    return text if _TWO_NUMBERS.search(text) else text.replace(" ", "")


@cache
def _countries() -> frozenset[str]:
    """English names of countries: none is another one misspelt, as Austria is not Australia."""
    return frozenset(map(_name, COUNTRY_NAMES.values()))


def _lowest(a: str, b: str, letters: int) -> float:
    """The smallest ratio (0 to 100) of the words of two names, place by place; 0 if they differ in number."""
    left, right = a.split(), b.split()
    if len(left) != len(right) or not left:
        return 0.0
    return min(_ratio(x, y, letters) for x, y in zip(left, right, strict=True))


def _ratio(a: str, b: str, letters: int) -> float:
    """How alike two words are, 0 to 100; with a digit (a year, a number of an invoice) or few letters: equal or not."""
    if a == b:
        return 100.0
    a, b = a.removeprefix(_ARABIC_ARTICLE), b.removeprefix(_ARABIC_ARTICLE)
    if _DIGIT.search(a) or _DIGIT.search(b) or min(len(a), len(b)) < letters:
        return 0.0
    return ratio(a, b)
