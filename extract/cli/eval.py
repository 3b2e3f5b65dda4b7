"""mahdar eval."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from evals import difference, gate, gold, ledger, runs, table
from evals.gold import GoldDocument
from extract import compose, job
from extract.cli import options
from extract.cli.judged import judged
from extract.cli.output import shown
from extract.errors import ConfigError, InputError
from extract.manifest import manifest
from extract.pipeline import Pipeline
from extract.settings import Resolved
from extract.store import RunFolder
from extract.tokens import estimate

RECORDINGS = gold.FOLDER.parent / "recordings"
_RUN = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("eval")
def command() -> None:
    """Score prompts against the labelled documents."""


@command.command("run")
@options.settings("prompt", "out")
@options.settings(*options.ENDPOINT)
@options.settings(*options.PATIENCE, "cache", "prompts")
@click.option(
    "--split", type=click.Choice([*gold.SPLITS, "all"]), default="dev", show_default=True, help="Which documents."
)
@click.option("--docs", help="Only these documents: ids, separated by commas.")
@click.option(
    "--recordings", type=click.Path(path_type=Path, file_okay=False), default=RECORDINGS, help="Where answers are kept."
)
@click.option("--ledger/--no-ledger", "is_kept", default=True, help="Write a line into the ledger.")
@judged
def run(*, split: str, docs: str | None, recordings: Path, is_kept: bool, place: Path, **flags: Any) -> int:
    """Extract from the labelled documents and score the records.

    Recorded and cached answers come first. Without --base-url nothing else is asked; with it,
    what is missing is asked, and recorded: the number of calls is said before any is made.
    """
    if not flags.get("base_url"):
        flags["replay"] = str(recordings)
    resolved = options.resolved(flags)
    documents = _chosen(gold.load(place), split, docs)
    record_to = recordings if resolved.settings.replay is None else None
    with compose.pipeline(resolved, record_to=record_to) as pipeline:
        if record_to is not None:
            _announce(pipeline, documents)
        folder = resolved.settings.out or Path("runs") / "eval" / f"{pipeline.prompt.name.replace('/', '-')}-{split}"
        tally = _extract(pipeline, documents, folder, split, resolved)
    if tally.stopped:
        raise InputError(f"the run stopped: {tally.stopped}")
    made = runs.load(folder)
    click.echo(table.scores(made, documents))
    if is_kept and docs is None:
        ledger.add(made, documents)
        if split == "test":
            click.echo(f"the test split has been looked at {ledger.looks()} times")
    click.echo(f"run: {shown(folder)}")
    return 0


def _extract(
    pipeline: Pipeline, documents: Sequence[GoldDocument], folder: Path, split: str, resolved: Resolved
) -> job.Tally:
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    with RunFolder(folder, pipeline.prompt.records) as store:
        tally = job.run(
            (each.document for each in documents),
            pipeline,
            store,
            concurrency=resolved.settings.concurrency,
            watch=lambda _result, _tally: None,
        )
        about = {"split": split, "documents": [each.id for each in documents]}
        (folder / runs.EVALUATION).write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")
        seconds = (datetime.now(UTC) - started).total_seconds()
        store.finish(manifest(pipeline, resolved, (), tally, started=started, seconds=seconds))
    return tally


def _announce(pipeline: Pipeline, documents: Sequence[GoldDocument]) -> None:
    """Say how much is to be asked before anything is."""
    missing = [each for each in documents if not pipeline.knows(each.document)]
    requests = [pipeline.request_for(each.document) for each in missing]
    tokens = sum(estimate(str(message["content"])) for request in requests for message in request.messages)
    click.echo(
        f"{len(documents)} documents: {len(documents) - len(missing)} answered already, {len(missing)} calls to make "
        f"(about {tokens:,} tokens in), re-asks aside",
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


@command.command("diff")
@click.argument("a", type=_RUN)
@click.argument("b", type=_RUN)
@click.option("--field", "name", help="Only this field, such as meeting.date.")
@click.option("--worse", is_flag=True, help="Only documents that got worse.")
@judged
def diff(a: Path, b: Path, name: str | None, worse: bool, place: Path) -> None:
    """Compare two runs case by case: what got better or worse, and in which field."""
    for line in difference.between(runs.load(a), runs.load(b), gold.load(place), name=name, only_worse=worse):
        click.echo(line)


@command.command("show")
@click.argument("run", type=_RUN)
@click.argument("document")
@judged
def show(run: Path, document: str, place: Path) -> None:
    """Show the errors of one document, gold and prediction side by side."""
    made, documents = runs.load(run), gold.load(place)
    found = next((each for each in made.score(documents).documents if each.document == document), None)
    if found is None:
        raise InputError(f"{run}: no document {document!r}; there are {', '.join(made.documents[:10])}")
    for line in difference.case(found):
        click.echo(line)


@command.command("matrix")
@click.argument("folders", metavar="RUN...", type=_RUN, nargs=-1, required=True)
@judged
def matrix(folders: tuple[Path, ...], place: Path) -> None:
    """Runs side by side, each tested against the first."""
    click.echo(table.matrix([runs.load(folder) for folder in folders], gold.load(place)))


@command.command("rescore")
@click.argument("run", type=_RUN)
@judged
def rescore(run: Path, place: Path) -> None:
    """Score a run again with today's gold and scorer; nothing is asked."""
    click.echo(table.scores(runs.load(run), gold.load(place)))


