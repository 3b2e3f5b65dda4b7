"""A gold record beside the predicted one that it was aligned with, and what each field earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals import fields
from evals.align import TAU, align, similarity
from evals.fields import Outcome
from evals.item import Item
from evals.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A gold record and the predicted one that it was aligned with; either may be missing.

    `outcomes` are those of the headline score, `free` those of fields that are shown beside it.
    """

    gold: Item | None
    predicted: Item | None
    similarity: float
    outcomes: tuple[Outcome, ...]
    free: tuple[Outcome, ...] = ()
    label: str = ""

    @property
    def type(self) -> str:
        """The record type."""
        item = self.gold or self.predicted
        return item.type if item else ""

    @property
    def is_whole(self) -> bool:
        """Whether there is a record on both sides."""
        return self.gold is not None and self.predicted is not None

    @property
    def is_counted(self) -> bool:
        """Whether the pair counts: borderline records do not, optional ones not when missed."""
        if self.gold is None:
            return True
        return not self.gold.borderline and not (self.gold.optional and self.predicted is None)


def pairs(gold: Sequence[Item], predicted: Sequence[Item], profile: Profile, tau: float = TAU) -> list[Pair]:
    """Records of one type, aligned and compared: pairs first, then what is missed, then what is spurious."""
    aligned = align(gold, predicted, profile, tau)
    found = [_pair(gold[i], predicted[j], profile) for i, j in aligned]
    left, right = {i for i, _ in aligned}, {j for _, j in aligned}
    found += [_pair(item, None, profile) for i, item in enumerate(gold) if i not in left]
    return found + [_pair(None, item, profile) for j, item in enumerate(predicted) if j not in right]


def _pair(gold: Item | None, predicted: Item | None, profile: Profile) -> Pair:
    is_whole = gold is not None and predicted is not None
    return Pair(
        gold=gold,
        predicted=predicted,
        similarity=similarity(gold, predicted, profile) if gold and predicted else 0.0,
        outcomes=_outcomes(gold, predicted, profile, is_whole=is_whole, is_counted=True),
        free=_outcomes(gold, predicted, profile, is_whole=is_whole, is_counted=False),
        label="" if is_whole else "missing_event" if gold else "spurious_event",
    )


def _outcomes(
    gold: Item | None, predicted: Item | None, profile: Profile, *, is_whole: bool, is_counted: bool
) -> tuple[Outcome, ...]:
    """Outcomes of all annotated fields; without those that are empty if there is one side only: they say nothing."""
    found: list[Outcome] = []
    for name, how in profile.items():
        if how.is_counted is not is_counted or (gold is not None and not gold.is_annotated(name)):
            continue
        said = predicted.fields.get(name) if predicted else None
        if gold is None:
            found += fields.spurious(name, how, said)
        else:
            found += fields.compare(name, how, gold.fields[name], said, gold.alternatives)
    return tuple(outcome for outcome in found if is_whole or not outcome.counts.non)
