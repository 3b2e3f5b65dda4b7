"""mahdar record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from extract import compose
from extract.cli import options
from extract.cli.cells import brief, clean, short
from extract.cli.output import counted
from extract.cli.settle import settled
from extract.document import Failure
from extract.documents import Metadata, read
from extract.errors import EndpointError
from extract.job import FEW, HOPELESS, Result, gather
from extract.pipeline import Extraction
from extract.recordings import Recordings

PARTLY_FAILED = 1


@click.command("record")
@options.inputs
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Recordings.")
@options.settings("prompt")
@options.settings(*options.ENDPOINT, *options.GATEWAY)
@options.settings(*options.PATIENCE, *options.COLD, "cache", "prompts", "max_chars")
@options.no_cache
@options.metadata
def command(inputs: tuple[str, ...], *, folder: Path, **flags: Any) -> int:
    """Record the answers that DIR lacks for INPUT, re-asks included.

    What is recorded already is not asked again. A recording holds the whole request and the
    whole answer; nothing is written that holds a key. Errors of an endpoint are not recorded.
    """
    # Whoever records wants to ask, even where a settings file says to replay.
    resolved = options.resolved({**flags, "replay": "none"})
    settings = resolved.settings
    about = Metadata(published=flags["published"], source=flags["source"], language=flags["language"])
    documents = read(inputs, defaults=about, max_chars=settings.max_chars)
    before = _paths(folder)
    faults: list[Failure] = []

    def take(result: Result) -> bool:
        if isinstance(result, Extraction):
            _say(result)
        new = _faults(result, settings.max_reasks) if isinstance(result, Extraction | Failure) else []
        for fault in new:
            click.echo(f"  failed: {short(fault.document)}: {fault.kind}: {brief(fault.message)}", err=True)
        faults.extend(new)
        return not any(fault.kind in HOPELESS for fault in new)

    with settled(compose.pipeline(resolved, record_to=folder)) as pipeline:
        gather(documents, pipeline, concurrency=settings.concurrency or FEW, take=take)
    new = counted(len(_paths(folder) - before), "new recording")
    click.echo(f"{new} in {folder}/, which held {len(before)} before")
    if faults and faults[-1].kind in HOPELESS:
        raise EndpointError(f"{faults[-1].message}\nnothing more was asked", kind=faults[-1].kind)
    return PARTLY_FAILED if faults else 0


def _faults(result: Extraction | Failure, max_reasks: int) -> list[Failure]:
    """Why the recordings of a document are not whole; what is wrong with an answer is no such reason."""
    if isinstance(result, Failure):
        return [result]
    attempts = result.attempts
    is_whole = bool(attempts) and (attempts[-1].verdict.is_final or len(attempts) > max_reasks)
    # The failure that ended the asking comes after those of the answers.
    return [] if is_whole else list(result.failures[-1:])


def _say(extraction: Extraction) -> None:
    origins = [attempt.completion.origin for attempt in extraction.attempts]
    click.echo(f"  {short(extraction.document.id)}: {', '.join(origins) or 'no answer'}", err=True)
    for attempt in extraction.attempts:
        for problem in attempt.verdict.problems:
            click.echo(f"    asked again or left: {clean(str(problem))}", err=True)


def _paths(folder: Path) -> set[Path]:
    return set(Recordings(folder).unused()) if folder.is_dir() else set()
