"""A record's row as labelled fields; it knows no record type, so that new ones need no edit here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from extract.cli.cells import Piece

Row = Mapping[str, Any]
Field = tuple[str, list[Piece]]

NOT_FOUND = "not in the report"
WRONG, FAINT = "bold red", "dim"

# Printed in the heading of a record, or below its fields.
_ELSEWHERE = frozenset({"evidence", "summary", "mention", "status"})


def fields(row: Row) -> Iterator[Field]:
    """Label and value of every field that is set, in the order of the record; a list of parts is a field for each."""
    record, notes = row["record"], _notes(row["values"])
    for name, value in record.items():
        if name in _ELSEWHERE or not _is_set(row["type"], name, value):
            continue
        if name == "date":
            yield name, _date(value, notes)
        elif isinstance(value, list) and isinstance(value[0], dict):
            for index, part in enumerate(value):
                yield name if index == 0 else "", _part(part, f"{name}[{index}].", notes)
        elif isinstance(value, dict):
            yield name, _part(value, f"{name}.", notes)
        elif isinstance(value, list):
            yield name, _joined([_value(item, f"{name}[{index}]", notes) for index, item in enumerate(value)])
        else:
            yield name, _value(value, name, notes)


def match(grounding: Row) -> Piece:
    """How a quote or a value was found."""
    if grounding["match"] is None:
        return NOT_FOUND, WRONG
    score = f" {grounding['score']:.0f}" if grounding["match"] == "fuzzy" else ""
    return f"{grounding['match']}{score}", "yellow" if score else FAINT


def _is_set(kind: str, name: str, value: object) -> bool:
    """Whether a value says more than the field's default."""
    import schemas

    try:
        field = schemas.get(kind).model_fields.get(name)
    except KeyError:
        field = None
    return value not in (None, False, "", [], {}) and (field is None or field.is_required() or value != field.default)


def _notes(values: Sequence[Row]) -> dict[str, list[Piece]]:
    """What is to be said of values by path: those that were not found, or not as written."""
    told = (value for value in values if value["match"] in (None, "fuzzy"))
    return {value["path"]: [(" (", FAINT), match(value), (")", FAINT)] for value in told}


def _value(value: object, path: str, notes: Mapping[str, list[Piece]]) -> list[Piece]:
    return [(str(value), ""), *notes.get(path, [])]


def _part(part: Row, path: str, notes: Mapping[str, list[Piece]]) -> list[Piece]:
    """The values of a part in its order; what it took part as comes first, and a flag is its name."""
    head = [(f"{part['part']}: ", FAINT)] if part.get("part") else []
    said = [
        [(name, "")] if value is True else _value(value, f"{path}{name}", notes)
        for name, value in part.items()
        if name != "part" and value not in (None, False, "", [])
    ]
    return [*head, *_joined(said)]


def _date(date: Row, notes: Mapping[str, list[Piece]]) -> list[Piece]:
    start, end = date.get("start"), date.get("end")
    about = "about " if date.get("approximate") else ""
    when = start if start == end else f"{start or ''}/{end or ''}"
    basis = f" (from: {date.get('basis')})" if when else ""
    pieces = [(f"{about}{when}" if when else "unresolved", ""), (basis, FAINT)]
    if not date.get("text"):
        return pieces
    return [*pieces, (", as written: ", FAINT), *_value(date["text"], "date.text", notes)]


def _joined(values: Sequence[list[Piece]]) -> list[Piece]:
    return [piece for index, value in enumerate(values) for piece in ([(", ", FAINT)] if index else []) + value]
