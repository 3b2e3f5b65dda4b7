"""Scores of predicted records against gold: pure, without a network or a judging model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from evals import counts, fields
from evals import profile as profiles
from evals.align import TAU, align, similarity
from evals.counts import Counts
from evals.fields import Outcome
from evals.profile import Profile
from extract.errors import InputError

VERSION = 1
EVENT = "event"
Mode = Literal["all", "matched"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A record to be scored: its type, its fields as plain JSON, and what gold allows besides."""

    type: str
    fields: Mapping[str, Any]
    optional: bool = False
    borderline: bool = False
    alternatives: Mapping[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A gold record and the predicted one that it was aligned with; either may be missing."""

    gold: Item | None
    predicted: Item | None
    similarity: float
    outcomes: tuple[Outcome, ...]
    label: str = ""

    @property
    def type(self) -> str:
        """The record type."""
        item = self.gold or self.predicted
        return item.type if item else ""

    @property
    def is_counted(self) -> bool:
        """Whether the pair counts: borderline records do not, optional ones not when missed."""
        if self.gold is None:
            return True
        return not self.gold.borderline and not (self.gold.optional and self.predicted is None)


@dataclass(frozen=True, kw_only=True)
class DocumentScore:
    """The aligned records of one document."""

    document: str
    pairs: tuple[Pair, ...]

    def counts(self, mode: Mode = "all", *, kind: str | None = None, name: str | None = None) -> Counts:
        """Summed counts of fields (of one type, of one field); `matched` leaves unpaired records out."""
        return counts.total(outcome.counts for _, outcome in self.outcomes(mode, kind=kind, name=name))

    def events(self, kind: str | None = None) -> Counts:
        """Counts of the records themselves: found, missed, said without reason."""
        found = []
        for pair in self.pairs:
            if pair.is_counted and kind in (None, pair.type):
                both = pair.gold is not None and pair.predicted is not None
                found.append(counts.of_credit(1) if both else counts.MISSED if pair.gold else counts.SPURIOUS)
        return counts.total(found)

    def outcomes(
        self,
        mode: Mode = "all",
        *,
        kind: str | None = None,
        name: str | None = None,
    ) -> Iterator[tuple[Pair, Outcome]]:
        """The outcomes that count, each with its pair."""
        for pair in self.pairs:
            is_whole = pair.gold is not None and pair.predicted is not None
            if not pair.is_counted or (mode == "matched" and not is_whole) or kind not in (None, pair.type):
                continue
            for outcome in pair.outcomes:
                if name in (None, outcome.field):
                    yield pair, outcome


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
        """(type, field) of everything that was compared, in order."""
        seen = ((pair.type, outcome.field) for document in self.documents for pair, outcome in document.outcomes())
        return list(dict.fromkeys(seen))

    def labels(self) -> Counter[str]:
        """How often each error occurs."""
        found: Counter[str] = Counter()
        for document in self.documents:
            found.update(pair.label for pair in document.pairs if pair.label and pair.is_counted)
            found.update(outcome.label for _, outcome in document.outcomes("matched") if outcome.label)
        return found

    def true_negatives(self) -> int:
        """Documents without a record on either side."""
        return sum(not document.pairs for document in self.documents)


def score(
    gold: Mapping[str, Sequence[Any]],
    predicted: Mapping[str, Sequence[Any]],
    *,
    schema: type[BaseModel] | None = None,
    profile: Mapping[str, Profile] = profiles.OURS,
    tau: float = TAU,
) -> Score:
    """Score predicted records against gold ones, document by document.

    Both map document ids to records: Items, Pydantic models, or plain mappings (with their `type`, or
    all of `schema`, a Pydantic model whose fields may carry `Compare` marks). Raises InputError if the
    two do not have the same documents, or if a document's gold holds a record twice.
    """
    if schema is not None:
        profile = {schema.__name__.lower(): profiles.of(schema)}
    _same_documents(gold, predicted)
    kind = schema.__name__.lower() if schema else None
    return Score(
        documents=tuple(
            score_document(
                name,
                [_item(each, kind) for each in gold[name]],
                [_item(each, kind) for each in predicted[name]],
                profile,
                tau,
            )
            for name in sorted(gold)
        )
    )


def score_document(
    document: str, gold: Sequence[Item], predicted: Sequence[Item], profile: Mapping[str, Profile], tau: float = TAU
) -> DocumentScore:
    """Score the records of one document."""
    _no_duplicates(document, gold)
    pairs: list[Pair] = []
    for kind in profile:
        pairs += _pairs(
            [g for g in gold if g.type == kind], [p for p in predicted if p.type == kind], profile[kind], tau
        )
    return DocumentScore(document=document, pairs=tuple(_confused(pairs)))


def _pairs(gold: Sequence[Item], predicted: Sequence[Item], profile: Profile, tau: float) -> list[Pair]:
    aligned = align([g.fields for g in gold], [p.fields for p in predicted], profile, tau)
    found = [_both(gold[i], predicted[j], profile) for i, j in aligned]
    left, right = {i for i, _ in aligned}, {j for _, j in aligned}
    found += [_only_gold(item, profile) for i, item in enumerate(gold) if i not in left]
    for j, item in enumerate(predicted):
        if j not in right:
            twin = any(similarity(g.fields, item.fields, profile) >= tau for i, g in enumerate(gold) if i in left)
            found.append(_only_predicted(item, profile, "duplicate" if twin else "spurious_event"))
    return found


def _both(gold: Item, predicted: Item, profile: Profile) -> Pair:
    outcomes: list[Outcome] = []
    for name, how in profile.items():
        if name in gold.fields and how.is_counted:
            outcomes += fields.compare(name, how, gold.fields[name], predicted.fields.get(name), gold.alternatives)
    alike = similarity(gold.fields, predicted.fields, profile)
    return Pair(gold=gold, predicted=predicted, similarity=alike, outcomes=tuple(outcomes))


def _only_gold(gold: Item, profile: Profile) -> Pair:
    outcomes = [
        outcome
        for name, how in profile.items()
        if how.is_counted and name in gold.fields
        for outcome in fields.missed(name, how, gold.fields[name])
    ]
    return Pair(gold=gold, predicted=None, similarity=0.0, outcomes=_stated(outcomes), label="missing_event")


def _only_predicted(predicted: Item, profile: Profile, label: str) -> Pair:
    outcomes = [
        outcome
        for name, how in profile.items()
        if how.is_counted
        for outcome in fields.spurious(name, how, predicted.fields.get(name))
    ]
    return Pair(gold=None, predicted=predicted, similarity=0.0, outcomes=_stated(outcomes), label=label)


def _stated(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Outcomes without the fields that are empty: of an unpaired record they say nothing."""
    return tuple(outcome for outcome in outcomes if not outcome.counts.non)


def _confused(pairs: list[Pair]) -> Iterator[Pair]:
    """The pairs, with leftovers of two types that share a quote called `type_confusion`."""
    from dataclasses import replace

    missed = [pair for pair in pairs if pair.predicted is None]
    for pair in pairs:
        if pair.label == "spurious_event" and any(_alike(pair, other) for other in missed if other.type != pair.type):
            yield replace(pair, label="type_confusion")
        else:
            yield pair


def _alike(spurious: Pair, missed: Pair) -> bool:
    if spurious.predicted is None or missed.gold is None:
        return False
    quotes = [set(side.fields.get("evidence") or ()) for side in (spurious.predicted, missed.gold)]
    return any(a in b or b in a for a in quotes[0] for b in quotes[1])


def _item(value: Any, kind: str | None) -> Item:
    if isinstance(value, Item):
        return value
    if isinstance(value, BaseModel):
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


def _no_duplicates(document: str, gold: Sequence[Item]) -> None:
    for index, item in enumerate(gold):
        if any(item.type == other.type and item.fields == other.fields for other in gold[:index]):
            raise InputError(f"{document}: gold holds the same {item.type} twice; remove one")
