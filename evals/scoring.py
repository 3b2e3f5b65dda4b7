"""Scores of predicted records against gold: pure, without a network or a judging model."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from typing import Any, Literal

from pydantic import BaseModel

from evals import counts, labels
from evals import profile as profiles
from evals.align import TAU
from evals.counts import Counts
from evals.fields import WITH_MEMBER, Outcome
from evals.item import Item
from evals.pair import Pair, pairs_of
from evals.profile import Plan, Profile
from evals.side import Side
from evals.text import canonical, is_stated
from extract.errors import InputError

__all__ = ["EVENT", "VERSION", "DocumentScore", "Item", "Mode", "Pair", "Score", "score", "score_document"]

VERSION = 2
EVENT = "event"
Mode = Literal["all", "matched"]


@dataclass(frozen=True, kw_only=True)
class DocumentScore:
    """The aligned records of one document."""

    document: str
    pairs: tuple[Pair, ...]

    def counts(self, mode: Mode = "all", *, kind: str | None = None, name: str | None = None) -> Counts:
        """Summed counts of fields (of one type, of one field); `matched` leaves unpaired records out.

        Free text counts only where it is asked for by name.
        """
        if name is None and all(pair.plan.is_in_halves for pair in self.pairs):
            # Sums of halves are exact in any order; others are added up value by value, always in the same order.
            return counts.total(pair.counts for pair in self._counted(mode, kind))
        return counts.total(outcome.counts for _, outcome in self.outcomes(mode, kind=kind, name=name))

    @property
    def is_right(self) -> bool:
        """Whether nothing is missed, wrong or added."""
        return not any(
            counts.inc or counts.par or counts.mis or counts.spu for counts in (self.counts(), self.events())
        )

    def events(self, kind: str | None = None) -> Counts:
        """Counts of the records themselves: found, missed, said without reason."""
        found = []
        for pair in self.pairs:
            if pair.is_counted and kind in (None, pair.type):
                alone = counts.MISSED if pair.gold else counts.SPURIOUS
                found.append(counts.of_credit(1) if pair.is_whole else alone)
        return counts.total(found)

    def outcomes(
        self,
        mode: Mode = "all",
        *,
        kind: str | None = None,
        name: str | None = None,
    ) -> Iterator[tuple[Pair, Outcome]]:
        """The outcomes that count, each with its pair."""
        for pair in self._counted(mode, kind):
            for outcome in chain(pair.outcomes, pair.free if name else ()):
                if name in (None, outcome.field):
                    yield pair, outcome

    def _counted(self, mode: Mode, kind: str | None) -> Iterator[Pair]:
        for pair in self.pairs:
            if pair.is_counted and (mode == "all" or pair.is_whole) and kind in (None, pair.type):
                yield pair


@dataclass(frozen=True, kw_only=True)
class Score:
    """The scores of all documents, in the order of their ids."""

    documents: tuple[DocumentScore, ...]

    def counts(self, mode: Mode = "all", *, kind: str | None = None, name: str | None = None) -> Counts:
        """Counts summed over documents: what the micro scores are made of."""
        return counts.total(document.counts(mode, kind=kind, name=name) for document in self.documents)

    def events(self, kind: str | None = None) -> Counts:
        """Counts of the records themselves."""
        return counts.total(document.events(kind) for document in self.documents)

    def macro(self, mode: Mode = "all") -> float | None:
        """Mean F1 of the documents on which it is defined; None if it is on none."""
        found = [f1 for document in self.documents if (f1 := document.counts(mode).f1) is not None]
        return sum(found) / len(found) if found else None

    def fields(self) -> list[tuple[str, str]]:
        """(type, field) of everything that the headline counts, in order."""
        seen = ((pair.type, outcome.field) for document in self.documents for pair, outcome in document.outcomes())
        return list(dict.fromkeys(seen))

    def free(self) -> list[tuple[str, str]]:
        """(type, field) of the free text that is shown beside the headline, in order."""
        counted = (pair for document in self.documents for pair in document.pairs if pair.is_counted)
        return list(dict.fromkeys((pair.type, outcome.field) for pair in counted for outcome in pair.free))

    def labels(self) -> Counter[str]:
        """How often each error occurs."""
        found: Counter[str] = Counter()
        for document in self.documents:
            counted = (pair for pair in document.pairs if pair.label and pair.is_counted)
            # An event told as another type is one error, though both sides say so.
            found.update(pair.label for pair in counted if pair.label != "type_confusion" or pair.predicted)
            said = (outcome.label for _, outcome in document.outcomes("matched"))
            found.update(label for label in said if label not in ("", WITH_MEMBER))
        return found

    def true_negatives(self) -> int:
        """Documents rightly without a predicted record."""
        said_or_missed = (any(pair.predicted or pair.is_counted for pair in each.pairs) for each in self.documents)
        return sum(not each for each in said_or_missed)


def score(
    gold: Mapping[str, Sequence[Any]],
    predicted: Mapping[str, Sequence[Any]],
    *,
    schema: type[BaseModel] | None = None,
    profile: Mapping[str, Profile] = profiles.OURS,
    tau: float = TAU,
    invalid: Collection[str] = (),
) -> Score:
    """Score predicted records against gold ones, document by document.

    Both map document ids to records: Items, Pydantic models, or plain mappings (with their `type`, or
    all of `schema`, a Pydantic model whose fields may carry `Compare` marks). `invalid` names the documents
    that got no valid answer; their prediction is empty. Raises InputError if the two do not have the same
    documents, if a document's gold holds a record twice, or if nothing says how a type is compared.
    """
    _same_documents(gold, predicted)
    kind = schema.__name__.lower() if schema else None
    if schema is not None and kind:
        profile = {kind: profiles.of(schema)}
    plans = _plans(profile)
    with _without_collector():
        return Score(
            documents=tuple(
                _score(
                    name,
                    [_item(each, kind) for each in gold[name]],
                    [_item(each, kind) for each in predicted[name]],
                    plans,
                    tau,
                    is_valid=name not in invalid,
                )
                for name in sorted(gold)
            )
        )


def score_document(
    document: str,
    gold: Sequence[Item],
    predicted: Sequence[Item],
    profile: Mapping[str, Profile],
    tau: float = TAU,
    *,
    is_valid: bool = True,
) -> DocumentScore:
    """Score the records of one document."""
    return _score(document, gold, predicted, _plans(profile), tau, is_valid=is_valid)


def _score(
    document: str,
    gold: Sequence[Item],
    predicted: Sequence[Item],
    plans: Mapping[str, Plan],
    tau: float,
    *,
    is_valid: bool,
) -> DocumentScore:
    mine, theirs = _by_type(gold), _by_type(predicted)
    relabel = partial(labels.values, gold)
    found: list[Pair] = []
    for kind, plan in _planned(document, mine.keys() | theirs.keys(), plans).items():
        _no_duplicates(document, mine.get(kind, ()), plan.profile)
        found += pairs_of(mine.get(kind, ()), theirs.get(kind, ()), plan, tau, relabel)
    sides = [side for each in (mine, theirs) for held in each.values() for side in held]
    return DocumentScore(document=document, pairs=tuple(labels.label(found, sides, tau, is_valid=is_valid)))


@contextmanager
def _without_collector() -> Iterator[None]:
    """No search for cycles meanwhile: scoring makes none, and each search would walk through all records."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _plans(profile: Mapping[str, Profile]) -> dict[str, Plan]:
    return {kind: Plan.of(how) for kind, how in profile.items()}


