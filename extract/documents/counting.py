"""How many documents inputs hold, without reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from extract.documents import files, parquet, rows
from extract.errors import InputError


def count(inputs: Sequence[str | Path]) -> int | None:
    """How many documents inputs hold: about, for JSON lines and tables; None where standard input is among them."""
    try:
        found = files.find(inputs)
    except (InputError, OSError, ValueError):
        return None
    if any(file.is_stdin for file in found):
        return None
    return sum(_count(file.path) for file in found)


def _count(path: Path) -> int:
    counted = _COUNTED.get(path.suffix.lower())
    try:
        # A pipe that is opened waits for ever.
        return counted(path) if counted is not None and path.is_file() else 1
    except (InputError, OSError, ValueError):
        # What cannot be read is one failure.
        return 1


_COUNTED: Mapping[str, Callable[[Path], int]] = {
    ".jsonl": rows.count_lines,
    ".csv": rows.count_rows,
    ".parquet": parquet.count,
}
