"""A slow source is read in a thread; whoever takes its items never waits."""

from collections.abc import Iterator
from queue import Queue
from threading import Event

import pytest

from extract.ahead import Ahead


def all_of(items: Iterator[int]) -> list[int]:
    """What comes out, taken each time there is news."""
    news: Queue[None] = Queue()
    ahead, found = Ahead(items, lambda: news.put(None)), []
    while not ahead.is_over:
        item = ahead.take()
        if item is None:
            news.get(timeout=20)
        else:
            found.append(item)
    return found


def test_everything_comes_out_in_its_order():
    assert all_of(iter(range(1, 1000))) == [*range(1, 1000)]


def test_nothing_is_waited_for_where_nothing_has_come():
    may_come = Event()

    def late() -> Iterator[int]:
        may_come.wait(20)
        yield 1

    ahead = Ahead(late(), lambda: None)

    assert (ahead.take(), ahead.is_over) == (None, False)
    may_come.set()


def test_what_goes_wrong_in_reading_is_raised_behind_what_was_read():
    def torn() -> Iterator[int]:
        yield 1
        raise OSError("the pipe broke")

    news: Queue[None] = Queue()
    ahead = Ahead(torn(), lambda: news.put(None))
    news.get(timeout=20)
    news.get(timeout=20)

    assert (ahead.is_over, ahead.take()) == (False, 1)
    with pytest.raises(OSError, match="the pipe broke"):
        _ = ahead.is_over


def test_no_more_is_read_than_a_few_items_and_nothing_after_the_end():
    read: list[int] = []

    def many() -> Iterator[int]:
        for number in range(1, 1_000_000):
            read.append(number)
            yield number

    news: Queue[None] = Queue()
    ahead = Ahead(many(), lambda: news.put(None))
    for _ in range(64):
        news.get(timeout=20)
    ahead.close()

    assert ahead.take() is None
    assert len(read) <= 66