def _by_type(items: Sequence[Item]) -> dict[str, list[Side]]:
    found: dict[str, list[Side]] = {}
    for item in items:
        found.setdefault(item.type, []).append(Side(item))
    return found


def _planned(document: str, types: Collection[str], plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """How each type of a document is compared, in the order of the known ones."""
    found = {kind: plan for kind, plan in plans.items() if kind in types}
    if len(found) < len(types):
        for kind in sorted(set(types) - found.keys()):
            derived = profiles.of_type(kind)
            if derived is None:
                raise InputError(f"{document}: nothing says how to compare {kind!r}; known: {', '.join(sorted(plans))}")
            found[kind] = Plan.of(derived)
    return found


def _item(value: Any, kind: str | None) -> Item:
    if isinstance(value, Item):
        return value
    # Pydantic's own isinstance takes long.
    if type(value) is not dict and isinstance(value, BaseModel):
        return Item(type=kind or type(value).__name__.lower(), fields=value.model_dump(mode="json"))
    plain = dict(value)
    return Item(type=kind or plain.pop("type"), fields=plain)


def _same_documents(gold: Mapping[str, object], predicted: Mapping[str, object]) -> None:
    missing, surplus = sorted(gold.keys() - predicted.keys()), sorted(predicted.keys() - gold.keys())
    if missing or surplus:
        said = [f"without a prediction: {', '.join(missing[:5])}"] if missing else []
        said += [f"without gold: {', '.join(surplus[:5])}"] if surplus else []
        raise InputError(
            f"gold and prediction are not of the same documents: {'; '.join(said)}; "
            "a document that failed is an empty list, one that is not to be scored is in neither"
        )


def _no_duplicates(document: str, gold: Sequence[Side], profile: Profile) -> None:
    """Raise InputError if two gold records say the same in all that is compared."""
    said: dict[Side, str] = {}
    for pair in combinations(gold, 2):
        if _differ(pair[0].item.fields, pair[1].item.fields, profile):
            continue
        for side in pair:
            if side not in said:
                said[side] = canonical({name: side.item.fields.get(name, "?") for name in profile})
        if said[pair[0]] == said[pair[1]]:
            raise InputError(f"{document}: gold holds the same {pair[0].item.type} twice; remove one")


def _differ(one: Mapping[str, Any], other: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether two records, or parts of them, are known to differ by a glance at their texts and those just within."""
    for name in names:
        first, second = one.get(name), other.get(name)
        if first is None or second is None or first == second:
            continue
        if type(first) is str and type(second) is str:
            if is_stated(first) and is_stated(second):
                return True
        elif type(first) is dict and type(second) is dict and _differ(first, second, first):
            return True
    return False
