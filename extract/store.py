"""The run folder: records, failures, tables and the manifest of one pass over documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from extract.document import Failure
from extract.errors import ConfigError, InputError
from extract.pipeline import Extraction
from extract.tables import Table
from extract.validate import GroundedRecord, Grounding
from schemas import Record

MANIFEST = "manifest.json"
RECORDS = "records.jsonl"
FAILURES = "failures.jsonl"


class RunFolder:
    """Writes a run, a document at a time, in the order given; the same extractions give the same bytes.

    A folder that holds an earlier run is written anew; one that holds anything else raises ConfigError.
    """

    def __init__(self, folder: Path, kinds: tuple[type[Record], ...]) -> None:
        self.folder = folder
        _make(folder)
        self._records = _open(folder / RECORDS)
        self._failures = _open(folder / FAILURES)
        self._tables = {kind: Table(folder / f"{kind.plural}.csv", kind) for kind in kinds}

    def append(self, extraction: Extraction, schema: str) -> None:
        """Write an extraction's records and failures."""
        for grounded in extraction.records:
            self._records.write(_line(_row(grounded, extraction, schema)))
            self._tables[type(grounded.record)].append(extraction.document, grounded)
        for failure in extraction.failures:
            self.fail(failure, attempts=len(extraction.attempts))

    def fail(self, failure: Failure, *, attempts: int = 0) -> None:
        """Write a failure."""
        row = {
            "document": failure.document,
            "kind": failure.kind,
            "message": failure.message,
            "path": failure.path,
            "attempts": attempts,
            "record": failure.record,
        }
        self._failures.write(_line(row))

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest; it is the last thing written, so a folder that has one is whole."""
        text = json.dumps(manifest, ensure_ascii=False, indent=2, default=str)
        part = self.folder / f"{MANIFEST}.part"
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(self.folder / MANIFEST)

    def close(self) -> None:
        """Close the files."""
        self._records.close()
        self._failures.close()
        for table in self._tables.values():
            table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder; InputError if it is no whole run."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no finished run: {MANIFEST} is missing or broken; run it again") from error
    return manifest


def read_records(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a run's records, in order; InputError names a line that is broken."""
    yield from _read(folder / RECORDS)


def read_failures(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a run's failures, in order; InputError names a line that is broken."""
    yield from _read(folder / FAILURES)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise InputError(f"{path}:{number}: not JSON; run it again") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; is {path.parent} a run folder?") from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}; choose another with --out DIR") from error
    if there and not there & {MANIFEST, RECORDS}:
        raise ConfigError(f"{folder}: holds other files than a run; choose another with --out DIR")
    (folder / MANIFEST).unlink(missing_ok=True)
    for table in folder.glob("*.csv"):
        table.unlink()


def _open(path: Path) -> IO[str]:
    return path.open("w", encoding="utf-8", newline="\n")


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def _row(grounded: GroundedRecord, extraction: Extraction, schema: str) -> dict[str, Any]:
    first = extraction.attempts[0]
    return {
        "document": extraction.document.id,
        "type": type(grounded.record).__name__.lower(),
        "record": grounded.record.model_dump(mode="json"),
        "evidence": [{**_place(grounding), "in_tail": grounding.in_tail} for grounding in grounded.evidence],
        "values": [_place(grounding) for grounding in grounded.values],
        "model": first.request.model,
        "prompt": extraction.prompt,
        "schema": schema,
        "key": extraction.key,
    }


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
