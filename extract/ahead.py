"""Reading ahead: a source that may be slow is read in a thread of its own, so that it holds nobody up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

# Items that are read before they are wanted.
_MOST = 64


class Ahead(Generic[T]):
    """Items of an iterator, as they come; `wake` is called from the thread whenever there is news.

    What the iterator raises is raised by `take`.
    """

    def __init__(self, items: Iterator[T], wake: Callable[[], None]) -> None:
        self._items = items
        self._wake = wake
        self._read: deque[T] = deque()
        self._change = Condition()
        self._is_closed = False
        self._is_over = False
        self._error: BaseException | None = None
        # A thread that waits for input cannot be stopped; it must not keep the program alive.
        Thread(target=self._run, daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether everything was read and taken; raises what went wrong in reading."""
        with self._change:
            if self._read or not self._is_over:
                return False
            if self._error is not None:
                raise self._error
            return True

    def take(self) -> T | None:
        """The next item, None if there is none yet or any more."""
        with self._change:
            item = self._read.popleft() if self._read else None
            self._change.notify()
            return item

    def close(self) -> None:
        """Read no more, once the item that is being read is there."""
        with self._change:
            self._is_closed = True
            self._read.clear()
            self._change.notify()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:
            self._error = error  # it belongs to whoever takes the items
        with self._change:
            self._is_over = True
        self._tell()

    def _put(self, item: T) -> bool:
        with self._change:
            self._change.wait_for(lambda: self._is_closed or len(self._read) < _MOST)
            if self._is_closed:
                return False
            self._read.append(item)
        self._tell()
        return True

    def _tell(self) -> None:
        try:
            self._wake()
        except RuntimeError:
            self._is_closed = True  # the event loop that was to be woken has ended
