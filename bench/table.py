"""Tables as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """A title, a line of columns, the rows, and notes; the second cell of a row of two is as long as it likes."""
    whole = [row for row in rows if len(row) == len(columns)]
    widths = [max(len(row[i]) for row in (columns, *whole)) for i in range(len(columns))]
    widths[0] = max(widths[0], *(len(row[0]) for row in rows)) if rows else widths[0]
    lines = [title, "", _line(columns, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(row, widths) for row in rows]
    return "\n".join([*lines, *(f"  {note}" for note in notes)]) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    if len(cells) < len(widths):
        return f"{cells[0]:<{widths[0]}}  {' '.join(cells[1:])}".rstrip()
    first, *others = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return "  ".join([f"{first.strip():<{widths[0]}}", *others])
