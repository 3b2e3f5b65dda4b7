"""Intervals and tests. The unit is the document, or the story where several documents tell one.

All functions are pure: a random seed comes in, and the same seed gives the same figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from statistics import fmean

from evals.counts import Counts

LEVEL = 0.95
RESAMPLES = 10_000
# Below this many units the jackknife covers better (measured on MUC-4, see ARCHITECTURE.md).
FEW = 30
# With fewer, the smallest two-sided p there can be is above 0.05: 2 / 2^5 = 0.0625.
FEWEST_TO_TEST = 6
# Up to here all 2^n swaps are tried.
EXACT = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A nominal 95 % interval and how it was made."""

    low: float
    high: float
    method: str

    @property
    def half_width(self) -> float:
        """Half of its width."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The sums of one unit that a micro F1 is made of."""

    credit: float = 0.0
    act: int = 0
    pos: int = 0

    @classmethod
    def of(cls, counts: Counts) -> Unit:
        """The sums of some counts."""
        return cls(credit=counts.credit, act=counts.act, pos=counts.pos)

    def __add__(self, other: Unit) -> Unit:
        return Unit(credit=self.credit + other.credit, act=self.act + other.act, pos=self.pos + other.pos)


def f1(units: Sequence[Unit]) -> float | None:
    """Micro F1 of units; None if all are empty."""
    size = sum(unit.act + unit.pos for unit in units)
    return 2 * sum(unit.credit for unit in units) / size if size else None


def interval(units: Sequence[Unit], *, random_seed: int = 0) -> Interval | None:
    """Interval of the micro F1: jackknife-t below 30 units, percentile bootstrap from there; None under 2 units."""
    full = [unit for unit in units if unit.act + unit.pos]
    if len(full) < 2:
        return None
    return _jackknife(full) if len(full) < FEW else _bootstrap(full, random_seed)


def difference(a: Sequence[Unit], b: Sequence[Unit], *, random_seed: int = 0) -> Interval | None:
    """Paired bootstrap interval of F1(b) - F1(a) over the same units."""
    if len(a) < 2:
        return None
    draws = _differences(a, b, Random(random_seed))  # noqa: S311  resampling, not secrets
    return (
        Interval(low=quantile(draws, 0.025), high=quantile(draws, 0.975), method="paired bootstrap") if draws else None
    )


def lower_bound(a: Sequence[Unit], b: Sequence[Unit], *, share: float = 0.10, random_seed: int = 0) -> float | None:
    """One-sided bootstrap bound below which F1(b) - F1(a) falls in `share` of the resamples."""
    draws = _differences(a, b, Random(random_seed))  # noqa: S311  resampling, not secrets
    return quantile(draws, share) if draws else None


def randomisation(a: Sequence[Unit], b: Sequence[Unit], *, random_seed: int = 0) -> float | None:
    """Two-sided p of the paired randomisation test of F1(a) = F1(b); None if there are too few units to test.

    A unit's two sides are swapped or not: in all ways up to 14 units, else in 10,000 random ways, with
    p = (1 + as extreme) / (1 + draws) (Noreen 1989). Units on which both agree change nothing.
    """
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    if len([1 for x, y in zip(a, b, strict=True) if x.act + x.pos + y.act + y.pos]) < FEWEST_TO_TEST:
        return None
    if not pairs:
        return 1.0
    fixed = [x for x, y in zip(a, b, strict=True) if x == y]
    observed = abs(_gap(pairs, [False] * len(pairs), fixed)) - 1e-12
    if len(pairs) <= EXACT:
        all_ways = list(product((False, True), repeat=len(pairs)))
        return sum(abs(_gap(pairs, way, fixed)) >= observed for way in all_ways) / len(all_ways)
    random = Random(random_seed)  # noqa: S311  resampling, not secrets
    ways = ([random.random() < 0.5 for _ in pairs] for _ in range(RESAMPLES))
    extreme = sum(abs(_gap(pairs, way, fixed)) >= observed for way in ways)
    return (1 + extreme) / (1 + RESAMPLES)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjustment of several p values, in their order (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def wilson(hits: int, of: int, z: float = 1.959964) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share; None of nothing (Wilson 1927)."""
    if not of:
        return None
    share, z2 = hits / of, z * z
    middle = share + z2 / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, (middle - spread) / (1 + z2 / of)), min(1.0, (middle + spread) / (1 + z2 / of))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def _jackknife(units: Sequence[Unit]) -> Interval:
    """F1 +- t of n-1 degrees times the delete-one standard error."""
    whole = f1(units) or 0.0
    n = len(units)
    left_out = [f1([*units[:i], *units[i + 1 :]]) or 0.0 for i in range(n)]
    mean = fmean(left_out)
    error = math.sqrt((n - 1) / n * sum((value - mean) ** 2 for value in left_out))
    reach = student_t(1 - (1 - LEVEL) / 2, n - 1) * error
    return Interval(low=max(0.0, whole - reach), high=min(1.0, whole + reach), method="jackknife-t")


def _bootstrap(units: Sequence[Unit], random_seed: int) -> Interval:
    random = Random(random_seed)  # noqa: S311  resampling, not secrets
    draws = [
        value for value in (f1(random.choices(units, k=len(units))) for _ in range(RESAMPLES)) if value is not None
    ]
    return Interval(low=quantile(draws, 0.025), high=quantile(draws, 0.975), method="bootstrap")


def _differences(a: Sequence[Unit], b: Sequence[Unit], random: Random) -> list[float]:
    pairs = list(zip(a, b, strict=True))
    found = []
    for _ in range(RESAMPLES):
        drawn = random.choices(pairs, k=len(pairs))
        first, second = f1([x for x, _ in drawn]), f1([y for _, y in drawn])
        if first is not None and second is not None:
            found.append(second - first)
    return found


def _gap(pairs: Sequence[tuple[Unit, Unit]], swapped: Sequence[bool], fixed: Sequence[Unit]) -> float:
    a = [y if swap else x for (x, y), swap in zip(pairs, swapped, strict=True)]
    b = [x if swap else y for (x, y), swap in zip(pairs, swapped, strict=True)]
    return (f1([*b, *fixed]) or 0.0) - (f1([*a, *fixed]) or 0.0)


def student_t(share: float, degrees: int) -> float:
    """Quantile of Student's t above one half, by bisection of its distribution function."""
    return _bisect(lambda t: _t_below(t, degrees) - share, 0.0, 1e4)


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def _t_below(t: float, degrees: int) -> float:
    """Share of Student's t below t >= 0, by the regularised incomplete beta function."""
    return 1 - 0.5 * _beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function, by Lentz's continued fraction (Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(1 - x))
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / (1 + step * d)
            c = 1 + step / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * fraction / a
