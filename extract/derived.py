"""What was made of documents before: rows and counts, so that a run over cached answers need not make them again.

It is derived from the cached answers and may be deleted at any time. Its keys hold all that decides on the rows:
the code itself, the prompt, the model and its options, and the document but for its name.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from extract.cache.files import NAME
from extract.compact import encode
from extract.document import Document
from extract.made import Made

_BETWEEN = b"\x01"
_AT_ONCE = 200
_SCHEMA = "CREATE TABLE IF NOT EXISTS made (key BLOB PRIMARY KEY, delta BLOB, records BLOB, tables BLOB)"


class Derived:
    """Rows by document, for one job. Any trouble with the file only means that nothing is known from before."""

    def __init__(self, folder: Path, job: Mapping[str, Any], *, patience_s: float = 5.0) -> None:
        text = json.dumps(dict(job), sort_keys=True, default=str)
        self._job = blake2b(code() + text.encode("utf-8", "backslashreplace"), digest_size=16).digest()
        # Called before rows are written: what vouches for their documents has to be there first, or a run that is
        # killed in between would take its own documents for known ones.
        self.before: Callable[[], object] = lambda: None
        self._waiting: list[tuple[bytes, bytes, bytes, bytes]] = []
        self._file: sqlite3.Connection | None = None
        with suppress(sqlite3.Error):
            self._file = sqlite3.connect(
                folder / NAME, timeout=patience_s, isolation_level=None, check_same_thread=False
            )
            # Rows of a document take some 12 KB: larger pages than the usual 4 KB hold them in one piece.
            self._file.execute("PRAGMA page_size=16384")
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA mmap_size=33554432")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_SCHEMA)

    def get(self, document: Document) -> Made | None:
        """What was made of an equal document, or None."""
        if self._file is None:
            return None
        try:
            row = self._file.execute(
                "SELECT delta, records, tables FROM made WHERE key = ?", (self._key(document),)
            ).fetchone()
        except sqlite3.Error:
            self.close()
            return None
        if row is None:
            return None
        return Made(records=row[1], tables=tuple(row[2].split(_BETWEEN)), delta=json.loads(row[0]))

    def put(self, document: Document, made: Made) -> None:
        """Keep what was made of a document; written with others, at the latest by `close`."""
        if self._file is None or any(_BETWEEN in lines for lines in made.tables):
            return
        delta = encode(_as_cached(made.delta))
        self._waiting.append((self._key(document), delta, made.records, _BETWEEN.join(made.tables)))
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        if self._file is None or not waiting:
            return
        self.before()
        try:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.executemany("INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?)", waiting)
            self._file.execute("COMMIT")
        except sqlite3.Error:
            # Another process holds it, or the disk is full: the answers are in the cache all the same.
            self.close()

    def close(self) -> None:
        """Write what waits, and close the file."""
        file, self._file = self._file, None
        if file is not None:
            if self._waiting:
                self._file = file
                self.flush()
                self._file = None
            with suppress(sqlite3.Error):
                file.close()

    def _key(self, document: Document) -> bytes:
        parts = (document.published, document.source, document.url, document.language, document.text)
        state = blake2b(self._job, digest_size=16)
        for part in parts:
            # Absent and empty are not the same to a prompt.
            state.update(b"\0" if part is None else b"\1" + part.encode("utf-8", "surrogatepass"))
            state.update(b"\0\0")
        return state.digest()


@cache
def code() -> bytes:
    """Digest of the code that makes rows of answers, and of the libraries that it leans on."""
    root = Path(__file__).resolve().parents[1]
    state = blake2b(digest_size=16)
    for package in ("extract", "schemas"):
        for path in sorted((root / package).rglob("*.py")):
            state.update(path.read_bytes())
    state.update(" ".join(version(name) for name in ("pydantic", "rapidfuzz")).encode())
    return state.digest()


def _as_cached(delta: Mapping[str, Any]) -> dict[str, Any]:
    """What is counted when the answers come from the cache."""
    sums = [sum(column) for column in zip(*delta.get("spent", {}).values(), strict=True)]
    number = sum(delta.get("origins", {}).values())
    return {**delta, "spent": {"cached": sums} if sums else {}, "origins": {"cache": number} if number else {}}
