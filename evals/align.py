"""Alignment: which predicted record is meant to be which gold one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals import fields
from evals.assign import assign
from evals.profile import Profile

# A pair less alike than this is two records, not one told badly.
TAU = 0.5

Fields = Mapping[str, Any]


def similarity(gold: Fields, predicted: Fields, profile: Profile) -> float:
    """Weighted mean of the key fields' similarities, over those that at least one side states; 0 to 1.

    A key that neither side states says nothing; two records without any key in common are not alike.
    """
    score = weight = 0.0
    for name, how in profile.items():
        if not how.key or name not in gold:
            continue
        alike = fields.similarity(how, gold[name], predicted.get(name))
        if alike is not None:
            score += how.key * alike
            weight += how.key
    return score / weight if weight else 0.0


def align(
    gold: Sequence[Fields], predicted: Sequence[Fields], profile: Profile, tau: float = TAU
) -> list[tuple[int, int]]:
    """One-to-one pairs (gold, predicted) of the greatest sum of similarities of at least tau.

    Ties go to the pair with more equal fields, then to the first.
    """
    gains = [[_gain(g, p, profile, tau) for p in predicted] for g in gold]
    return assign(gains)


def _gain(gold: Fields, predicted: Fields, profile: Profile, tau: float) -> float:
    alike = similarity(gold, predicted, profile)
    if alike < tau:
        return 0.0
    same = [1.0 if gold.get(name) == predicted.get(name) else 0.0 for name in profile]
    return alike + 1e-6 * sum(same) / len(same)
