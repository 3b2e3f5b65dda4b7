"""Parquet: a table of many reports, read a few rows at a time. Needs the extra "parquet"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from extract.documents.metadata import NAMES, named
from extract.documents.part import Flaw, Part
from extract.documents.rows import IsDone, part
from extract.errors import InputError

_AT_ONCE = 256


def rows(path: Path, _: IsDone) -> Iterator[Part | Flaw]:
    """The reports of a Parquet file, one a row; of its columns only those that are known are read."""
    with _opened(path) as file:
        names = list(file.schema_arrow.names)
        known = [name for name in names if named({name: name})]
        if "text" not in named({name: name for name in known}):
            message = f"has no column {', '.join(NAMES['text'])}; its columns are {', '.join(names)!r}: rename one"
            raise InputError(message, kind="format")
        number = 0
        for batch in file.iter_batches(batch_size=_AT_ONCE, columns=known):
            for row in batch.to_pylist():
                number += 1
                yield part(_plain(row), number, "row")


def count(path: Path) -> int:
    """How many rows a Parquet file has, from its footer."""
    with _opened(path) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError("needs the extra for Parquet: pip install 'mahdar[parquet]'", kind="format") from error
    try:
        with ParquetFile(path) as file:
            yield file
    except ArrowException as error:
        raise InputError(f"is no readable Parquet file ({error}); write it again", kind="format") from error


def _plain(row: Mapping[str, Any]) -> dict[str, object]:
    """Days and moments as text, as JSON would have them."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
