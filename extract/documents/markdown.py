"""Markdown: text as it is, its front matter read as metadata."""

from __future__ import annotations

import re

from extract.documents.encoding import decode
from extract.documents.metadata import given, named
from extract.documents.part import Part

_FRONT = re.compile(r"\A\s*---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"([\w-]+)[ \t]*:(?:[ \t]+(.*))?")
_CONTINUED = re.compile(r"\s+\S.*|-[ \t].*|#.*|\s*")


def read(data: bytes) -> Part:
    """The report of a Markdown file."""
    text = decode(data)
    front = _FRONT.match(text)
    values = _pairs(front[1]) if front else {}
    if front and values:
        text = text[front.end() :]
    return Part(text=text, title=values.get("title"), id=values.get("id"), metadata=given(values))


def _pairs(front: str) -> dict[str, str]:
    """The pairs of a front matter that we know; none when the lines are prose between two rules."""
    pairs: dict[str, str] = {}
    for line in front.splitlines():
        if pair := _PAIR.fullmatch(line):
            pairs[pair[1]] = _unquote((pair[2] or "").strip())
        elif not _CONTINUED.fullmatch(line):
            return {}
    return {name: value for name, value in named(pairs).items() if name != "text"}


def _unquote(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value
