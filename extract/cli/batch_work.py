"""What submitting, exporting, collecting and importing have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from extract import prices
from extract.batch import estimate
from extract.batch.state import State
from extract.batch.wanted import Wanted, standing
from extract.cli import batch_desk as desks
from extract.cli import batch_text as text
from extract.cli import options
from extract.cli.batch_desk import Desk
from extract.history import history
from extract.plan import Terms

F = TypeVar("F", bound=Callable[..., Any])


def asking(function: F) -> F:
    """The options of `mahdar run` that decide on requests."""
    for add in (
        options.metadata,
        options.no_cache,
        click.option("--reask", is_flag=True, help="Also the next request where a cached answer was invalid."),
        options.settings(*options.PATIENCE, "cache", "prompts", "max_chars", "prices", "batch_lines", "batch_mb"),
        options.settings(*options.ENDPOINT, *options.GATEWAY),
        options.settings("prompt"),
        options.inputs,
    ):
        function = add(function)
    return function


def say_left(state: State, desk: Desk) -> None:
    """Say how many documents still need an answer, and which commands get it."""
    if said := desks.differing(state, desk):
        click.echo(f"documents  not counted: prompt or settings are others now ({said})")
        return
    found = standing(desk.documents(), desk.pipeline)
    for line in (text.documents(found), *text.following(state, found)):
        click.echo(line)


def wanted(desk: Desk, state: State, *, with_reasks: bool) -> Wanted:
    """What is to be asked on behalf of a state."""
    return Wanted(
        pipeline=desk.pipeline,
        cache=desk.cache,
        with_reasks=with_reasks,
        under_way=state.under_way(),
        hopeless=state.hopeless(),
    )


def terms(desk: Desk) -> Terms:
    """What an estimate is reckoned with."""
    asking, task = desk.pipeline.asking, desk.pipeline.prompt.name
    known = history(desk.cache if len(desk.cache) else None, asking.model, task)
    return estimate.terms(asking.model, task, prices.load(desk.settings.prices), known, asking.options)
