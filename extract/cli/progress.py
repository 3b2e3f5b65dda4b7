"""Progress on stderr: a live line on a terminal, plain lines elsewhere; events on stdout and in the run's log."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

import schemas
from extract.cli.cells import LEFT_TO_RIGHT, brief, cells, is_right_to_left, short
from extract.cli.events import Events
from extract.cli.figures import Figures
from extract.cli.lately import Clock, Lately
from extract.cli.output import counted
from extract.document import Failure
from extract.job import Result, Tally
from extract.pipeline import Extraction, Load

if TYPE_CHECKING:
    from rich.status import Status

# Where there is no live line, the first documents are shown one by one; of each kind of failure the first few.
_FIRST, _FAILED = 5, 10
# How often is told how the run stands; for people once a minute when it has gone on for ten.
_EVERY_S, _SELDOM_S, _LONG_S = 10.0, 60.0, 600.0
# A terminal is drawn anew at most so often.
_REDRAW_S = 0.1
# Cells that the spinner and the space behind it take, and the last one, at which some terminals begin a new line.
_SPINNER = 3

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
        self._events = Events(folder, is_json=is_json)
        self._status: Status | None = None
        self._began = self._drawn = self._told = self._said = clock()
        self._tally, self._past, self._seen = Tally(), 0, 0
        self._failed: Counter[str] = Counter()

    def begin(self, past: Tally) -> None:
        """Say that the run begins, or goes on after so many documents."""
        self._tally, self._past, self._seen = past, past.documents, past.documents
        if past.documents and not self._is_quiet:
            self._say(f"going on: {counted(past.documents, 'document')} done before")
        self._events.add("begin", done=past.documents, total=self._total)

    def update(self, result: Result, tally: Tally) -> None:
        """Show what came of one document."""
        self._tally = tally
        if tally.documents > self._seen:
            self._seen = tally.documents
            # Of a replay, every answer is known: those that were shall count.
            self._lately.finished(is_live=self._is_replay or _is_live(result))
        if isinstance(result, Extraction) and self._is_told(result):
            # The mark keeps the number that follows an Arabic id behind it.
            self._say(f"{tally.documents:>5}  {short(result.document.id)}{_mark(result)}: {_found(result)}")
        for failure in [result] if isinstance(result, Failure) else getattr(result, "failures", ()):
            self._fail(failure)
        self.tick()

    def tick(self) -> None:
        """Show how the run stands, if it is time for that; to be called also while nothing is finished."""
        now = self._clock()
        if self._status is not None and now - self._drawn >= _REDRAW_S:
            self._drawn = now
            self._status.update(_one_line(self._figures().line(), self._status.console.width))
        if now - self._told >= _EVERY_S:
            self._told = now
            self._events.add("progress", **self._figures().to_json())
        if now - self._said >= (_EVERY_S if now - self._began < _LONG_S else _SELDOM_S):
            self._said = now
            if self._status is None and not self._is_quiet:
                self._say(self._figures().line())

    def end(self, tally: Tally) -> None:
        """Say that the run has ended."""
        self._tally = tally
        self._events.add("end", **self._figures().to_json(), stopped=tally.stopped)

    def _is_told(self, extraction: Extraction) -> bool:
        """Whether a document has a line of its own; one that only failed is told of as a failure."""
        is_one_of_few = self._tally.documents - self._past <= _FIRST and self._status is None and not self._is_quiet
        return is_one_of_few and (bool(extraction.records) or not extraction.failures)

    def _fail(self, failure: Failure) -> None:
        self._events.add("failed", document=failure.document, kind=failure.kind, message=failure.message)
        if self._tally.stopped:
            # Whoever ended the run says why: that is not to drown in what it led to.
            return
        self._failed[failure.kind] += 1
        if self._failed[failure.kind] <= _FAILED:
            self._say(f"  failed: {short(failure.document)}: {failure.kind}: {brief(failure.message)}")
        elif self._failed[failure.kind] == _FAILED + 1:
            self._say(f"  failed: more of kind {failure.kind}, which are counted from here on; failures.jsonl has all")

    def _say(self, line: str) -> None:
        if self._is_json:
            return
        if self._status is None:
            click.echo(line, err=True)
        else:
            # Above the live line, which else would stand in its way.
            self._status.console.print(line, markup=False, highlight=False)

    def _figures(self) -> Figures:
        return Figures(
            tally=self._tally,
            total=self._total,
            load=self._load(),
            seconds=self._clock() - self._began,
            per_s=self._lately.per_s,
            live_per_s=self._lately.live_per_s,
            left_s=None if self._total is None else self._lately.left_s(self._total - self._tally.documents),
            cost=self._cost(self._tally),
        )

    def __enter__(self) -> Self:
        if not self._is_quiet and not self._is_json and sys.stderr.isatty():
            from rich.console import Console
            from rich.status import Status

            self._status = Status(self._figures().line(), console=Console(stderr=True))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
        self._events.close()


def _is_live(result: Result) -> bool:
    """Whether a document took an endpoint's time."""
    if not isinstance(result, Extraction):
        return False
    return not result.attempts or any(attempt.completion.origin == "live" for attempt in result.attempts)


def _mark(extraction: Extraction) -> str:
    return LEFT_TO_RIGHT if is_right_to_left(cells([(extraction.document.id[:80], "")])) else ""


def _found(extraction: Extraction) -> str:
    kinds = [schemas.name_of(type(grounded.record)) for grounded in extraction.records]
    counts = ", ".join(counted(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no records"
    origin = extraction.attempts[0].completion.origin if extraction.attempts else ""
    again = f", asked {len(extraction.attempts)} times" if len(extraction.attempts) > 1 else ""
    return f"{counts} ({origin}{again})" if origin else counts


def _one_line(line: str, width: int) -> str:
    """As much of a line as stands beside the spinner: a second one would leave its rest behind at each redraw."""
    from rich.text import Text

    text = Text(line)
    text.truncate(width - _SPINNER, overflow="ellipsis")
    return text.plain
