"""Several samples of one prompt's answers: how often what is said flips, and what agreement is worth as confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from evals import calibration, profile
from evals.calibration import Judged
from evals.pair import pairs
from evals.scoring import DocumentScore, Item, Score
from evals.text import canonical

Said = Mapping[str, Sequence[Item]]
# A value of one sample: which record of its document, which field, and the value itself.
_Value = tuple[int, str, str]


@dataclass(frozen=True, kw_only=True)
class Flips:
    """How k samples of the same documents differ.

    `f1` has one score a sample; `records` and `values` are, by document, how many of the first sample's are not in
    every other one; `verdicts` are the documents that are wholly right in some samples and not in others.
    """

    f1: tuple[float | None, ...]
    documents: int
    records: Mapping[str, int]
    values: Mapping[str, int]
    verdicts: tuple[str, ...]

    @property
    def differing(self) -> list[str]:
        """The documents in which anything differs, the most first."""
        found = Counter(self.records) + Counter(self.values)
        return sorted(found, key=lambda name: (-found[name], name))


def flips(said: Sequence[Said], scores: Sequence[Score]) -> Flips:
    """How samples differ; `said` and `scores` are in the order of their index, of the same documents."""
    records: Counter[str] = Counter()
    values: Counter[str] = Counter()
    for name, first in said[0].items():
        kept = [agreement(first, other[name]) for other in said[1:]]
        records[name] = max((abs(len(first) - len(other[name])) for other in said[1:]), default=0)
        records[name] = max(records[name], *(_lost(first, each) for each in kept), 0)
        values[name] = len({value for each in kept for value, is_same in each.items() if not is_same})
    right: list[set[str]] = [{each.document for each in score.documents if each.is_right} for score in scores]
    return Flips(
        f1=tuple(score.counts().f1 for score in scores),
        documents=len(said[0]),
        records=+records,
        values=+values,
        verdicts=tuple(sorted(set().union(*right) - right[0].intersection(*right))),
    )


def agreement(first: Sequence[Item], other: Sequence[Item]) -> dict[_Value, bool]:
    """For each value of one sample whether the other says the same of the same event, found as gold's are."""
    found: dict[_Value, bool] = {}
    for kind in dict.fromkeys(item.type for item in first):
        how = profile.of_type(kind) or {}
        mine, theirs = ([item for item in each if item.type == kind] for each in (first, other))
        for pair in pairs(mine, theirs, how):
            if pair.gold is None:
                continue
            index = next(i for i, item in enumerate(first) if item is pair.gold)
            for outcome in pair.outcomes:
                if outcome.counts.pos:
                    value = (index, outcome.field, canonical(outcome.gold))
                    found[value] = outcome.counts.credit == 1
    return found


def confidence(said: Sequence[Said], score: Score) -> list[Judged]:
    """Each value of the first sample: the share of samples that say it, and whether gold bears it out."""
    found: list[Judged] = []
    for document in score.documents:
        first = said[0][document.document]
        others = [agreement(first, other[document.document]) for other in said[1:]]
        for value, is_right in _judged(document, first):
            votes = sum(other.get(value, False) for other in others)
            found.append(Judged(confidence=(1 + votes) / len(said), is_right=is_right))
    return found


def lines(found: Flips, judged: Sequence[Judged]) -> Iterator[str]:
    """What a terminal shows of the samples."""
    f1 = [each for each in found.f1 if each is not None]
    shown = ", ".join("n/a" if each is None else f"{each:.3f}" for each in found.f1)
    spread = f", standard deviation {stdev(f1):.3f}" if len(f1) > 1 else ""
    yield f"{len(found.f1)} samples: F1 {shown}{f' (mean {fmean(f1):.3f}{spread})' if f1 else ''}"
    share = len(found.differing) / max(found.documents, 1)
    yield f"documents whose answers differ: {len(found.differing)} of {found.documents} ({share:.0%})"
    yield f"documents right in some samples only: {len(found.verdicts)}{_listed(found.verdicts)}"
    for name in found.differing[:10]:
        yield f"  {name}: {found.records.get(name, 0)} records, {found.values.get(name, 0)} values not in every sample"
    yield from calibration.lines(judged)


def _lost(first: Sequence[Item], kept: Mapping[_Value, bool]) -> int:
    """How many records have no value in common with the other sample."""
    same = {index for (index, *_), is_same in kept.items() if is_same}
    return sum(index not in same for index in range(len(first)))


def _judged(document: DocumentScore, first: Sequence[Item]) -> Iterator[tuple[_Value, bool]]:
    for pair, outcome in document.outcomes():
        if pair.predicted is not None and outcome.counts.act:
            index = next(i for i, item in enumerate(first) if item is pair.predicted)
            yield (index, outcome.field, canonical(outcome.predicted)), outcome.counts.credit == 1


def _listed(names: Sequence[str]) -> str:
    return f": {', '.join(names[:10])}" if names else ""
