"""Alignment: which predicted record is meant to be which gold one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from evals import counts, fields
from evals.assign import assign, tie
from evals.item import Item
from evals.profile import Plan, Profile
from evals.side import Side

# A pair less alike than this is two records, not one told badly.
TAU = 0.5
# A bound is as exact as a sum of a few floats.
_SLACK = 1e-9


def similarity(gold: Item, predicted: Item, profile: Profile) -> float:
    """Weighted mean of the key fields' similarities, over those that at least one side states; 0 to 1.

    A key that neither side states says nothing, nor does one that gold does not annotate; two records without
    any key in common are not alike. Of other right values the likest counts.
    """
    return likeness(Side(gold), Side(predicted), Plan.of(profile))


def align(gold: Sequence[Item], predicted: Sequence[Item], profile: Profile, tau: float = TAU) -> list[tuple[int, int]]:
    """One-to-one pairs (gold, predicted) of the greatest sum of similarities of at least tau.

    Ties go to the pair that agrees more in all its fields; what is left of them is settled by content, so that the
    order of the records changes nothing.
    """
    return align_sides([Side(item) for item in gold], [Side(item) for item in predicted], Plan.of(profile), tau)


def align_sides(gold: Sequence[Side], predicted: Sequence[Side], plan: Plan, tau: float) -> list[tuple[int, int]]:
    """`align` of records taken apart; how alike they are is remembered by those of gold."""
    likely: dict[tuple[int, int], float] = {}
    for i, one in enumerate(gold):
        for j, other in enumerate(predicted):
            each = one.likenesses[other] = _likeness(one, other, plan, tau)
            if each >= tau and each > 0:
                likely[i, j] = each
    if len(likely) == len({i for i, _ in likely}) == len({j for _, j in likely}):
        # Nobody is wanted twice.
        return list(likely)
    return assign(_gains(gold, predicted, plan, likely))


def _gains(
    gold: Sequence[Side], predicted: Sequence[Side], plan: Plan, likely: Mapping[tuple[int, int], float]
) -> list[list[float]]:
    """What each pair is worth, a little more where it agrees in more."""
    rivals = Counter(i for i, _ in likely), Counter(j for _, j in likely)
    rows, columns = _highest(likely, 0), _highest(likely, 1)
    gains = [[0.0 for _ in predicted] for _ in gold]
    for (i, j), each in likely.items():
        gains[i][j] = each
        if rivals[0][i] > 1 or rivals[1][j] > 1:
            # Of pairs that are nobody's likest it costs more to ask how far they agree than it could help.
            is_likest = each in (rows[i], columns[j])
            agreement = _agreement(gold[i], predicted[j], plan) if is_likest else 0.0
            gains[i][j] += 1e-6 * agreement + 1e-9 * tie(gold[i].text, predicted[j].text)
    return gains


def likeness(gold: Side, predicted: Side, plan: Plan, floor: float = 0.0) -> float:
    """`similarity` of records taken apart; where it is known before the end to be below `floor`, 0.

    It is remembered: ask with one floor only.
    """
    found = gold.likenesses.get(predicted)
    if found is None:
        found = gold.likenesses[predicted] = _likeness(gold, predicted, plan, floor)
    return found


def _likeness(gold: Side, predicted: Side, plan: Plan, floor: float) -> float:
    floor -= _SLACK
    asked, left = gold.asked(plan)
    said = predicted.keys(plan)
    score = weight = 0.0
    found: list[float | None] = [None] * len(said)
    for at, each, mine in asked:
        # As alike as what is left could make them.
        if score + left < floor * (weight + left):
            return 0.0
        left -= each
        other = said[at]
        if mine is None:
            alike = fields.alike(*plan.keys[at], gold, other[0])
        elif mine[2] is not None and other[2] is not None:
            how = mine[0].how
            if mine[1] == other[1]:
                alike = 1.0
            else:
                alike = how.nearness(mine[2], other[2]) if how.nearness else how.credit(mine[2], other[2])[0]
        else:
            alike = fields.likeness(mine[0], other[0], (floor * (weight + left + each) - score - left) / each)
        if alike is not None:
            found[at] = alike
            score += each * alike
            weight += each
    return _mean(found, plan) if score and score >= floor * weight else 0.0


def _mean(alike: Sequence[float | None], plan: Plan) -> float:
    """Summed in the order of the profile: floats add up to the same only in the same order."""
    score = weight = 0.0
    for at in plan.order:
        each = alike[at]
        if each is not None:
            key = plan.keys[at][1].key
            score += key * each
            weight += key
    return score / weight


def _highest(alike: Mapping[tuple[int, int], float], side: int) -> dict[int, float]:
    """The greatest similarity of each record of a side."""
    found: dict[int, float] = {}
    for place, each in alike.items():
        found[place[side]] = max(each, found.get(place[side], 0.0))
    return found


def _agreement(gold: Side, predicted: Side, plan: Plan) -> float:
    """F1 of all fields, as the pair would score."""
    rows = (
        row
        for name, how in plan.profile.items()
        if gold.item.is_annotated(name)
        for row in fields.compared(name, how, gold, predicted)
    )
    return counts.total(row[1] for row in rows).f1 or 0.0
