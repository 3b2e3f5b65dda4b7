"""mahdar cache check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from evals import gold
from extract import compose
from extract.cli import options
from extract.cli.output import counted
from extract.document import Document
from extract.documents import read
from extract.errors import ConfigError, ReplayMiss
from extract.pipeline import step
from extract.recordings import Recordings

BROKEN = 1
_AGE = click.IntRange(min=1)


@click.command("check", short_help="Check recordings: edited, unreachable, of several models, old.")
@click.argument("inputs", metavar="[INPUT]...", nargs=-1)
@click.option(
    "--recordings",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=gold.FOLDER.parent / "recordings",
    help="Folder of recordings; that of the labelled documents, if none is given.",
)
@click.option("--strict", is_flag=True, help="Fail also for what is only unreachable, mixed or old.")
@click.option("--max-age-days", type=_AGE, default=365, show_default=True, help="Older recordings are told.")
@options.settings("prompts")
def command(inputs: tuple[str, ...], *, folder: Path, strict: bool, max_age_days: int, **flags: Any) -> int:
    """Check the recordings of INPUT, or those of the labelled documents.

    A file that was edited, or lies where replay does not look, is an error (exit 1). A recording that no
    document and prompt asks for any more, prompts recorded with several models, and old recordings are told;
    with --strict they are errors too. Nothing is asked and nothing is changed.
    """
    recordings = Recordings(folder)
    broken = recordings.check()
    doubts: list[str] = []
    if not broken:
        documents = [each for each in read(inputs) if isinstance(each, Document)] if inputs else _labelled()
        doubts = list(_doubts(recordings, documents, flags, max_age_days))
    for line in broken:
        click.echo(f"error: {line}")
    for line in doubts:
        click.echo(f"{'error' if strict else 'warning'}: {line}")
    said = counted(len(broken), "error") if broken else counted(len(doubts), "doubt")
    click.echo(f"{counted(recordings.number, 'recording')} in {folder}: {said}")
    return BROKEN if broken or (strict and doubts) else 0


def _labelled() -> list[Document]:
    return [each.document for each in gold.load()]


def _doubts(recordings: Recordings, documents: Sequence[Document], flags: Any, max_age_days: int) -> Iterator[str]:
    entries = recordings.entries()
    for task in sorted({entry.label.task for entry in entries}):
        mine = [entry for entry in entries if entry.label.task == task]
        models = sorted({entry.request.model for entry in mine})
        if len(models) > 1:
            yield f"{task}: recorded with several models: {', '.join(models)}"
        setups = sorted({(entry.request.model, entry.request.sample) for entry in mine})
        for model, sample in setups:
            settings = {"prompt": task, "model": model, "replay": str(recordings.folder), **flags}
            yield from _asked(recordings, documents, settings, sample)
    for path in recordings.unused():
        yield f"{path}: no document and prompt asks for it any more; remove it, or bring back what it answers"
    now = datetime.now(UTC)
    old = [entry for entry in entries if (now - datetime.fromisoformat(entry.time)).days > max_age_days]
    if old:
        oldest = min(entry.time for entry in old)
        yield f"{counted(len(old), 'recording')} older than {max_age_days} days, the oldest of {oldest[:10]}"


def _asked(
    recordings: Recordings, documents: Sequence[Document], settings: dict[str, Any], sample: int
) -> Iterator[str]:
    """Replay what one model was asked, so that what is used is known; says why a prompt cannot be replayed."""
    task = settings["prompt"]
    try:
        pipeline = compose.pipeline(options.resolved(settings), recordings=recordings, sample=sample)
    except ConfigError as error:
        yield f"{task}: {error}"
        return
    for document in documents:
        if pipeline.knows(document):
            try:
                step(pipeline.extract(document))
            except ReplayMiss:
                yield f"{task}: {document.id}: its re-asks are not all recorded; record it again"
