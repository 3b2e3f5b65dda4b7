"""mahdar batch export, import: requests and results as files, for who sends them otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from extract.batch import collect as collecting
from extract.batch.estimate import estimate
from extract.batch.parts import Limits, Writer
from extract.batch.place import place_of
from extract.batch.state import State, load
from extract.cli import batch_desk as desks
from extract.cli import batch_text as text
from extract.cli import batch_work as work
from extract.cli import options
from extract.errors import ConfigError
from extract.prices import load as load_prices

PARTLY_FAILED = 1


@click.command("export", short_help="Write the requests to a file, for others to send.")
@work.asking
@click.option("--to", "path", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A .jsonl file.")
def export(inputs: tuple[str, ...], *, path: Path, reask: bool, **flags: Any) -> None:
    """Write the requests of INPUT whose answers are not cached to a file of the Batch API's form.

    vLLM's run-batch reads it, and `mahdar batch import` what that writes. Beside it a state file and the keys are kept.
    """
    state_path = _state_path(path)
    if path.exists() and not state_path.exists():
        raise ConfigError(f"{path}: is there already, and no export; choose another file with --to")
    path.parent.mkdir(parents=True, exist_ok=True)
    with desks.opened(inputs, flags) as desk:
        state = State(path=state_path, job=desk.job(), asked=desk.asked(flags))
        wanted = work.wanted(desk, state, with_reasks=reask)
        writer = Writer(state, Limits(), place_of(desk.endpoint), stage="exported")
        for each in (path, path.with_suffix(".failed.jsonl")):
            each.unlink(missing_ok=True)
        parts = list(writer.parts(wanted.requests(desk.documents()), name=path.stem))
        state.save()
        for part, survey in parts:
            click.echo(text.to_come(part, estimate(survey, work.terms(desk)), path))
    click.echo(text.what(wanted))
    if parts:
        click.echo(f"next       mahdar batch import RESULTS.jsonl --for {path}")


@click.command("import", short_help="Take answers from a file of results.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--for", "place", type=click.Path(path_type=Path, exists=True), required=True, help="What was exported.")
@options.settings("base_url", "cache")
def import_(file: Path, *, place: Path, **flags: Any) -> int:
    """Take the answers in FILE, which vLLM's run-batch or the Batch API wrote, into the cache.

    --for names what `mahdar batch export` wrote, or the folder of a submission.
    """
    state = load(_state_path(place) if place.suffix == ".jsonl" else place)
    with desks.reopened(state, flags) as desk:
        labels = {key: label for part in state.parts for key, label in state.labels(part)}
        found = collecting.Taker(desk.cache, desk.endpoint, state.job["model"]).take([file], labels)
        exported = next((part for part in state.parts if part.stage == "exported"), None)
        if exported is not None:
            collecting.note(state, exported, found)
        for line in text.harvest(
            exported.name if exported else file.name, found, state.job["model"], load_prices(desk.settings.prices)
        ):
            click.echo(line)
        work.say_left(state, desk)
    return PARTLY_FAILED if found.failed else 0


def _state_path(path: Path) -> Path:
    if path.suffix != ".jsonl":
        raise ConfigError(f"{path}: the name of a file of requests ends in .jsonl")
    return path.with_suffix(".batch.json")
