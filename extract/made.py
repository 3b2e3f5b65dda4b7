"""What a run writes of a document, as bytes: its rows, and its lines in the tables, without the document's id.

The id is put in where a NUL byte stands, which neither JSON nor our tables can hold: so what was made of a text once
can be written again under another name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import to_json

import schemas
from extract.compact import encode, line
from extract.tables import PLACE, cell_of

if TYPE_CHECKING:
    from extract.pipeline import Extraction
    from extract.tables import Table
    from extract.validate import GroundedRecord, Grounding


class Made(NamedTuple):
    """Rows for records.jsonl, lines for each table in the order of the record types, and what is counted."""

    records: bytes
    tables: tuple[bytes, ...]
    delta: Mapping[str, Any]

    def rows_of(self, document: str) -> bytes:
        """The rows with the document's id in its place."""
        return self.records.replace(PLACE, encode(document))

    def lines_of(self, document: str) -> list[bytes]:
        """The lines of each table with the document's id in its place."""
        name = cell_of(document).encode("utf-8", "backslashreplace")
        return [lines.replace(PLACE, name) if lines else lines for lines in self.tables]


class Recalled(NamedTuple):
    """A document of which the rows are known from before."""

    document: str
    made: Made


def make(extraction: Extraction, schema: str, tables: Sequence[Table], delta: Mapping[str, Any]) -> Made:
    """What is written of an extraction's records."""
    records = b"".join(_line(grounded, extraction, schema) for grounded in extraction.records)
    document = extraction.document
    lines = tuple(
        b"".join(
            table.line(document, grounded) for grounded in extraction.records if type(grounded.record) is table.kind
        )
        for table in tables
    )
    return Made(records=records, tables=lines, delta=delta)


def outcome(document: str, delta: Mapping[str, Any], *, told_before: int = 0) -> bytes:
    """The line that says what came of a document, be it nothing; `told_before` are failures that `delta` lacks."""
    spent = delta.get("spent", {}).values()
    return line(
        {
            "document": document,
            "records": sum(delta.get("records", {}).values()),
            "failures": sum(delta.get("failures", {}).values()) + told_before,
            "attempts": delta.get("a", 0),
            "tokens": {"prompt": sum(sums[1] for sums in spent), "completion": sum(sums[2] for sums in spent)},
            "answers_from": delta.get("origins", {}),
        }
    )


def _line(grounded: GroundedRecord, extraction: Extraction, schema: str) -> bytes:
    first = extraction.attempts[0]
    kind = encode(schemas.name_of(type(grounded.record)))
    rest = {
        "evidence": [{**_place(grounding), "in_tail": grounding.in_tail} for grounding in grounded.evidence],
        "values": [_place(grounding) for grounding in grounded.values],
        "problems": [str(problem) for problem in grounded.problems],
        "model": first.request.model,
        "prompt": extraction.prompt,
        "schema": schema,
        "key": extraction.key,
    }
    head = b'{"document":' + PLACE + b',"type":' + kind + b',"record":'
    return head + to_json(grounded.record) + b"," + encode(rest)[1:] + b"\n"


def _place(grounding: Grounding) -> dict[str, Any]:
    span = grounding.span
    return {
        "path": grounding.path,
        "text": grounding.text,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "match": span.match if span else None,
        "score": span.score if span else None,
    }
