"""Compare one field of a gold record with that of a predicted one: counts, and labels of what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evals import alternatives, counts
from evals.alternatives import Alternatives
from evals.assign import assign, tie
from evals.counts import Counts
from evals.dates import is_dated
from evals.item import is_annotated
from evals.profile import Compare
from evals.text import canonical, is_stated
from evals.values import Compared, are_near, share_a_name

# A nested model less alike than this is another one, not one told badly.
MIN_PARTS = 0.5
WITH_MEMBER = "with_member"

_EQUAL = Compare(kind="equal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one field of one pair of records earns; `label` names the error, if there is one.

    A missed value that is labelled `alias_miss` has beside it the predicted one that may be it. A field of a
    list's member that has no partner is labelled `with_member`: it goes with the member, which has a label of its own.
    """

    field: str
    counts: Counts
    label: str = ""
    gold: Any = None
    predicted: Any = None


def compare(name: str, how: Compare, gold: Any, predicted: Any, others: Alternatives) -> list[Outcome]:
    """Outcomes of a field, the best that any right variant of the gold value gives; no prediction is None."""

    def worth(variant: Any) -> tuple[float, float]:
        found = counts.total(outcome.counts for outcome in _compare(name, how, variant, predicted))
        # Half of what is missing from a perfect field, as F1 sees it: to miss and to add cost the same.
        return found.credit - (found.pos + found.act) / 2, found.credit

    read = how.read and how.read.union(how.within)
    return _compare(name, how, alternatives.best(name, gold, others, worth, read=read), predicted)


def spurious(name: str, how: Compare, predicted: Any) -> list[Outcome]:
    """Outcomes of a field of a predicted record that nothing was paired with."""
    return _compare(name, how, None, predicted)


def similarity(name: str, how: Compare, gold: Any, predicted: Any, others: Alternatives) -> float | None:
    """How alike two values are, 0 to 1, by the variant of gold that is likest; None if neither side states one."""

    if not others:
        return _similarity(how, gold, predicted)

    def worth(variant: Any) -> tuple[float, ...]:
        found = _similarity(how, variant, predicted)
        # Rightly absent on both sides is better than absent on one.
        return (-0.5 if found is None else found - 1,)

    return _similarity(how, alternatives.best(name, gold, others, worth, read=how.read), predicted)


def credit(how: Compare, gold: Any, predicted: Any) -> Compared:
    """What one value earns against another that is stated too; nested models by the mean of their parts."""
    if gold == predicted:
        return 1.0, ""
    if how.kind != "parts":
        return how.credit(gold, predicted)
    parts = ((part, gold.get(name), predicted.get(name)) for name, part in how.parts.items())
    alike = [found for part, g, p in parts if (found := _similarity(part, g, p)) is not None]
    mean = sum(alike) / len(alike) if alike else 0.0
    if mean < MIN_PARTS:
        return 0.0, ""
    return mean, "" if mean == 1 else "partial_parts"


def holds(how: Compare, value: Any, wanted: Any) -> bool:
    """Whether a field's value is another one, or has it among its members."""
    held = members(how, value) if how.is_list else [value] if _is_there(how, value) else []
    return any(credit(how, each, wanted)[0] == 1 for each in held)


def _similarity(how: Compare, gold: Any, predicted: Any) -> float | None:
    if gold is None and predicted is None:
        return None
    if how.is_list:
        left, right = members(how, gold), members(how, predicted)
        if not left and not right:
            return None
        return 2 * sum(gain for *_, (gain, _) in _matched(how, left, right)) / (len(left) + len(right))
    there = [_is_there(how, value) for value in (gold, predicted)]
    if not any(there):
        return None
    return credit(how, gold, predicted)[0] if all(there) else 0.0


def _compare(name: str, how: Compare, gold: Any, predicted: Any) -> list[Outcome]:
    if how.is_list:
        return list(_compare_lists(name, how, members(how, gold), members(how, predicted)))
    there = _is_there(how, gold), _is_there(how, predicted)
    if there == (True, True):
        return [_both(name, credit(how, gold, predicted), gold, predicted)]
    found = {
        (True, False): (counts.MISSED, "missing_value"),
        (False, True): (counts.SPURIOUS, "spurious_value"),
        (False, False): (counts.ABSENT, ""),
    }[there]
    return [Outcome(field=name, counts=found[0], label=found[1], gold=gold, predicted=predicted)]


