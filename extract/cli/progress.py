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
from extract.cli.output import counted, duration
from extract.document import Failure
from extract.job import Result, Tally
from extract.pipeline import Extraction, Pipeline

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
        pipeline: Pipeline,
        *,
        total: int | None,
        cost: Cost,
        is_quiet: bool = False,
        is_json: bool = False,
    ) -> None:
        self._is_quiet, self._is_json = is_quiet, is_json
        self._pipeline, self._total, self._cost = pipeline, total, cost
        # Unbuffered: what could not be written is not tried again when the file is closed.
        self._log = (folder / LOG).open("ab", buffering=0)
        self._status: Status | None = None
        self._began = self._drawn = self._told = time.monotonic()
        self._past = 0

    def begin(self, past: Tally) -> None:
        """Say that the run begins, or goes on after so many documents."""
        self._past = past.documents
        if past.documents and not self._is_quiet:
            self._say(f"going on: {counted(past.documents, 'document')} done before")
        self._event("begin", done=past.documents, total=self._total)

    def update(self, result: Result, tally: Tally) -> None:
        """Show what came of one document."""
        now = time.monotonic()
        failures = [result] if isinstance(result, Failure) else getattr(result, "failures", ())
        is_new = tally.documents - self._past <= _FIRST
        if self._status is not None:
            if now - self._drawn >= _REDRAW_S:
                self._drawn = now
                self._status.update(self._line(tally))
        elif isinstance(result, Extraction) and not self._is_quiet and is_new and _has_news(result):
            self._say(f"{tally.documents:>5}  {clean(result.document.id)}: {_found(result)}")
        if not is_new and now - self._told >= _EVERY_S:
            self._told = now
            self._event("progress", **self._counts(tally))
            if self._status is None and not self._is_quiet:
                self._say(self._line(tally))
        if tally.stopped:
            return  # whoever ended the run says why
        for failure in failures:
            self._event("failed", document=failure.document, kind=failure.kind, message=failure.message)
            self._say(f"  failed: {clean(failure.document)}: {failure.kind}: {clean(failure.message)}")

    def end(self, tally: Tally) -> None:
        """Say that the run has ended."""
        self._event("end", **self._counts(tally), stopped=tally.stopped, cost=self._cost(tally))

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

    def _counts(self, tally: Tally) -> dict[str, Any]:
        return {
            "documents": tally.documents,
            "total": self._total,
            "failed": tally.failed,
            "records": sum(tally.records.values()),
            "reasked": tally.reasked,
            "answers_from": dict(tally.origins),
            **self._pipeline.load()._asdict(),
            "documents_per_s": round(self._rate(tally), 2),
            "tokens": {"prompt": tally.prompt_tokens, "completion": tally.completion_tokens},
        }

    def _rate(self, tally: Tally) -> float:
        return (tally.documents - self._past) / max(time.monotonic() - self._began, 1e-6)

    def _line(self, tally: Tally) -> str:
        """The state of the run, what matters most first: a narrow terminal cuts the rest."""
        counts, of = self._counts(tally), f" of {self._total:,}" if self._total else ""
        parts = [f"{tally.documents:,}{of} documents", f"{counts['documents_per_s']:,.1f}/s"]
        if self._total and counts["documents_per_s"]:
            parts.append(f"{duration((self._total - tally.documents) / counts['documents_per_s'])} left")
        parts += [f"{counts['in_flight']} in flight"] if counts["in_flight"] else []
        parts += [f"{counts['waiting']} waiting"] if counts["waiting"] else []
        parts += [f"{counts['paced']} paced"] if counts["paced"] else []
        parts += [f"{tally.failed} failed"] if tally.failed else []
        known = tally.origins["cache"] + tally.origins["recording"]
        parts += [f"{known:,} cached"] if known else []
        parts += [f"{tally.reasked} asked again"] if tally.reasked else []
        parts += [f"{tally.paid_tokens:,} tokens"] if tally.paid_tokens else []
        cost = self._cost(tally)
        total = cost["total"]["cost"]
        parts += [f"{float(total):.2f} {cost['currency']}"] if total and float(total) else []
        return ", ".join(parts)

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


def _has_news(extraction: Extraction) -> bool:
    """Whether a document has a line of its own; one that only failed is told of as a failure."""
    return bool(extraction.records) or not extraction.failures


def _found(extraction: Extraction) -> str:
    kinds = [schemas.name_of(type(grounded.record)) for grounded in extraction.records]
    counts = ", ".join(counted(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no records"
    origin = extraction.attempts[0].completion.origin if extraction.attempts else ""
    again = f", asked {len(extraction.attempts)} times" if len(extraction.attempts) > 1 else ""
    return f"{counts} ({origin}{again})" if origin else counts
