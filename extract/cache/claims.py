"""Claims: who is asking for what just now, so that no two ask the same thing, in this process or beside it.

A claim on a key is a lock on one byte of a file in the cache folder, at a place that the key gives. The system
lets go of it when its process ends, however that ends: no claim outlives who made it, and none has to be cleared away.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from threading import Lock

if sys.platform != "win32":
    import fcntl

_NAME = "claims.lock"
# Digits of a key that give its place: 60 bits, which a file's offset can hold.
_DIGITS = 15


class Claims:
    """The claims on keys of one cache folder.

    Where the file system knows no locks, or the folder takes no file, every claim of another process is unknown, and a
    question may be asked twice; no more is lost than that.
    """

    def __init__(self, folder: Path) -> None:
        self._held: set[int] = set()
        self._lock = Lock()
        # Never closed: closing any handle of a file gives up all locks that the process has on it.
        self._file = _open(folder / _NAME)

    def take(self, key: str) -> bool:
        """Claim a key (hex digits); False while anybody has it."""
        place = int(key[:_DIGITS], 16)
        with self._lock:
            if place in self._held or not self._locked(place):
                return False
            self._held.add(place)
            return True

    def give_up(self, key: str) -> None:
        """Let others have a key that was claimed here."""
        place = int(key[:_DIGITS], 16)
        with self._lock:
            self._held.discard(place)
            if sys.platform != "win32" and self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def _locked(self, place: int) -> bool:
        if sys.platform == "win32" or self._file is None:
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            return False  # POSIX allows either
        except OSError:
            self._file = None
        return True


@cache
def claims(folder: Path) -> Claims:
    """The claims of this process on a folder, by its whole path; the same ones for whoever asks."""
    return Claims(folder)


def _open(path: Path) -> int | None:
    if sys.platform == "win32":
        return None  # only this process's own claims are known there
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
