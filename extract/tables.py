"""Records as a flat table: CSV that a spreadsheet opens with its Arabic whole and nothing run."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any, get_args, get_origin

from extract.document import Document
from extract.journal import Appender
from schemas import Part, Record

if TYPE_CHECKING:
    from extract.validate import GroundedRecord

# A spreadsheet takes a cell that begins with one of these for a formula; some take the wide ones too.
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_SEPARATOR = "; "
# Stands for a document's id: no cell holds it.
PLACE = b"\0"
_CODEC = ("utf-8", "backslashreplace")


class Table:
    """A CSV file of one record type, in UTF-8 with a byte order mark, which is what makes Excel show Arabic.

    A row has the document and its day, then the record's fields: a part such as the date or the
    place takes a column for each of its fields, a list is one cell.
    """

    def __init__(self, file: Appender, kind: type[Record]) -> None:
        self.file, self.kind = file, kind
        self._out = StringIO(newline="")
        self._writer = csv.writer(self._out)
        self._columns = list(_columns(kind))
        names = ("_".join(column) for column in self._columns)
        if not file.size:
            file.add(BOM_UTF8)
            file.add(self._written(["document", "published", *names, "quotes_found", "in_tail"]))

    def append(self, document: Document, grounded: GroundedRecord) -> None:
        """Write one record as a row."""
        self.file.add(self.line(document, grounded).replace(PLACE, cell_of(document.id).encode(*_CODEC)))

    def line(self, document: Document, grounded: GroundedRecord) -> bytes:
        """One record as a row, PLACE where the document's id belongs."""
        found = sum(1 for grounding in grounded.evidence if grounding.span)
        cells = [_cell(grounded.record, column) for column in self._columns]
        row = [document.published, *cells, f"{found} of {len(grounded.evidence)}", grounded.in_tail]
        return PLACE + b"," + self._written([harmless(cell) for cell in row])

    def _written(self, row: list[str]) -> bytes:
        self._writer.writerow(row)
        text = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return text.encode(*_CODEC)


def cell_of(text: str) -> str:
    """A text as a cell stands in the file, quoted where it must be."""
    cell = harmless(text)
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\r\n') else cell


def harmless(cell: Any) -> str:
    """A cell's text that no spreadsheet takes for a formula; None is empty."""
    if cell is None:
        return ""
    text = str(cell)
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return f"'{text}" if text[:1] in _FORMULA else text


def _columns(kind: type[Record]) -> Iterator[tuple[str, ...]]:
    """The way to each cell of a row: a field, or a part and its field."""
    for name, field in kind.model_fields.items():
        part = _part(field.annotation)
        if part is None:
            yield (name,)
        else:
            yield from ((name, inner) for inner in part.model_fields)


def _part(annotation: Any) -> type[Part] | None:
    if get_origin(annotation) is list:
        return None
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Part)), None)


def _cell(record: Record, column: tuple[str, ...]) -> Any:
    value: Any = record
    for name in column:
        value = None if value is None else getattr(value, name)
    return _SEPARATOR.join(map(str, value)) if isinstance(value, list) else value
