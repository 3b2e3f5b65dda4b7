"""Intervals and tests. The unit is the document, or the story where several documents tell one.

All functions are pure: a random seed comes in, and the same seed gives the same figure.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import getitem, or_
from random import Random
from statistics import fmean
from typing import TypeVar

from evals.counts import Counts
from evals.student import student_t

T = TypeVar("T")

LEVEL = 0.95
RESAMPLES = 10_000
# Below this many units the jackknife covers better (measured on MUC-4, see ARCHITECTURE.md): with 5 documents, its
# interval of a difference holds the true one in 92 % of samples, that of the bootstrap in 72 %.
FEW = 30
# With fewer, the smallest two-sided p there can be is above 0.05: 2 / 2^5 = 0.0625.
FEWEST_TO_TEST = 6
# Above this many units they are weighted rather than drawn: drawing all of 10,000 units 10,000 times takes a minute.
MANY = 500
# A unit's weight is one of two, the higher one with this chance (in 32nds): with 8.84/32 (Mammen 1993) their mean,
# variance and third central moment would all be 1, as those of the numbers of times that a unit is drawn nearly are.
# With 9/32 the first two are 1 and the third is 0.97.
_CHANCE, _OF = 9, 32
# Credits are counted in 2^-20: halves, and with them most scores, are exact.
_FINE = 2**20
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
    if len(full) < FEW:
        low, high = _jackknife(full, lambda rest: f1(rest) or 0.0)
        return Interval(low=max(0.0, low), high=min(1.0, high), method="jackknife-t")
    sums = _resampled([_sums(full)], Random(random_seed))  # noqa: S311  resampling, not secrets
    return _percentiles([_f1(each) for (each,) in sums], "bootstrap")


def difference(a: Sequence[Unit], b: Sequence[Unit], *, random_seed: int = 0) -> Interval | None:
    """Paired interval of F1(b) - F1(a) over the same units, made as that of one F1; None under 2 units."""
    pairs = _not_empty(a, b)
    if len(pairs) < 2:
        return None
    if len(pairs) < FEW:
        low, high = _jackknife(pairs, _gap)
        return Interval(low=max(-1.0, low), high=min(1.0, high), method="paired jackknife-t")
    return _percentiles(_gaps(pairs, random_seed), "paired bootstrap")


def lower_bound(a: Sequence[Unit], b: Sequence[Unit], *, share: float = 0.10, random_seed: int = 0) -> float | None:
    """One-sided bootstrap bound below which F1(b) - F1(a) falls in `share` of the resamples; None without units."""
    pairs = _not_empty(a, b)
    return quantile(_gaps(pairs, random_seed), share) if pairs else None


def randomisation(a: Sequence[Unit], b: Sequence[Unit], *, random_seed: int = 0) -> float | None:
    """Two-sided p of the paired randomisation test of F1(a) = F1(b); None if there are too few units to test.

    A unit's two sides are swapped or not: in all ways up to 14 units, else in 10,000 random ways, with
    p = (1 + as extreme) / (1 + draws) (Noreen 1989). Units on which both agree change nothing.
    """
    pairs = _not_empty(a, b)
    if len(pairs) < FEWEST_TO_TEST:
        return None
    moved = [_sum(y) - _sum(x) for x, y in pairs if x != y]
    first, second = sum(_sums([x for x, _ in pairs])), sum(_sums([y for _, y in pairs]))
    # A swap moves what the sides differ in from one sum to the other.
    observed = abs(_f1(second) - _f1(first)) - 1e-12
    swaps = _all_sums(moved) if len(moved) <= EXACT else _random_sums(moved, random_seed)
    draws = extreme = 0
    for swap in swaps:
        draws += 1
        extreme += abs(_f1(second - swap) - _f1(first + swap)) >= observed
    return extreme / draws if len(moved) <= EXACT else (1 + extreme) / (1 + draws)


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


def _jackknife(units: Sequence[T], statistic: Callable[[Sequence[T]], float]) -> tuple[float, float]:
    """A statistic +- t of n-1 degrees times its delete-one standard error."""
    n = len(units)
    left_out = [statistic([*units[:i], *units[i + 1 :]]) for i in range(n)]
    mean = fmean(left_out)
    error = math.sqrt((n - 1) / n * sum((value - mean) ** 2 for value in left_out))
    whole, reach = statistic(units), student_t(1 - (1 - LEVEL) / 2, n - 1) * error
    return whole - reach, whole + reach


def _percentiles(draws: Sequence[float], method: str) -> Interval:
    ordered, tail = sorted(draws), (1 - LEVEL) / 2
    return Interval(low=quantile(ordered, tail), high=quantile(ordered, 1 - tail), method=method)


def _not_empty(a: Sequence[Unit], b: Sequence[Unit]) -> list[tuple[Unit, Unit]]:
    """The pairs of units of which a side has something; ValueError if the sides differ in number."""
    return [(x, y) for x, y in zip(a, b, strict=True) if x.act + x.pos + y.act + y.pos]


def _gap(pairs: Sequence[tuple[Unit, Unit]]) -> float:
    return (f1([y for _, y in pairs]) or 0.0) - (f1([x for x, _ in pairs]) or 0.0)


def _gaps(pairs: Sequence[tuple[Unit, Unit]], random_seed: int) -> list[float]:
    """F1(b) - F1(a) of resampled pairs."""
    sides = [_sums([x for x, _ in pairs]), _sums([y for _, y in pairs])]
    random = Random(random_seed)  # noqa: S311  resampling, not secrets
    return [_f1(second) - _f1(first) for first, second in _resampled(sides, random)]


# Credit and size (act + pos) are summed together, as one complex number: a resample of thousands of units is one sum.
def _sum(unit: Unit) -> complex:
    return complex(unit.credit, unit.act + unit.pos)


def _sums(units: Sequence[Unit]) -> list[complex]:
    return [_sum(unit) for unit in units]


def _f1(both: complex) -> float:
    return 2 * both.real / both.imag if both.imag else 0.0


def _resampled(sides: Sequence[Sequence[complex]], random: Random) -> Iterator[tuple[complex, ...]]:
    """10,000 sums of each side over units drawn with replacement, or so weighted, the same units on all sides."""
    return _drawn(sides, random) if len(sides[0]) <= MANY else _weighted(sides, random)


def _drawn(sides: Sequence[Sequence[complex]], random: Random) -> Iterator[tuple[complex, ...]]:
    n = len(sides[0])
    for _ in range(RESAMPLES):
        # Four bytes make a number to 2^32; that n does not divide it shifts a unit's chance by less than n / 2^32.
        drawn = [number % n for number in struct.unpack(f"<{n}I", random.randbytes(4 * n))]
        yield tuple(sum(map(side.__getitem__, drawn)) for side in sides)


def _weighted(sides: Sequence[Sequence[complex]], random: Random) -> Iterator[tuple[complex, ...]]:
    """Sums over units with independent random weights (the weighted bootstrap, Praestgaard and Wellner 1993).

    The total weight differs from one resample to the next, which a ratio of sums does not feel. Which units have
    the higher weight is one long number, a bit for each unit, and so is each binary digit of what is summed: a sum
    is a few operations on long numbers, whatever the values.
    """
    chance = _CHANCE / _OF
    low, rise = 1 - math.sqrt(chance / (1 - chance)), 1 / math.sqrt(chance * (1 - chance))
    columns = [_Column.of(values) for side in sides for values in (_credits(side), _sizes(side))]
    n = len(sides[0])
    for _ in range(RESAMPLES):
        picked = _picked(n, random)
        sums = [low * column.total + rise * column.sum(picked) for column in columns]
        yield tuple(map(complex, sums[::2], sums[1::2]))


@dataclass(frozen=True, slots=True)
class _Column:
    """One number of each unit as binary digits: `digits` are bit sets of units, from the lowest digit on."""

    digits: tuple[int, ...]
    unit: float
    total: float

    @classmethod
    def of(cls, values: Sequence[float]) -> _Column:
        """The column of some numbers of 0 or more."""
        whole = [round(value * _FINE) for value in values]
        used = reduce(or_, whole)
        first = (used & -used).bit_length() - 1 if used else 0
        digits = tuple(
            int("".join("1" if value >> place & 1 else "0" for value in whole), 2)
            for place in range(first, used.bit_length())
        )
        return cls(digits=digits, unit=2**first / _FINE, total=sum(whole) / _FINE)

    def sum(self, picked: int) -> float:
        """The sum over a bit set of units."""
        return self.unit * sum((digit & picked).bit_count() << place for place, digit in enumerate(self.digits))


def _credits(side: Sequence[complex]) -> list[float]:
    return [both.real for both in side]


def _sizes(side: Sequence[complex]) -> list[float]:
    return [both.imag for both in side]


def _picked(n: int, random: Random) -> int:
    """A bit set of units, each in it with a chance of 9/32."""
    found = 0
    for place in range(_OF.bit_length() - 1):
        tossed = random.getrandbits(n)
        # Digit by digit of the chance: "or" makes it (1 + chance) / 2, "and" chance / 2.
        found = found | tossed if _CHANCE >> place & 1 else found & tossed
    return found


def _all_sums(values: Sequence[complex]) -> list[complex]:
    """The sum of every subset."""
    found = [0j]
    for value in values:
        found += [each + value for each in found]
    return found


def _random_sums(values: Sequence[complex], random_seed: int) -> Iterator[complex]:
    """Sums of random subsets: a bit for each value, looked up four at a time."""
    padded = [*values, *[0j] * (-len(values) % 8)]
    tables = [_all_sums(padded[at : at + 4]) for at in range(0, len(padded), 4)]
    by_digit = [dict(zip("0123456789abcdef", table, strict=True)) for table in tables]
    random = Random(random_seed)  # noqa: S311  resampling, not secrets
    for _ in range(RESAMPLES):
        yield sum(map(getitem, by_digit, random.randbytes(len(padded) // 8).hex()), 0j)
