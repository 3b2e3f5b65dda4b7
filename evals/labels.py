"""What kind of error a record or a value is, seen beside the others of its document (after Das et al. 2022).

Of records: `missing_event`, `spurious_event`; `duplicate` (told twice), `split` (told in two parts), `merge` (two
told as one), `type_confusion` (told as another type; on both sides), `ungrounded` (no quote stands in the
document), `invalid_output` (missed, since there was no valid answer). Of values that earn nothing: `role_swap` (right
in another field, or exchanged between two members), `wrong_event` (right in another record), `ungrounded`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evals import fields
from evals.align import likeness
from evals.fields import WITH_MEMBER, Outcome
from evals.item import Item
from evals.pair import Pair
from evals.profile import Compare, Plan, Profile
from evals.side import Side
from evals.text import plain

# Of these kinds equal values turn up in many places without meaning anything.
_COMMON = ("auto", "equal", "free", "number")
# The records of a document by the identity of their items.
Sides = Mapping[int, Side]


def label(pairs: Sequence[Pair], sides: Sequence[Side], tau: float, *, is_valid: bool = True) -> list[Pair]:
    """The pairs of a document with what is wrong said as exactly as the document allows; `sides` are its records.

    What is wrong with the values of a pair is said by `values`, when it is asked for.
    """
    whole = [pair for pair in pairs if pair.is_whole]
    if len(whole) == len(pairs):
        return whole
    confused = _confused(pairs)
    by_item = {id(side.item): side for side in sides}
    found = []
    for pair in pairs:
        mine = [each for each in whole if each.type == pair.type]
        if pair.gold and pair.predicted:
            found.append(pair)
        elif pair.gold:
            said = "merge" if any(_is_merged(pair, each, by_item, tau) for each in mine) else pair.label
            said = "type_confusion" if said == pair.label and id(pair) in confused else said
            found.append(replace(pair, label=said if is_valid else "invalid_output"))
        else:
            found.append(replace(pair, label=_surplus(pair, mine, by_item, tau, is_confused=id(pair) in confused)))
    return found


def values(golds: Sequence[Item], pair: Pair, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """The outcomes of a pair, with finer labels of predicted values that earn nothing; `golds` are the document's."""
    return tuple(
        _value(each, pair, golds, outcomes) if each.counts.inc or each.counts.spu else each for each in outcomes
    )


def _surplus(pair: Pair, whole: Sequence[Pair], sides: Sides, tau: float, *, is_confused: bool) -> str:
    """What a predicted record without a partner is."""
    item = pair.predicted
    if item is None:
        return pair.label
    twins = [each for each in whole if _are_alike(each.gold, item, sides, pair.plan, tau)]
    if any(_adds(item, each) for each in twins):
        return "split"
    if twins:
        return "duplicate"
    if is_confused:
        return "type_confusion"
    return "ungrounded" if "" in item.ungrounded else pair.label


def _are_alike(gold: Item | None, predicted: Item | None, sides: Sides, plan: Plan, tau: float) -> bool:
    return bool(gold and predicted) and likeness(sides[id(gold)], sides[id(predicted)], plan, tau) >= tau


def _adds(item: Item, pair: Pair) -> bool:
    """Whether a predicted record has what the one that was paired lacks, in a key field."""
    return any(
        fields.holds(how, item.fields.get(each.field), each.gold) for each, how in _keys(pair) if each.counts.mis
    )


def _is_merged(pair: Pair, other: Pair, sides: Sides, tau: float) -> bool:
    """Whether a missed gold record is told within a predicted one that was paired with another."""
    if pair.gold is None or not _are_alike(pair.gold, other.predicted, sides, pair.plan, tau):
        return False
    extra = [(each, how) for each, how in _keys(other) if each.counts.spu]
    return any(fields.holds(how, pair.gold.fields.get(each.field), each.predicted) for each, how in extra)


def _keys(pair: Pair) -> Iterator[tuple[Outcome, Compare]]:
    """The outcomes of key fields."""
    for each in pair.outcomes:
        how = pair.plan.profile.get(each.field)
        if how and how.key:
            yield each, how


def _confused(pairs: Sequence[Pair]) -> set[int]:
    """Leftovers, by identity, that tell one event as two types: they share a quote."""
    missed = [pair for pair in pairs if pair.predicted is None]
    found: set[int] = set()
    for pair in pairs:
        if pair.gold is None and pair.predicted:
            fits = [each for each in missed if each.type != pair.type and id(each) not in found]
            other = next((each for each in fits if each.gold and _share_a_quote(pair.predicted, each.gold)), None)
            found |= {id(pair), id(other)} if other else set()
    return found


def _share_a_quote(one: Item, other: Item) -> bool:
    quotes = [[plain(str(quote)) for quote in side.fields.get("evidence") or ()] for side in (one, other)]
    return any(a and b and (a in b or b in a) for a in quotes[0] for b in quotes[1])


def _value(outcome: Outcome, pair: Pair, golds: Sequence[Item], outcomes: Sequence[Outcome]) -> Outcome:
    if outcome.label == WITH_MEMBER or pair.predicted is None:
        return outcome
    name, _, part = outcome.field.partition(".")
    if _is_swapped(outcome, outcomes, pair.plan.profile):
        return replace(outcome, label="role_swap")
    if not part and _is_of_another(outcome, pair, golds):
        return replace(outcome, label="wrong_event")
    if not part and pair.predicted.is_ungrounded(name, outcome.predicted):
        return replace(outcome, label="ungrounded")
    return outcome


def _is_of_another(outcome: Outcome, pair: Pair, golds: Sequence[Item]) -> bool:
    """Whether the value is right in another gold record of the document."""
    name = outcome.field
    how = pair.plan.profile[name]
    if how.kind in _COMMON:
        return False
    others = [item for item in golds if item.type == pair.type and item is not pair.gold and item.is_annotated(name)]
    return any(fields.holds(how, item.fields[name], outcome.predicted) for item in others)


def _is_swapped(outcome: Outcome, outcomes: Sequence[Outcome], profile: Profile) -> bool:
    """Whether the value is right in another field of the record, or two members have each other's."""
    lost = [each for each in outcomes if each.counts.mis or each.counts.inc]
    if "." in outcome.field:
        mine = [each for each in lost if each.field == outcome.field and each.counts.inc and outcome.counts.inc]
        return any(each.gold == outcome.predicted and each.predicted == outcome.gold for each in mine)
    how = profile[outcome.field]
    others = [each for each in lost if each.field != outcome.field and each.field in profile]
    fits = [each for each in others if profile[each.field].kind == how.kind and how.kind not in _COMMON]
    return any(fields.credit(how, each.gold, outcome.predicted)[0] == 1 for each in fits)
