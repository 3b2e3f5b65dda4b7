"""Compare one field of a gold record with that of a predicted one: counts, and labels of what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import counts
from evals.alternatives import Alternatives
from evals.assign import assign, tie
from evals.counts import Counts
from evals.item import NOT_ANNOTATED, is_annotated
from evals.profile import Compare
from evals.side import Field, Side, made, variants
from evals.text import is_stated, says_something
from evals.values import RIGHT, Compared, are_near, share_a_name

# A nested model less alike than this is another one, not one told badly.
MIN_PARTS = 0.5
WITH_MEMBER = "with_member"
# Up to here equal lists are known to score as their members against themselves. In longer ones the many tiny sums
# that settle ties could outweigh what a member's other fields agree in.
MOST_EQUAL = 100

_EQUAL = Compare(kind="equal")
_ONE, _NONE, _NEITHER = (1, 0), (0, 1), (0, 0)

# An outcome before it is one: field, counts, label, gold, predicted. Most are only counted.
Row = tuple[str, Counts, str, Any, Any]


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
    said = Field(how, predicted)
    if not others:
        return outcomes(rows(name, Field(how, gold), said))
    best = variants(name, how, gold, others).best(lambda variant: _worth(name, variant, said), read=_scored(how))
    return outcomes(rows(name, best, said))


def spurious(name: str, how: Compare, predicted: Any) -> list[Outcome]:
    """Outcomes of a field of a predicted record that nothing was paired with."""
    return outcomes(rows(name, Field(how, None), Field(how, predicted)))


def similarity(name: str, how: Compare, gold: Any, predicted: Any, others: Alternatives) -> float | None:
    """How alike two values are, 0 to 1, by the variant of gold that is likest; None if neither side states one."""
    said = Field(how, predicted)
    best = variants(name, how, gold, others).best(lambda variant: (_nearness(variant, said),), read=how.read)
    return likeness(best, said)


def outcomes(rows: Iterable[Row]) -> list[Outcome]:
    """Rows as outcomes."""
    return [
        Outcome(field=field, counts=found, label=label, gold=gold, predicted=predicted)
        for field, found, label, gold, predicted in rows
    ]


def compared(name: str, how: Compare, gold: Side, predicted: Side | None) -> list[Row]:
    """What `compare` says of a field of two records."""
    said = predicted.field(name, how) if predicted else Field(how, None)
    return rows(name, chosen(name, how, gold, said), said)


def chosen(name: str, how: Compare, gold: Side, predicted: Field) -> Field:
    """The right variant of a gold field that gives the best outcomes."""
    others = gold.variants(name, how)
    if others is None:
        return gold.field(name, how)
    return others.best(lambda variant: _worth(name, variant, predicted), read=_scored(how))


def alike(name: str, how: Compare, gold: Side, predicted: Field) -> float | None:
    """What `similarity` says of a field of two records."""
    others = gold.variants(name, how)
    if others is None:
        return likeness(gold.field(name, how), predicted)
    return likeness(others.best(lambda variant: (_nearness(variant, predicted),), read=how.read), predicted)


def of_equal(how: Compare, raw: Any, field: Field | None = None) -> tuple[int, int] | None:
    """How many values are right and how many absent where a prediction has just what gold has.

    None if it has to be compared all the same: what is not equal to itself, such as NaN, and lists too long to tell.
    `field` is what `raw` is taken apart to, if it has been.
    """
    if type(raw) is str and how.is_code and not how.is_list:
        return _ONE if says_something(raw) else _NONE
    field = field or Field(how, raw)
    right = len(field.values)
    if not right:
        return _NONE
    if not how.is_list:
        return _ONE if raw == raw else None  # noqa: PLR0124  NaN is not
    if right > MOST_EQUAL or not field.is_regular:
        return None
    absent = 0
    for part in how.within:
        inner = how.parts.get(part, _EQUAL)
        for member in field.values:
            found = _of_part(inner, member.get(part, NOT_ANNOTATED))
            if found is None:
                return None
            right += found[0]
            absent += found[1]
    return right, absent


def _of_part(how: Compare, value: Any) -> tuple[int, int] | None:
    if value is None:
        return _NONE
    return _NEITHER if value == NOT_ANNOTATED else of_equal(how, value)


def credit(how: Compare, gold: Any, predicted: Any) -> Compared:
    """What one value earns against another that is stated too; nested models by the mean of their parts."""
    return RIGHT if gold == predicted else _credit(how, made(how, gold), made(how, predicted))


def holds(how: Compare, value: Any, wanted: Any) -> bool:
    """Whether a field's value is another one, or has it among its members."""
    return any(credit(how, each, wanted)[0] == 1 for each in Field(how, value).values)


