"""Turns: work that takes the processor is done one piece at a time, and what the network has brought comes first.

An answer frees its slot as it arrives, and what waits for the slot is sent. Were each answer validated and written
in the same breath, answers that arrive together would hold up all requests that could follow them: a hundred of them
take a tenth of a second, in which the endpoint has nothing to do.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future


class Turns:
    """Lets those who wait go one at a time, in their order; between two of them the event loop serves its sockets."""

    def __init__(self) -> None:
        self._waiting: deque[Future[None]] = deque()
        # The loop in which somebody goes.
        self._loop: AbstractEventLoop | None = None

    async def wait(self) -> None:
        """Wait for a turn. It lasts until the next await."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        if self._loop is not loop:
            # Nobody goes here; whoever waited in another loop, one that has ended, waits no more.
            self._waiting.clear()
            self._loop = loop
            loop.call_soon(self._next)
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                # Its holder goes on in the next pass of the loop, and the one after it in the pass behind that.
                turn.get_loop().call_soon(self._next)
                return
        self._loop = None
