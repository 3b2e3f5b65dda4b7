"""The door to diskcache: a table of text by text in one SQLite file, without pickle and without side files.

diskcache 5.6.3 unpickles what a row of the database says it should (CVE-2025-69872), and opens or deletes
the file that a row names. Nothing here does either, whatever the rows say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import diskcache

from extract.errors import ConfigError

_MODE_RAW = 1  # diskcache's number for a value that stands in its row
_SETTINGS = {
    # diskcache's defaults drop the oldest answers at 1 GiB, silently.
    "eviction_policy": "none",
    "size_limit": 2**62,
    "cull_limit": 0,
    "statistics": 0,
    "tag_index": 0,
    "sqlite_journal_mode": "wal",
    # Keys are hashes, so no page is likelier to be wanted than another: what is held of the file grows with a run and
    # saves next to nothing. 8 MB of each; diskcache's own are 32 and 64.
    "sqlite_cache_size": 2**11,
    "sqlite_mmap_size": 2**23,
}


class TextDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Takes and gives text only, all of it in the database; anything else raises ConfigError."""

    def __init__(self, directory: str, **_settings: object) -> None:
        super().__init__(directory)

    def put(self, key: object) -> tuple[str, bool]:
        """A key for the database."""
        return (key, True) if type(key) is str else self._refuse("key")

    def get(self, key: object, raw: object) -> str:
        """A key from the database."""
        return key if raw and type(key) is str else self._refuse("key")

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, str]:  # noqa: ARG002
        """A value for the database."""
        return (0, _MODE_RAW, None, value) if type(value) is str and not read else self._refuse("value")

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> str:
        """A value from the database."""
        is_plain = mode == _MODE_RAW and filename is None and not read
        return value if is_plain and type(value) is str else self._refuse("value")

    def filename(self, key: object = None, value: object = None) -> NoReturn:  # noqa: ARG002
        """There are no side files."""
        self._refuse("value")

    def remove(self, file_path: str) -> None:
        """Remove nothing: no row of ours names a file."""

    def _refuse(self, what: str) -> NoReturn:
        raise ConfigError(
            f"cache folder {self._directory}: a {what} in it is not plain text (pickled, or kept in a file); mahdar "
            "writes no such thing and has not read it. Do not trust this folder: delete it, or use another one "
            "with --cache DIR"
        )


class Table:
    """Text by text, kept in `folder`; every trouble with the database raises ConfigError. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._guarded():
            self._cache: Any = diskcache.Cache(str(folder), timeout=60, disk=TextDisk, **_SETTINGS)

    def __len__(self) -> int:
        with self._guarded():
            return len(self._cache)

    def get(self, key: str) -> str | None:
        """The text under a key, or None."""
        with self._guarded():
            text: str | None = self._cache.get(key)
            return text

    def set(self, key: str, text: str) -> None:
        """Put a text under a key, in place of any other."""
        with self._guarded():
            self._cache.set(key, text)

    def set_many(self, texts: Mapping[str, str]) -> None:
        """Put each text under its key, in place of any other: all of them, or none when an error is raised."""
        if len(texts) > 1:
            with self.transaction():
                for key, text in texts.items():
                    self._cache.set(key, text)
        else:
            for key, text in texts.items():
                self.set(key, text)

    def add(self, key: str, text: str) -> bool:
        """Put a text under a key that has none; False when it has one."""
        with self._guarded():
            return bool(self._cache.add(key, text))

    def delete(self, key: str) -> bool:
        """Remove a key; False when there is none."""
        with self._guarded():
            return bool(self._cache.delete(key))

    def items(self) -> Iterator[tuple[str, str]]:
        """All keys, sorted, with their texts."""
        with self._guarded():
            keys = list(self._cache.iterkeys())
        for key in keys:
            text = self.get(key)
            if text is not None:  # another process may have removed it meanwhile
                yield key, text

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done within is kept, or nothing of it when an error leaves it."""
        with self._guarded(), self._cache.transact():
            yield

    def close(self) -> None:
        """Close the connection of this thread."""
        self._cache.close()

    def _guarded(self) -> AbstractContextManager[None]:
        return _guard(self._folder)


@contextmanager
def _guard(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, diskcache.Timeout) as error:
        # Timeout hides what SQLite said: a lock, but also a read-only file.
        reason = error.__context__ if isinstance(error, diskcache.Timeout) else error
        advice = "use another one with --cache DIR, or none with --no-cache"
        if getattr(reason, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            advice = f"make room there, or {advice}"
        raise ConfigError(f"cache folder {folder} cannot be used: {reason}; {advice}") from error
