"""Whether a run may replace the baseline: not a test of significance but of no regression."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evals import runs, stats, units
from evals.gold import GoldDocument
from evals.runs import Run
from evals.scoring import Score
from evals.stats import Unit
from extract.errors import InputError

BASELINE = Path(__file__).resolve().parent / "baseline.json"
# A drop of F1 that is let pass, at the one-sided 90 % bound of the paired bootstrap.
DELTA = 0.02

Outcome = Literal["pass", "regression", "cannot judge"]
EXIT: Mapping[Outcome, int] = {"pass": 0, "regression": 1, "cannot judge": 2}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate says, and why."""

    outcome: Outcome
    reasons: tuple[str, ...]
    new: float | None = None
    base: float | None = None
    width: float | None = None

    def markdown(self) -> str:
        """The verdict for a pull request."""
        lines = [f"**Scores: {self.outcome}**", ""]
        if self.new is not None and self.base is not None:
            width = f", 95 % interval of the difference {self.width:.3f} wide" if self.width is not None else ""
            lines += [f"F1 {self.base:.3f} -> {self.new:.3f} ({self.new - self.base:+.3f}{width})", ""]
        return "\n".join([*lines, *(f"- {reason}" for reason in self.reasons)]).rstrip()


def baseline(run: Run, gold: Sequence[GoldDocument]) -> dict[str, Any]:
    """What is kept of an accepted run: sums by story, and what they were made with."""
    documents = [each for each in gold if each.id in run.rows]
    score = run.score(documents)
    found = units.units(score, units.stories(documents))
    return {
        "prompt": run.name,
        "split": run.split,
        "gold": runs.digest(documents),
        "documents": sorted(run.rows),
        "invalid": len(run.invalid()),
        "must_pass": _passed(score, documents),
        "stories": {name: [round(unit.credit, 6), unit.act, unit.pos] for name, unit in sorted(found.items())},
    }


def accept(run: Run, gold: Sequence[GoldDocument], path: Path = BASELINE) -> None:
    """Make a run the baseline."""
    path.write_text(json.dumps(baseline(run, gold), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path = BASELINE) -> dict[str, Any]:
    """The baseline; InputError if there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no baseline; make one with mahdar eval accept RUN") from error
    return found


def judge(run: Run, gold: Sequence[GoldDocument], base: Mapping[str, Any], *, delta: float = DELTA) -> Verdict:
    """Compare a run with a baseline story by story."""
    new = baseline(run, gold)
    differing = [name for name in ("split", "gold", "documents") if new[name] != base.get(name)]
    if differing:
        said = f"the baseline was made with another {', another '.join(differing)}; run it again and accept it"
        return Verdict(outcome="cannot judge", reasons=(said,))
    before, after = _units(base), _units(new)
    first, second = units.paired(before, after)
    bound, gap = stats.lower_bound(first, second), stats.difference(first, second)
    reasons = []
    if bound is not None and bound < -delta:
        reasons.append(f"F1 may have dropped by more than {delta}: the one-sided 90 % bound is {bound:+.3f}")
    if new["invalid"] > base["invalid"]:
        reasons.append(f"{new['invalid']} documents with failures, {base['invalid']} before")
    lost = sorted(set(base.get("must_pass", ())) - set(new["must_pass"]))
    if lost:
        reasons.append(f"wrong now, and must pass: {', '.join(lost)}")
    return Verdict(
        outcome="regression" if reasons else "pass",
        reasons=tuple(reasons) or (f"no drop of more than {delta} (one-sided 90 % bound {bound or 0:+.3f})",),
        new=stats.f1(second),
        base=stats.f1(first),
        width=gap.high - gap.low if gap else None,
    )


def _passed(score: Score, gold: Sequence[GoldDocument]) -> list[str]:
    """The documents that must pass and do: nothing missed, nothing wrong, nothing added."""
    wanted = {each.id for each in gold if each.must_pass}
    return [each.document for each in score.documents if each.document in wanted and each.is_right]


def _units(base: Mapping[str, Any]) -> dict[str, Unit]:
    return {name: Unit(credit=credit, act=act, pos=pos) for name, (credit, act, pos) in base["stories"].items()}
