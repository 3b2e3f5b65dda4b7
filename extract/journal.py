"""Files that grow together: after a crash, all of them are cut back to the last moment that they agree on.

Each line of the journal says of one document that it is done, and how long the other files were then. Data
is written before the line that vouches for it: whatever stands behind the lengths in the last whole line is unfinished.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import gt
from pathlib import Path
from typing import Any

from extract.compact import line
from extract.errors import ConfigError

# Of the journal's lines and of the files that they vouch for; another number is another version's.
FORMAT = 2


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

    def __init__(
        self,
        path: Path,
        files: Mapping[str, Appender],
        job: Mapping[str, Any],
        *,
        run: str = "",
        earlier: Sequence[Mapping[str, Any]] = (),
        start: int = 0,
    ) -> None:
        self._own = Appender(path, start=start)
        self._files = files
        if not start:
            self._own.add(line({"format": FORMAT, "run": run, "job": job, "files": list(files), "earlier": [*earlier]}))

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
    """What a journal says: run and job, the documents that are done with what was counted of each, and all lengths.

    `size` and `sizes` are the lengths of the journal and of the files that it vouches for, up to the last line
    that is whole and whose data is all there. ConfigError, here or in `done`, for a journal that has no first line or
    has a line of another form.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _whole_lines(path)
        first: Any
        first, self.size = next(self._lines, (None, 0))
        with self.understood():
            if first["format"] != FORMAT:
                raise ValueError(first["format"])
            self.run = str(first["run"])
            self.earlier: Sequence[Mapping[str, Any]] = [dict(each) for each in first["earlier"]]
            self.job: Mapping[str, Any] = dict(first["job"])
            self.names: Sequence[str] = [str(name) for name in first["files"]]
        self.sizes: dict[str, int] = dict.fromkeys(self.names, 0)
        self._there = [_length(path.parent / name) for name in self.names]

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Whatever cannot be made of the journal's lines in here is ConfigError."""
        try:
            yield
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{self._path}: is damaged, or was written by another version of mahdar; "
                "finish the run with that one, or give --fresh to begin anew"
            ) from error

    def done(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Key and counts of each document that is done; to be read to its end before `size` and `sizes` are right."""
        sizes: list[int] = [0] * len(self.names)
        with self.understood():
            for row, end in self._lines:
                key, at, delta = row["k"], row["at"], row["t"]
                if any(map(gt, at, self._there)):
                    break
                self.size, sizes = end, at
                yield key, delta
            self.sizes = dict(zip(self.names, map(_size, sizes), strict=True))

    def refuse_edited(self) -> None:
        """ConfigError if a file does not end a line where it would be cut: somebody has changed it since."""
        for name, size in self.sizes.items():
            path = self._path.with_name(name)
            if size and not _ends_line(path, size):
                raise ConfigError(
                    f"{path}: was changed after the run had stopped; put it back as it was, "
                    "or give --fresh to begin anew (cached answers are not asked again)"
                )


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


def _size(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value


def _ends_line(path: Path, size: int) -> bool:
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"
