"""What `mahdar batch` prints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from extract.batch.collect import Harvest
from extract.batch.estimate import Estimate
from extract.batch.state import Part, State
from extract.batch.wanted import Standing, Wanted
from extract.cli.batch_desk import run_command, submit_command
from extract.cli.cells import brief, clean, short
from extract.cli.output import counted, duration
from extract.prices import Prices
from extract.request import Usage
from extract.settings import VARIABLES, flag
from extract.spent import Spent

_SHOWN = 3
_ANEW = "; `collect --again` asks for the file anew"


def to_come(part: Part, found: Estimate, name: object = None) -> str:
    """A part that is to be sent, and what it takes."""
    figures = found.figures
    tokens = f"about {_rounded(figures.prompt_tokens)} tokens in, {_rounded(figures.completion_tokens)} out"
    return f"{name or part.name}  {_size(part)}; {tokens}; {_cost(found)}"


def sent(part: Part) -> str:
    """A part that is a batch now."""
    return f"{part.name}  {part.batch_id}  {part.status}"


def what(wanted: Wanted) -> str:
    """What became of the documents of a submission."""
    parts = [f"{wanted.answered:,} answered already"]
    for number, said in (
        (wanted.waiting, "in batches that are under way"),
        (wanted.repeated, "the same as another"),
        (wanted.refused, "would fail again, see *.failed.jsonl"),
        (wanted.unreadable, "unreadable"),
    ):
        if number:
            parts.append(f"{number:,} {said}")
    return f"documents  {wanted.documents + wanted.unreadable:,}: {', '.join(parts)}"


def status(part: Part, now: datetime) -> str:
    """A line about a batch."""
    counts = part.counts
    done = f"{counts.get('completed', 0):,} of {counts.get('total') or part.requests:,} answered"
    failed = f", {counts['failed']:,} failed" if counts.get("failed") else ""
    age = ""
    if part.created is not None:
        age = f", {duration(max(0.0, (now - datetime.fromisoformat(part.created)).total_seconds()))} old"
    collected = ", collected" if part.stage == "collected" else ""
    return (
        f"{part.name}  {part.batch_id or 'not submitted'}  {part.status or part.stage}: {done}{failed}{age}{collected}"
    )


def faults(part: Part) -> Iterator[str]:
    """What the endpoint says is wrong with a batch as a whole."""
    for said in part.faults[:_SHOWN]:
        yield f"{part.name}  {clean(said)}"
    if len(part.faults) > _SHOWN:
        yield f"{part.name}  and {len(part.faults) - _SHOWN:,} more of the kind"


def harvest(name: str, found: Harvest, model: str, prices: Prices) -> Iterator[str]:
    """What the results of a part came to, and what they took."""
    known = f", {found.known:,} known before" if found.known else ""
    yield f"{name}  {counted(found.new, 'new answer')} in the cache{known}"
    if found.spent.answers:
        tokens = f"{found.spent.prompt:,} tokens in, {found.spent.completion:,} out"
        yield f"{name}  spent {tokens} ({_paid(found.spent, model, prices)})"
    odd = (
        (found.torn, "torn"),
        (found.twice, "told twice"),
        (found.foreign, "with a custom_id that is not of this job"),
    )
    for number, said in odd:
        if number:
            yield f"{name}  {counted(number, 'line')} {said}, passed over{_ANEW if said == 'torn' else ''}"
    if not found.failed:
        return
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(found.kinds.items()))
    yield f"{name}  {len(found.failed):,} without an answer: {kinds}; see {name}.failed.jsonl"
    for kind in sorted(found.kinds):
        first = next(failed for failed in found.failed.values() if failed.kind == kind)
        yield f"  {short(first.document)}: {kind}: {brief(first.message)}"


def documents(found: Standing) -> str:
    """How far the documents are."""
    unreadable = f", {found.unreadable:,} unreadable" if found.unreadable else ""
    return (
        f"documents  {found.documents + found.unreadable:,}: {found.done:,} done, {found.again:,} to be asked again, "
        f"{found.unanswered:,} without an answer{unreadable}"
    )


def following(state: State, found: Standing) -> Iterator[str]:
    """The commands that come next."""
    left = found.again + found.unanswered
    if any(part.stage not in ("collected", "exported") for part in state.parts):
        yield f"next       mahdar batch collect {state.folder}"
        yield "           when the batches that are under way are over"
    elif left and state.parts[:1] and state.parts[0].stage != "exported":
        yield f"next       {submit_command(state)}"
        yield f"           asks for the {left:,} in a further batch"
    yield f"next       {run_command(state)}"
    yield (
        f"           asks for the {left:,} live, all else is known"
        if left
        else "           asks for nothing: all is known"
    )
    yield from left_out(state)


def left_out(state: State) -> Iterator[str]:
    """What the next commands lack, if anything: flags whose values are written down nowhere."""
    names = state.asked.get("left_out", [])
    given = [said for name in names for said in _given(name, state)]
    if given:
        variables = ", ".join(VARIABLES[name] for name in names)
        yield f"           with the same {', '.join(given)}, which no file keeps; or set {variables}"


def _given(name: str, state: State) -> list[str]:
    """A flag as it was given, but for its value."""
    return [f"{flag(name)} {each}" for each in state.asked["headers"]] if name == "headers" else [flag(name)]


def age_from(seconds: float) -> datetime:
    """A moment of the system's clock."""
    return datetime.fromtimestamp(seconds, UTC)


def _size(part: Part) -> str:
    return f"{counted(part.requests, 'request')}, {part.bytes / 1e6:.1f} MB"


def _paid(spent: Spent, model: str, prices: Prices) -> str:
    """What answers of batches cost."""
    usage = Usage(prompt=spent.prompt, completion=spent.completion, cached=spent.cached)
    cost = None if spent.uncounted else prices.cost(model, usage, is_batch=True)
    price = prices.of(model)
    return "cost unknown" if cost is None or price is None else f"{cost:.4f} {price.currency} at the price of a batch"


def _cost(found: Estimate) -> str:
    if found.figures.cost is None:
        return f"cost unknown: {found.why}"
    factor = f"{found.factor} of the live price" if found.factor != Decimal(1) else "the live price: no batch factor"
    cost = found.figures.cost
    money = f"{cost:,.2f}" if cost >= 1 else f"{cost:.4f}"
    return f"about {money} {found.currency} ({factor}; {found.why})"


def _rounded(number: int) -> str:
    return f"{round(number, 3 - len(str(number))) if number >= 1000 else number:,}"
