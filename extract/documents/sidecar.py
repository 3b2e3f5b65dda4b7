"""documents.jsonl: what a folder says of the files in it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extract.document import Failure
from extract.documents import rows
from extract.documents.metadata import NOTHING, Metadata, given, named
from extract.documents.part import Flaw
from extract.errors import InputError

NAME = "documents.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is said of one file; `place` is the line that says it."""

    id: str | None = None
    metadata: Metadata = NOTHING
    place: str = ""


SILENCE = Entry()


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The entries of a folder by file name, and what was wrong with some."""

    by_name: dict[str, Entry] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def entry(self, path: Path) -> Entry:
        """What is said of the file at `path`."""
        return self.by_name.get(_nfc(path.name), SILENCE)

    def add(self, name: str, entry: Entry) -> None:
        """Note what is said of a file; raises InputError when something was said before."""
        first = self.by_name.setdefault(name, entry)
        if first is not entry:
            raise InputError(f"{name!r} is described before, at {first.place}; remove one line")


def is_sidecar(path: Path) -> bool:
    """Whether the file describes others: its first object names a file and holds no text."""
    if path.name != NAME or not os.path.isfile(path):  # noqa: PTH113  Path.is_file() raises in a closed folder
        return False
    try:
        records = (record for _, record in rows.objects(path) if not isinstance(record, Flaw))
        first = next(records, {})
    except (InputError, OSError):
        return False
    return "file" in first and "text" not in named(first)


def load(folder: Path) -> Sidecar:
    """Read the folder's documents.jsonl, if it has one; a broken line becomes a failure."""
    path = folder / NAME
    sidecar = Sidecar()
    if not is_sidecar(path):
        return sidecar
    try:
        _fill(sidecar, path)
    except OSError as error:
        sidecar.failures.append(_failure(path.stem, str(path), f"{error.strerror}; check its permissions"))
    return sidecar


def _fill(sidecar: Sidecar, path: Path) -> None:
    present = {_nfc(name) for name in os.listdir(path.parent)}  # noqa: PTH208  names are all that is needed
    for number, record in rows.objects(path):
        place = f"{path}:{number}"
        try:
            sidecar.add(*_entry(record, place, present))
        except InputError as error:
            sidecar.failures.append(_failure(f"{path.stem}:{number}", place, str(error)))


def _failure(document: str, place: str, message: str) -> Failure:
    return Failure(document=document, kind="metadata", message=f"{place}: {message}", path=place)


def _entry(record: Mapping[str, object] | Flaw, place: str, present: Container[str]) -> tuple[str, Entry]:
    if isinstance(record, Flaw):
        raise InputError(record.message)
    name = record.get("file")
    if not isinstance(name, str) or not name:
        raise InputError('this line names no file; add "file": the name of a file in this folder')
    if _nfc(name) not in present:
        raise InputError(f"{name!r} is no file in this folder; correct the name or remove the line")
    values = named(record)
    return _nfc(name), Entry(id=values.get("id"), metadata=given(values), place=place)


def _nfc(name: str) -> str:
    # macOS stores names decomposed, people type them composed.
    return unicodedata.normalize("NFC", name)
