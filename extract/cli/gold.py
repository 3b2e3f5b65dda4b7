"""mahdar gold."""

from __future__ import annotations

from pathlib import Path

import click

from evals import gold, runs
from evals.difference import disagreements
from evals.scoring import score
from evals.table import scores_of
from extract.cli.judged import judged
from extract.errors import InputError


@click.group("gold")
def command() -> None:
    """Look after the labelled documents."""


@command.command("check")
@judged
@click.option("--labels", default="labels", show_default=True, help="Which labels, such as passes/a.")
def check(place: Path, labels: str) -> int:
    """Find labels that break their form, their quotes or their dates; exits 1 if there are any."""
    found = gold.load(place, labels=labels)
    problems = [problem for each in found for problem in gold.check(each)]
    for problem in problems:
        click.echo(problem)
    records = sum(len(each.records) for each in found)
    empty = sum(not each.records for each in found)
    splits = ", ".join(f"{sum(each.split == name for each in found)} {name}" for name in gold.SPLITS)
    click.echo(
        f"{len(found)} documents ({splits}; {empty} without records), {records} records, {len(problems)} problems"
    )
    return 1 if problems else 0


@command.command("diff")
@click.argument("a")
@click.argument("b")
@judged
def diff(a: str, b: str, place: Path) -> None:
    """Compare two sets of labels (such as passes/a and passes/b): the agreement between annotators."""
    first = {each.id: each for each in gold.load(place, labels=a)}
    second = {each.id: each for each in gold.load(place, labels=b)}
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise InputError(f"{a} and {b} have no document in common")
    found = score(
        {name: runs.items(first[name]) for name in shared}, {name: runs.items(second[name]) for name in shared}
    )
    click.echo(f"agreement of {b} with {a}: {len(shared)} documents")
    click.echo(scores_of(found))
    for line in disagreements(found):
        click.echo(line)


@command.command("suggest-alias")
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@judged
def suggest_alias(run: Path, place: Path) -> None:
    """Names of a run that are nearly a labelled one: lines to look at, and to add as aliases if they are right."""
    documents = gold.load(place)
    predicted = runs.load(run)
    for document in predicted.score(documents).documents:
        for pair, outcome in document.outcomes("matched"):
            if outcome.label in ("alias_miss", "partial_name"):
                click.echo(
                    f"{document.document}: {pair.type}.{outcome.field}: {outcome.gold!r} ~ {outcome.predicted!r}"
                )
