"""Prices: what tokens of a model cost, from a file that the user keeps.

One table a model, its name in quotes: `["gpt-x"]`, or the start of names with a star: `["gpt-x*"]`. Prices are
per million tokens. A model that no table names has no price: its cost is unknown (None), never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from extract import toml
from extract.errors import InputError
from extract.request import Usage

# Beyond this a price is a slip, and sums of such numbers end in an overflow.
_DEAREST = 1_000_000
RATES = ("input", "cached_input", "output")
KEYS = (*RATES, "batch", "currency")
_FORM = 'write one table a model, its name in quotes: ["gpt-x"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens cost, in `currency`; `batch` is the factor that a batch's price is multiplied by."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    batch: Decimal = Decimal(1)
    currency: str = "USD"

    def cost(self, usage: Usage, *, is_batch: bool = False) -> Decimal | None:
        """What these tokens cost, exactly; None where the endpoint did not count those of prompt or completion.

        `usage.cached` is a part of `usage.prompt`; where it is not stated, nothing counts as cached.
        """
        if usage.prompt is None or usage.completion is None:
            return None
        cached = min(usage.cached or 0, usage.prompt)
        cached_input = self.input if self.cached_input is None else self.cached_input
        millionths = (usage.prompt - cached) * self.input + cached * cached_input + usage.completion * self.output
        return (millionths * self.batch if is_batch else millionths).scaleb(-6)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by model, or by the start of models' names with a star; `path` is the file they came from."""

    entries: Mapping[str, Price]
    path: Path | None = None

    def entry(self, model: str) -> str | None:
        """The entry that holds for a model: its own name, else the longest start of it; None if there is none."""
        if model in self.entries and not model.endswith("*"):
            return model
        starts = [name for name in self.entries if name.endswith("*") and model.startswith(name[:-1])]
        return max(starts, key=len, default=None)

    def of(self, model: str) -> Price | None:
        """The price of a model, or None."""
        name = self.entry(model)
        return None if name is None else self.entries[name]

    def cost(self, model: str, usage: Usage, *, is_batch: bool = False) -> Decimal | None:
        """What these tokens of a model cost in its price's currency; None if price or tokens are unknown."""
        price = self.of(model)
        return None if price is None else price.cost(usage, is_batch=is_batch)

    def missing(self, model: str) -> str:
        """What to say where a model has no price, and how one is added."""
        where = "there is no prices.toml" if self.path is None else f"none in {self.path}"
        return (
            f'no price is known for {model!r} ({where}): add ["{model}"] with input = and output = in USD per '
            "million tokens to prices.toml, or name another file with --prices FILE"
        )


NONE = Prices({})


def load(path: Path | None) -> Prices:
    """The prices of a file, none if there is no path; InputError names the file, the table and what is allowed."""
    if path is None:
        return NONE
    try:
        tables = toml.read(path, number=Decimal)
    except ValueError as error:
        raise InputError(f"{path}: {error}; {_FORM}", kind="prices") from None
    return Prices({name: _price(path, name, table) for name, table in tables.items()}, path)


def _price(path: Path, name: str, table: object) -> Price:
    where = f'{path}: ["{name}"]'
    if not isinstance(table, dict):
        raise InputError(f"{path}: {name!r} is not a table; {_FORM}", kind="prices")
    if "*" in name[:-1]:
        raise InputError(f"{where}: a star stands for the rest of a name, so it is the last sign", kind="prices")
    if inner := next((key for key, value in table.items() if isinstance(value, dict) and key not in KEYS), None):
        raise InputError(
            f'{where}: {inner!r} is a table; write a name that holds a dot in quotes: ["{name}.{inner}"]', kind="prices"
        )
    if unknown := toml.unknown("key", table, KEYS):
        raise InputError(f"{where}: {unknown[0]}; allowed are {', '.join(KEYS)}", kind="prices")
    if missing := [key for key in ("input", "output") if key not in table]:
        raise InputError(f"{where}: {missing[0]} is missing; give it in USD per million tokens", kind="prices")
    numbers = {key: _number(f"{where} {key}", value, key) for key, value in table.items() if key != "currency"}
    return Price(**numbers, currency=_currency(where, table.get("currency", "USD")))


def _number(where: str, value: object, key: str) -> Decimal:
    number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    if number is not None and number.is_finite() and 0 <= number <= (1 if key == "batch" else _DEAREST):
        return number
    allowed = "from 0 to 1, such as 0.5" if key == "batch" else f"from 0 to {_DEAREST:,}, such as 0.40"
    raise InputError(f"{where}: {_shown(value)} is not a number {allowed}", kind="prices")


def _currency(where: str, value: object) -> str:
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper():
        return value
    raise InputError(f'{where} currency: {_shown(value)} is not a code of three capitals, such as "USD"', kind="prices")


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)
