"""Turns: what takes the processor is done in small portions, and what the network has brought comes first.

An answer frees its slot as it arrives, and what waits for the slot is sent. Were each answer validated and written
in the same breath, answers that arrive together would hold up all requests that could follow them: a hundred of them
take a tenth of a second, in which the endpoint has nothing to do.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

# Between two looks at the sockets there is work for so long, as far as can be told beforehand: shorter portions cost
# more passes of the event loop than they save in waiting.
_PORTION_S = 0.002
_MOST_AT_ONCE = 8
# While answers go on coming, as many may wait; then their work goes on between them.
_MOST_WAITING = 64


class Turns:
    """Lets those who wait go a few at a time, in their order; in between, the event loop serves its sockets.

    `before` is called before some of them go.
    """

    def __init__(
        self, *, before: Callable[[], object] = lambda: None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._before = before
        self._clock = clock
        self._waiting: deque[Future[None]] = deque()
        # The loop in which somebody goes.
        self._loop: AbstractEventLoop | None = None
        self._has_come = False
        self._piece_s = _PORTION_S
        self._began_s, self._given = 0.0, 0

    async def wait(self) -> None:
        """Wait for a turn. It lasts until the next await."""
        from asyncio.events import get_running_loop

        loop = get_running_loop()
        if self._loop is not loop:
            # Nobody goes here; whoever waited in another loop, one that has ended, waits no more.
            self._waiting.clear()
            self._loop, self._given = loop, 0
            loop.call_soon(self._next, loop)
        turn = loop.create_future()
        self._waiting.append(turn)
        self._has_come = True
        await turn

    def _next(self, loop: AbstractEventLoop) -> None:
        if self._given:
            # What the sockets took in that pass counts too: it is work that is to be done in time as well.
            self._piece_s += 0.2 * ((self._clock() - self._began_s) / self._given - self._piece_s)
        self._given = 0
        if self._has_come and len(self._waiting) < _MOST_WAITING:
            self._has_come = False
        elif self._waiting:
            self._give(max(1, min(_MOST_AT_ONCE, int(_PORTION_S / max(self._piece_s, 1e-6)))))
        if self._waiting or self._given:
            # Those who have a turn go on in the next pass of the loop, and others in the pass behind that.
            loop.call_soon(self._next, loop)
        else:
            self._loop = None

    def _give(self, number: int) -> None:
        self._before()
        self._began_s = self._clock()
        while self._waiting and self._given < number:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._given += 1
