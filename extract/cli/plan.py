"""mahdar plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import click

from extract import budget, compose, plan
from extract.cli import options
from extract.document import Document, Failure
from extract.documents import Metadata, read
from extract.history import history
from extract.pipeline import Pipeline
from extract.plan import Plan
from extract.recordings import Recordings
from extract.request import Completion, Request
from extract.settings import Resolved, Settings
from extract.survey import Source, survey


@click.command("plan")
@options.inputs
@options.settings("prompt", "replay", "out")
@options.settings(*options.ENDPOINT, *options.GATEWAY)
@options.settings(*options.PATIENCE, *options.COLD, "cache", "prompts", "max_chars", *options.BUDGET)
@options.no_cache
@options.metadata
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(inputs: tuple[str, ...], *, as_json: bool, **flags: Any) -> None:
    """Say what `mahdar run` with the same options would ask, cost and take; no call is made.

    Every document is read and looked up among the answers that are known. Tokens are estimated, from
    cached answers of the same model and prompt where there are some, and money follows from prices.toml
    (docs/prices.example.toml). "To" stands between the numbers without and with re-asks.
    """
    resolved = options.resolved(flags)
    about = Metadata(published=flags["published"], source=flags["source"], language=flags["language"])
    documents = read(inputs, defaults=about, max_chars=resolved.settings.max_chars)
    with compose.pipeline(resolved, inputs=inputs) as pipeline:
        if not pipeline.is_settled:
            said = f"mode {pipeline.asking.mode} is assumed: a run asks first what the endpoint enforces"
            click.echo(f"mahdar: {said}; so does `mahdar probe`", err=True)
        made = _plan(documents, pipeline, resolved)
    if as_json:
        click.echo(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
        return
    for line in _lines(made, resolved.settings):
        click.echo(line)


def _plan(documents: Iterable[Document | Failure], pipeline: Pipeline, resolved: Resolved) -> Plan:
    settings, asking = resolved.settings, pipeline.asking
    prices = budget.from_settings(settings, asking.model).prices
    cache = None if settings.replay else compose.open_cache(settings)
    recordings = Recordings(settings.replay) if settings.replay else None

    # No row is looked for where there is none.
    filled = cache if cache is not None and len(cache) else None

    def known(request: Request) -> Completion | None:
        if recordings is not None:
            return recordings.find(request)
        return filled.get(request) if filled is not None else None

    source = Source(asks=pipeline.requests_for, known=known, keeps=cache is not None, is_offline=recordings is not None)
    terms = plan.Terms(
        model=asking.model,
        task=pipeline.prompt.name,
        max_reasks=asking.max_reasks,
        max_tokens=asking.options.get("max_tokens"),
        concurrency=settings.concurrency,
        rpm=settings.rpm,
        tpm=settings.tpm,
        prices=prices,
        history=history(filled, asking.model, pipeline.prompt.name),
    )
    try:
        return plan.plan(survey(documents, source), terms)
    finally:
        if cache is not None:
            cache.close()


def _lines(made: Plan, settings: Settings) -> Iterator[str]:
    first, both, why = made.first, made.all, made.based_on
    yield f"plan        {made.prompt}, model {made.model}"
    yield f"documents   {made.documents:,}: {', '.join(_documents(made))}"
    if not first.calls:
        yield "calls       0"
        return
    again = f"{made.reasks:,} re-ask{'' if made.reasks == 1 else 's'}"
    yield f"calls       {first.calls:,}, and about {again} ({why['reasks']})"
    yield f"tokens in   {_range(first.prompt_tokens, both.prompt_tokens)} ({why['prompt_tokens']})"
    yield f"tokens out  {_range(first.completion_tokens, both.completion_tokens)} ({why['completion_tokens']})"
    if first.cost is None or both.cost is None:
        yield f"cost        unknown: {why['cost']}"
    else:
        yield f"cost        {_between(_money(first.cost), _money(both.cost))} {made.currency} ({why['cost']})"
    if first.seconds is None or both.seconds is None:
        yield f"time        unknown: {why['seconds']}"
    else:
        span = _between(_duration(first.seconds), _duration(both.seconds))
        yield f"time        {span}, {made.concurrency} at once ({why['seconds']})"
    yield from _limits(made, settings)


def _documents(made: Plan) -> Iterator[str]:
    yield f"{made.known:,} answered already"
    if made.repeated:
        yield f"{made.repeated:,} the same as another"
    if made.unreadable:
        yield f"{made.unreadable:,} unreadable"
    if made.missing:
        yield f"{made.missing:,} not recorded, and --replay asks nobody"


def _limits(made: Plan, settings: Settings) -> Iterator[str]:
    """What to say where the plan passes a limit."""
    tokens, cost = made.all.prompt_tokens + made.all.completion_tokens, made.all.cost
    if settings.max_total_tokens is not None and tokens > settings.max_total_tokens:
        most = settings.max_total_tokens
        yield f"limit       --max-total-tokens {most} may stop the run: about {_round(tokens):,} are needed"
    if settings.max_cost is not None and cost is not None and cost > Decimal(str(settings.max_cost)):
        yield f"limit       --max-cost {settings.max_cost:g} may stop the run: up to {_money(cost)} USD are needed"


def _range(low: int, high: int) -> str:
    return f"about {_between(f'{_round(low):,}', f'{_round(high):,}')}"


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _round(number: int) -> int:
    """A number to three digits: an estimate has no more."""
    return round(number, 3 - len(str(number))) if number >= 1000 else number


def _money(cost: Decimal) -> str:
    """Money to the cent, a small sum to the hundredth of one."""
    return f"{cost:,.2f}" if cost >= 1 else f"{cost:.4f}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
