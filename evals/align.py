"""Alignment: which predicted record is meant to be which gold one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evals import fields
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
    return _mean(_keys(gold, predicted, profile), profile)


def align(gold: Sequence[Item], predicted: Sequence[Item], profile: Profile, tau: float = TAU) -> list[tuple[int, int]]:
    """One-to-one pairs (gold, predicted) of the greatest sum of similarities of at least tau.

    Ties go to the pair that agrees more in all its fields; what is left of them is settled by content, so that the
    order of the records changes nothing.
    """
    left, right = [canonical(item.fields) for item in gold], [canonical(item.fields) for item in predicted]
    gains = [[0.0 for _ in predicted] for _ in gold]
    for i, g in enumerate(gold):
        for j, p in enumerate(predicted):
            keys = _keys(g, p, profile)
            alike = _mean(keys, profile)
            if alike >= tau and alike > 0:
                gains[i][j] = alike + 1e-6 * _agreement(g, p, profile, keys) + 1e-9 * tie(left[i], right[j])
    return assign(gains)


def _keys(gold: Item, predicted: Item, profile: Profile) -> dict[str, float]:
    return _similarities(gold, predicted, profile, [name for name, how in profile.items() if how.key])


def _mean(alike: Mapping[str, float], profile: Profile) -> float:
    weight = sum(profile[name].key for name in alike)
    return sum(profile[name].key * each for name, each in alike.items()) / weight if weight else 0.0


def _agreement(gold: Item, predicted: Item, profile: Profile, keys: Mapping[str, float]) -> float:
    """Mean similarity of all fields, each as heavy as any other."""
    rest = _similarities(gold, predicted, profile, [name for name, how in profile.items() if not how.key])
    return (sum(keys.values()) + sum(rest.values())) / (len(keys) + len(rest))


def _similarities(gold: Item, predicted: Item, profile: Profile, names: Iterable[str]) -> dict[str, float]:
    """How alike the fields are that gold annotates and that a side states."""
    found = {}
    for name in names:
        if gold.is_annotated(name):
            value, said = gold.fields[name], predicted.fields.get(name)
            alike = fields.similarity(name, profile[name], value, said, gold.alternatives)
            if alike is not None:
                found[name] = alike
    return found