def likeness(gold: Field, predicted: Field, floor: float = 0.0) -> float | None:
    """How alike two fields are, 0 to 1; None if neither states a value.

    Of lists it may be less than it is, where it is known before the end to be below `floor`.
    """
    left, right = gold.values, predicted.values
    if not left or not right:
        return 0.0 if left or right else None
    how = gold.how
    if gold.raw == predicted.raw and (not how.is_list or gold.is_regular):
        return 1.0
    if how.is_list:
        both = len(left) + len(right)
        return 2 * sum(gain for *_, (gain, _) in _matched(gold, predicted, floor * both / 2)) / both
    return _credit(how, gold.ready[0], predicted.ready[0])[0]


def _scored(how: Compare) -> frozenset[str] | None:
    """The parts of a value that can change a score; None if any."""
    return how.read and how.read.union(how.within)


def _worth(name: str, gold: Field, predicted: Field) -> tuple[float, float]:
    found = counts.total(row[1] for row in rows(name, gold, predicted))
    # Half of what is missing from a perfect field, as F1 sees it: to miss and to add cost the same.
    return found.credit - (found.pos + found.act) / 2, found.credit


def _nearness(gold: Field, predicted: Field) -> float:
    found = likeness(gold, predicted)
    # Rightly absent on both sides is better than absent on one.
    return -0.5 if found is None else found - 1


def _first(gold: Field, predicted: Field) -> Compared:
    """What the value of a field that is no list earns."""
    return RIGHT if gold.raw == predicted.raw else _credit(gold.how, gold.ready[0], predicted.ready[0])


def _credit(how: Compare, gold: Any, predicted: Any) -> Compared:
    """What a value earns against one that is not equal to it, both made ready."""
    return _mean_of_parts(gold, predicted) if how.kind == "parts" else how.credit(gold, predicted)


def _mean_of_parts(gold: Sequence[Field], predicted: Sequence[Field]) -> Compared:
    found = [each for g, p in zip(gold, predicted, strict=True) if (each := likeness(g, p)) is not None]
    mean = sum(found) / len(found) if found else 0.0
    if mean < MIN_PARTS:
        return 0.0, ""
    return mean, "" if mean == 1 else "partial_parts"


def rows(name: str, gold: Field, predicted: Field) -> list[Row]:
    """What a field earns beside another, by the value as it stands."""
    if gold.how.is_list:
        return list(_compare_lists(name, gold, predicted))
    if gold.values and predicted.values:
        return [_both(name, _first(gold, predicted), gold.raw, predicted.raw)]
    if gold.values:
        return [(name, counts.MISSED, "missing_value", gold.raw, predicted.raw)]
    if predicted.values:
        return [(name, counts.SPURIOUS, "spurious_value", gold.raw, predicted.raw)]
    return [(name, counts.ABSENT, "", gold.raw, predicted.raw)]


def _both(name: str, earned: Compared, gold: Any, predicted: Any) -> Row:
    said = earned[1] or ("" if earned[0] else "wrong_value")
    return name, counts.of_credit(earned[0]), said, gold, predicted


def _compare_lists(name: str, gold: Field, predicted: Field) -> Iterator[Row]:
    """Each member once, paired or not, and the fields within each, so that what gold has is always all counted."""
    how, left, right = gold.how, gold.values, predicted.values
    if not left and not right:
        yield name, counts.ABSENT, "", None, None
        return
    pairs = _matched(gold, predicted)
    for i, j, earned in pairs:
        yield _both(name, earned, left[i], right[j])
        yield from _within(name, how, left[i], right[j])
    taken = {i for i, *_ in pairs}, {j for _, j, _ in pairs}
    surplus = [value for j, value in enumerate(right) if j not in taken[1]]
    for i, value in enumerate(left):
        if i not in taken[0]:
            yield _missed(name, value, surplus)
            yield from _alone(name, how, value, counts.MISSED)
    for value in surplus:
        yield name, counts.SPURIOUS, "spurious_value", None, value
        yield from _alone(name, how, value, counts.SPURIOUS)


