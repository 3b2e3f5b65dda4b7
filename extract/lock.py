"""One writer for a folder: a second one is told who is there."""

from __future__ import annotations

import os
from pathlib import Path

from extract.errors import ConfigError

NAME = ".lock"


class Lock:
    """Held from its making to `release`; the system releases it too when the process ends, however it ends.

    ConfigError with the other's process id if somebody holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file = self._taken(folder)
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def _taken(self, folder: Path) -> int:
        """The open file, held, and the one that everybody else would open."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _take(file)
            except OSError:
                pid = os.read(file, 20).decode(errors="replace").strip() or "unknown"
                os.close(file)
                raise ConfigError(
                    f"{folder}: another mahdar (process {pid}) is writing there; "
                    "wait for it, or choose another --out DIR"
                ) from None
            if _is_at(file, self._path):
                return file
            # Its holder removed it between our opening and our taking it: nobody else would see that we hold it.
            os.close(file)

    def release(self) -> None:
        """Let others in."""
        if self._file >= 0:
            # Removed while it is still held; who has the old file open notices when it takes it.
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


def _is_at(file: int, path: Path) -> bool:
    """Whether an open file is the one at this path still."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file), there)


def _take(file: int) -> None:
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        from importlib import import_module

        # By name: the type checker knows only the system that it runs on.
        system = import_module("msvcrt")
        system.locking(file, system.LK_NBLCK, 1)
    else:
        flock(file, LOCK_EX | LOCK_NB)
