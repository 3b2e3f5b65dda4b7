"""Files that grow together: after a crash, all of them are cut back to the last moment that they agree on.

Each line of the journal says of one document that it is done, and how long the other files were then. Data
is written before the line that vouches for it: whatever stands behind the lengths in the last whole line is unfinished.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from extract.compact import line


class Appender:
    """A file that only grows; nothing is written before `flush`."""

    def __init__(self, path: Path, *, start: int = 0) -> None:
        self.path = path
        # Unbuffered, so that what was written is with the operating system, which survives this program.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        os.ftruncate(self._file, start)
        os.lseek(self._file, start, os.SEEK_SET)
        self.size = start
        self._waiting: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Take bytes to be written; `size` counts them at once."""
        self._waiting.append(data)
        self.size += len(data)

    def flush(self) -> None:
        """Write what waits; OSError if it cannot be written whole."""
        if not self._waiting:
            return
        data = memoryview(b"".join(self._waiting))
        self._waiting.clear()
        while data:
            data = data[os.write(self._file, data) :]

    def close(self) -> None:
        """Close the file; what was not flushed is not written."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Journal:
    """Vouches for what other files hold. The first line says which job it is of; each further one, a document."""

    def __init__(self, path: Path, files: Mapping[str, Appender], job: Mapping[str, Any], *, start: int = 0) -> None:
        self._own = Appender(path, start=start)
        self._files = files
        if not start:
            self._own.add(line({"job": job, "files": list(files)}))

    def done(self, key: str, delta: Mapping[str, Any]) -> None:
        """A document is done, once `flush` returns; `delta` is what the run counted of it."""
        self._own.add(line({"k": key, "at": [file.size for file in self._files.values()], "t": delta}))

    def flush(self) -> None:
        """Write the other files, then the lines that vouch for them."""
        for file in self._files.values():
            file.flush()
        self._own.flush()

    def close(self) -> None:
        """Close the journal's own file."""
        self._own.close()


class Past:
    """What a journal says: the job, the documents that are done with what was counted of each, and all lengths.

    `size` and `sizes` are the lengths of the journal and of the files that it vouches for, up to the last line
    that is whole and whose data is all there. ValueError if there is no journal, or not even its first line.
    """

    def __init__(self, path: Path) -> None:
        self._lines = _whole_lines(path)
        first = next(self._lines, None)
        if first is None or "job" not in first[0]:
            raise ValueError("the journal has no first line")
        self.job: Mapping[str, Any] = first[0]["job"]
        self.names: Sequence[str] = first[0]["files"]
        self.size = first[1]
        self.sizes: dict[str, int] = dict.fromkeys(self.names, 0)
        self._there = {name: _length(path.parent / name) for name in self.names}

    def done(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Key and counts of each document that is done; to be read to its end before `size` and `sizes` are right."""
        for row, end in self._lines:
            sizes = dict(zip(self.names, row["at"], strict=True))
            if any(size > self._there[name] for name, size in sizes.items()):
                return
            self.size, self.sizes = end, sizes
            yield row["k"], row["t"]


def _whole_lines(path: Path) -> Iterator[tuple[Any, int]]:
    """Each line that is JSON and ends as a line does, with where it ends; a torn one ends it."""
    end = 0
    try:
        with path.open("rb") as file:
            for written in file:
                end += len(written)
                if not written.endswith(b"\n"):
                    return
                try:
                    yield json.loads(written), end
                except ValueError:
                    return
    except FileNotFoundError:
        return


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
