"""A plan: what a run would ask, and what it would cost and take, before any call is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from math import ceil
from typing import Any

from extract.history import History
from extract.prices import Prices
from extract.request import Usage
from extract.survey import Survey

# The 150 recorded answers to the prompt events in evals/recordings have some 2,000 on average.
GUESSED_COMPLETION = 2000
GUESSED_REASKS = 0.1
# How many requests an adaptive concurrency begins with.
LEAST_AT_ONCE = 4
# A re-ask adds the last answer and what is wrong with it to the first messages.
GUESSED_PROBLEMS = 200


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a plan is reckoned with: the settings that count, and what is known of prices and past answers.

    `concurrency` None finds its own number: 4 are reckoned with. `rpm` and `tpm` are most calls and tokens a minute.
    """

    model: str
    task: str
    max_reasks: int
    max_tokens: int | None
    concurrency: int | None
    prices: Prices
    history: History
    rpm: float | None = None
    tpm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Calls and what they take: tokens, money in `Plan.currency`, seconds; None where it is unknown."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do: `first` without re-asks, `all` with them, and in words what each number is `based_on`."""

    model: str
    prompt: str
    documents: int
    unreadable: int
    known: int
    repeated: int
    missing: int
    reasks: int
    first: Figures
    all: Figures
    currency: str | None
    concurrency: int
    based_on: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money as decimal text, so that it stays exact, what is unknown as null."""
        value = asdict(self)
        for name in ("first", "all"):
            cost = value[name]["cost"]
            value[name]["cost"] = None if cost is None else str(cost)
        return value


def plan(found: Survey, terms: Terms) -> Plan:
    """What the survey comes to on these terms."""
    history = terms.history
    ratio, corrected = _correction(found, history)
    each, length = _completion(terms)
    rate, asked_again = _reasks(terms)
    prompt = round(found.prompt.total * ratio)
    first = _figures(terms, found.calls, prompt, round(found.calls * each))
    reasks = ceil(found.calls * rate)
    reask_prompt = history.reask_prompt.value or (prompt / max(1, found.calls) + each + GUESSED_PROBLEMS)
    reask_each = history.reask_completion.value or each
    both = _figures(
        terms,
        found.calls + reasks,
        prompt + round(reasks * reask_prompt),
        first.completion_tokens + round(reasks * reask_each),
    )
    price = terms.prices.of(terms.model)
    return Plan(
        model=terms.model,
        prompt=terms.task,
        documents=found.documents,
        unreadable=found.unreadable,
        known=found.known,
        repeated=found.repeated,
        missing=found.missing,
        reasks=reasks,
        first=first,
        all=both,
        currency=price.currency if price else None,
        concurrency=terms.concurrency or LEAST_AT_ONCE,
        based_on={
            "prompt_tokens": corrected,
            "completion_tokens": length,
            "reasks": asked_again,
            "cost": _of_cost(terms),
            "seconds": _of_time(terms),
        },
    )


def _figures(terms: Terms, calls: int, prompt: int, completion: int) -> Figures:
    return Figures(
        calls=calls,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=terms.prices.cost(terms.model, Usage(prompt=prompt, completion=completion)),
        seconds=_seconds(terms, calls, prompt),
    )


def _seconds(terms: Terms, calls: int, prompt: int) -> float | None:
    if not calls:
        return 0.0
    spans = []
    if terms.history.latency_s.value is not None:
        # One call takes its time however many could be made beside it.
        spans.append(max(1.0, calls / (terms.concurrency or LEAST_AT_ONCE)) * terms.history.latency_s.value)
    if terms.rpm:
        spans.append(60 * calls / terms.rpm)
    if terms.tpm:
        spans.append(60 * (prompt + calls * (terms.max_tokens or 0)) / terms.tpm)
    return round(max(spans), 1) if spans else None


def _correction(found: Survey, history: History) -> tuple[float, str]:
    """What estimates of prompts are multiplied by: known prompts of these inputs tell it best, then any answers."""
    for ratio, what in ((found.ratio, "prompts of these inputs"), (history.ratio, "cached answers")):
        if ratio.value is not None:
            return ratio.value, f"an estimate, times {ratio.value:.2f} from {ratio.number:,} {what}"
    return 1.0, "an estimate"


def _completion(terms: Terms) -> tuple[float, str]:
    known = terms.history.completion
    if known.value is not None:
        return known.value, _from(known.number)
    guess = min(GUESSED_COMPLETION, terms.max_tokens or GUESSED_COMPLETION)
    return guess, f"a guess: {guess:,} tokens an answer"


def _reasks(terms: Terms) -> tuple[float, str]:
    if terms.max_reasks == 0:
        return 0.0, "--max-reasks is 0"
    if terms.history.reasks is not None:
        return min(terms.history.reasks, terms.max_reasks), _from(terms.history.firsts)
    return GUESSED_REASKS, f"a guess: one for {round(1 / GUESSED_REASKS)} answers"


def _of_cost(terms: Terms) -> str:
    entry = terms.prices.entry(terms.model)
    return terms.prices.missing(terms.model) if entry is None else f'["{entry}"] in {terms.prices.path}'


def _of_time(terms: Terms) -> str:
    number = terms.history.latency_s.number
    if number:
        return _from(number) + ("" if terms.concurrency else "; more at once if the endpoint takes them")
    if terms.rpm or terms.tpm:
        return "at least, by --rpm and --tpm alone"
    return f"no answer of {terms.model} to {terms.task} is cached"


def _from(number: int) -> str:
    return f"from {number:,} cached answer{'' if number == 1 else 's'}"
