"""Batches: files of chat requests that are answered as those are that come alone, after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.endpoint.batch import Batch, Line, read_lines
from bench.endpoint.codec import dumps
from bench.endpoint.connection import error_value
from bench.endpoint.draws import unit

if TYPE_CHECKING:
    from bench.endpoint.run import Run
    from bench.endpoint.server import Server

# After so many lines others get their turn.
_LINES_AT_ONCE = 100
# A line has no connection that could be cut, slow or silent.
_OF_CONNECTIONS = ("reset", "drip", "hang")


class Batches:
    """All batches there are; they outlive a reset, as files do."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._batches: dict[str, Batch] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        # How often a custom_id has come: what goes wrong with a line once need not go wrong again.
        self._come: dict[str, int] = {}

    def create(self, asked: Any) -> Batch:
        """Begin a batch; ValueError if it names no file that is there, or no endpoint that can be asked."""
        asked = asked if isinstance(asked, Mapping) else {}
        file = self._server.files.get(str(asked.get("input_file_id")))
        if file is None:
            raise ValueError(f"there is no file {asked.get('input_file_id')!r}")
        if asked.get("endpoint") != "/v1/chat/completions":
            raise ValueError("batches are of /v1/chat/completions")
        batch = Batch(id=f"batch_{len(self._batches) + 1:06}", input_file=file.id, asked=asked)
        self._batches[batch.id] = batch
        self._tasks[batch.id] = self._server.loop.create_task(self._work(batch, file.data, self._server.run))
        return batch

    def get(self, id_: str) -> Batch | None:
        """The batch of that id, None if there is none."""
        return self._batches.get(id_)

    def listed(self) -> list[dict[str, Any]]:
        """All batches, the newest first."""
        return [batch.shown() for batch in reversed(self._batches.values())]

    def cancel(self, batch: Batch) -> None:
        """End a batch; the lines that are done keep their results."""
        if not batch.is_over:
            self._tasks[batch.id].cancel()
            batch.move("cancelling")
            self._finish(batch, "cancelled")

    async def _work(self, batch: Batch, data: bytes, run: Run) -> None:
        """Take a batch through its statuses: a fifth of its time for checking, a fifth for the end."""
        seconds = run.options.batch_seconds
        await asyncio.sleep(seconds / 5)
        lines, batch.refusals = read_lines(data)
        batch.total = len(lines)
        if batch.refusals or not lines:
            batch.refusals = batch.refusals or ["the file holds no request"]
            batch.move("failed")
            return
        batch.move("in_progress")
        for start in range(0, len(lines), _LINES_AT_ONCE):
            part = lines[start : start + _LINES_AT_ONCE]
            for line in part:
                self._answer(batch, line, run)
            await asyncio.sleep(seconds * 3 / 5 * len(part) / len(lines))
        batch.move("finalizing")
        await asyncio.sleep(seconds / 5)
        self._finish(batch, "expired" if run.options.batch_expires else "completed")

    def _answer(self, batch: Batch, line: Line, run: Run) -> None:
        """Give a line its result, or what is to come of it instead."""
        options = run.options
        nth = self._come[line.id] = self._come.get(line.id, -1) + 1
        if options.batch_expires and unit(options.seed, "expires", line.id.encode(), nth) < 0.5:
            batch.expire(line)
            return
        run.batch_lines += 1
        drawn = unit(options.seed, "line", line.id.encode(), nth) - options.p_batch_missing
        if drawn < 0:
            run.struck["batch_missing"] += 1
        elif drawn < options.p_batch_error:
            run.struck["batch_error"] += 1
            batch.refuse(line, 500, error_value(500, "The server had an error"))
        else:
            self._ask(batch, line, run)

    def _ask(self, batch: Batch, line: Line, run: Run) -> None:
        """Answer a line as a request of its own would be."""
        body = dumps(line.body)
        try:
            ask = self._server.reader.read(body)
        except ValueError as error:
            batch.refuse(line, 400, error_value(400, str(error)))
            return
        run.asked(ask)
        drawn, _ = run.faults.draw(body, is_reask=ask.is_reask)
        fault = None if drawn in _OF_CONNECTIONS else drawn
        if fault is not None:
            run.struck[fault] += 1
        if fault is not None and fault.isdigit():
            batch.refuse(line, int(fault), error_value(int(fault), "The line could not be answered"))
            return
        reply = self._server.completions.completion(ask, fault)
        if fault is None:
            run.answered(ask)
        # Half a completion would not be JSON, and so no line: it is given as a text.
        batch.answer(line, dumps(reply[: len(reply) // 2].decode("utf-8", "ignore")) if fault == "badbody" else reply)

    def _finish(self, batch: Batch, status: str) -> None:
        """Write the two files, if there is anything for them, and end."""
        files = self._server.files
        if batch.results:
            batch.output_file = files.add(b"".join(batch.results), f"{batch.id}_output.jsonl", "batch_output").id
        if batch.errors:
            batch.error_file = files.add(b"".join(batch.errors), f"{batch.id}_error.jsonl", "batch_output").id
        batch.move(status)
