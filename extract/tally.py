"""What a run has counted: documents, records, failures, and the tokens of each kind of ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemas
from extract.chain import Attempt
from extract.document import Failure
from extract.pipeline import Extraction
from extract.spent import KINDS, PAID, Kind, Spent

Delta = Mapping[str, Any]

# Examples are enough: a run may be of millions of equal reports.
_SHOWN = 5


@dataclass
class Tally:
    """What a run has counted so far."""

    documents: int = 0
    failed: int = 0
    attempts: int = 0
    reasked: int = 0
    latency_s: float = 0.0
    spent: dict[Kind, Spent] = field(default_factory=lambda: {kind: Spent() for kind in KINDS})
    records: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    quotes: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    # Documents whose text an earlier one has, and the first few of them with that one.
    repeated: int = 0
    duplicates: dict[str, str] = field(default_factory=dict)
    resumed: int = 0
    # Documents whose failure is nobody's but the endpoint's: they are asked again when the run goes on.
    unfinished: int = 0
    stopped: str | None = None

    @property
    def prompt_tokens(self) -> int:
        """Prompt tokens of all answers."""
        return sum(spent.prompt for spent in self.spent.values())

    @property
    def completion_tokens(self) -> int:
        """Completion tokens of all answers."""
        return sum(spent.completion for spent in self.spent.values())

    @property
    def paid_tokens(self) -> int:
        """Prompt and completion tokens of all answers that were asked for now."""
        return sum(self.spent[kind].tokens for kind in PAID)

    def add(self, extraction: Extraction) -> Delta:
        """Count one extraction; gives what was added, for `merge`."""
        delta = measure(extraction)
        self.merge(delta)
        return delta

    def fail(self, failure: Failure) -> Delta:
        """Count a document that could not be read, or what was said of one and cannot be used; gives what was added."""
        # What is wrong with a date or an outlet takes no document away: that one is counted by itself.
        is_document = int(failure.kind != "metadata")
        delta = {"n": is_document, "f": is_document, "failures": {failure.kind: 1}}
        self.merge(delta)
        return delta

    def repeat(self, document: str, first: str) -> None:
        """Count a document that has the text of an earlier one."""
        self.repeated += 1
        if len(self.duplicates) < _SHOWN:
            self.duplicates[document] = first

    def merge(self, delta: Delta) -> None:
        """Count what another run, or an earlier part of this one, has counted."""
        self.documents += delta.get("n", 0)
        self.failed += delta.get("f", 0)
        self.attempts += delta.get("a", 0)
        self.reasked += delta.get("re", 0)
        self.latency_s += delta.get("s", 0.0)
        for kind, sums in delta.get("spent", {}).items():
            self.spent[kind] += Spent(*sums)
        for name in _COUNTERS:
            if name in delta:
                getattr(self, name).update(delta[name])

    def to_json(self) -> dict[str, Any]:
        """The counts as plain JSON values."""
        return {
            "documents": self.documents,
            "failed_documents": self.failed,
            "records": dict(sorted(self.records.items())),
            "failures": dict(sorted(self.failures.items())),
            "attempts": self.attempts,
            "reasked_documents": self.reasked,
            "answers_from": dict(sorted(self.origins.items())),
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "quotes": dict(sorted(self.quotes.items())),
            "values": dict(sorted(self.values.items())),
            "problems": dict(sorted(self.problems.items())),
            "repeated_documents": self.repeated,
            "duplicates": self.duplicates,
            "latency_s": round(self.latency_s, 3),
            "resumed_documents": self.resumed,
            "stopped": self.stopped,
        }


_COUNTERS = ("records", "failures", "origins", "quotes", "values", "problems")


def measure(extraction: Extraction) -> dict[str, Any]:
    """The counts of one extraction as a small JSON object; what is zero is left out."""
    delta: dict[str, Any] = {"n": 1, "a": len(extraction.attempts)}
    if extraction.failures:
        delta["f"] = 1
        delta["failures"] = _counted(failure.kind for failure in extraction.failures)
    if any(attempt.number > 1 for attempt in extraction.attempts):
        delta["re"] = 1
    if extraction.problems:
        delta["problems"] = _counted(problem.kind for problem in extraction.problems)
    spent: dict[Kind, Spent] = {}
    latency = 0.0
    for attempt in extraction.attempts:
        completion = attempt.completion
        latency += completion.latency_s or 0.0
        spent.setdefault(_kind(extraction, attempt), Spent()).add(completion.usage)
    delta["s"] = round(latency, 4)
    delta["spent"] = {kind: each.sums() for kind, each in spent.items()}
    delta["origins"] = _counted(attempt.completion.origin for attempt in extraction.attempts)
    if extraction.records:
        delta["records"] = _counted(schemas.name_of(type(grounded.record)) for grounded in extraction.records)
        delta["quotes"] = _counted(_match(each) for grounded in extraction.records for each in grounded.evidence)
        delta["values"] = _counted(_match(each) for grounded in extraction.records for each in grounded.values)
    return delta


def _kind(extraction: Extraction, attempt: Attempt) -> Kind:
    if attempt.completion.origin != "live":
        return "cached"
    if extraction.failures and not extraction.records:
        return "failed"
    return "reask" if attempt.number > 1 else "first"


def _match(grounding: Any) -> str:
    return grounding.span.match if grounding.span else "none"


def _counted(names: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found
