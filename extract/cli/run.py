"""mahdar run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from extract import compose, job
from extract.budget import from_settings
from extract.cli import limits, options, output, retry
from extract.cli.interrupt import Interrupt, interruptible
from extract.cli.progress import Progress
from extract.cli.settle import settled
from extract.derived import Derived
from extract.document import Document, Failure
from extract.documents import Metadata, count, read
from extract.errors import ConfigError, EndpointError, InputError, MahdarError, Stopped, WriteError
from extract.folder import new
from extract.manifest import manifest
from extract.pipeline import Extraction, Pipeline
from extract.settings import Resolved
from extract.slots import LARGEST
from extract.store import RunFolder, is_unfinished
from extract.terms import Job, job_of

PARTLY_FAILED = 1


@click.command("run")
@options.maybe_inputs
@options.settings("prompt", "replay", "out")
@options.settings(*options.ENDPOINT, *options.GATEWAY)
@options.settings(*options.PATIENCE, *options.COLD, "cache", "prompts", "max_chars")
@options.settings(*options.BUDGET)
@options.no_cache
@options.metadata
@limits.max_failures
@click.option(
    "--retry-failed",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="RUN",
    help="Only the documents that failed in this run; INPUT and settings are those of the run if not given.",
)
@click.option("--fresh", is_flag=True, help="Begin anew where an unfinished run would be taken up, or another one is.")
@click.option("--json", "is_json", is_flag=True, help="What happens as JSON lines on stdout, for programs.")
@click.option("--quiet", is_flag=True, help="No progress and no table, only what failed.")
def command(
    inputs: tuple[str, ...],
    *,
    quiet: bool,
    is_json: bool,
    fresh: bool,
    retry_failed: Path | None,
    max_failures: str | None,
    **flags: Any,
) -> int:
    """Extract records from INPUT: files, folders or glob patterns, or - for JSON lines on stdin.

    Reads .txt .md .html .jsonl .csv .parquet, and .pdf .docx with the extra "files". Writes a run
    folder, a new one below runs/ unless --out names it: records.jsonl, a CSV table for each
    record type, failures.jsonl, documents.jsonl, manifest.json, log.jsonl. The same command again
    goes on with a run that was stopped. Exits 0 if all went well, 1 if something failed, 130 if
    it was interrupted.
    """
    again = retry.of(retry_failed, inputs) if retry_failed is not None else None
    if again:
        inputs, flags = again.inputs, again.flags(flags)
    if not inputs:
        raise InputError("no input was given; name files, folders or patterns, or - for stdin", kind="missing")
    resolved = options.resolved(flags)
    if again:
        again.spare(resolved.settings.out)
    done: set[str] = set()
    defaults = Metadata(published=flags["published"], source=flags["source"], language=flags["language"])
    max_chars = resolved.settings.max_chars
    documents = read(inputs, defaults=defaults, max_chars=max_chars, is_done=done.__contains__)
    composed = compose.pipeline(resolved, inputs=inputs)
    with settled(composed, wanted=_at_once(resolved), is_quiet=quiet or is_json) as pipeline, interruptible() as stop:
        run = _Run(resolved, pipeline, inputs, stop)
        limit = limits.of(run.budget, max_failures)
        terms = job_of(pipeline, inputs, defaults=defaults, max_chars=max_chars, retry_of=retry_failed)
        folder = _folder(resolved, terms, is_fresh=fresh)
        with RunFolder(folder, pipeline.prompt.records, job=terms, is_fresh=fresh) as store:
            done.update(store.done)
            if again:
                return run.work(store, again.only(documents), len(again), limit, is_quiet=quiet, is_json=is_json)
            return run.work(store, documents, count(inputs), limit, is_quiet=quiet, is_json=is_json)


class _Run:
    """One run of the command: its clocks, and how it ends."""

    def __init__(self, resolved: Resolved, pipeline: Pipeline, inputs: tuple[str, ...], stop: Interrupt) -> None:
        self._resolved, self._pipeline, self._inputs, self._stop = resolved, pipeline, inputs, stop
        self._started, self._clock = datetime.now(UTC), time.perf_counter()
        self.budget = from_settings(resolved.settings, pipeline.asking.model)

    def work(
        self,
        store: RunFolder,
        documents: Iterable[Document | Failure],
        total: int | None,
        limit: job.Limits,
        *,
        is_quiet: bool,
        is_json: bool,
    ) -> int:
        """Do the job, write the manifest, print what came of it; gives the exit code.

        `total` is how many documents there are, about, None if nobody knows.
        """
        found: list[Extraction] = []
        with Progress(
            store.folder,
            load=self._pipeline.load,
            cost=self._cost,
            total=total,
            is_replay=self._pipeline.is_offline,
            is_quiet=is_quiet,
            is_json=is_json,
        ) as progress:
            progress.begin(store.past)

            def watch(result: job.Result, tally: job.Tally) -> None:
                # Only what the table will show is kept: a run may be of millions.
                if isinstance(result, Extraction) and len(found) < output.MAX_DOCUMENTS:
                    found.append(result)
                progress.update(result, tally)

            tally = job.run(
                documents,
                self._pipeline,
                store,
                concurrency=self._resolved.settings.concurrency or job.FEW,
                watch=watch,
                tick=progress.tick,
                limits=limit,
                stop=self._stop,
                derived=self._derived(),
                shown=output.MAX_DOCUMENTS,
                is_slow="-" in self._inputs,
            )
            store.finish({**self._manifest(tally), "earlier": [*store.earlier]}, is_whole=tally.stopped is None)
            progress.end(tally)
        if tally.stopped:
            raise self._stopped(tally, store, total, is_limited=limit.reached(tally) is not None)
        if not is_quiet and not is_json:
            with output.reader():
                output.listing(found, tally)
                output.summary(tally, store.folder, time.perf_counter() - self._clock, self._cost(tally))
        return PARTLY_FAILED if tally.failures else 0

    def _cost(self, tally: job.Tally) -> dict[str, Any]:
        return self.budget.to_json(tally.spent)

    def _derived(self) -> Derived | None:
        settings = self._resolved.settings
        if settings.cache is None or settings.replay is not None:
            return None
        return Derived(settings.cache, job_of(self._pipeline, ()))

    def _manifest(self, tally: job.Tally) -> Mapping[str, Any]:
        seconds = time.perf_counter() - self._clock
        made = manifest(self._pipeline, self._resolved, self._inputs, tally, started=self._started, seconds=seconds)
        return {**made, "cost": self._cost(tally)}

    def _stopped(self, tally: job.Tally, store: RunFolder, total: int | None, *, is_limited: bool) -> MahdarError:
        """What is said of a run that has ended early: how far it came, and how much is left."""
        done = tally.documents - tally.unfinished
        of = f"{done:,} of {total:,} documents" if total and total > done else output.counted(done, "document")
        way = "with a higher limit, or none, the same command" if is_limited else "the same command"
        kept = f"stopped after {of}, see {output.shown(store.folder)}/; {way} goes on from there"
        said = f"{tally.stopped}\n{kept if done else 'nothing was extracted'}"
        if self._stop.is_interrupted:
            return Stopped(said)
        is_ours = tally.stopped in (store.fault, self._pipeline.fault())
        return WriteError(said) if is_ours else EndpointError(said, kind="stopped")


def _at_once(resolved: Resolved) -> int:
    """How many requests are to be on their way at the same time, at most."""
    given = resolved.settings.concurrency
    return given if isinstance(given, int) else LARGEST


def _folder(resolved: Resolved, terms: Job, *, is_fresh: bool) -> Path:
    """The folder that was asked for, else that of an unfinished run of the same job, else a new one."""
    if resolved.settings.out is not None:
        return resolved.settings.out
    root = Path("runs")
    name = terms["prompt"].replace("/", "-")
    if not is_fresh:
        for folder in _unfinished(root, name):
            if terms == folder[1]:
                return folder[0]
    return new(root, f"{datetime.now().astimezone():%Y%m%dT%H%M%S}-{name}")


def _unfinished(root: Path, name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Unfinished runs, the newest first, with their jobs."""
    from extract.journal import Past

    for folder in sorted(root.glob(f"*-{name}*"), reverse=True):
        if is_unfinished(folder):
            try:
                yield folder, Past(folder / "journal.jsonl").job
            except ConfigError:
                continue