def _within(name: str, how: Compare, gold: Any, predicted: Any) -> Iterator[Row]:
    for part in how.within:
        if is_annotated(gold, part):
            inner, where = how.parts.get(part, _EQUAL), f"{name}.{part}"
            if inner.is_code and not inner.is_list:
                yield _code(where, gold[part], predicted.get(part))
            else:
                yield from rows(where, Field(inner, gold[part]), Field(inner, predicted.get(part)))


def _code(name: str, gold: Any, predicted: Any) -> Row:
    """The row of a code, as `rows` has it, without taking it apart."""
    if is_stated(gold):
        if not is_stated(predicted):
            return name, counts.MISSED, "missing_value", gold, predicted
        if gold == predicted:
            return name, counts.RIGHT, "", gold, predicted
        return name, counts.WRONG, "wrong_value", gold, predicted
    if is_stated(predicted):
        return name, counts.SPURIOUS, "spurious_value", gold, predicted
    return name, counts.ABSENT, "", gold, predicted


def _missed(name: str, gold: Any, surplus: Sequence[Any]) -> Row:
    near = next((value for value in surplus if are_near(gold, value)), None)
    return name, counts.MISSED, "missing_value" if near is None else "alias_miss", gold, near


def _alone(name: str, how: Compare, member: Any, lost: Counts) -> Iterator[Row]:
    """The stated fields within a member that has no partner."""
    is_gold = lost is counts.MISSED
    for part in how.within:
        if is_stated(member.get(part)) and is_annotated(member, part):
            gold, predicted = (member[part], None) if is_gold else (None, member[part])
            yield f"{name}.{part}", lost, WITH_MEMBER, gold, predicted


def _matched(gold: Field, predicted: Field, floor: float = 0.0) -> list[tuple[int, int, Compared]]:
    """Pairs of members, one to one, of the greatest sum; of equals the one whose other fields agree.

    No pairs at all where it is known before the end that the sum is below `floor`.
    """
    left, right = gold.values, predicted.values
    if gold.how.is_code and gold.are_texts and predicted.are_texts:
        places = {value: j for j, value in enumerate(right)}
        return [(i, places[value], RIGHT) for i, value in enumerate(left) if value in places]
    if not right:
        return []
    found: dict[tuple[int, int], Compared] = {}
    # As much as all members of gold could earn.
    most = float(len(left))
    for i in range(len(left)):
        row = _row(gold, i, predicted)
        for j, earned in enumerate(row):
            if earned[0]:
                found[i, j] = earned
        most += max(row)[0] - 1
        if most < floor:
            return []
    if len(found) < 2 or len({i for i, _ in found}) == len({j for _, j in found}) == len(found):
        return [(*place, earned) for place, earned in found.items()]
    return _assigned(gold, predicted, found)


def _row(gold: Field, i: int, predicted: Field) -> list[Compared]:
    """What a member of gold earns against each predicted one."""
    how, shared = gold.how, gold.shared
    credit = _mean_of_parts if how.kind == "parts" else how.credit
    mine, made = gold.values[i], gold.ready[i]
    pairs = zip(predicted.values, predicted.ready, strict=True)
    if shared is None:
        return [RIGHT if mine == value else credit(made, other) for value, other in pairs]
    row: list[Compared] = []
    for value, other in pairs:
        known = shared.credits.get((id(mine), id(value)))
        if known is None:
            earned = RIGHT if mine == value else credit(made, other)
            known = shared.credits[id(mine), id(value)] = earned, mine, value
        row.append(known[0])
    return row


def _assigned(
    gold: Field, predicted: Field, earned: Mapping[tuple[int, int], Compared]
) -> list[tuple[int, int, Compared]]:
    gains = [[0.0 for _ in predicted.values] for _ in gold.values]
    for (i, j), (credit, _) in earned.items():
        gains[i][j] = credit + _preference(gold, i, predicted, j)
    return [(i, j, earned[i, j]) for i, j in assign(gains)]


def _preference(gold: Field, i: int, predicted: Field, j: int) -> float:
    """A little more for members that agree in what they need not; the rest is settled by content, not by place."""
    agreeing, within = 0.0, gold.how.within
    if within:
        g, p = gold.values[i], predicted.values[j]
        same = [g.get(part) == p.get(part) for part in within]
        agreeing = (sum(same) + share_a_name(g, p)) / (len(same) + 1)
    return 1e-6 * agreeing + 1e-9 * tie(gold.texts[i], predicted.texts[j])
