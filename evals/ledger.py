"""The ledger: a line for every scored prompt, kept in git; it also counts the looks at the test split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import runs, units
from evals.gold import GoldDocument
from evals.runs import Run
from evals.scoring import VERSION
from evals.stats import interval
from extract.errors import InputError

FILE = Path(__file__).resolve().parent / "ledger.jsonl"


def entry(run: Run, gold: Sequence[GoldDocument]) -> dict[str, Any]:
    """What the ledger says of a run; it holds no time, so that the same run gives the same line."""
    documents = [each for each in gold if each.id in run.rows]
    score = run.score(documents)
    counts, events = score.counts(), score.events()
    reach = interval(list(units.units(score, units.stories(documents)).values()))
    return {
        "prompt": run.manifest["prompt"]["name"],
        "prompt_digest": run.manifest["prompt"]["digest"],
        "schema": run.manifest["schema"],
        "gold": runs.digest(documents),
        "scorer": VERSION,
        "model": run.manifest["model"],
        "mode": run.manifest["mode"],
        "split": run.split,
        "documents": len(documents),
        "counts": {name: getattr(counts, name) for name in ("cor", "par", "inc", "mis", "spu")},
        "f1": _rounded(counts.f1),
        "precision": _rounded(counts.precision),
        "recall": _rounded(counts.recall),
        "interval": [_rounded(reach.low), _rounded(reach.high)] if reach else None,
        "records_f1": _rounded(events.f1),
        "tokens": [round(number) for number in run.tokens],
    }


def read(path: Path = FILE) -> list[dict[str, Any]]:
    """All entries, in order; InputError names a line that is broken."""
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise InputError(f"{path}:{number}: not JSON: {error}; restore it from git") from error
    return found


def add(run: Run, gold: Sequence[GoldDocument], path: Path = FILE) -> dict[str, Any]:
    """Add a run's entry unless it is there; a look at the test split is counted each time. Gives the entry."""
    entries, made = read(path), entry(run, gold)
    same = next((each for each in entries if _without_looks(each) == made), None)
    if run.split == "test":
        if same is None:
            entries.append({**made, "looks": 1})
        else:
            same["looks"] = same.get("looks", 0) + 1
    elif same is None:
        entries.append(made)
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in entries), encoding="utf-8")
    return next(each for each in entries if _without_looks(each) == made)


def looks(path: Path = FILE) -> int:
    """How often scores on the test split have been looked at."""
    return sum(each.get("looks", 0) for each in read(path))


def _without_looks(each: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in each.items() if name != "looks"}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
