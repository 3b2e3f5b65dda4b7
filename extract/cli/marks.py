"""How evidence is marked in a text: by colours and numbers, or by ⟦1 brackets 1⟧ where there is no colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from extract.cli.cells import GLUE, Piece
from extract.cli.highlight import Segment

# Records take these in turn; the letters stay black, or white, on any theme.
_COLOURS = (
    "black on yellow",
    "black on cyan",
    "black on green",
    "white on magenta",
    "white on blue",
    "white on red",
)
_NUMBER = "bold reverse"
# A report's own brackets of this kind must not pass for marks.
_OWN = str.maketrans("⟦⟧", "[]")


def label(number: int, *, is_coloured: bool) -> Piece:
    """The mark of a record at the head of its fields."""
    return (f"[{number}]", f"bold {colour(number)}") if is_coloured else (f"⟦{number}⟧", "")


def colour(number: int) -> str:
    """The style of a record's evidence."""
    return _COLOURS[(number - 1) % len(_COLOURS)]


def marked(text: str, segments: Sequence[Segment], *, is_coloured: bool) -> list[Piece]:
    """The text of some segments with the numbers of the records that each proves."""
    return list(_coloured(text, segments) if is_coloured else _bracketed(text, segments))


def _coloured(text: str, segments: Sequence[Segment]) -> Iterator[Piece]:
    for segment in segments:
        if segment.has_changed and segment.records:
            yield f"[{','.join(map(str, segment.records))}]", _NUMBER
        # Of several records, the one that began last: the others' colours stand around it.
        styles = [colour(segment.records[-1])] if segment.records else []
        yield text[segment.start : segment.end], " ".join([*styles, *(["underline"] if segment.is_value else [])])


def _bracketed(text: str, segments: Sequence[Segment]) -> Iterator[Piece]:
    for segment in segments:
        yield "".join(f"{GLUE}{number}⟧" for number in segment.ended), ""
        yield "".join(f"⟦{number}{GLUE}" for number in segment.begun), ""
        yield text[segment.start : segment.end].translate(_OWN), ""
