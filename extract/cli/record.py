"""mahdar record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from extract import compose
from extract.cli import options
from extract.document import Document, Failure
from extract.documents import Metadata, read
from extract.errors import EndpointError
from extract.job import HOPELESS, gather
from extract.pipeline import Extraction
from extract.recordings import Recordings

PARTLY_FAILED = 1


@click.command("record")
@options.inputs
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Recordings.")
@options.settings("prompt")
@options.settings(*options.ENDPOINT)
@options.settings(*options.PATIENCE, "cache", "prompts", "max_chars")
@options.metadata
def command(inputs: tuple[str, ...], *, folder: Path, **flags: Any) -> int:
    """Record the answers that DIR lacks for INPUT, re-asks included.

    What is recorded already is not asked again. A recording holds the whole request and the
    whole answer; nothing is written that holds a key. Errors of an endpoint are not recorded.
    """
    resolved = options.resolved(flags)
    settings = resolved.settings
    about = Metadata(published=flags["published"], source=flags["source"], language=flags["language"])
    documents = read(inputs, defaults=about, max_chars=settings.max_chars)
    before = _paths(folder)
    failed = 0

    def take(result: Extraction | Failure) -> bool:
        nonlocal failed
        if isinstance(result, Extraction):
            _say(result)
            faults = [failure for failure in result.failures if not result.attempts or failure.kind in HOPELESS]
        else:
            faults = [result]
        failed += bool(faults)
        for fault in faults:
            click.echo(f"  failed: {fault.document}: {fault.message}", err=True)
            if fault.kind in HOPELESS:
                raise EndpointError(f"{fault.message}\nnothing more was asked", kind=fault.kind)
        return True

    with compose.pipeline(resolved, record_to=folder) as pipeline:
        gather(documents, pipeline, concurrency=settings.concurrency, take=take)
    click.echo(f"{len(_paths(folder) - before)} new recordings in {folder}/, {len(before)} were there before")
    return PARTLY_FAILED if failed else 0


def _say(extraction: Extraction) -> None:
    document: Document = extraction.document
    origins = [attempt.completion.origin for attempt in extraction.attempts]
    problems = [str(problem) for attempt in extraction.attempts for problem in attempt.verdict.problems]
    click.echo(f"  {document.id}: {', '.join(origins) or 'no answer'}", err=True)
    for problem in problems:
        click.echo(f"    asked again or left: {problem}", err=True)


def _paths(folder: Path) -> set[Path]:
    return set(Recordings(folder).unused()) if folder.is_dir() else set()
