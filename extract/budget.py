"""A run's budget: what the tokens of its calls cost, and when it is to stop."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from extract.errors import ConfigError
from extract.prices import NONE, Prices, load
from extract.request import Usage
from extract.settings import Settings
from extract.spent import KINDS, PAID, Kind, Spent


class Budget:
    """Says what the calls to one model cost, and when a limit is reached.

    `max_cost` is in USD, `max_tokens` counts tokens in and out together; None sets no limit. Cached answers count for
    none. Calls that are under way when a limit is reached still count: the sums may pass it by as many.
    ConfigError where a limit of cost is set and the model has no price in USD.
    """

    def __init__(
        self, model: str, *, max_cost: Decimal | None = None, max_tokens: int | None = None, prices: Prices = NONE
    ) -> None:
        self.model = model
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self.prices = prices
        self._price = prices.of(model)
        self._check()

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit."""
        return self.max_cost is not None or self.max_tokens is not None

    def known_cost(self, spent: Spent) -> Decimal | None:
        """What the tokens cost that were counted; None if the model has no price."""
        usage = Usage(prompt=spent.prompt, completion=spent.completion, cached=spent.cached)
        # Cost is linear in tokens, so that of the sums is the sum of the costs.
        return None if self._price is None else self._price.cost(usage)

    def cost(self, spent: Spent) -> Decimal | None:
        """What the calls cost; None if that of one is unknown."""
        if not spent.answers:
            return Decimal(0)
        return None if spent.uncounted else self.known_cost(spent)

    def exhausted(self, spent: Mapping[Kind, Spent]) -> str | None:
        """Why no further call may be made, or None while one may.

        A limit that cannot be kept counts as reached: where an answer came without numbers of tokens.
        """
        if not self.is_limited:
            return None
        total = _paid(spent)
        if self.max_tokens is not None and total.tokens >= self.max_tokens:
            return f"stopped at --max-total-tokens {self.max_tokens}: {total.tokens:,} used"
        cost = self.known_cost(total)
        if self.max_cost is not None and cost is not None and cost >= self.max_cost:
            return f"stopped at --max-cost {_number(self.max_cost)}: {_number(cost)} USD used"
        # A call that failed has no tokens for the endpoint to count, in most cases.
        if spent["first"].uncounted or spent["reask"].uncounted:
            limit = "--max-cost" if self.max_tokens is None else "--max-total-tokens"
            return f"stopped: {limit} cannot be kept, since the endpoint does not say how many tokens an answer takes"
        return None

    def to_json(self, spent: Mapping[Kind, Spent]) -> dict[str, Any]:
        """Plain JSON values: the limits, the currency, and the sums of each kind and of all paid ones with their cost.

        Costs are decimal text, so that they stay exact, unknown ones null.
        """
        return {
            "max_cost": None if self.max_cost is None else str(self.max_cost),
            "max_total_tokens": self.max_tokens,
            "currency": self._price.currency if self._price else None,
            "spent": {kind: self._shown(spent[kind]) for kind in KINDS},
            "total": self._shown(_paid(spent)),
        }

    def _shown(self, spent: Spent) -> dict[str, Any]:
        cost = self.cost(spent)
        return {**spent.to_json(), "cost": None if cost is None else str(cost)}

    def _check(self) -> None:
        if self.max_cost is None:
            return
        if self._price is None:
            raise ConfigError(f"--max-cost {_number(self.max_cost)} cannot be kept: {self.prices.missing(self.model)}")
        if self._price.currency != "USD":
            raise ConfigError(
                f"--max-cost {_number(self.max_cost)} is in USD, and {self.prices.path} has the price of "
                f"{self.model!r} in {self._price.currency}: give it in USD there, or set --max-total-tokens instead"
            )


def from_settings(settings: Settings, model: str) -> Budget:
    """The budget that the settings ask for, of the model that is to be asked.

    ConfigError if the limit of cost cannot be kept, InputError if the file of prices cannot be used.
    """
    # Through its text: 0.1 is to be a tenth.
    max_cost = None if settings.max_cost is None else Decimal(str(settings.max_cost))
    return Budget(model, max_cost=max_cost, max_tokens=settings.max_total_tokens, prices=load(settings.prices))


def _paid(spent: Mapping[Kind, Spent]) -> Spent:
    return sum((spent[kind] for kind in PAID), Spent())


def _number(value: Decimal) -> str:
    """A number of USD, to the millionth, without zeros that say nothing."""
    text = f"{round(value, 6):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
