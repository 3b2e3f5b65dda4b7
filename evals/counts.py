"""Counts in the vocabulary of the Message Understanding Conferences, and the shares made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How predicted values compare with gold ones.

    `cor` right, `par` partly right, `inc` wrong, `mis` missed, `spu` said without reason, `non` absent
    on both sides. `credit` is the sum over cor, par and inc of what each value earns, 0 to 1.
    """

    cor: int = 0
    par: int = 0
    inc: int = 0
    mis: int = 0
    spu: int = 0
    non: int = 0
    credit: float = 0.0

    @property
    def pos(self) -> int:
        """Possible: values that gold has."""
        return self.cor + self.par + self.inc + self.mis

    @property
    def act(self) -> int:
        """Actual: values that the prediction has."""
        return self.cor + self.par + self.inc + self.spu

    @property
    def precision(self) -> float | None:
        """Credit over actual; None where nothing was predicted."""
        return self.credit / self.act if self.act else None

    @property
    def recall(self) -> float | None:
        """Credit over possible; None where gold has nothing."""
        return self.credit / self.pos if self.pos else None

    @property
    def f1(self) -> float | None:
        """2 credit / (possible + actual); None where both sides are empty."""
        return 2 * self.credit / (self.pos + self.act) if self.pos + self.act else None

    @property
    def overgeneration(self) -> float | None:
        """Spurious over actual."""
        return self.spu / self.act if self.act else None

    @property
    def undergeneration(self) -> float | None:
        """Missed over possible."""
        return self.mis / self.pos if self.pos else None

    @property
    def substitution(self) -> float | None:
        """Wrong over those that both sides have."""
        both = self.cor + self.par + self.inc
        return self.inc / both if both else None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            cor=self.cor + other.cor,
            par=self.par + other.par,
            inc=self.inc + other.inc,
            mis=self.mis + other.mis,
            spu=self.spu + other.spu,
            non=self.non + other.non,
            credit=self.credit + other.credit,
        )


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of counts."""
    cor = par = inc = mis = spu = non = 0
    earned: list[float] = []
    for each in counts:
        cor += each.cor
        par += each.par
        inc += each.inc
        mis += each.mis
        spu += each.spu
        non += each.non
        earned.append(each.credit)
    return Counts(cor=cor, par=par, inc=inc, mis=mis, spu=spu, non=non, credit=sum(earned, 0.0))


def of_credit(credit: float) -> Counts:
    """Counts of one value that both sides have."""
    if credit >= 1:
        return RIGHT
    if credit == 0.5:
        return HALF
    return Counts(par=1, credit=credit) if credit > 0 else WRONG


RIGHT = Counts(cor=1, credit=1.0)
HALF = Counts(par=1, credit=0.5)
WRONG = Counts(inc=1)
MISSED = Counts(mis=1)
SPURIOUS = Counts(spu=1)
ABSENT = Counts(non=1)
