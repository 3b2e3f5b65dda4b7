"""When a run of the command line ends early: failed documents, tokens, money."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from extract.budget import KINDS, Budget, from_settings
from extract.errors import ConfigError
from extract.job import Limits
from extract.request import Usage
from extract.settings import Resolved
from extract.tally import Tally

F = TypeVar("F", bound=Callable[..., Any])


def max_failures(function: F) -> F:
    """The option --max-failures."""
    meaning = "Stop when more documents failed: a number, or a share such as 5%."
    return click.option("--max-failures", metavar="N|P%", help=meaning)(function)


@dataclass(frozen=True, kw_only=True)
class Reach(Limits):
    """The limits of a run, and what it costs."""

    resolved: Resolved
    model: str

    def spending(self, tally: Tally) -> Budget:
        """The sums of a run so far, with their cost; costs are linear in tokens, so sums will do."""
        budget = from_settings(self.resolved.settings, self.model)
        for kind in KINDS:
            spent = tally.spent[kind]
            if spent.answers:
                is_known = not spent.unknown
                usage = Usage(
                    prompt=spent.prompt if is_known else None,
                    completion=spent.completion if is_known else None,
                    cached=spent.of_cache,
                )
                budget.spend(self.model, usage, kind)
        return budget

    def cost(self, tally: Tally) -> dict[str, Any]:
        """What a run has cost, as plain JSON values."""
        return self.spending(tally).to_json()


def of(resolved: Resolved, model: str, failures: str | None) -> Reach:
    """The limits that the settings and --max-failures ask for; ConfigError for what cannot be kept."""
    settings = resolved.settings
    number, share = _failures(failures)
    from_settings(settings, model)
    is_limited = settings.max_cost is not None or settings.max_tokens_total is not None
    reach = Reach(failures=number, failure_share=share, resolved=resolved, model=model)
    if not is_limited:
        return reach

    def spent(tally: Tally) -> str | None:
        return reach.spending(tally).exhausted

    return Reach(failures=number, failure_share=share, resolved=resolved, model=model, spent=spent)


def _failures(text: str | None) -> tuple[int | None, float | None]:
    if text is None:
        return None, None
    match = re.fullmatch(r"(\d+)(%?)", text.strip())
    if match is None or (match[2] and int(match[1]) > 100):
        raise ConfigError(f"--max-failures: {text!r} is neither a number of documents nor a share such as 5%")
    return (None, int(match[1]) / 100) if match[2] else (int(match[1]), None)
