"""Words in folded text: where they begin and end, and when two passages have the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import product

from extract.fold import fold, is_dropped

WORD = re.compile(r"[^\W_]+|%")

# Arabic writes "and", "so", "in", "to", "as" and "the" as part of the next word.
CLITICS = frozenset(map("".join, product(("", "و", "ف"), ("", "ب", "ل", "ك", "ال", "بال", "كال", "لل")))) - {""}
_LONGEST_CLITIC = max(map(len, CLITICS))
_ARTICLE = re.compile(r"^(?:[وف]?[بك]?ال|[وف]?لل)(?=\w{3})")

_NEGATIONS = frozenset(
    fold("""
    لا ولا فلا لم ولم فلم لن ولن فلن ما وما ليس وليس ليست وليست غير وغير عدم وعدم بعدم دون بدون بلا
    no not never neither nor none nothing without cannot unable non n t
    ne pas jamais aucun aucune sans ni degil hayir asla
    """).split()
)
# The sign of the future in Arabic and of the negative in Turkish is one letter of the verb.
_TENSE = re.compile(r"^[وف]?س[يتنا]|m[iu]yor")

# Stems that are one letter apart and mean different things; a slip never turns one into the other.
_TWINS = tuple(
    (one, other)
    for line in fold("""
    يونيو يوليو, بري بحري, محمد محمود, عمان عثمان, اردن ارمن, نيجر نيجير, سابع سابق, ثمانيه ثمانين,
    توقيع توقع, تسليح تسليم, مناور مشاور, قوات قنوات, اجتماع اجماع, اتفاق انفاق, حربي حزبي,
    iran irak, iran iraq, nigerie nigeria, sixth sixty, eight eighth, eighth eighty, seventh seventy
    """).split(",")
    for one, other in [line.split()]
)


def is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether a range begins and ends where words do, an attached Arabic prefix set aside.

    A range beside a mark or an invisible character does not count: only folding can tell there.
    """
    return _begins(text, start) and _ends(text, end)


def same_words(quote: str, passage: str, text: str) -> bool:
    """Tell whether a quote says what a passage of the text says, slips of spelling aside.

    All are folded. Numbers must be the same; every other word must be the same, or differ by one
    letter, by an attached prefix or in its spacing.
    """
    if re.findall(r"\d+", quote) != re.findall(r"\d+", passage):
        return False
    said, written = WORD.findall(quote), WORD.findall(passage)
    return all(_is_slip(left, right, text) for left, right in _differences(said, written))


def follows_negation(text: str, start: int) -> bool:
    """Tell whether the word before an offset denies what comes after it."""
    before = WORD.findall(text, max(0, start - 16), start)
    return bool(before) and before[-1] in _NEGATIONS


def occurrences(text: str, part: str) -> Iterator[int]:
    """Give every offset at which the part stands in the text, overlapping ones too."""
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _begins(text: str, start: int) -> bool:
    if start == 0:
        return True
    before = text[start - 1]
    # By far the commonest neighbour; what follows would find the same.
    if before == " ":
        return True
    first = text[start]
    if is_dropped(before):
        return False
    if _is_joined(before, first):
        return _follows_clitic(text, start)
    return not (first.isdigit() and before in ".," and text[start - 2 : start - 1].isdigit())


def _ends(text: str, end: int) -> bool:
    if end == len(text):
        return True
    after = text[end]
    if after == " ":
        return True
    last = text[end - 1]
    if is_dropped(after) or _is_joined(last, after):
        return False
    return not (last.isdigit() and after in ".," and text[end + 1 : end + 2].isdigit())


def _is_joined(left: str, right: str) -> bool:
    """Tell whether two neighbours are of one word; Arabic letters and digits never are."""
    if not (left.isalnum() and right.isalnum()):
        return False
    return left.isdigit() == right.isdigit() or not ("\u0600" <= max(left, right) <= "\u06ff")


def _follows_clitic(text: str, start: int) -> bool:
    head = start
    while head and start - head <= _LONGEST_CLITIC and text[head - 1].isalnum():
        head -= 1
    return text[head:start] in CLITICS and not (head and is_dropped(text[head - 1]))


def _differences(said: list[str], written: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    left = right = 0
    for match in SequenceMatcher(None, said, written, autojunk=False).get_matching_blocks():
        if (left, right) != (match.a, match.b):
            yield said[left : match.a], written[right : match.b]
        left, right = match.a + match.size, match.b + match.size


def _is_slip(said: list[str], written: list[str], text: str) -> bool:
    one, other = "".join(said), "".join(written)
    if one == other:
        return True
    if any(map(str.isdigit, one + other)) or not _NEGATIONS.isdisjoint(said + written):
        return False
    if len(said) == len(written):
        return all(a == b or _is_typo(a, b, text) for a, b in zip(said, written, strict=True))
    return _is_typo(one, other, text)


def _is_typo(said: str, written: str, text: str) -> bool:
    """Tell whether a word is another one with an attached prefix more or less, or one wrong letter."""
    short, long = sorted((said, written), key=len)
    if len(short) > 2 and long.endswith(short) and long[: -len(short)] in CLITICS:
        return True
    article, article_too = _ARTICLE.match(said), _ARTICLE.match(written)
    one, other = _ARTICLE.sub("", said), _ARTICLE.sub("", written)
    return (
        (article and article[0]) == (article_too and article_too[0])
        and _is_one_apart(one, other)
        and bool(_TENSE.search(said)) == bool(_TENSE.search(written))
        and not _are_twins(one, other)
        # Two words that the text both uses are two words.
        and not any(_is_token(text, start, start + len(said)) for start in occurrences(text, said))
    )


def _is_one_apart(one: str, other: str) -> bool:
    """Tell whether one letter, not the first, is wrong, missing or swapped in a word of four or more."""
    # Changing one letter of four is too much: Iran is not Iraq.
    if min(len(one), len(other)) < (5 if len(one) == len(other) else 4) or one[0] != other[0]:
        return False
    head = _shared(one, other)
    one, other = one[head:], other[head:]
    tail = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - tail], other[: len(other) - tail]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def _shared(one: str, other: str) -> int:
    """Length of the beginning that two words share."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _are_twins(one: str, other: str) -> bool:
    pairs = ((one, other), (other, one))
    return any(a.startswith(x) and b.startswith(y) for x, y in _TWINS for a, b in pairs)


def _is_token(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
