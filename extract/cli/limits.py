"""When a run of the command line ends early: failed documents, tokens, money."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from extract.budget import Budget
from extract.errors import ConfigError
from extract.job import Limits
from extract.tally import Tally

F = TypeVar("F", bound=Callable[..., Any])


def max_failures(function: F) -> F:
    """The option --max-failures."""
    meaning = "Stop when more documents failed: a number, or a share such as 2.5%, which counts from 20 documents on."
    return click.option("--max-failures", metavar="N|P%", help=meaning)(function)


def of(budget: Budget, failures: str | None) -> Limits:
    """The limits that a budget and --max-failures set; ConfigError for a number that is none."""
    number, share = _failures(failures)

    def spent(tally: Tally) -> str | None:
        return budget.exhausted(tally.spent)

    return Limits(failures=number, failure_share=share, spent=spent)


def _failures(text: str | None) -> tuple[int | None, float | None]:
    if text is None:
        return None, None
    number = re.fullmatch(r"[0-9]{1,18}", text.strip())
    if number:
        return int(number[0]), None
    share = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s?%", text.strip())
    if share is None or float(share[1]) > 100:
        raise ConfigError(f"--max-failures: {text!r} is neither a number of documents nor a share such as 2.5%")
    return None, float(share[1]) / 100
