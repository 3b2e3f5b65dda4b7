"""What a batch costs, before it is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from extract.history import History
from extract.plan import Figures, Terms, plan
from extract.prices import Prices
from extract.survey import Survey


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens and money of requests in batches; `cost` is None where the model has no price, and `why` says so."""

    figures: Figures
    currency: str | None
    factor: Decimal | None
    why: str


def estimate(found: Survey, terms: Terms) -> Estimate:
    """What these requests take, at the price of a batch and without re-asks, which are further requests."""
    price = terms.prices.of(terms.model)
    made = plan(found, replace(terms, prices=_of_batches(terms.prices), max_reasks=0))
    return Estimate(made.first, made.currency, price.batch if price else None, made.based_on["cost"])


def terms(model: str, task: str, prices: Prices, known: History, options: Mapping[str, object]) -> Terms:
    """What an estimate is reckoned with."""
    longest = options.get("max_tokens")
    return Terms(
        model=model,
        task=task,
        max_reasks=0,
        max_tokens=longest if isinstance(longest, int) else None,
        concurrency=None,
        prices=prices,
        history=known,
    )


def _of_batches(prices: Prices) -> Prices:
    """The same prices with their batch factor in them."""
    entries = {}
    for name, price in prices.entries.items():
        cached = None if price.cached_input is None else price.cached_input * price.batch
        entries[name] = replace(
            price,
            input=price.input * price.batch,
            output=price.output * price.batch,
            cached_input=cached,
            batch=Decimal(1),
        )
    return Prices(entries, prices.path)
