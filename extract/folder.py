"""A folder for a run: whether it may be written, whether it is anybody else's, and what is removed to begin anew."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import schemas
from extract.errors import ConfigError, InputError, WriteError
from extract.runfiles import DOCUMENTS, FAILURES, JOURNAL, MANIFEST, RECORDS, read_manifest

# No space, no more of one's share, a file as long as it may be.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def writing(folder: Path, *, is_begun: bool = False) -> Iterator[None]:
    """ConfigError says what to do; for a run that `is_begun` it is WriteError: it goes on where it is, once it can."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        advice = "choose another with --out DIR"
        if error.errno in _FULL:
            advice = "make room there, and the same command goes on" if is_begun else f"make room there, or {advice}"
        kind = WriteError if is_begun else ConfigError
        raise kind(f"{folder}: cannot be written: {reason}; {advice}") from error


def new(root: Path, name: str) -> Path:
    """A folder below `root` that is made now, so that nobody else gets it; the name has -2, -3, ... if it is taken."""
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            folder = root / (name if number == 1 else f"{name}-{number}")
            with suppress(FileExistsError):
                folder.mkdir()
                break
    return folder


def take(folder: Path) -> None:
    """Make the folder if there is none; ConfigError if it holds anything but a run."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    # Many programs write a manifest.json; only a run has both of these from its first moment on.
    if there and not there >= {RECORDS, FAILURES} and JOURNAL not in there:
        raise ConfigError(f"{folder}: holds other files than a run; choose another with --out DIR")


def holds_rows(folder: Path) -> bool:
    """Whether there is anything of a run in the folder that would be missed."""
    paths = (folder / name for name in (RECORDS, FAILURES, DOCUMENTS))
    return any(path.exists() and path.stat().st_size for path in paths)


def earlier(folder: Path) -> list[Mapping[str, Any]]:
    """When runs began that this folder held before, their seconds and what they cost, as far as a manifest tells."""
    try:
        manifest = read_manifest(folder)
        own = {"started": manifest["started"], "seconds": manifest["seconds"], "cost": manifest["cost"]["total"]}
        return [*manifest.get("earlier", []), own]
    except (InputError, LookupError, TypeError):
        return []


def clear(folder: Path) -> None:
    """Remove what a run has written there, and nothing else."""
    tables = (f"{schemas.get(name).plural}.csv" for name in schemas.names())
    for name in (MANIFEST, JOURNAL, RECORDS, FAILURES, DOCUMENTS, "log.jsonl", *tables):
        (folder / name).unlink(missing_ok=True)
