"""Progress on stderr: a live line on a terminal, plain lines elsewhere; events on stdout and in the run's log."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

import schemas
from extract.cli.cells import clean
from extract.cli.figures import Figures
from extract.cli.lately import Clock, Lately
from extract.cli.output import counted
from extract.document import Failure
from extract.job import Result, Tally
from extract.pipeline import Extraction, Load

if TYPE_CHECKING:
    from rich.status import Status

LOG = "log.jsonl"
# A log of a long run shows its first documents one by one, then a line every so many seconds.
_FIRST, _EVERY_S = 20, 10.0
# A terminal is drawn anew at most so often.
_REDRAW_S = 0.1

Cost = Callable[[Tally], Mapping[str, Any]]


class Progress:
    """Shows how a run goes; quiet, it still names what failed. What happens is in the run folder's log too."""

    def __init__(
        self,
        folder: Path,
        *,
        load: Callable[[], Load],
        cost: Cost,
        total: int | None,
        is_replay: bool = False,
        is_quiet: bool = False,
        is_json: bool = False,
        clock: Clock = time.monotonic,
    ) -> None:
        self._is_quiet, self._is_json, self._is_replay = is_quiet, is_json, is_replay
        self._load, self._total, self._cost = load, total, cost
        self._clock, self._lately = clock, Lately(clock=clock)
        # Unbuffered: what could not be written is not tried again when the file is closed.
        self._log = (folder / LOG).open("ab", buffering=0)
        self._status: Status | None = None
        self._began = self._drawn = self._told = clock()
        self._past = 0

    def begin(self, past: Tally) -> None:
        """Say that the run begins, or goes on after so many documents."""
        self._past = past.documents
        if past.documents and not self._is_quiet:
            self._say(f"going on: {counted(past.documents, 'document')} done before")
        self._event("begin", done=past.documents, total=self._total)

    def update(self, result: Result, tally: Tally) -> None:
        """Show what came of one document."""
        now = self._clock()
        # Of a replay, every answer is known: those that were shall count.
        self._lately.finished(is_live=self._is_replay or _is_live(result))
        failures = [result] if isinstance(result, Failure) else getattr(result, "failures", ())
        is_new = tally.documents - self._past <= _FIRST
        if self._status is not None:
            if now - self._drawn >= _REDRAW_S:
                self._drawn = now
                self._status.update(self._figures(tally).line())
        elif isinstance(result, Extraction) and not self._is_quiet and is_new and _has_news(result):
            self._say(f"{tally.documents:>5}  {clean(result.document.id)}: {_found(result)}")
        if not is_new and now - self._told >= _EVERY_S:
            self._told = now
            self._event("progress", **self._figures(tally).to_json())
            if self._status is None and not self._is_quiet:
                self._say(self._figures(tally).line())
        if tally.stopped:
            return  # whoever ended the run says why
        for failure in failures:
            self._event("failed", document=failure.document, kind=failure.kind, message=failure.message)
            self._say(f"  failed: {clean(failure.document)}: {failure.kind}: {clean(failure.message)}")

    def end(self, tally: Tally) -> None:
        """Say that the run has ended."""
        self._event("end", **self._figures(tally).to_json(), stopped=tally.stopped)

    def _event(self, name: str, **values: Any) -> None:
        row = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": name, **values}
        line = json.dumps(row, ensure_ascii=False, default=str)
        self._write(line)
        if self._is_json:
            click.echo(line)

    def _write(self, line: str) -> None:
        # A full disk must not end a run for the sake of its log: what matters of it is told elsewhere.
        with suppress(OSError):
            self._log.write(f"{line}\n".encode("utf-8", "backslashreplace"))

    def _say(self, line: str) -> None:
        if self._is_json:
            return
        if self._status is None:
            click.echo(line, err=True)
        else:
            # Above the live line, which else would stand in its way.
            self._status.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _figures(self, tally: Tally) -> Figures:
        return Figures(
            tally=tally,
            total=self._total,
            load=self._load(),
            seconds=self._clock() - self._began,
            per_s=self._lately.per_s,
            live_per_s=self._lately.live_per_s,
            left_s=None if self._total is None else self._lately.left_s(self._total - tally.documents),
            cost=self._cost(tally),
        )

    def __enter__(self) -> Self:
        if not self._is_quiet and not self._is_json and sys.stderr.isatty():
            from rich.console import Console
            from rich.status import Status

            self._status = Status("waiting for the first answer", console=Console(stderr=True))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
        self._log.close()


def _is_live(result: Result) -> bool:
    """Whether a document took an endpoint's time."""
    if not isinstance(result, Extraction):
        return False
    return not result.attempts or any(attempt.completion.origin == "live" for attempt in result.attempts)


def _has_news(extraction: Extraction) -> bool:
    """Whether a document has a line of its own; one that only failed is told of as a failure."""
    return bool(extraction.records) or not extraction.failures


def _found(extraction: Extraction) -> str:
    kinds = [schemas.name_of(type(grounded.record)) for grounded in extraction.records]
    counts = ", ".join(counted(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no records"
    origin = extraction.attempts[0].completion.origin if extraction.attempts else ""
    again = f", asked {len(extraction.attempts)} times" if len(extraction.attempts) > 1 else ""
    return f"{counts} ({origin}{again})" if origin else counts
