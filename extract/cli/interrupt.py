"""Ctrl-C: the first ends a run in good order, the second at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from extract.stop import Stop

REASON = "interrupted"


class Interrupt(Stop):
    """A wish to stop that knows whether a person had it."""

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C, or a system that shuts down, was the reason."""
        return self.reason == REASON


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """A wish to stop, which Ctrl-C (or SIGTERM) sets; the second Ctrl-C raises KeyboardInterrupt."""
    stop = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals come to the main thread only
        return

    def asked(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set:
            raise KeyboardInterrupt
        # Before it is said: whoever reads it may press again at once.
        stop.set(REASON)
        # Not with click, which would write into the live line that rich keeps below what is printed.
        print("finishing what is in flight; Ctrl-C again stops at once", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
