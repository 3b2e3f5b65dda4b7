"""Two runs compared case by case, in plain text: what got better, what got worse, and in which field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.fields import Outcome
from evals.gold import GoldDocument
from evals.runs import Run
from evals.scoring import DocumentScore, Pair, Score
from evals.table import compare


def between(
    a: Run, b: Run, gold: Sequence[GoldDocument], *, name: str | None = None, only_worse: bool = False
) -> Iterator[str]:
    """A heading, then a block for each document whose score changed, worse ones first."""
    shared = [each for each in gold if each.id in a.rows and each.id in b.rows]
    old, new = _cut(a, shared), _cut(b, shared)
    first = {each.document: each for each in old.documents}
    second = {each.document: each for each in new.documents}
    changes = sorted((_f1(second[key], name) - _f1(first[key], name), key) for key in first)
    worse = [key for change, key in changes if change < 0]
    better = [key for change, key in changes if change > 0]
    yield f"{a.name} -> {b.name}: {compare(old, new, shared)}"
    yield f"{len(better)} documents better, {len(worse)} worse, {len(changes) - len(better) - len(worse)} the same"
    for key in worse if only_worse else [*worse, *reversed(better)]:
        yield ""
        yield f"{key}: F1 {_f1(first[key], name):.3f} -> {_f1(second[key], name):.3f}"
        yield from _changed(first[key], second[key], name)


def case(score: DocumentScore) -> Iterator[str]:
    """Each record of a document, gold beside prediction, and what is wrong with it."""
    counts = score.counts()
    yield f"{score.document}: F1 {'n/a' if counts.f1 is None else f'{counts.f1:.3f}'}"
    for pair in score.pairs:
        mark = pair.label or f"aligned, similarity {pair.similarity:.2f}"
        yield ""
        yield f"{pair.type} {title(pair)}: {mark}{'' if pair.is_counted else ' (not counted)'}"
        for outcome in pair.outcomes:
            yield f"  {outcome.field:<26}{_mark(outcome):<18}{_sides(pair, outcome)}"


def disagreements(score: Score) -> Iterator[str]:
    """All that two sides differ in, document by document."""
    for document in score.documents:
        said = sorted(_said(document, None))
        if said:
            yield ""
            yield f"{document.document}:"
            yield from (f"  {line}" for line in said)


def _mark(outcome: Outcome) -> str:
    counts = outcome.counts
    name = next((each for each in ("cor", "par", "inc", "mis", "spu", "non") if getattr(counts, each)), "")
    return f"{name.upper()} {outcome.label}".strip()


def _sides(pair: Pair, outcome: Outcome) -> str:
    if outcome.counts.cor or outcome.counts.non:
        return brief(outcome.gold) if outcome.gold is not None else ""
    if pair.predicted is None:
        return brief(outcome.gold)
    if pair.gold is None:
        return brief(outcome.predicted)
    return f"gold {brief(outcome.gold)} | predicted {brief(outcome.predicted)}"


def _cut(run: Run, gold: Sequence[GoldDocument]) -> Score:
    return run.only({each.id for each in gold}).score(gold)


def _f1(score: DocumentScore, name: str | None) -> float:
    counts = score.counts(name=name.split(".", 1)[1], kind=name.split(".", 1)[0]) if name else score.counts()
    return counts.f1 if counts.f1 is not None else 1.0


def _changed(first: DocumentScore, second: DocumentScore, name: str | None) -> Iterator[str]:
    before, after = _said(first, name), _said(second, name)
    for line in sorted(before - after):
        yield f"  - {line}"
    for line in sorted(after - before):
        yield f"  + {line}"


def _said(score: DocumentScore, name: str | None) -> set[str]:
    """What is wrong in a document, a line each."""
    found: set[str] = set()
    for pair in score.pairs:
        if pair.label and pair.is_counted:
            found.add(f"{pair.label}: {pair.type} {title(pair)}")
        if pair.gold is None or pair.predicted is None:
            continue
        for outcome in pair.outcomes:
            is_wrong = outcome.counts.mis or outcome.counts.spu or outcome.counts.inc or outcome.counts.par
            if is_wrong and name in (None, f"{pair.type}.{outcome.field}"):
                label = outcome.label or "wrong"
                values = f"gold {brief(outcome.gold)}, predicted {brief(outcome.predicted)}"
                found.add(f"{pair.type} {title(pair)}: {outcome.field}: {label}: {values}")
    return found


def title(pair: Pair) -> str:
    """A few words that tell which record a pair is."""
    side = pair.gold or pair.predicted
    if side is None:
        return ""
    date = side.fields.get("date") or {}
    people = side.fields.get("participants") or side.fields.get("forces") or side.fields.get("parties") or []
    countries = " ".join(dict.fromkeys(person.get("country") or "?" for person in people))
    return f"[{date.get('start') or date.get('end') or date.get('text') or 'no date'} {countries}]"


def brief(value: Any) -> str:
    """A value in a few words: a date by its days, a place by its city, a person or party by name and country."""
    if isinstance(value, Mapping):
        value = _named(value) or {key: item for key, item in value.items() if item not in (None, [], False, "")}
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 90 else f"{text[:89]}…"


def _named(value: Mapping[str, Any]) -> str:
    if "start" in value:
        days = "/".join(dict.fromkeys(day for day in (value.get("start"), value.get("end")) if day))
        return f"{'~' if value.get('approximate') else ''}{days}" if days else f"unresolved: {value.get('text')}"
    names = (value.get(key) for key in ("city", "name_latin", "name", "text", "role", "role_code"))
    first = next((name for name in names if name), "")
    return ", ".join(part for part in (first, value.get("country")) if part)
