"""Progress on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

import schemas
from extract.cli.cells import clean
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
        if tally.stopped:
            return  # whoever ended the run says why
        failures = [result] if isinstance(result, Failure) else list(result.failures)
        if self._status is not None:
            self._status.update(_counts(tally))
        elif isinstance(result, Extraction) and not self._is_quiet and _is_shown(result, tally):
            self._say(f"{tally.documents:>5}  {clean(result.document.id)}: {_found(result)}")
        for failure in failures:
            self._say(f"  failed: {clean(failure.document)}: {failure.kind}: {clean(failure.message)}")

    def _say(self, line: str) -> None:
        if self._status is None:
            click.echo(line, err=True)
        else:
            # Above the live line, which else would stand in its way.
            self._status.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        if not self._is_quiet and sys.stderr.isatty():
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


def _is_shown(extraction: Extraction, tally: Tally) -> bool:
    """Whether a document has a line of its own; one that only failed is told of as a failure."""
    has_news = bool(extraction.records) or not extraction.failures
    return has_news and (tally.documents <= _FIRST or tally.documents % _EVERY == 0)


def _counts(tally: Tally) -> str:
    parts = [counted(tally.documents, "document"), counted(sum(tally.records.values()), "record")]
    parts += [f"{tally.reasked} asked again"] if tally.reasked else []
    parts += [f"{tally.failed} failed"] if tally.failed else []
    return ", ".join(parts)


def _found(extraction: Extraction) -> str:
    kinds = [schemas.name_of(type(grounded.record)) for grounded in extraction.records]
    counts = ", ".join(counted(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no records"
    origin = extraction.attempts[0].completion.origin if extraction.attempts else ""
    again = f", asked {len(extraction.attempts)} times" if len(extraction.attempts) > 1 else ""
    return f"{counts} ({origin}{again})" if origin else counts
