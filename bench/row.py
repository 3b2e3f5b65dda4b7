"""One row of the table of faults, and how large a measurement is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Self

from bench.site import Ended, Found


class Skipped(Exception):  # noqa: N818  no error, but what this system cannot do
    """A fault that cannot be made here, with the reason."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How many reports, and how long everything takes."""

    documents: int | None = None
    latency_ms: float = 100.0
    retry_s: float = 1.0
    drip_s: float = 2.0
    timeout_s: float = 2.0
    outage_from_s: float = 3.0
    outage_s: float = 30.0
    kills: int = 20
    large: int = 200

    @classmethod
    def quick(cls) -> Self:
        """Small enough for a test."""
        return cls(
            documents=200,
            latency_ms=10,
            retry_s=0.1,
            drip_s=0.1,
            timeout_s=0.5,
            outage_from_s=0.0,
            outage_s=1.2,
            kills=3,
            large=10,
        )

    def of(self, usual: int | None = None) -> int:
        """How many reports, where `usual` many are in the full measurement."""
        return self.documents or usual or 2000

    @property
    def work_s(self) -> float:
        """Seconds that all answers take, 32 at once."""
        return self.latency_ms / 1000 * self.of() / 32


def worst(share: float, number: int) -> int:
    """How often the unluckiest of so many is struck, about, where each time this share is."""
    return round(math.log(number) / -math.log(share))


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a fault did. `seconds` are of the whole process; `span_s` from its first request to its last answer."""

    fault: str
    documents: int
    asked: int
    answered: int
    failed: int
    lost: int
    doubled: int
    reasked: int
    seconds: float
    span_s: float
    ideal_s: float
    code: int
    said: str
    note: str

    @classmethod
    def of(
        cls,
        fault: str,
        found: Found,
        numbers: Sized,
        stats: Sequence[Mapping[str, Any]],
        *,
        again: int,
        ended: Ended,
        ideal: float,
        note: str,
    ) -> Self:
        """A row over one or more runs; `again` counts answers that were asked again though they were known."""
        return cls(
            fault=fault,
            documents=len(numbers),
            asked=sum(each["requests"] for each in stats),
            answered=found.answered,
            failed=found.failed,
            lost=found.lost,
            doubled=found.doubled + again,
            reasked=sum(each["reasks"] for each in stats),
            seconds=ended.seconds,
            span_s=sum(each["span_s"] for each in stats),
            ideal_s=ideal,
            code=ended.code,
            said=ended.said.strip(),
            note=note,
        )

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, nothing done twice, and the run came to its end."""
        return not self.lost and not self.doubled and self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether the run came to its end, and not by a bug."""
        return self.code in (0, 1) and "Traceback" not in self.said


class table:  # noqa: N801  a name for two functions
    """The table as text."""

    COLUMNS = (
        "docs",
        "asked",
        "answered",
        "failed",
        "lost",
        "doubled",
        "re-asked",
        "s",
        "asking s",
        "ideal s",
        "ratio",
    )

    @classmethod
    def head(cls) -> str:
        """Its first line."""
        return f"{'fault':<29}" + "".join(f"{name:>9}" for name in cls.COLUMNS) + "  ideal and notes\n"

    @classmethod
    def line(cls, row: Row) -> str:
        """The line of one fault."""
        counts = (row.documents, row.asked, row.answered, row.failed, row.lost, row.doubled, row.reasked)
        ratio = row.seconds / row.ideal_s if row.ideal_s else 0.0
        times = f"{row.seconds:9.2f}{row.span_s:9.2f}{row.ideal_s:9.2f}{ratio:9.2f}"
        ended = "" if row.has_ended else f"; EXIT {row.code}: {row.said[-300:]}"
        return f"{row.fault:<29}" + "".join(f"{count:>9}" for count in counts) + f"{times}  {row.note}{ended}\n"
