"""Records as a flat table: CSV that a spreadsheet opens with its Arabic whole and nothing run."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extract.document import Document
from extract.validate import GroundedRecord
from schemas import Part, Place, Record, When

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SEPARATOR = "; "


class Table:
    """A CSV file of one record type, in UTF-8 with a byte order mark, which is what makes Excel show Arabic."""

    def __init__(self, path: Path, kind: type[Record]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(
            ["document", "published", *(name for name, _ in _columns(kind)), "quotes_found", "in_tail"]
        )
        self._kind = kind

    def append(self, document: Document, grounded: GroundedRecord) -> None:
        """Write one record as a row."""
        record = grounded.record
        found = sum(1 for grounding in grounded.evidence if grounding.span)
        cells = [_cell(record, name) for name, _ in _columns(self._kind)]
        row = [document.id, document.published, *cells, f"{found} of {len(grounded.evidence)}", grounded.in_tail]
        self._writer.writerow([harmless(cell) for cell in row])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def harmless(cell: Any) -> str:
    """A cell's text that no spreadsheet takes for a formula; None is empty."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _columns(kind: type[Record]) -> Iterator[tuple[str, type | None]]:
    """Names of a table's columns; a date and a place become several."""
    for name in kind.model_fields:
        if name == "date":
            yield from ((f"date_{part}", When) for part in When.model_fields)
        elif name == "place":
            yield from ((f"place_{part}", Place) for part in Place.model_fields)
        else:
            yield name, None


def _cell(record: Record, column: str) -> Any:
    head, _, part = column.partition("_")
    if head in ("date", "place") and part:
        owner = getattr(record, head)
        return getattr(owner, part) if owner is not None else None
    value = getattr(record, column)
    if isinstance(value, list):
        return _SEPARATOR.join(str(item) for item in value)
    return str(value) if isinstance(value, Part) else value
