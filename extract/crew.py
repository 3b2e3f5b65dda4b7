"""Documents in work at the same time: a bounded number, their results in order where that costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

from extract.ahead import Ahead
from extract.chain import Chain
from extract.document import Document, Failure
from extract.errors import Interrupted
from extract.made import Recalled
from extract.pipeline import Extraction, Pipeline
from extract.stop import Stop

Result = Extraction | Failure | Recalled
Take = Callable[[Result], bool]
Recall = Callable[[Document], Recalled | None]

# Results that wait for an earlier document. More than this, and order is given up for the documents that hold them up:
# what waits here is lost when the process is killed, and costs memory.
MOST_HELD, _FEW_HELD = 1_000, 16
# Documents that are known already are handled without a pause up to this many; then others have their turn.
_RUN = 64
_BEAT_S = 0.2


def _nothing(_: Document) -> None:
    return None


class Crew:
    """Works on documents: up to `size` are asked about at once, as many wait for a slot or for their answer's turn.

    There are more while some of them wait for an endpoint's leave. When `take` says no, what is in work is given up;
    on a wish to stop it is finished, but nothing is tried again. A document that is known already is handled at once
    and takes no place. Documents of a source that `is_slow` are read in a thread: the others go on while it has
    nothing to give.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        take: Take,
        stop: Stop,
        *,
        size: int,
        recall: Recall = lambda _: None,
        is_slow: bool = False,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._pipeline = pipeline
        self._take = take
        self._stop = stop
        self._size = size
        self._recall = recall
        self._is_slow = is_slow
        # Without a cache, what is held is all that there is of an answer.
        self._most_held = MOST_HELD if pipeline.keeps_answers else _FEW_HELD
        self._tick = tick
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[int, Result] = {}
        self._begun = 0
        self._given = 0
        self._passed: set[int] = set()
        self._error: BaseException | None = None
        self._is_refused = False
        self._has_room = asyncio.Event()
        self._heart: asyncio.TimerHandle | None = None

    async def work(self, documents: Iterator[Document | Failure]) -> None:
        """Work until the documents are used up, `take` says no, or there is a wish to stop."""
        known = 0
        loop = asyncio.get_running_loop()

        def hurry() -> None:
            loop.call_soon_threadsafe(self._hurry)

        self._stop.when_set(hurry)
        self._beat()
        try:
            async for item in self._given_out(documents):
                number, self._begun = self._begun, self._begun + 1
                begun = item if isinstance(item, Failure) else self._recall(item) or self._pipeline.begin(item)
                if not isinstance(begun, Chain):
                    self._finish(number, begun)
                    known += 1
                    if known % _RUN == 0:
                        await asyncio.sleep(0)
                else:
                    self._begin(number, begun)
                    # What was begun is sent before the next one is rendered.
                    await asyncio.sleep(0)
                    await self._room()
                if self._stop.is_set or self._is_over:
                    break
            await self._end()
        finally:
            if self._heart is not None:
                self._heart.cancel()
            await self._cancel()
        if self._error is not None:
            raise self._error
        self._release(everything=True)

    async def _given_out(self, documents: Iterator[Document | Failure]) -> AsyncIterator[Document | Failure]:
        """The documents, as they come; those of a slow source without anybody's waiting for them but `work`."""
        if not self._is_slow:
            for item in documents:
                yield item
            return
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._has_room.set)

        ahead = Ahead(documents, wake)
        try:
            while not ahead.is_over:
                read = ahead.take()
                if read is not None:
                    yield read
                elif self._stop.is_set or self._is_over:
                    return
                else:
                    self._has_room.clear()
                    await self._has_room.wait()
        finally:
            ahead.close()

    def _begin(self, number: int, chain: Chain) -> None:
        task = asyncio.get_running_loop().create_task(self._one(number, chain))
        self._tasks.add(task)

    async def _one(self, number: int, chain: Chain) -> None:
        try:
            self._finish(number, await self._pipeline.finish(chain))
        except Interrupted:
            self._passed.add(number)
        except asyncio.CancelledError:
            raise  # by `work`, which has no use for it any more
        except BaseException as error:
            # Raised again by `work`, in whose task it belongs.
            self._error = self._error or error
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.discard(task)
            self._has_room.set()

    async def _room(self) -> None:
        while len(self._tasks) >= self._places() and not self._stop.is_set and not self._is_over:
            self._has_room.clear()
            await self._has_room.wait()

    @property
    def _is_over(self) -> bool:
        """Whether what is in work is of no use any more."""
        return self._is_refused or self._error is not None

    def _beat(self) -> None:
        # A signal that comes just before the loop goes to sleep would be seen only when something else wakes it.
        self._heart = asyncio.get_running_loop().call_later(_BEAT_S, self._beat)
        try:
            self._tick()
        except Exception as error:
            # The loop would only print it; `work` raises it.
            self._error = self._error or error
            self._has_room.set()

    def _hurry(self) -> None:
        self._pipeline.hurry()
        self._has_room.set()

    def _places(self) -> int:
        return self._pipeline.places(self._size)

    async def _end(self) -> None:
        """Wait for what is in work; a fault that is nobody's document ends the wait."""
        while self._tasks and not self._is_over:
            self._has_room.clear()
            await self._has_room.wait()

    async def _cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    def _finish(self, number: int, result: Result) -> None:
        self._held[number] = result
        self._release(everything=False)

    def _release(self, *, everything: bool) -> None:
        """Hand over what nothing earlier is waited for; also what waits too long, or all that is left."""
        while self._given in self._held or self._given in self._passed:
            self._passed.discard(self._given)
            self._hand(self._held.pop(self._given, None))
            self._given += 1
        if everything or len(self._held) > self._most_held:
            for number in sorted(self._held)[: len(self._held) if everything else len(self._held) - self._most_held]:
                self._passed.add(number)
                self._hand(self._held.pop(number))

    def _hand(self, result: Result | None) -> None:
        if result is None:
            return
        if self._is_refused:
            return
        if not self._take(result):
            self._is_refused = True
            self._has_room.set()
        elif self._stop.is_set:
            # At once: whoever has just been given a slot is not to ask with it.
            self._hurry()
