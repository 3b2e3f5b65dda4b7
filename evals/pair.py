"""A gold record beside the predicted one that it was aligned with, and what each field earns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evals import counts, fields
from evals.align import TAU, align_sides, likeness
from evals.counts import Counts
from evals.fields import Outcome
from evals.item import NOT_ANNOTATED, Item
from evals.profile import Compare, Plan, Profile
from evals.side import Field, Side
from evals.text import says_something

Outcomes = tuple[Outcome, ...]
# What was chosen where there was no choice.
_NONE: dict[str, Any] = {}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A gold record and the predicted one that it was aligned with; either may be missing.

    `outcomes` are those of the headline score, `free` those of fields that are shown beside it; both are made
    when they are first asked for. `counts` is the sum of `outcomes`.
    """

    gold: Item | None
    predicted: Item | None
    similarity: float
    label: str = ""
    counts: Counts = field(repr=False)
    plan: Plan = field(repr=False, compare=False)
    # The variants of gold's values that the prediction is compared with, where they were chosen among several.
    chosen: Mapping[str, Any] = field(repr=False, compare=False)
    # Says more exactly what is wrong with the values, seen beside the other records of the document.
    relabel: Relabel | None = field(default=None, repr=False, compare=False)

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

    @cached_property
    def outcomes(self) -> Outcomes:
        """What each field of the headline earns."""
        found = self._outcomes(self.plan.counted)
        return self.relabel(self, found) if self.relabel else found

    @cached_property
    def free(self) -> Outcomes:
        """What each field beside the headline earns."""
        return self._outcomes(self.plan.free)

    def _outcomes(self, names: Sequence[tuple[str, Compare]]) -> Outcomes:
        found: list[Outcome] = []
        for name, how in names:
            said = self.predicted.fields.get(name) if self.predicted else None
            if self.gold is None:
                found += fields.spurious(name, how, said)
            elif name in self.chosen:
                found += fields.compare(name, how, self.chosen[name], said, {})
            elif self.gold.is_annotated(name):
                found += fields.compare(name, how, self.gold.fields[name], said, self.gold.alternatives)
        return tuple(outcome for outcome in found if self.is_whole or not outcome.counts.non)


Relabel = Callable[[Pair, Outcomes], Outcomes]


def pairs(gold: Sequence[Item], predicted: Sequence[Item], profile: Profile, tau: float = TAU) -> list[Pair]:
    """Records of one type, aligned and compared: pairs first, then what is missed, then what is spurious."""
    return pairs_of([Side(item) for item in gold], [Side(item) for item in predicted], Plan.of(profile), tau)


def pairs_of(
    gold: Sequence[Side], predicted: Sequence[Side], plan: Plan, tau: float, relabel: Relabel | None = None
) -> list[Pair]:
    """`pairs` of records taken apart; `relabel` is for those that have both sides."""
    aligned = align_sides(gold, predicted, plan, tau)
    found = [
        _pair(gold[i], predicted[j], plan, likeness(gold[i], predicted[j], plan, tau), relabel) for i, j in aligned
    ]
    if len(found) < len(gold):
        taken = {i for i, _ in aligned}
        found += [_pair(side, None, plan) for i, side in enumerate(gold) if i not in taken]
    if len(aligned) < len(predicted):
        taken = {j for _, j in aligned}
        found += [_spurious(side.item, plan) for j, side in enumerate(predicted) if j not in taken]
    return found


def _pair(
    gold: Side, predicted: Side | None, plan: Plan, similarity: float = 0.0, relabel: Relabel | None = None
) -> Pair:
    chosen: dict[str, Any] = {} if gold.item.alternatives else _NONE
    return Pair(
        gold=gold.item,
        predicted=predicted.item if predicted else None,
        similarity=similarity,
        label="" if predicted else "missing_event",
        counts=_counts(gold, predicted, plan, chosen),
        plan=plan,
        chosen=chosen,
        relabel=relabel,
    )


def _spurious(predicted: Item, plan: Plan) -> Pair:
    outcomes = (each for name, how in plan.counted for each in fields.spurious(name, how, predicted.fields.get(name)))
    return Pair(
        gold=None,
        predicted=predicted,
        similarity=0.0,
        label="spurious_event",
        counts=_stated(each.counts for each in outcomes),
        plan=plan,
        chosen={},
    )


def _counts(gold: Side, predicted: Side | None, plan: Plan, chosen: dict[str, Any]) -> Counts:
    """The counts of a pair; which variants of gold were chosen is noted."""
    if predicted is None:
        return _stated(_compared(gold, None, plan.counted, chosen))
    right, absent, others = _equal_ones(gold, predicted, plan)
    equal = Counts(cor=right, non=absent, credit=float(right))
    return counts.total([equal, *_compared(gold, predicted, others, chosen)]) if others else equal


def _equal_ones(gold: Side, predicted: Side, plan: Plan) -> tuple[int, int, list[tuple[str, Compare]]]:
    """How many values of equal fields are right and how many absent, and the fields that are to be compared."""
    mine, theirs = gold.item.fields, predicted.item.fields
    right = absent = 0
    others: list[tuple[str, Compare]] = []
    for key in plan.counted:
        name, how = key
        value = mine.get(name, NOT_ANNOTATED)
        if value != theirs.get(name):
            if value != NOT_ANNOTATED:
                others.append(key)
        elif value is None or value == []:
            absent += 1
        elif type(value) is str and how.is_code and value != NOT_ANNOTATED:
            if says_something(value):
                right += 1
            else:
                absent += 1
        elif value != NOT_ANNOTATED:
            equal = fields.of_equal(how, value, gold.known.get(name))
            if equal is None:
                others.append(key)
            else:
                right += equal[0]
                absent += equal[1]
    return right, absent, others


def _compared(
    gold: Side, predicted: Side | None, names: Iterable[tuple[str, Compare]], chosen: dict[str, Any]
) -> Iterator[Counts]:
    for name, how in names:
        if gold.item.is_annotated(name):
            said = predicted.field(name, how) if predicted else Field(how, None)
            best = fields.chosen(name, how, gold, said)
            if gold.item.alternatives:
                chosen[name] = best.raw
            for row in fields.rows(name, best, said):
                yield row[1]


def _stated(found: Iterable[Counts]) -> Counts:
    """The sum without what is empty: of one side on its own it says nothing."""
    return counts.total(each for each in found if not each.non)
