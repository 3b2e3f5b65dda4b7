"""What kind of error a record or a value is, seen beside the others of its document (after Das et al. 2022).

Of records: `missing_event`, `spurious_event`; `duplicate` (told twice), `split` (told in two parts), `merge` (two
told as one), `type_confusion` (told as another type; on both sides), `ungrounded` (no quote stands in the
document), `invalid_output` (missed, since there was no valid answer). Of values that earn nothing: `role_swap` (right
in another field, or exchanged between two members), `wrong_event` (right in another record), `ungrounded`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evals import fields
from evals.align import similarity
from evals.fields import WITH_MEMBER, Outcome
from evals.item import Item
from evals.pair import Pair
from evals.profile import Profile
from evals.text import plain

# Of these kinds equal values turn up in many places without meaning anything.
_COMMON = ("auto", "equal", "free", "number")


def label(pairs: Sequence[Pair], profiles: Mapping[str, Profile], tau: float, *, is_valid: bool = True) -> list[Pair]:
    """The pairs of a document with what is wrong said as exactly as the document allows."""
    whole = [pair for pair in pairs if pair.is_whole]
    confused = _confused(pairs)
    found = []
    for pair in pairs:
        profile = profiles[pair.type]
        mine = [each for each in whole if each.type == pair.type]
        if pair.is_whole:
            golds = [each.gold for each in pairs if each.gold and each.type == pair.type and each is not pair]
            found.append(replace(pair, outcomes=tuple(_value(one, pair, golds, profile) for one in pair.outcomes)))
        elif pair.gold:
            said = "merge" if any(_is_merged(pair.gold, each, profile, tau) for each in mine) else pair.label
            said = "type_confusion" if said == pair.label and id(pair) in confused else said
            found.append(replace(pair, label=said if is_valid else "invalid_output"))
        else:
            found.append(replace(pair, label=_surplus(pair, mine, profile, tau, is_confused=id(pair) in confused)))
    return found


def _surplus(pair: Pair, whole: Sequence[Pair], profile: Profile, tau: float, *, is_confused: bool) -> str:
    """What a predicted record without a partner is."""
    item = pair.predicted
    if item is None:
        return pair.label
    twins = [each for each in whole if each.gold and similarity(each.gold, item, profile) >= tau]
    if any(_adds(item, each, profile) for each in twins):
        return "split"
    if twins:
        return "duplicate"
    if is_confused:
        return "type_confusion"
    return "ungrounded" if "" in item.ungrounded else pair.label


def _adds(item: Item, pair: Pair, profile: Profile) -> bool:
    """Whether a predicted record has what the one that was paired lacks, in a key field."""
    lacking = [each for each in pair.outcomes if each.counts.mis and each.field in profile and profile[each.field].key]
    return any(fields.holds(profile[each.field], item.fields.get(each.field), each.gold) for each in lacking)


def _is_merged(item: Item, pair: Pair, profile: Profile, tau: float) -> bool:
    """Whether a missed gold record is told within a predicted one that was paired with another."""
    if pair.predicted is None or similarity(item, pair.predicted, profile) < tau:
        return False
    extra = [each for each in pair.outcomes if each.counts.spu and each.field in profile and profile[each.field].key]
    return any(fields.holds(profile[each.field], item.fields.get(each.field), each.predicted) for each in extra)


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


def _value(outcome: Outcome, pair: Pair, golds: Sequence[Item], profile: Profile) -> Outcome:
    """The outcome, with a finer label if it is a predicted value that earns nothing."""
    if not (outcome.counts.inc or outcome.counts.spu) or outcome.label == WITH_MEMBER or pair.predicted is None:
        return outcome
    name = outcome.field.split(".")[0]
    if _is_swapped(outcome, pair, profile):
        return replace(outcome, label="role_swap")
    if "." not in outcome.field and profile[name].kind not in _COMMON:
        others = [item.fields[name] for item in golds if item.is_annotated(name)]
        if any(fields.holds(profile[name], value, outcome.predicted) for value in others):
            return replace(outcome, label="wrong_event")
    if "." not in outcome.field and pair.predicted.is_ungrounded(name, outcome.predicted):
        return replace(outcome, label="ungrounded")
    return outcome


def _is_swapped(outcome: Outcome, pair: Pair, profile: Profile) -> bool:
    """Whether the value is right in another field of the record, or two members have each other's."""
    lost = [each for each in pair.outcomes if each.counts.mis or each.counts.inc]
    if "." in outcome.field:
        mine = [each for each in lost if each.field == outcome.field and each.counts.inc and outcome.counts.inc]
        return any(each.gold == outcome.predicted and each.predicted == outcome.gold for each in mine)
    how = profile[outcome.field]
    others = [each for each in lost if each.field != outcome.field and each.field in profile]
    fits = [each for each in others if profile[each.field].kind == how.kind and how.kind not in _COMMON]
    return any(fields.credit(how, each.gold, outcome.predicted)[0] == 1 for each in fits)
