"""A run's budget: the tokens and the money that its calls have taken, and when it is to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from extract.errors import ConfigError
from extract.prices import NONE, Prices, load
from extract.request import Usage
from extract.settings import Settings

Kind = Literal["first", "reask", "failed", "cached"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Cached and recorded answers cost nothing now: they are summed up, but no limit counts them.
PAID: tuple[Kind, ...] = ("first", "reask", "failed")


@dataclass(slots=True)
class Spent:
    """Sums over calls: tokens as far as they were counted, `known_cost` of those whose cost is known.

    `uncounted` calls came without numbers of tokens, `unpriced` ones have an unknown cost.
    """

    calls: int = 0
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    uncounted: int = 0
    unpriced: int = 0
    known_cost: Decimal = Decimal(0)

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.prompt + self.completion

    @property
    def cost(self) -> Decimal | None:
        """The cost of all calls; None where that of one is unknown."""
        return None if self.unpriced else self.known_cost

    def add(self, usage: Usage, cost: Decimal | None) -> None:
        """Add one call."""
        self.calls += 1
        self.prompt += usage.prompt or 0
        self.completion += usage.completion or 0
        self.cached += usage.cached or 0
        self.uncounted += usage.prompt is None or usage.completion is None
        self.unpriced += cost is None
        self.known_cost += cost or 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, name) + getattr(other, name) for name in Spent.__slots__))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; costs as decimal text, so that they stay exact, an unknown one as null."""
        values = {name: getattr(self, name) for name in Spent.__slots__}
        cost = None if self.cost is None else str(self.cost)
        return values | {"known_cost": str(self.known_cost), "cost": cost}


class Budget:
    """Sums up what calls take, each kind by itself, and says when a limit is reached.

    `max_cost` is in USD, `max_tokens` counts tokens in and out together; None sets no limit. Calls
    that are under way when a limit is reached still count: the sums may pass it by as many.
    """

    def __init__(
        self, *, max_cost: Decimal | None = None, max_tokens: int | None = None, prices: Prices = NONE
    ) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self.prices = prices
        self.currency: str | None = None
        self._spent: dict[Kind, Spent] = {kind: Spent() for kind in KINDS}

    @property
    def spent(self) -> Mapping[Kind, Spent]:
        """What each kind of call has taken."""
        return self._spent

    @property
    def total(self) -> Spent:
        """What all calls but the cached ones have taken."""
        return sum((self._spent[kind] for kind in PAID), Spent())

    def check(self, model: str) -> None:
        """ConfigError where a limit of cost is set and the model has no price in USD."""
        if self.max_cost is None:
            return
        price = self.prices.of(model)
        if price is None:
            raise ConfigError(f"--max-cost {_number(self.max_cost)} cannot be kept: {self.prices.missing(model)}")
        if price.currency != "USD":
            raise ConfigError(
                f"--max-cost {_number(self.max_cost)} is in USD, and {self.prices.path} has the price of {model!r} in "
                f"{price.currency}: give it in USD there, or set --max-total-tokens instead"
            )

    def spend(self, model: str, usage: Usage, kind: Kind) -> None:
        """Count one call: a first ask, a re-ask, one that failed, or one answered by cache or recordings.

        `model` is the model asked for. ConfigError as `check` says. What is priced in a second currency has an
        unknown cost.
        """
        if kind in PAID:
            self.check(model)
        price = self.prices.of(model)
        if price is not None:
            self.currency = self.currency or price.currency
        is_known = price is not None and price.currency == self.currency
        self._spent[kind].add(usage, price.cost(usage) if price is not None and is_known else None)

    @property
    def exhausted(self) -> str | None:
        """Why no further call may be made, or None while one may.

        A limit that cannot be kept counts as reached: where an answer came without numbers of tokens.
        """
        if self.max_tokens is None and self.max_cost is None:
            return None
        total = self.total
        if self.max_tokens is not None and total.tokens >= self.max_tokens:
            return f"stopped at --max-total-tokens {self.max_tokens}: {total.tokens:,} used"
        if self.max_cost is not None and total.known_cost >= self.max_cost:
            return f"stopped at --max-cost {_number(self.max_cost)}: {_number(total.known_cost)} USD used"
        # A call that failed has no tokens for the endpoint to count, in most cases.
        if self._spent["first"].uncounted or self._spent["reask"].uncounted:
            limit = "--max-cost" if self.max_tokens is None else "--max-total-tokens"
            return f"stopped: {limit} cannot be kept, since the endpoint does not say how many tokens an answer takes"
        return None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: the limits, the currency of the costs, and the sums of each kind and of all paid ones."""
        return {
            "max_cost": None if self.max_cost is None else str(self.max_cost),
            "max_tokens_total": self.max_tokens,
            "currency": self.currency,
            "spent": {kind: self._spent[kind].to_json() for kind in KINDS},
            "total": self.total.to_json(),
        }


def from_settings(settings: Settings, model: str) -> Budget:
    """The budget that the settings ask for, checked for the model that is to be asked.

    ConfigError if the limit of cost cannot be kept, InputError if the file of prices cannot be used.
    """
    # Through its text: 0.1 is to be a tenth.
    max_cost = None if settings.max_cost is None else Decimal(str(settings.max_cost))
    budget = Budget(max_cost=max_cost, max_tokens=settings.max_tokens_total, prices=load(settings.prices))
    budget.check(model)
    return budget


def _number(value: Decimal) -> str:
    """A number of USD, to the millionth, without zeros that say nothing."""
    text = f"{round(value, 6):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
