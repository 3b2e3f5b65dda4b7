"""mahdar eval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evals import difference, gate, gold, runs, table, why
from extract import compose
from extract.cli import eval_run, options
from extract.cli.judged import judged
from extract.cli.output import shown
from extract.errors import ConfigError, InputError

_RUN = click.Path(path_type=Path, exists=True, file_okay=False)
LABELS = "labels"
_labels = click.option(
    "--labels", default=LABELS, show_default=True, help="Which labels, such as another annotator's: passes/invented."
)


@click.group("eval")
def command() -> None:
    """Score prompts against the labelled documents."""


command.add_command(eval_run.run)


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
@click.option("--why", "field", metavar="FIELD", help="Explain one field, such as meeting.participants.")
@judged
def show(run: Path, document: str, field: str | None, place: Path) -> None:
    """Show the errors of one document, gold and prediction side by side."""
    made, documents = runs.load(run), gold.load(place)
    found = next((each for each in made.score(documents).documents if each.document == document), None)
    if found is None:
        raise InputError(f"{run}: no document {document!r}; there are {', '.join(made.documents[:10])}")
    for line in why.explain(found, field) if field else difference.case(found):
        click.echo(line)


@command.command("matrix")
@click.argument("folders", metavar="RUN...", type=_RUN, nargs=-1, required=True)
@_labels
@judged
def matrix(folders: tuple[Path, ...], labels: str, place: Path) -> None:
    """Runs side by side, each tested against the first."""
    click.echo(table.matrix([runs.load(folder) for folder in folders], gold.load(place, labels=labels)))


@command.command("rescore")
@click.argument("run", type=_RUN)
@click.option("--by", type=click.Choice(["language", "tag"]), help="Scores of parts of the documents instead.")
@_labels
@judged
def rescore(run: Path, by: str | None, labels: str, place: Path) -> None:
    """Score a run again with today's gold and scorer; nothing is asked."""
    made, documents = runs.load(run), gold.load(place, labels=labels)
    if labels != LABELS:
        # Another annotator may have labelled less; the heading says how much is scored.
        made = made.only({each.id for each in documents})
    click.echo(table.slices(made, documents, by) if by else table.scores(made, documents))


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
