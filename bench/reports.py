"""Invented reports, each known by its number, and the right answers about them.

A report is unique, and the same wherever and whenever it is made. Its first word is a token from which its number
and the kinds of its events can be read, so that an endpoint can answer without the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bench.events import told
from bench.words import FAMILIES, FILLERS, Draw, person

MEETINGS = ("meeting", "meeting", "meeting")
ONE_OF_EACH = ("meeting", "exercise", "agreement")
PLURALS = {"meeting": "meetings", "exercise": "exercises", "agreement": "agreements"}

_LETTERS = {"m": "meeting", "e": "exercise", "a": "agreement"}
_TOKEN = re.compile(r"\[r-([0-9]{7,})(?:-([mea]+))?\]")


def report(i: int, size: int = 2500, kinds: Sequence[str] = MEETINGS) -> str:
    """Report number `i`: one event of each kind named, among sentences that tell none.

    It takes at most `size` bytes of UTF-8 and little less, but for the events, which are always told whole.
    """
    events = told(i, tuple(kinds))
    head = f"{token(i, kinds)} {events[0].headline}"
    paragraphs = [". ".join(event.sentences) + "." for event in events]
    left = size - len("\n".join([head, *paragraphs]).encode())
    between: list[list[str]] = [[] for _ in range(len(events) + 1)]
    for number, sentence in enumerate(_fillers(i)):
        left -= len(sentence.encode()) + 1
        if left < 0:
            break
        # The first events stand near the top, as in the news; what is said between them is as long each time.
        between[(number + 1) % len(between)].append(sentence)
    return "\n".join([head, *_woven(between, paragraphs)])


def answer(i: int, records: Sequence[str] = ("meeting",), kinds: Sequence[str] | None = None) -> str:
    """The right answer about report `i` to a prompt that asks for these records, as JSON.

    Without `kinds` the report is the one that fits the prompt: three meetings for meetings alone, else one of each.
    """
    if kinds is None:
        kinds = MEETINGS if tuple(records) == ("meeting",) else ONE_OF_EACH
    return json.dumps(answer_value(i, records, kinds), ensure_ascii=False)


def answer_value(i: int, records: Sequence[str], kinds: Sequence[str]) -> dict[str, Any]:
    """What `answer` writes: no event of a kind that is not asked for, an empty list for one that is not told."""
    lists: dict[str, list[dict[str, Any]]] = {PLURALS[kind]: [] for kind in records}
    events = told(i, tuple(kinds))
    # The headline of a report is that of its first event.
    events[0].record["mention"] = "focus"
    for kind, event in zip(kinds, events, strict=True):
        if kind in records:
            lists[PLURALS[kind]].append(event.record)
    return {"published": None, "tail_quote": None, **lists}


def token(i: int, kinds: Sequence[str] = MEETINGS) -> str:
    """The first word of a report: [r-0000012], or [r-0000012-mea] if it does not tell three meetings."""
    told_of = "" if tuple(kinds) == MEETINGS else "-" + "".join(kind[0] for kind in kinds)
    return f"[r-{i:07}{told_of}]"


def find_token(text: str) -> str | None:
    """The token that stands first in a text; None if there is none."""
    found = _TOKEN.search(text)
    return found and found[0]


def read_token(text: str) -> tuple[int, tuple[str, ...]] | None:
    """Number and kinds of the report whose token stands first in a text; None if there is no token."""
    found = _TOKEN.search(text)
    if found is None:
        return None
    return int(found[1]), tuple(_LETTERS[letter] for letter in found[2]) if found[2] else MEETINGS


def _fillers(i: int) -> Iterator[str]:
    """Sentences without events, without end; none comes twice in the same words."""
    draw = Draw(f"fillers {i}")
    start, step = draw.below(len(FILLERS)), 1 + draw.below(len(FILLERS) - 1)
    number = 0
    while True:
        own = Draw(f"filler {i} {number}")
        speaker = person(own, own.pick(FAMILIES)).arabic
        first, family = speaker.split(" ")
        sentence = FILLERS[(start + number * step) % len(FILLERS)]
        yield sentence.format(first=first, family=family, number=100 + own.below(90_000))
        number += 1


def _woven(between: list[list[str]], paragraphs: list[str]) -> Iterator[str]:
    for fillers, paragraph in zip(between, [*paragraphs, ""], strict=True):
        yield from filter(None, (" ".join(fillers), paragraph))
