"""Finds out whether a prompt fits a context at all, before a report is asked about part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract.answers import Answers
from extract.errors import EndpointError
from extract.request import Label, Request

if TYPE_CHECKING:
    from asyncio import Task


class Scout:
    """Asks, once an endpoint has refused a report as too long, whether it takes the prompt with next to no report.

    One request for one token, made once and for all documents, and not if one was answered before: what comes back
    is not kept.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._task: Task[EndpointError | None] | None = None
        self._found: tuple[EndpointError | None] | None = None

    async def refusal(self, request: Request, label: Label) -> EndpointError | None:
        """The error that `request`, the least that can be asked, is refused with as too long; None if it is not.

        Any other fault tells nothing, and whoever comes next asks again.
        """
        from asyncio import create_task, get_running_loop, shield

        if self._answers.has_answered:
            return None  # what takes a report takes the prompt
        if self._found is None:
            if self._task is None or self._task.done() or self._task.get_loop() is not get_running_loop():
                self._task = create_task(self._find(request, label))
                self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
            # Whoever waits may be given up; the others wait on, and where there are none nobody asks for its error.
            return await shield(self._task)
        return self._found[0]

    async def _find(self, request: Request, label: Label) -> EndpointError | None:
        refusal = None
        try:
            await self._answers.tried(request, label)
        except EndpointError as error:
            if error.kind != "context":
                return None
            refusal = error
        self._found = (refusal,)
        return refusal
