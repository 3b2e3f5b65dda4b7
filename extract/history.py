"""What cached answers tell of the next ones: their length, how often one is asked again, how long it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from extract.cache import Cache, Stored
from extract.tokens import estimate

# Fewer answers say little of a vocabulary.
LEAST = 20
# A second of reading; keys are hashes, so these are a random sample of a larger cache.
MOST = 20_000
# Estimating an answer takes longer than reading it.
MOST_ESTIMATED = 1000
# No vocabulary is so far from the estimate: tokens beyond are thoughts that the endpoint counts and does not show.
PLAUSIBLE = (0.5, 2.5)


@dataclass(slots=True)
class Mean:
    """A mean, and of how many numbers; None of none."""

    number: int = 0
    total: float = 0.0

    def add(self, value: float | None) -> None:
        """Add a number, if there is one."""
        if value is not None:
            self.number += 1
            self.total += value

    @property
    def value(self) -> float | None:
        """The mean, or None."""
        return self.total / self.number if self.number else None


@dataclass(slots=True)
class Ratio:
    """Tokens as an endpoint counted them over tokens as they were estimated."""

    number: int = 0
    counted: int = 0
    estimated: int = 0

    def add(self, counted: int | None, estimated: int) -> None:
        """Add one text, if the endpoint counted its tokens."""
        if counted:
            self.number += 1
            self.counted += counted
            self.estimated += estimated

    @property
    def value(self) -> float | None:
        """The ratio; None of fewer than 20 texts, or where it cannot be one of vocabularies."""
        ratio = self.counted / self.estimated if self.number >= LEAST and self.estimated else None
        return ratio if ratio is not None and PLAUSIBLE[0] <= ratio <= PLAUSIBLE[1] else None


@dataclass(slots=True, kw_only=True)
class History:
    """Means over the answers of one model to one prompt, in tokens and seconds; `ratio` is over answers to all.

    `reasks` is the number of re-asks for each first answer, None where there is no first answer.
    """

    completion: Mean = field(default_factory=Mean)
    latency_s: Mean = field(default_factory=Mean)
    reask_prompt: Mean = field(default_factory=Mean)
    reask_completion: Mean = field(default_factory=Mean)
    ratio: Ratio = field(default_factory=Ratio)
    firsts: int = 0
    again: int = 0

    @property
    def reasks(self) -> float | None:
        """Re-asks for each first answer."""
        return self.again / self.firsts if self.firsts else None


def history(cache: Cache | None, model: str, task: str) -> History:
    """What the cache tells of a model and a prompt (`task/vN`); nothing is known from no cache or an empty one."""
    found = History()
    for stored in _sample(cache, model):
        usage = stored.completion.usage
        if found.ratio.number < MOST_ESTIMATED and not stored.completion.reasoning:
            found.ratio.add(usage.completion, estimate(stored.completion.text))
        if stored.label.task != task:
            continue
        found.latency_s.add(stored.completion.latency_s)
        if stored.label.attempt == 1:
            found.firsts += 1
            found.completion.add(usage.completion)
        else:
            found.again += 1
            found.reask_prompt.add(usage.prompt)
            found.reask_completion.add(usage.completion)
    return found


def _sample(cache: Cache | None, model: str) -> Iterator[Stored]:
    answers: Iterable[Stored] = cache.answers() if cache is not None else ()
    return (stored for stored in islice(answers, MOST) if stored.model == model)
