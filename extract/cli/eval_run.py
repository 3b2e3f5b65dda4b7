"""mahdar eval run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from evals import gold, ledger, repeats, runs, table
from evals.gold import GoldDocument
from extract import compose, job
from extract.cli import options
from extract.cli.judged import judged
from extract.cli.output import shown
from extract.cli.settle import settled
from extract.errors import InputError
from extract.manifest import manifest
from extract.pipeline import Pipeline
from extract.settings import Resolved
from extract.store import RunFolder
from extract.tokens import estimate

RECORDINGS = gold.FOLDER.parent / "recordings"


@click.command("run")
@options.settings("prompt", "out")
@options.settings(*options.ENDPOINT, *options.GATEWAY)
@options.settings(*options.PATIENCE, *options.COLD, "cache", "prompts")
@click.option(
    "--split", type=click.Choice([*gold.SPLITS, "all"]), default="dev", show_default=True, help="Which documents."
)
@click.option("--docs", help="Only these documents: ids, separated by commas.")
@click.option(
    "--recordings", type=click.Path(path_type=Path, file_okay=False), default=RECORDINGS, help="Where answers are kept."
)
@click.option("--ledger/--no-ledger", "is_kept", default=True, help="Write a line into the ledger.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, help="Samples of each answer.")
@judged
def run(
    *, split: str, docs: str | None, recordings: Path, is_kept: bool, repeat: int, place: Path, **flags: Any
) -> int:
    """Extract from the labelled documents and score the records.

    Recorded and cached answers come first. Without --base-url nothing else is asked; with it,
    what is missing is asked, and recorded: the number of calls is said before any is made.
    With --repeat K, K samples of every answer are kept, and what differs between them is printed.
    """
    if not flags.get("base_url"):
        flags["replay"] = str(recordings)
    resolved = options.resolved(flags)
    documents = _chosen(gold.load(place), split, docs)
    samples = [_sample(index, documents, split, recordings, resolved) for index in range(repeat)]
    click.echo(table.scores(samples[0], documents))
    if repeat > 1:
        _compare(samples, documents)
    if is_kept and docs is None:
        ledger.add(samples[0], documents)
        if split == "test":
            click.echo(f"the test split has been looked at {ledger.looks()} times")
    click.echo(f"run: {shown(samples[0].folder)}")
    return 0


def _sample(
    index: int, documents: Sequence[GoldDocument], split: str, recordings: Path, resolved: Resolved
) -> runs.Run:
    """One pass over the documents; the first sample's folder holds those of the others."""
    record_to = recordings if resolved.settings.replay is None else None
    with settled(compose.pipeline(resolved, record_to=record_to, sample=index)) as pipeline:
        if record_to is not None:
            _announce(pipeline, documents, index)
        folder = resolved.settings.out or Path("runs") / "eval" / f"{pipeline.prompt.name.replace('/', '-')}-{split}"
        folder = folder / "samples" / str(index) if index else folder
        tally = _extract(pipeline, documents, folder, split, resolved)
    if tally.stopped:
        raise InputError(f"the run stopped: {tally.stopped}")
    return runs.load(folder)


def _compare(samples: Sequence[runs.Run], documents: Sequence[GoldDocument]) -> None:
    said = [sample.said() for sample in samples]
    scores = [sample.score(documents, said=each) for sample, each in zip(samples, said, strict=True)]
    for line in repeats.lines(repeats.flips(said, scores), repeats.confidence(said, scores[0])):
        click.echo(line)


def _extract(
    pipeline: Pipeline, documents: Sequence[GoldDocument], folder: Path, split: str, resolved: Resolved
) -> job.Tally:
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    # Nothing of an evaluation that was killed is taken up, which may have asked another model: its answers are cached.
    with RunFolder(folder, pipeline.prompt.records, is_fresh=True) as store:
        tally = job.run(
            (each.document for each in documents),
            pipeline,
            store,
            concurrency=resolved.settings.concurrency or job.FEW,
            watch=lambda _result, _tally: None,
        )
        about = {"split": split, "documents": [each.id for each in documents]}
        (folder / runs.EVALUATION).write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")
        seconds = (datetime.now(UTC) - started).total_seconds()
        store.finish(manifest(pipeline, resolved, (), tally, started=started, seconds=seconds))
    return tally


def _announce(pipeline: Pipeline, documents: Sequence[GoldDocument], sample: int) -> None:
    """Say how much is to be asked before anything is."""
    missing = [each for each in documents if not pipeline.knows(each.document)]
    requests = [pipeline.request_for(each.document) for each in missing]
    tokens = sum(estimate(str(message["content"])) for request in requests for message in request.messages)
    which = f"sample {sample + 1}: " if sample else ""
    click.echo(
        f"{which}{len(documents)} documents: {len(documents) - len(missing)} answered already, "
        f"{len(missing)} calls to make (about {tokens:,} tokens in), re-asks aside",
        err=True,
    )


def _chosen(documents: Sequence[GoldDocument], split: str, docs: str | None) -> list[GoldDocument]:
    names = {name.strip() for name in docs.split(",")} if docs else None
    if names is not None and (unknown := names - {each.id for each in documents}):
        raise InputError(f"no labels for {', '.join(sorted(unknown))}")
    wanted = [each for each in documents if split in ("all", each.split) and (names is None or each.id in names)]
    if not wanted:
        raise InputError(f"no labelled documents in the {split} split")
    return wanted
