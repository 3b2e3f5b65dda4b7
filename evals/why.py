"""Why a field scored as it did: each step of the comparison, with the thresholds used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evals import fields, profile
from evals.align import TAU
from evals.difference import brief, title
from evals.item import Item
from evals.pair import Pair
from evals.profile import Compare, Profile
from evals.scoring import DocumentScore
from evals.side import members
from evals.text import MIN_WORD_RATIO, words
from extract.errors import InputError

_RULES = {
    "date": "days as intervals: equal 1; one within the other 0.5; apart 0",
    "place": "same city, or same words where a city is missing 1; same country only 0.5; else 0",
    "person": "same name 1; one of them unnamed, same office and country 0.5; both unnamed, same office and country 1",
    "party": "same country 1; without countries the same name 1; else 0",
    "name": f"folded words, as many, each {MIN_WORD_RATIO:g} % alike or more 1; one cut short 0.5; else 0",
    "free": "F1 of the words; not in the headline",
    "number": "equal within the tolerance 1; else 0",
    "parts": f"mean of the parts; under {fields.MIN_PARTS} 0",
}
_EQUAL = "equal 1; else 0"


def explain(score: DocumentScore, name: str) -> Iterator[str]:
    """Each step of how a field (`meeting.participants`) of a document was compared; InputError of an unknown one."""
    kind, _, field = name.partition(".")
    how = profile.of_type(kind)
    if how is None or field not in how:
        known = ", ".join(f"{kind}.{each}" for each in how) if how else "meeting.date and the like"
        raise InputError(f"no field {name!r} is compared; there are: {known}")
    rule = _RULES.get(how[field].kind, _EQUAL)
    yield f"{name}: {rule}{'; members paired one to one for the greatest sum' if how[field].is_list else ''}"
    for pair in score.pairs:
        if pair.type == kind:
            yield ""
            yield from _pair(pair, field, how)


def _pair(pair: Pair, field: str, how: Profile) -> Iterator[str]:
    yield f"{kind_of(pair)}{'' if pair.is_counted else ' (not counted)'}"
    if pair.gold and pair.predicted:
        yield f"  aligned: similarity {pair.similarity:.2f}, at least {TAU} is needed: " + ", ".join(
            _keys(pair.gold, pair.predicted, how)
        )
        yield from _steps(pair.gold, pair.predicted, field, how[field])
    else:
        yield f"  {pair.label}: no partner is {TAU} alike, so that all its values are missed or said without reason"
    for outcome in [*pair.outcomes, *pair.free]:
        if outcome.field.split(".", 1)[0] == field:
            counted = ", ".join(f"{key.upper()} {value}" for key, value in _numbers(outcome.counts) if value)
            label = f" ({outcome.label})" if outcome.label else ""
            yield f"  {outcome.field}: {counted}, credit {outcome.counts.credit:g}{label}"


def kind_of(pair: Pair) -> str:
    """A record's type and what tells it apart."""
    return f"{pair.type} {title(pair)}"


def _keys(gold: Item, predicted: Item, how: Profile) -> Iterator[str]:
    for name, compare in how.items():
        if compare.key and gold.is_annotated(name):
            alike = fields.similarity(name, compare, gold.fields[name], predicted.fields.get(name), gold.alternatives)
            yield f"{name} {'absent' if alike is None else f'{alike:.2f}'} x{compare.key:g}"


def _steps(gold: Item, predicted: Item, field: str, how: Compare) -> Iterator[str]:
    if not gold.is_annotated(field):
        yield "  not annotated: not scored"
        return
    others = [path for path in gold.alternatives if path == field or path.startswith((f"{field}.", f"{field}["))]
    if others:
        yield f"  other right values for: {', '.join(others)}"
    for mine in _values(how, gold.fields[field]):
        tried = [(theirs, *fields.credit(how, mine, theirs)) for theirs in _values(how, predicted.fields.get(field))]
        # Where a member is found, all that it is not need not be told.
        shown = [each for each in tried if each[1]] or tried
        for theirs, earned, label in shown:
            yield f"  gold {_folded(mine)} ~ predicted {_folded(theirs)}: {earned:g}{f' ({label})' if label else ''}"


def _values(how: Compare, value: Any) -> Sequence[Any]:
    return members(how, value) if how.is_list else [value]


def _folded(value: Any) -> str:
    """A value in a few words, a text as it is compared."""
    folded = " ".join(words(value)) if isinstance(value, str) else ""
    return f"{brief(value)} [{folded}]" if folded not in ("", value) else brief(value)


def _numbers(counts: Any) -> Iterator[tuple[str, int]]:
    for name in ("cor", "par", "inc", "mis", "spu", "non"):
        yield name, getattr(counts, name)
