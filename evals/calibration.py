"""What a confidence is worth: how often things said with it are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.stats import wilson

BINS = 5
# Below this, a single figure of calibration is noise: the table alone is shown.
ENOUGH = 100
COVERAGES = (0.5, 0.8, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One thing that was said: with what confidence (0 to 1), and whether it is right."""

    confidence: float
    is_right: bool


def auroc(items: Sequence[Judged]) -> float | None:
    """The chance that a right thing was said with more confidence than a wrong one, ties half; None without both.

    Mann and Whitney's U over the product of the two numbers.
    """
    levels = sorted({item.confidence for item in items})
    right = [sum(item.is_right and item.confidence == level for item in items) for level in levels]
    wrong = [sum(not item.is_right and item.confidence == level for item in items) for level in levels]
    if not sum(right) or not sum(wrong):
        return None
    below, won = 0, 0.0
    for good, bad in zip(right, wrong, strict=True):
        won += good * (below + bad / 2)
        below += bad
    return won / (sum(right) * sum(wrong))


def brier(items: Sequence[Judged]) -> float | None:
    """Mean squared distance of confidence from the truth (Brier 1950); None of nothing."""
    return sum((item.confidence - item.is_right) ** 2 for item in items) / len(items) if items else None


def precision_at(items: Sequence[Judged], coverage: float) -> float | None:
    """Share of right things among the most confident part; those tied at its edge count by their share."""
    wanted, right = coverage * len(items), 0.0
    left = wanted
    for level in sorted({item.confidence for item in items}, reverse=True):
        held = [item.is_right for item in items if item.confidence == level]
        taken = min(left, len(held))
        right += taken * sum(held) / len(held)
        left -= taken
        if left <= 0:
            break
    return right / wanted if wanted else None


def lines(items: Sequence[Judged]) -> Iterator[str]:
    """The table of calibration; from 100 items on, AUROC, Brier score and precision at coverage too."""
    if not items:
        return
    yield f"{'confidence':<14}{'values':>8}{'right':>8}   nominal 95 %"
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        held = [item.is_right for item in items if low < item.confidence <= high]
        if held and (bounds := wilson(sum(held), len(held))):
            reach = f"{bounds[0]:.3f}-{bounds[1]:.3f}"
            yield f"{f'{low:.1f} to {high:.1f}':<14}{len(held):>8}{sum(held) / len(held):>8.3f}   {reach}"
    if len(items) >= ENOUGH:
        ranked, squared = auroc(items), brier(items)
        at = ", ".join(f"{precision_at(items, part) or 0:.3f} at {part:.0%}" for part in COVERAGES)
        shown = "n/a (nothing wrong, or nothing right)" if ranked is None else f"{ranked:.3f}"
        yield f"AUROC {shown}, Brier score {squared:.3f}, precision {at} coverage"
