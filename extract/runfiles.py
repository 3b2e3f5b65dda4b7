"""The files of a run folder, as whoever comes later reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from extract.errors import InputError

MANIFEST = "manifest.json"
RECORDS = "records.jsonl"
FAILURES = "failures.jsonl"
DOCUMENTS = "documents.jsonl"
JOURNAL = "journal.jsonl"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder; InputError if it is no whole run."""
    try:
        return _object((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no finished run: {MANIFEST} is missing or broken; run it again") from error


def folder_of(manifest: Mapping[str, Any]) -> Path:
    """The folder in which a run was started, from which its inputs count; where we are, if it does not say."""
    return Path(manifest.get("folder") or Path.cwd())


def inputs_of(manifest: Mapping[str, Any]) -> list[str]:
    """The inputs of a run, as they are found from where we are."""
    folder = folder_of(manifest)
    given = [str(each) for each in manifest.get("inputs", [])]
    # Left as they are where they can be: a report's id may be its path.
    return given if folder == Path.cwd() else [each if each == "-" else str(folder / each) for each in given]


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
