"""A wish to end a run early."""

from __future__ import annotations

from collections.abc import Callable


class Stop:
    """A wish to end a run: no new document is begun. Set from anywhere, also from a signal's handler."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._callbacks: list[Callable[[], None]] = []

    def when_set(self, callback: Callable[[], None]) -> None:
        """Have something called when there is a wish to end."""
        self._callbacks.append(callback)

    @property
    def is_set(self) -> bool:
        """Whether the run is to end."""
        return self.reason is not None

    def set(self, reason: str) -> None:
        """Ask for the end; the first reason counts."""
        if self.reason is None:
            self.reason = reason
            for callback in self._callbacks:
                callback()
