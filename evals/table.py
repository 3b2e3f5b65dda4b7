"""Scores as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals import stats, units
from evals.counts import Counts
from evals.gold import GoldDocument
from evals.runs import Run
from evals.scoring import Score

NOT_DEFINED = "n/a"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How a run differs from another on the documents that both have."""

    difference: float | None
    interval: stats.Interval | None
    p: float | None
    units: int

    def __str__(self) -> str:
        if self.difference is None:
            return "no documents in common"
        reach = f" ({self.interval.low:+.3f} to {self.interval.high:+.3f})" if self.interval else ""
        p = f"p = {self.p:.3f}" if self.p is not None else "too few documents to test"
        return f"F1 {self.difference:+.3f}{reach}, {p}, {self.units} stories"


def compare(a: Score, b: Score, gold: Sequence[GoldDocument]) -> Comparison:
    """Score b against score a, story by story."""
    by_story = units.stories(gold)
    first, second = units.paired(units.units(a, by_story), units.units(b, by_story))
    one, other = stats.f1(first), stats.f1(second)
    gap = other - one if one is not None and other is not None else None
    return Comparison(
        difference=gap,
        interval=stats.difference(first, second),
        p=stats.randomisation(first, second),
        units=len(first),
    )


def scores(run: Run, gold: Sequence[GoldDocument]) -> str:
    """The scores of a run: all fields, records, each type and field, errors, evidence."""
    documents = [each for each in gold if each.id in run.rows]
    score = run.score(documents)
    full = sum(bool(each.records) for each in documents)
    said, found = run.quotes()
    return "\n".join(
        [
            f"{run.name}: {len(documents)} documents, {full} with records; {run.split} split; "
            f"model {run.manifest['model']}",
            scores_of(score, units.stories(documents)),
            f"quotes {said}, in the report {found}; values not in the report {run.ungrounded_values()}; "
            f"documents with failures {len(run.invalid())}",
            f"tokens a document: {run.tokens[0]:,.0f} in, {run.tokens[1]:,.0f} out",
        ]
    )


def scores_of(score: Score, by_story: Mapping[str, str] | None = None) -> str:
    """Scores: all fields, records, each type and field, errors."""
    by_story = by_story or {}
    lines = [
        f"{'':<26}{'P':>7}{'R':>7}{'F1':>7}   {'nominal 95 %':<24}{'COR':>5}{'PAR':>5}{'INC':>5}{'MIS':>5}{'SPU':>5}",
        _row("all fields (micro)", score.counts(), _interval(list(units.units(score, by_story).values()))),
        _row("  matched records only", score.counts("matched"), ""),
        _row("records found", score.events(), _interval(list(units.events(score, by_story).values()))),
        *_by_type(score),
    ]
    errors = ", ".join(f"{name} {number}" for name, number in sorted(score.labels().items())) or "none"
    lines += [
        f"macro F1 by document {_share(score.macro())}; documents rightly without records: {score.true_negatives()}",
        f"errors: {errors}",
    ]
    return "\n".join(line.rstrip() for line in lines)


def slices(run: Run, gold: Sequence[GoldDocument], by: str) -> str:
    """The scores of parts of the documents, by their language or by each of their tags; small parts say little."""
    documents = [each for each in gold if each.id in run.rows]
    found: dict[str, list[GoldDocument]] = {}
    for each in documents:
        for name in [each.language or "?"] if by == "language" else each.tags or ("?",):
            found.setdefault(name, []).append(each)
    whole = {each.document: each for each in run.score(documents).documents}
    lines = [f"{by:<26}{'docs':>6}{'P':>7}{'R':>7}{'F1':>7}   {'nominal 95 %':<24}{'records F1':>10}"]
    for name, part in sorted(found.items()):
        score = Score(documents=tuple(whole[each.id] for each in part))
        counts, reach = score.counts(), _interval(list(units.units(score, units.stories(part)).values()))
        shares = "".join(f"{_share(value):>7}" for value in (counts.precision, counts.recall, counts.f1))
        lines.append(f"{name:<26}{len(part):>6}{shares}   {reach:<24}{_share(score.events().f1):>10}")
    return "\n".join(lines)


def matrix(runs: Sequence[Run], gold: Sequence[GoldDocument]) -> str:
    """Runs side by side on the documents that they share, each against the first; p by Holm."""
    common = set.intersection({each.id for each in gold}, *(set(run.rows) for run in runs))
    shared = [each for each in gold if each.id in common]
    cut = [run.only(common) for run in runs]
    all_scores = [run.score(shared) for run in cut]
    found = [compare(all_scores[0], score, shared) for score in all_scores[1:]]
    tested = [comparison.p for comparison in found if comparison.p is not None]
    adjusted = iter(stats.holm(tested))
    lines = [
        f"{len(shared)} documents, split {runs[0].split}, model {runs[0].manifest['model']}",
        f"{'prompt':<18}{'P':>6}{'R':>6}{'F1':>6}  {'nominal 95 %':<15}{'records F1':>11}{'tokens a doc':>14}"
        f"  {'F1 against ' + runs[0].name}",
    ]
    for index, (run, score) in enumerate(zip(cut, all_scores, strict=True)):
        counts, by_story = score.counts(), units.stories(shared)
        reach = _interval(list(units.units(score, by_story).values()), short=True)
        against = ""
        if index:
            comparison = found[index - 1]
            p = f"p = {next(adjusted):.3f}" if comparison.p is not None else "too few documents to test"
            against = f"{comparison.difference or 0:+.3f}, {p}"
        tokens = sum(runs[index].tokens)
        lines.append(
            f"{run.name:<18}{_share(counts.precision):>6}{_share(counts.recall):>6}{_share(counts.f1):>6}  {reach:<15}"
            f"{_share(score.events().f1):>11}{tokens:>14,.0f}  {against}"
        )
    if len(tested) > 1:
        lines.append("p: paired randomisation by story, adjusted for several pairs (Holm)")
    return "\n".join(line.rstrip() for line in lines)


def _by_type(score: Score) -> list[str]:
    lines: list[str] = []
    types = dict.fromkeys(kind for kind, _ in score.fields())
    for kind in types:
        lines.append(_row(kind, score.counts(kind=kind), f"records F1 {_share(score.events(kind).f1)}"))
        lines += [
            _row(f"  {name}", score.counts(kind=kind, name=name), "") for owner, name in score.fields() if owner == kind
        ]
    return lines


def _row(name: str, counts: Counts, note: str) -> str:
    shares = f"{_share(counts.precision):>7}{_share(counts.recall):>7}{_share(counts.f1):>7}"
    numbers = "".join(f"{number:>5}" for number in (counts.cor, counts.par, counts.inc, counts.mis, counts.spu))
    return f"{name:<26}{shares}   {note:<24}{numbers}"


def _interval(sums: list[stats.Unit], *, short: bool = False) -> str:
    found = stats.interval(sums)
    if found is None:
        return "too few documents"
    return f"{found.low:.3f}-{found.high:.3f}" + ("" if short else f" {found.method}")


def _share(value: float | None) -> str:
    return NOT_DEFINED if value is None else f"{value:.3f}"
