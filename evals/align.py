"""Alignment: which predicted record is meant to be which gold one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals import counts, fields
from evals.assign import assign, tie
from evals.item import Item
from evals.profile import Profile
from evals.text import canonical

# A pair less alike than this is two records, not one told badly.
TAU = 0.5


def similarity(gold: Item, predicted: Item, profile: Profile) -> float:
    """Weighted mean of the key fields' similarities, over those that at least one side states; 0 to 1.

    A key that neither side states says nothing, nor does one that gold does not annotate; two records without
    any key in common are not alike. Of other right values the likest counts.
    """
    score = weight = 0.0
    for name, how in profile.items():
        if not how.key or not gold.is_annotated(name):
            continue
        alike = fields.similarity(name, how, gold.fields[name], predicted.fields.get(name), gold.alternatives)
        if alike is not None:
            score += how.key * alike
            weight += how.key
    return score / weight if weight else 0.0


def align(gold: Sequence[Item], predicted: Sequence[Item], profile: Profile, tau: float = TAU) -> list[tuple[int, int]]:
    """One-to-one pairs (gold, predicted) of the greatest sum of similarities of at least tau.

    Ties go to the pair that agrees more in all its fields; what is left of them is settled by content, so that the
    order of the records changes nothing.
    """
    alike = {(i, j): similarity(g, p, profile) for i, g in enumerate(gold) for j, p in enumerate(predicted)}
    likely = {place: each for place, each in alike.items() if each >= tau and each > 0}
    rows, columns = _highest(likely, 0), _highest(likely, 1)
    texts = [canonical(item.fields) for item in gold], [canonical(item.fields) for item in predicted]
    gains = [[0.0 for _ in predicted] for _ in gold]
    for (i, j), each in likely.items():
        # Of pairs that are nobody's likest it costs more to ask how far they agree than it could help.
        is_likest = each in (rows[i], columns[j])
        agreement = _agreement(gold[i], predicted[j], profile) if is_likest else 0.0
        gains[i][j] = each + 1e-6 * agreement + 1e-9 * tie(texts[0][i], texts[1][j])
    return assign(gains)


def _highest(alike: Mapping[tuple[int, int], float], side: int) -> dict[int, float]:
    """The greatest similarity of each record of a side."""
    found: dict[int, float] = {}
    for place, each in alike.items():
        found[place[side]] = max(each, found.get(place[side], 0.0))
    return found


def _agreement(gold: Item, predicted: Item, profile: Profile) -> float:
    """F1 of all fields, as the pair would score."""
    outcomes = (
        outcome
        for name, how in profile.items()
        if gold.is_annotated(name)
        for outcome in fields.compare(name, how, gold.fields[name], predicted.fields.get(name), gold.alternatives)
    )
    return counts.total(outcome.counts for outcome in outcomes).f1 or 0.0
