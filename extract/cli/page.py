"""A page of a terminal: paragraphs and fields, laid out to its width, right-to-left text legible."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from extract.cli import bidi, cells
from extract.cli.cells import GLUE, STEERING, Cell, Piece

if TYPE_CHECKING:
    from rich.console import Console

Bidi = Literal["auto", "terminal", "visual"]

# Longer lines are hard to read, and right-aligned text would stand far from what it belongs to.
_WIDEST = 100
_NARROWEST = 24
_LABEL = 16


class Page:
    """Prints to stdout; `is_coloured` tells whether a style can be seen."""

    def __init__(self, mode: Bidi = "auto", console: Console | None = None) -> None:
        if console is None:
            from rich.console import Console

            console = Console(highlight=False)
        self._console = console
        self._is_visual = mode == "visual" or (
            mode == "auto" and console.is_terminal and not bidi.is_native(os.environ)
        )
        self.is_coloured = console.color_system is not None and not console.no_color
        self.width = max(_NARROWEST, min(console.width, _WIDEST))

    def paragraph(self, pieces: Sequence[Piece], *, is_rtl: bool | None = None, indent: int = 0) -> None:
        """Print a paragraph that reads in its own direction, or in the one given."""
        line = cells.cells(pieces)
        is_rtl = cells.is_right_to_left(line) if is_rtl is None else is_rtl
        for row in self._rows(line, self.width - indent, is_rtl=is_rtl):
            # A terminal that reorders aligns by itself.
            free = self.width - sum(cell.width for cell in row) if is_rtl and self._is_visual else indent
            self._print([*cells.cells([(" " * free, "")]), *row])

    def field(self, label: str, pieces: Sequence[Piece], *, indent: int = 4) -> None:
        """Print a label, and beside it pieces that each read in their own direction."""
        margin = indent + _LABEL
        head = cells.cells([(" " * indent, ""), (f"{label:<{_LABEL}}", "dim")])
        for row in self._rows(cells.isolated(pieces), self.width - margin, is_rtl=False):
            self._print([*head, *row])
            head = cells.cells([(" " * margin, "")])

    def line(self, pieces: Sequence[Piece] = ()) -> None:
        """Print pieces that each read in their own direction, from the left."""
        for row in self._rows(cells.isolated(pieces), self.width, is_rtl=False):
            self._print(row)

    def _rows(self, line: list[Cell], width: int, *, is_rtl: bool) -> list[list[Cell]]:
        """The lines of the screen, each in the order in which it is printed."""
        if not self._is_visual:
            return list(cells.wrap(line, width))
        rows = cells.wrap(bidi.prepare(line, is_rtl=is_rtl), width)
        return [bidi.reorder(row, is_rtl=is_rtl) for row in rows]

    def _print(self, row: Sequence[Cell]) -> None:
        from rich.text import Text

        shown = Text(end="\n")
        seen = (cell for cell in row if cell.text not in STEERING)
        for style, run in groupby(seen, key=lambda cell: cell.style):
            shown.append("".join(cell.text for cell in run).replace(GLUE, " "), style or None)
        self._console.print(shown, soft_wrap=True)