def _both(name: str, compared: Compared, gold: Any, predicted: Any) -> Outcome:
    earned, label = compared
    said = label or ("" if earned else "wrong_value")
    return Outcome(field=name, counts=counts.of_credit(earned), label=said, gold=gold, predicted=predicted)


def _compare_lists(name: str, how: Compare, gold: Sequence[Any], predicted: Sequence[Any]) -> Iterator[Outcome]:
    """Each member once, paired or not, and the fields within each, so that what gold has is always all counted."""
    if not gold and not predicted:
        yield Outcome(field=name, counts=counts.ABSENT)
    pairs = _matched(how, gold, predicted)
    for i, j, compared in pairs:
        yield _both(name, compared, gold[i], predicted[j])
        yield from _within(name, how, gold[i], predicted[j])
    taken = {i for i, *_ in pairs}, {j for _, j, _ in pairs}
    surplus = [value for j, value in enumerate(predicted) if j not in taken[1]]
    for i, value in enumerate(gold):
        if i not in taken[0]:
            yield _missed(name, value, surplus)
            yield from _alone(name, how, value, counts.MISSED)
    for value in surplus:
        yield Outcome(field=name, counts=counts.SPURIOUS, label="spurious_value", predicted=value)
        yield from _alone(name, how, value, counts.SPURIOUS)


def _within(name: str, how: Compare, gold: Any, predicted: Any) -> Iterator[Outcome]:
    for part in how.within:
        if is_annotated(gold, part):
            part_how = how.parts.get(part, _EQUAL)
            yield from _compare(f"{name}.{part}", part_how, gold[part], predicted.get(part))


def _missed(name: str, gold: Any, surplus: Sequence[Any]) -> Outcome:
    near = next((value for value in surplus if are_near(gold, value)), None)
    label = "missing_value" if near is None else "alias_miss"
    return Outcome(field=name, counts=counts.MISSED, label=label, gold=gold, predicted=near)


def _alone(name: str, how: Compare, member: Any, lost: Counts) -> Iterator[Outcome]:
    """The stated fields within a member that has no partner."""
    is_gold = lost is counts.MISSED
    for part in how.within:
        if is_stated(member.get(part)) and is_annotated(member, part):
            gold, predicted = (member[part], None) if is_gold else (None, member[part])
            yield Outcome(field=f"{name}.{part}", counts=lost, label=WITH_MEMBER, gold=gold, predicted=predicted)


def _matched(how: Compare, gold: Sequence[Any], predicted: Sequence[Any]) -> list[tuple[int, int, Compared]]:
    """Pairs of members, one to one, of the greatest sum; of equals the one whose other fields agree."""
    found = [[credit(how, g, p) for p in predicted] for g in gold]
    pairs = [(i, j) for i, row in enumerate(found) for j, (earned, _) in enumerate(row) if earned]
    if len({i for i, _ in pairs}) < len(pairs) or len({j for _, j in pairs}) < len(pairs):
        gains = [[0.0 for _ in predicted] for _ in gold]
        for i, j in pairs:
            gains[i][j] = found[i][j][0] + _preference(how, gold[i], predicted[j])
        pairs = assign(gains)
    return [(i, j, found[i][j]) for i, j in pairs]


def _preference(how: Compare, gold: Any, predicted: Any) -> float:
    """A little more for members that agree in what they need not; the rest is settled by content, not by place."""
    agreeing = 0.0
    if how.within:
        same = [gold.get(part) == predicted.get(part) for part in how.within]
        agreeing = (sum(same) + share_a_name(gold, predicted)) / (len(same) + 1)
    return 1e-6 * agreeing + 1e-9 * tie(canonical(gold), canonical(predicted))


def members(how: Compare, value: Any) -> list[Any]:
    """The members of a list that state something, equal codes once."""
    found = [member for member in (value if isinstance(value, list | tuple) else [value]) if is_stated(member)]
    return list({canonical(member): member for member in found}.values()) if how.is_code else found


def _is_there(how: Compare, value: Any) -> bool:
    return is_dated(value) if how.kind == "date" else is_stated(value)
