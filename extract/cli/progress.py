"""Progress on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from extract.cli.output import counted
from extract.document import Failure
from extract.job import Tally
from extract.pipeline import Extraction

if TYPE_CHECKING:
    from rich.status import Status

# A log of a long run shows its first documents one by one, then every so many.
_FIRST, _EVERY = 20, 100


class Progress:
    """Shows how a run goes; quiet, it still names what failed."""

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet
        self._status: Status | None = None

    def update(self, result: Extraction | Failure, tally: Tally) -> None:
        """Show what came of one document."""
        failures = [result] if isinstance(result, Failure) else list(result.failures)
        if not self._is_quiet:
            self._show(result, tally)
        for failure in failures:
            click.echo(f"  failed: {failure.document}: {failure.kind}: {failure.message}", err=True)

    def _show(self, result: Extraction | Failure, tally: Tally) -> None:
        if self._status is not None:
            self._status.update(_counts(tally))
        elif isinstance(result, Extraction) and (tally.documents <= _FIRST or tally.documents % _EVERY == 0):
            click.echo(f"{tally.documents:>5}  {result.document.id}: {_found(result)}", err=True)

    def __enter__(self) -> Self:
        if not self._is_quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.status import Status

            self._status = Status("starting", console=Console(stderr=True))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()


def _counts(tally: Tally) -> str:
    records = sum(tally.records.values())
    failed = f", {tally.failed} failed" if tally.failed else ""
    reasked = f", {tally.reasked} asked again" if tally.reasked else ""
    return f"{tally.documents} documents, {records} records{reasked}{failed}"


def _found(extraction: Extraction) -> str:
    kinds = [type(grounded.record).__name__.lower() for grounded in extraction.records]
    counts = ", ".join(counted(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no records"
    origin = extraction.attempts[0].completion.origin if extraction.attempts else ""
    again = f", asked {len(extraction.attempts)} times" if len(extraction.attempts) > 1 else ""
    return f"{counts} ({origin}{again})" if origin else counts
