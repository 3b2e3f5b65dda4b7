"""mahdar batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from extract.batch import collect as collecting
from extract.batch.api import Api
from extract.batch.estimate import estimate
from extract.batch.parts import Limits, Writer
from extract.batch.place import place_of
from extract.batch.state import State, load
from extract.batch.submit import drop, send, unsent
from extract.batch.wanted import Wanted
from extract.cli import batch_desk as desks
from extract.cli import batch_files, options
from extract.cli import batch_text as text
from extract.cli import batch_work as work
from extract.cli.batch_desk import Desk
from extract.client import Endpoint
from extract.errors import InputError
from extract.prices import load as load_prices

PARTLY_FAILED = 1
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@click.group("batch")
def command() -> None:
    """Ask through the OpenAI Batch API, or through files for vLLM's run-batch.

    The answers come into the same cache that `mahdar run` reads: after a batch it asks only for what is missing.
    """


command.add_command(batch_files.export)
command.add_command(batch_files.import_)


def _about(function: F) -> F:
    """The argument FOLDER, and where to ask about it."""
    patience = ("timeout_s", "connect_timeout_s", "max_tries")
    settings = options.settings("base_url", "api_key", *options.GATEWAY, *patience, "cache")
    place = click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="FOLDER")
    return place(settings(function))


@command.command("submit", short_help="Submit the requests whose answers are not known.")
@work.asking
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of it.")
def submit(inputs: tuple[str, ...], *, folder: Path, reask: bool, **flags: Any) -> None:
    """Submit the first request of every document of INPUT whose answer is not cached.

    FOLDER remembers what was submitted: the same command again goes on where it broke off, sends nothing twice, and
    submits again what expired or failed in a way that may pass.
    """
    if "-" in inputs:
        raise InputError("a batch reads INPUT again when it is collected: write stdin to a file first", kind="batch")
    with desks.opened(inputs, flags) as desk, desks.locked(folder):
        state = desks.begun(folder, desk, flags)
        state.save()
        wanted = work.wanted(desk, state, with_reasks=reask)
        asyncio.run(_submit(desk, state, wanted))
        click.echo(text.what(wanted))
    if state.parts:
        click.echo(f"next       mahdar batch collect {folder}")
        for line in text.left_out(state):
            click.echo(line)


async def _submit(desk: Desk, state: State, wanted: Wanted) -> None:
    settings, api = desk.settings, Api(desk.endpoint, desk.pipeline.asking.model)
    try:
        for part in unsent(state):
            await send(state, part, api)
            click.echo(text.sent(part))
        limits = Limits(lines=settings.batch_lines, bytes=round(settings.batch_mb * 1e6))
        terms_ = work.terms(desk)
        for part, survey in Writer(state, limits, place_of(desk.endpoint)).parts(wanted.requests(desk.documents())):
            click.echo(text.to_come(part, estimate(survey, terms_)))
            await send(state, part, api)
            click.echo(text.sent(part))
    finally:
        await api.close()


@command.command("status", short_help="Say how far the batches of a folder are.")
@_about
def status(folder: Path, **flags: Any) -> None:
    """Ask how far the batches of FOLDER are: a line for each."""
    state = load(folder)
    with desks.locked(folder):
        _with(state, desks.reached(state, flags), lambda api: collecting.ask(state, api))
    now = text.age_from(time.time())
    for part in state.parts:
        click.echo(text.status(part, now))
        for line in text.faults(part):
            click.echo(line)


@command.command("cancel", short_help="End the batches of a folder.")
@_about
def cancel(folder: Path, **flags: Any) -> None:
    """End the batches of FOLDER that are not over; what is answered by then can be collected."""
    state = load(folder)
    with desks.locked(folder):
        _with(state, desks.reached(state, flags), lambda api: drop(state, api))
    now = text.age_from(time.time())
    for part in state.parts:
        click.echo(text.status(part, now))
    click.echo(f"next       mahdar batch collect {folder}")


@command.command("collect", short_help="Take the answers of a folder's batches into the cache.")
@_about
@click.option("--wait", is_flag=True, help="Wait until all batches are over.")
@click.option("--again", is_flag=True, help="Also what was collected before, should the cache have lost it.")
@click.option("--every", "every_s", type=click.FloatRange(min=0), default=60.0, metavar="S", help="Ask so often. [60]")
def collect(folder: Path, *, wait: bool, again: bool, every_s: float, **flags: Any) -> int:
    """Take the answers of the batches of FOLDER that are over into the cache, and say what is left.

    Expired and cancelled batches give what they have; the rest is submitted again by the next `mahdar batch submit`.
    """
    state = load(folder)
    with desks.locked(folder), desks.reopened(state, flags) as desk:
        if again:
            for part in state.parts:
                part.stage = "created" if part.stage == "collected" and part.batch_id else part.stage
        is_bad = _with(state, desk.endpoint, lambda api: _collect(state, desk, api, every_s if wait else None))
        work.say_left(state, desk)
    return PARTLY_FAILED if is_bad else 0


async def _collect(state: State, desk: Desk, api: Api, every_s: float | None) -> bool:
    """Collect what is over; says whether something got no answer."""
    await (collecting.ask(state, api) if every_s is None else collecting.wait(state, api, every_s))
    taker = collecting.Taker(desk.cache, desk.endpoint, state.job["model"])
    is_bad, now = False, text.age_from(time.time())
    for part in state.parts:
        click.echo(text.status(part, now))
        for line in text.faults(part):
            click.echo(line)
        if part.stage != "created" or not part.is_over:
            continue
        files, lost = await collecting.fetch(state, part, api), f"there is no result for it; its batch is {part.status}"
        found = taker.take(files, dict(state.labels(part)), lost=lost)
        collecting.note(state, part, found)
        is_bad = is_bad or bool(found.failed)
        for line in text.harvest(part.name, found, state.job["model"], load_prices(desk.settings.prices)):
            click.echo(line)
    return is_bad


def _with(state: State, endpoint: Endpoint, work: Callable[[Api], Awaitable[T]]) -> T:
    """Do some work with the endpoint that a state was submitted to."""
    if names := desks.forgotten(state, endpoint):
        said = "submitted with headers that are not given now"
        click.echo(f"mahdar: warning: {said}: {', '.join(names)}; see --header and MAHDAR_HEADERS", err=True)

    async def go() -> T:
        api = Api(endpoint, state.job["model"])
        try:
            return await work(api)
        finally:
            await api.close()

    return asyncio.run(go())
