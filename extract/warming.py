"""One tiny request ahead of many: a model is loaded once, and what is wrong is told once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from extract.errors import EndpointError
from extract.request import Form, Request

if TYPE_CHECKING:
    from asyncio import Task

# Faults that every request would meet.
_CERTAIN = frozenset({"key", "model", "path", "quota", "refused"})
# Faults that may be one document's; but this request had none.
_AWAY = frozenset({"timeout", "server", "dropped"})
# Passes of the event loop in which a second request may come.
_MOMENTS = 8


def warm_up(model: str) -> Request:
    """A request for one token, which any server that has this model answers."""
    messages = ({"role": "user", "content": "Say yes."},)
    return Request(model=model, messages=messages, form=Form("", {}), mode="md_json", options={"max_tokens": 1})


class Warming:
    """Holds back the first requests to an endpoint, if there are several, until a tiny one is answered.

    One alone goes ahead: it is its own warm-up. A fault that all would meet is raised to each that waits, and the
    next to come tries anew; any other says that the endpoint is there, and they go.
    """

    def __init__(self, send: Callable[[str], Awaitable[object]]) -> None:
        self._send = send
        self._waiting = 0
        self._task: Task[None] | None = None
        self._is_done = False

    async def before(self, model: str) -> None:
        """Wait until requests may go; EndpointError if it is no use, of a kind that ends a run."""
        from asyncio import create_task, get_running_loop, shield

        if self._is_done:
            return
        if self._task is None or self._task.get_loop() is not get_running_loop():
            self._waiting = 0
            self._task = create_task(self._once(model))
            # Whoever waited may have been given up; then nobody asks for its error.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._waiting += 1
        await shield(self._task)

    async def _once(self, model: str) -> None:
        from asyncio import sleep

        # Who comes in the next moments is of the same job: its reports are made ready one by one.
        for _ in range(_MOMENTS):
            if self._waiting > 1:
                break
            await sleep(0)
        try:
            if self._waiting > 1:
                await self._send(model)
        except EndpointError as error:
            if error.kind in _AWAY:
                error.kind = "refused"
            if error.kind in _CERTAIN:
                raise
        finally:
            self._task = None
        self._is_done = True
