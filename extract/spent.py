"""Tokens that calls have taken, each kind of call by itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from extract.request import Usage

# `cached` answers were paid before, if at all; `failed` ones went into documents of which nothing came.
Kind = Literal["first", "reask", "failed", "cached"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAID: tuple[Kind, ...] = ("first", "reask", "failed")


@dataclass(slots=True)
class Spent:
    """Sums over answers, of tokens as far as the endpoint counted them.

    `cached` are prompt tokens that the endpoint took from its own cache, a part of `prompt`; `uncounted` answers
    came without a number of tokens.
    """

    answers: int = 0
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    uncounted: int = 0

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.prompt + self.completion

    def add(self, usage: Usage) -> None:
        """Add one answer."""
        self.answers += 1
        self.prompt += usage.prompt or 0
        self.completion += usage.completion or 0
        self.cached += usage.cached or 0
        self.uncounted += usage.prompt is None or usage.completion is None

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(mine + theirs for mine, theirs in zip(self.sums(), other.sums(), strict=True)))

    def sums(self) -> list[int]:
        """All sums, in the order of the fields; `Spent(*sums)` is the inverse."""
        return [getattr(self, field.name) for field in fields(self)]

    def to_json(self) -> dict[str, int]:
        """The sums as plain JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
