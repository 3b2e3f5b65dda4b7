"""Scores by unit: documents, or stories where several documents tell one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.gold import GoldDocument
from evals.scoring import Score
from evals.stats import Unit


def units(
    score: Score, stories: Mapping[str, str], *, kind: str | None = None, name: str | None = None
) -> dict[str, Unit]:
    """Sums by story, for all fields, those of a record type, or one field."""
    found: dict[str, Unit] = {}
    for document in score.documents:
        story = stories.get(document.document, document.document)
        counts = document.counts(kind=kind, name=name)
        found[story] = found.get(story, Unit()) + Unit.of(counts)
    return found


def events(score: Score, stories: Mapping[str, str]) -> dict[str, Unit]:
    """Sums of whole records by story."""
    found: dict[str, Unit] = {}
    for document in score.documents:
        story = stories.get(document.document, document.document)
        found[story] = found.get(story, Unit()) + Unit.of(document.events())
    return found


def stories(gold: Sequence[GoldDocument]) -> dict[str, str]:
    """The story that each document tells."""
    return {each.id: each.story for each in gold}


def paired(a: Mapping[str, Unit], b: Mapping[str, Unit]) -> tuple[list[Unit], list[Unit]]:
    """The units that both sides have, in one order."""
    shared = sorted(a.keys() & b.keys())
    return [a[name] for name in shared], [b[name] for name in shared]
