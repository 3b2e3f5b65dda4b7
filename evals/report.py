"""One HTML file that shows runs side by side and every document's gold and prediction, without any remote asset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals import stats, table, units
from evals.difference import brief, title
from evals.fields import Outcome
from evals.gold import GoldDocument
from evals.marks import Mark, paragraphs
from evals.runs import Run
from evals.scoring import DocumentScore, Pair, Score

TEMPLATE = Path(__file__).with_name("report.html.j2")
_NAMES = ("cor", "par", "inc", "mis", "spu", "non")


def html(runs: Sequence[Run], gold: Sequence[GoldDocument]) -> str:
    """The report of runs on the documents that they share; the cases shown are those of the last run, worst first."""
    from jinja2 import Environment, StrictUndefined

    common = set.intersection(*(set(run.rows) for run in runs))
    shared = [each for each in gold if each.id in common]
    cut = [replace(run, rows={name: rows for name, rows in run.rows.items() if name in common}) for run in runs]
    scores = [run.score(shared) for run in cut]
    by_id = {each.id: each for each in shared}
    cases = sorted(scores[-1].documents, key=lambda each: (_f1(each) if _f1(each) is not None else 2.0, each.document))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        model=runs[0].manifest["model"],
        split=runs[0].split,
        documents=len(shared),
        runs=[_run(run, score, scores[0], shared) for run, score in zip(runs, scores, strict=True)],
        fields=_fields(scores),
        cases=[_case(each, by_id[each.document], cut[-1], scores) for each in cases],
        share=lambda value: table.NOT_DEFINED if value is None else f"{value:.3f}",
    )


def _run(run: Run, score: Score, first: Score, gold: Sequence[GoldDocument]) -> dict[str, Any]:
    counts, sums = score.counts(), list(units.units(score, units.stories(gold)).values())
    said, found = run.quotes()
    return {
        "name": run.name,
        "counts": counts,
        "interval": stats.interval(sums),
        "events": score.events().f1,
        "macro": score.macro(),
        "tokens": sum(run.tokens),
        "quotes": f"{found} of {said}",
        "ungrounded": run.ungrounded_values(),
        "failed": len(run.invalid()),
        "against": "" if score is first else str(table.compare(first, score, gold)),
        "labels": sorted(score.labels().items()),
    }


def _fields(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """A row for each type and field, with a cell for each run."""
    names = list(dict.fromkeys(pair for score in scores for pair in score.fields()))
    rows: list[dict[str, Any]] = []
    for kind in dict.fromkeys(kind for kind, _ in names):
        rows.append({"name": kind, "is_type": True, "cells": [score.counts(kind=kind) for score in scores]})
        for owner, field in names:
            if owner == kind:
                cells = [score.counts(kind=kind, name=field) for score in scores]
                rows.append({"name": field, "is_type": False, "cells": cells})
    return rows


def _case(score: DocumentScore, gold: GoldDocument, run: Run, scores: Sequence[Score]) -> dict[str, Any]:
    others = [next(each for each in one.documents if each.document == score.document) for one in scores]
    rows = run.rows[score.document]
    numbers = {id(row.item): number for number, row in enumerate(rows, start=1)}
    marks = [
        Mark(quote["start"], quote["end"], number)
        for number, row in enumerate(rows, start=1)
        for quote in row.evidence
        if quote["start"] is not None
    ]
    return {
        "id": score.document,
        "published": gold.document.published,
        "source": gold.document.source,
        "tags": gold.tags,
        "f1s": [_f1(each) for each in others],
        "pairs": [_pair(pair, numbers) for pair in score.pairs],
        "paragraphs": [line for line in paragraphs(gold.document.text, marks) if line],
        "failures": run.failures.get(score.document, ()),
    }


def _pair(pair: Pair, numbers: dict[int, int]) -> dict[str, Any]:
    side = pair.predicted or pair.gold
    return {
        "type": pair.type,
        "title": title(pair),
        "number": numbers.get(id(pair.predicted)) if pair.predicted else None,
        "label": pair.label or "found",
        "is_counted": pair.is_counted,
        "summary": side.fields.get("summary", "") if side else "",
        "rows": [_outcome(outcome, pair) for outcome in pair.outcomes],
    }


def _outcome(outcome: Outcome, pair: Pair) -> dict[str, str]:
    mark = next((name for name in _NAMES if getattr(outcome.counts, name)), "non")
    gold = brief(outcome.gold) if outcome.gold is not None and pair.gold else ""
    predicted = brief(outcome.predicted) if outcome.predicted is not None and pair.predicted else ""
    return {"field": outcome.field, "mark": mark, "label": outcome.label, "gold": gold, "predicted": predicted}


def _f1(score: DocumentScore) -> float | None:
    return score.counts().f1
