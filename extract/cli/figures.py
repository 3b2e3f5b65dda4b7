"""How a run stands at one moment: as a line for people, as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extract.cli.output import duration
from extract.pipeline import Load
from extract.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What there is to tell of a run: `total` documents, about; speeds of the last minute; None is unknown.

    `live_per_s` are those of `per_s` whose answers were asked for. `cost` is what a Budget says of it.
    """

    tally: Tally
    total: int | None
    load: Load
    seconds: float
    per_s: float
    live_per_s: float
    left_s: float | None
    cost: Mapping[str, Any]

    @property
    def cached(self) -> int:
        """Answers that were not asked for."""
        return self.tally.origins["cache"] + self.tally.origins["recording"]

    def to_json(self) -> dict[str, Any]:
        """The fields of an event."""
        tally = self.tally
        return {
            "documents": tally.documents,
            "total": self.total,
            "failed": tally.failed,
            "records": sum(tally.records.values()),
            "reasked": tally.reasked,
            "cached": self.cached,
            "answers_from": dict(tally.origins),
            **self.load._asdict(),
            "seconds": round(self.seconds, 1),
            "documents_per_s": round(self.per_s, 2),
            "live_per_s": round(self.live_per_s, 2),
            "eta_s": None if self.left_s is None else round(self.left_s),
            "tokens": {"prompt": tally.prompt_tokens, "completion": tally.completion_tokens},
            "cost": self.cost,
        }

    def line(self) -> str:
        """The same in words, what matters most first."""
        parts = (*self._pace(), *self._requests(), *self._counts())
        return ", ".join(parts if len(parts) > 1 else (*parts, "waiting for the first answer"))

    def _pace(self) -> Iterator[str]:
        # The total is an estimate where rows are counted; one that was passed is none any more.
        of = f" of {self.total:,}" if self.total and self.total >= self.tally.documents else ""
        yield f"{self.tally.documents:,}{of} documents"
        if self.per_s:
            yield _speed(self.per_s)
        if self.left_s:
            yield f"{duration(self.left_s)} left"

    def _requests(self) -> Iterator[str]:
        load = self.load
        if load.in_flight:
            yield f"{load.in_flight} in flight"
        if load.waiting:
            yield f"{load.waiting} waiting"
        if load.paced:
            yield f"{load.paced} paced"

    def _counts(self) -> Iterator[str]:
        tally = self.tally
        if tally.failed:
            yield f"{tally.failed:,} failed"
        if self.cached:
            yield f"{self.cached:,} cached"
        if tally.reasked:
            yield f"{tally.reasked:,} asked again"
        if tally.paid_tokens:
            yield f"{tally.paid_tokens:,} tokens"
        money = float(self.cost["total"]["cost"] or 0)
        if money:
            yield f"{money:,.{2 if money >= 1 else 4}f} {self.cost['currency']}"


def _speed(per_s: float) -> str:
    """Documents in a second, or in a minute where they are few."""
    return f"{per_s:,.1f}/s" if per_s >= 1 else f"{per_s * 60:,.1f}/min"
