"""Texts on their way to the table: a transaction for many costs little more than one for one."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from extract.cache.disk import Table


class Buffer:
    """Holds texts until there are `most` of them, or `longest_s` has passed since the last were written.

    So an answer that comes after a pause is written at once, and only those that come in a burst wait
    for each other. There is no timer: the last ones of a burst wait for the next `add` or for `flush`.
    Threads may share it.
    """

    def __init__(
        self, table: Table, *, most: int, longest_s: float = 0.2, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._table = table
        self._most = most
        self._longest_s = longest_s
        self._clock = clock
        self._written = -longest_s
        self._texts: dict[str, str] = {}
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        """The text that waits under a key, or None."""
        return self._texts.get(key)

    def add(self, key: str, text: str) -> None:
        """Take a text in place of any other under its key, and write what waits if it is time to.

        When that fails this text is not taken: the error tells so. Those before it go on waiting.
        """
        with self._lock:
            self._texts[key] = text
            if len(self._texts) >= self._most or self._clock() - self._written >= self._longest_s:
                try:
                    self._write()
                except BaseException:
                    self._texts.pop(key, None)
                    raise

    def flush(self) -> None:
        """Write what waits; what could not be written goes on waiting."""
        with self._lock:
            if self._texts:
                self._write()

    def _write(self) -> None:
        self._table.set_many(self._texts)
        # Only now: who looks for one of them meanwhile finds it here, afterwards in the table.
        self._texts.clear()
        self._written = self._clock()
