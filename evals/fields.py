"""Compare one field of a gold record with that of a predicted one: counts, and labels of what went wrong."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import counts
from evals.assign import assign
from evals.counts import Counts
from evals.profile import COMPARATORS, Compare
from evals.text import is_stated
from evals.values import is_dated

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one field of one pair of records earns; `label` names the error, if there is one."""

    field: str
    counts: Counts
    label: str = ""
    gold: Any = None
    predicted: Any = None


def compare(name: str, how: Compare, gold: Any, predicted: Any, alternatives: Mapping[str, list[Any]]) -> list[Outcome]:
    """Outcomes of a field, the best that any right variant of the gold value gives."""
    variants = list(_variants(name, gold, alternatives))
    tried = [_compare(name, how, variant, predicted) for variant in variants]
    return max(tried, key=lambda outcomes: sum(outcome.counts.credit - outcome.counts.inc for outcome in outcomes))


def missed(name: str, how: Compare, gold: Any) -> list[Outcome]:
    """Outcomes of a field of a gold record that nothing was paired with."""
    return _compare(name, how, gold, None)


def spurious(name: str, how: Compare, predicted: Any) -> list[Outcome]:
    """Outcomes of a field of a predicted record that nothing was paired with."""
    return _compare(name, how, None, predicted)


def similarity(how: Compare, gold: Any, predicted: Any) -> float | None:
    """How alike two values are, 0 to 1; None if neither side states one."""
    if how.is_list:
        left, right = _stated(how, gold), _stated(how, predicted)
        if not left and not right:
            return None
        return 2 * sum(gain for *_, gain in _matched(how, left, right)) / (len(left) + len(right))
    there = [_is_there(how, value) for value in (gold, predicted)]
    if not any(there):
        return None
    return COMPARATORS[how.kind](gold, predicted)[0] if all(there) else 0.0


def _compare(name: str, how: Compare, gold: Any, predicted: Any) -> list[Outcome]:
    if how.is_list:
        return _compare_lists(name, how, _stated(how, gold), _stated(how, predicted))
    there = _is_there(how, gold), _is_there(how, predicted)
    if there == (True, True):
        credit, label = COMPARATORS[how.kind](gold, predicted)
        return [Outcome(field=name, counts=counts.of_credit(credit), label=label, gold=gold, predicted=predicted)]
    found = {
        (True, False): (counts.MISSED, "missing_value"),
        (False, True): (counts.SPURIOUS, "spurious_value"),
        (False, False): (counts.ABSENT, ""),
    }[there]
    return [Outcome(field=name, counts=found[0], label=found[1], gold=gold, predicted=predicted)]


def _compare_lists(name: str, how: Compare, gold: Sequence[Any], predicted: Sequence[Any]) -> list[Outcome]:
    if not gold and not predicted:
        return [Outcome(field=name, counts=counts.ABSENT)]
    pairs = _matched(how, gold, predicted)
    found = [
        Outcome(field=name, counts=counts.of_credit(gain), gold=gold[i], predicted=predicted[j]) for i, j, gain in pairs
    ]
    for i, j, _ in pairs:
        for part in how.within:
            found += _compare(f"{name}.{part}", Compare(), gold[i].get(part), predicted[j].get(part))
    taken = {i for i, *_ in pairs}, {j for _, j, _ in pairs}
    for i, value in enumerate(gold):
        if i not in taken[0]:
            found.append(Outcome(field=name, counts=counts.MISSED, label="missing_value", gold=value))
    for j, value in enumerate(predicted):
        if j not in taken[1]:
            found.append(Outcome(field=name, counts=counts.SPURIOUS, label="spurious_value", predicted=value))
    return found


def _matched(how: Compare, gold: Sequence[Any], predicted: Sequence[Any]) -> list[tuple[int, int, float]]:
    """Pairs of members, one to one, of the greatest sum; of equals the one whose other fields agree."""
    compare_members = COMPARATORS[how.kind]
    gains = [[compare_members(g, p)[0] for p in predicted] for g in gold]
    ties = [
        [gain and gain + 1e-6 * _agreeing(how, g, p) for gain, p in zip(row, predicted, strict=True)]
        for row, g in zip(gains, gold, strict=True)
    ]
    return [(i, j, gains[i][j]) for i, j in assign(ties)]


def _agreeing(how: Compare, gold: Any, predicted: Any) -> float:
    """Share of a member's other fields that are equal, to choose among equally good members."""
    if not isinstance(gold, Mapping) or not isinstance(predicted, Mapping):
        return 0.0
    names = (*how.within, "name", "name_latin")
    return sum(1.0 for part in names if gold.get(part) == predicted.get(part)) / len(names)


def _stated(how: Compare, value: Any) -> list[Any]:
    """The members of a list that state something, equal codes once."""
    members = [member for member in value or [] if is_stated(member)]
    return list(dict.fromkeys(members)) if how.kind == "equal" else members


def _is_there(how: Compare, value: Any) -> bool:
    return is_dated(value) if how.kind == "date" else is_stated(value)


def _variants(name: str, gold: Any, alternatives: Mapping[str, list[Any]]) -> Iterator[Any]:
    """The gold value, and what other right values make of it: each alone, and the first of all together."""
    yield gold
    mine = {path: values for path, values in alternatives.items() if re.split(r"[.\[]", path, maxsplit=1)[0] == name}
    for path, values in mine.items():
        for value in values:
            yield _replaced(name, gold, {path: value})
    if len(mine) > 1:
        yield _replaced(name, gold, {path: values[0] for path, values in mine.items() if values})


def _replaced(name: str, gold: Any, changes: Mapping[str, Any]) -> Any:
    holder: dict[str, Any] = {name: copy.deepcopy(gold)}
    for path, value in changes.items():
        steps: list[Any] = [key or int(index) for key, index in _STEP.findall(path)]
        at: Any = holder
        try:
            for step in steps[:-1]:
                at = at[step]
            at[steps[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    return holder[name]
