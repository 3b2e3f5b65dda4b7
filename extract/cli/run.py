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
from extract.errors import MahdarError
from extract.manifest import manifest
from extract.pipeline import Extraction
from extract.settings import Resolved
from extract.store import RunFolder

PARTLY_FAILED = 1


@click.command("run")
@options.inputs
@options.settings("prompt", "replay", "out")
@options.settings(*options.ENDPOINT)
@options.settings(*options.PATIENCE, "cache", "prompts", "max_chars")
@click.option("--no-cache", is_flag=True, help="Neither read nor keep answers; the same as --cache none.")
@options.metadata
@click.option("--quiet", is_flag=True, help="No progress and no table, only what failed.")
def command(inputs: tuple[str, ...], *, no_cache: bool, quiet: bool, **flags: Any) -> int:
    """Extract records from INPUT: files, folders or glob patterns.

    Reads .txt .md .html .jsonl .csv, and .pdf .docx with the extra "files". Writes a run
    folder: records.jsonl, a CSV table for each record type, failures.jsonl, manifest.json.
    Exits 0 if every document was extracted, 1 if some failed.
    """
    if no_cache:
        flags["cache"] = "none"
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
    if not quiet:
        output.listing(found, tally)
        output.summary(tally, folder, time.perf_counter() - clock)
    if tally.stopped:
        raise _stopped(tally, resolved)
    return PARTLY_FAILED if tally.failed else 0


def _new_folder(started: datetime, prompt: str) -> Path:
    return Path("runs") / f"{started.astimezone():%Y%m%dT%H%M%S}-{prompt.replace('/', '-')}"


def _stopped(tally: job.Tally, resolved: Resolved) -> MahdarError:
    from extract.errors import EndpointError

    done = tally.documents - 1
    kept = " answers so far are cached" if resolved.settings.cache else ""
    return EndpointError(
        f"{tally.stopped}\nstopped after {done} documents;{kept or ' no answer is kept'}", kind="stopped"
    )
