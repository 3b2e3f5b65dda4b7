"""The run folder: records, failures, tables and the manifest of one pass over documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

import schemas
from extract.document import Failure
from extract.errors import ConfigError, InputError
from extract.tables import Table

if TYPE_CHECKING:
    from extract.pipeline import Extraction
    from extract.validate import GroundedRecord, Grounding
    from schemas import Record

MANIFEST = "manifest.json"
RECORDS = "records.jsonl"
FAILURES = "failures.jsonl"


class RunFolder:
    """Writes a run, a document at a time, in the order given; the same extractions give the same bytes.

    A folder that holds an earlier run is written anew. One that holds anything else, or that cannot
    be written, raises ConfigError.
    """

    def __init__(self, folder: Path, kinds: tuple[type[Record], ...]) -> None:
        self.folder = folder
        with _writing(folder):
            _make(folder)
            self._records = _open(folder / RECORDS)
            self._failures = _open(folder / FAILURES)
            self._tables = {kind: Table(folder / f"{kind.plural}.csv", kind) for kind in kinds}

    def append(self, extraction: Extraction, schema: str) -> None:
        """Write an extraction's records and failures."""
        with _writing(self.folder):
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
        with _writing(self.folder):
            self._failures.write(_line(row))

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest; it is the last thing written, so a folder that has one is whole."""
        text = json.dumps(manifest, ensure_ascii=False, indent=2, default=str)
        part = self.folder / f"{MANIFEST}.part"
        with _writing(self.folder):
            with _open(part) as file:
                file.write(text + "\n")
            part.replace(self.folder / MANIFEST)

    def close(self) -> None:
        """Close the files."""
        with _writing(self.folder):
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
        return _object((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no finished run: {MANIFEST} is missing or broken; run it again") from error


def read_records(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a run's records, in order; InputError names a line that is broken."""
    yield from _read(folder / RECORDS)


def read_failures(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a run's failures, in order; InputError names a line that is broken."""
    yield from _read(folder / FAILURES)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        # As bytes: what is no UTF-8 then belongs to one line too.
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield _object(line)
                except ValueError as error:
                    raise InputError(f"{path}:{number}: not a JSON object; run it again") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; is {path.parent} a run folder?") from error


def _object(data: bytes) -> dict[str, Any]:
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError(f"{type(value).__name__} in place of an object")  # noqa: TRY004  told as broken JSON is
    return value


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}; choose another with --out DIR") from error


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    # Many programs write a manifest.json; only a run has both of these from its first moment on.
    if there and not there >= {RECORDS, FAILURES}:
        raise ConfigError(f"{folder}: holds other files than a run; choose another with --out DIR")
    for name in (MANIFEST, *(f"{schemas.get(name).plural}.csv" for name in schemas.names())):
        (folder / name).unlink(missing_ok=True)


def _open(path: Path) -> IO[str]:
    # An odd file name holds half a surrogate pair, which UTF-8 cannot; its backslash form is valid JSON.
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def _row(grounded: GroundedRecord, extraction: Extraction, schema: str) -> dict[str, Any]:
    first = extraction.attempts[0]
    return {
        "document": extraction.document.id,
        "type": schemas.name_of(type(grounded.record)),
        "record": grounded.record.model_dump(mode="json"),
        "evidence": [{**_place(grounding), "in_tail": grounding.in_tail} for grounding in grounded.evidence],
        "values": [_place(grounding) for grounding in grounded.values],
        "problems": [str(problem) for problem in grounded.problems],
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
