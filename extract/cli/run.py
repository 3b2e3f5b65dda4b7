"""mahdar run."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from extract import compose, job
from extract.cli import options, output
from extract.cli.progress import Progress
from extract.documents import Metadata, read
from extract.errors import EndpointError
from extract.manifest import manifest
from extract.pipeline import Extraction
from extract.store import RunFolder

PARTLY_FAILED = 1


@click.command("run")
@options.inputs
@options.settings("prompt", "replay", "out")
@options.settings(*options.ENDPOINT)
@options.settings(*options.PATIENCE, "cache", "prompts", "max_chars")
@options.no_cache
@options.metadata
@click.option("--quiet", is_flag=True, help="No progress and no table, only what failed.")
def command(inputs: tuple[str, ...], *, quiet: bool, **flags: Any) -> int:
    """Extract records from INPUT: files, folders or glob patterns.

    Reads .txt .md .html .jsonl .csv, and .pdf .docx with the extra "files". Writes a run
    folder, a new one below runs/ unless --out names it: records.jsonl, a CSV table for each
    record type, failures.jsonl, manifest.json. Exits 0 if all went well, 1 if something failed.
    """
    resolved = options.resolved(flags)
    settings = resolved.settings
    about = Metadata(published=flags["published"], source=flags["source"], language=flags["language"])
    documents = read(inputs, defaults=about, max_chars=settings.max_chars)
    started, clock = datetime.now(UTC), time.perf_counter()
    with compose.pipeline(resolved, inputs=inputs) as pipeline:
        folder = settings.out or _new_folder(started, pipeline.prompt.name)
        found: list[Extraction] = []
        with RunFolder(folder, pipeline.prompt.records) as store, Progress(is_quiet=quiet) as progress:

            def watch(result: Any, tally: job.Tally) -> None:
                # Only what the table will show is kept: a run may be of millions.
                if isinstance(result, Extraction) and len(found) < output.MAX_DOCUMENTS:
                    found.append(result)
                progress.update(result, tally)

            tally = job.run(documents, pipeline, store, concurrency=settings.concurrency, watch=watch)
            store.finish(
                manifest(pipeline, resolved, inputs, tally, started=started, seconds=time.perf_counter() - clock)
            )
    if tally.stopped:
        raise _stopped(tally, folder, has_cache=settings.cache is not None)
    if not quiet:
        with output.reader():
            output.listing(found, tally)
            output.summary(tally, folder, time.perf_counter() - clock)
    return PARTLY_FAILED if tally.failures else 0


def _new_folder(started: datetime, prompt: str) -> Path:
    return Path("runs") / f"{started.astimezone():%Y%m%dT%H%M%S}-{prompt.replace('/', '-')}"


def _stopped(tally: job.Tally, folder: Path, *, has_cache: bool) -> EndpointError:
    done = tally.documents - 1
    then = "; their answers are cached: the same command goes on from there" if has_cache else ""
    kept = f"stopped after {output.counted(done, 'document')}, see {output.shown(folder)}/{then}"
    return EndpointError(f"{tally.stopped}\n{kept if done else 'nothing was extracted'}", kind="stopped")