@command.command("gate")
@click.argument("run", type=_RUN)
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), default=gate.BASELINE, help="The baseline."
)
@click.option("--delta", type=float, default=gate.DELTA, show_default=True, help="Drop of F1 that is let pass.")
@judged
def gate_(run: Path, baseline: Path, delta: float, place: Path) -> int:
    """Compare a run with the baseline; prints Markdown, exits 0 (pass), 1 (regression) or 2 (cannot judge)."""
    try:
        verdict = gate.judge(runs.load(run), gold.load(place), gate.read(baseline), delta=delta)
    except (InputError, ConfigError) as error:
        verdict = gate.Verdict(outcome="cannot judge", reasons=(str(error),))
    click.echo(verdict.markdown())
    return gate.EXIT[verdict.outcome]


@command.command("accept")
@click.argument("run", type=_RUN)
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), default=gate.BASELINE, help="The baseline."
)
@judged
def accept(run: Path, baseline: Path, place: Path) -> None:
    """Make a run the baseline; baselines never move by themselves."""
    gate.accept(runs.load(run), gold.load(place), baseline)
    click.echo(f"{baseline.name}: {shown(run)} is the baseline now")


@command.command("report")
@click.argument("folders", metavar="RUN...", type=_RUN, nargs=-1, required=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default="report.html", show_default=True
)
@judged
def report(folders: tuple[Path, ...], output: Path, place: Path) -> None:
    """Write one self-contained HTML file: scores, fields, and every document with gold and prediction."""
    from evals import report as pages

    page = pages.html([runs.load(folder) for folder in folders], gold.load(place))
    output.write_text(page, encoding="utf-8")
    click.echo(f"{output}: {len(page.encode()):,} bytes")


@command.command("damage")
@options.settings("prompt", "prompts")
@click.option("--random-seed", type=int, default=0, show_default=True, help="Seed of the damages.")
@judged
def damage(random_seed: int, place: Path, **flags: Any) -> None:
    """Damage the labels on purpose and say which share of each kind is caught by what.

    validation and grounding send an answer back to the model; score finds only what is labelled.
    """
    from evals import damage as damages
    from extract import prompt as prompts

    settings = options.resolved(flags).settings
    prompt = prompts.load(settings.prompt, compose.folders(settings))
    click.echo(damages.table(damages.assess(gold.load(place), prompt, random_seed=random_seed)))
