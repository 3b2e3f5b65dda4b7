"""The published scoring of MUC-4 templates (CEAF-REE, as GTT, TempGen and IterX compute it), to check our own against.

    python -m evals.muc4 DIR SYSTEM

reads DIR/gold.jsonl and DIR/SYSTEM.jsonl: lines of {"docid", "templates": [{"incident_type", and for
each role a list of entities, an entity being a list of mentions that corefer}]}. It prints P, R and F1
in percent, a line per item.

The rules: equal gold templates of a document count once and empty entities not at all; strings are
compared in lower case without punctuation and articles; predicted templates are mapped one to one to
gold ones, by the mapping with the highest micro F1 of the document, where the predicted type is a part of
the gold type; in a mapped pair a predicted entity is right if all its mentions are in one gold entity,
and a gold entity is recalled if some predicted one is such a part, so the two numerators may differ; the
type is one item of a template; templates without a partner add to the denominators only; 0/0 is 0.
"""

from __future__ import annotations

import json
import re
import string
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extract.errors import InputError, MahdarError

TYPE = "incident_type"
ROLES = ("PerpInd", "PerpOrg", "Target", "Victim", "Weapon")
ITEMS = (TYPE, *ROLES)
TOTAL = "micro_avg"

Entity = frozenset[str]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


@dataclass(frozen=True)
class Template:
    """One event of a document."""

    kind: str
    entities: Mapping[str, tuple[Entity, ...]]

    def size(self, item: str) -> int:
        """How many values the template has for an item."""
        return 1 if item == TYPE else len(self.entities[item])


@dataclass
class Tally:
    """Right predicted and recalled gold values, and how many there are of each."""

    right: int = 0
    predicted: int = 0
    recalled: int = 0
    gold: int = 0

    def add(self, right: int, predicted: int, recalled: int, gold: int) -> None:
        """Count some more."""
        self.right += right
        self.predicted += predicted
        self.recalled += recalled
        self.gold += gold

    @property
    def scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1 in percent; 0/0 is 0."""
        p = self.right / self.predicted if self.predicted else 0.0
        r = self.recalled / self.gold if self.gold else 0.0
        return 100 * p, 100 * r, 200 * p * r / (p + r) if p + r else 0.0


@dataclass
class Result:
    """Tallies of each item."""

    items: dict[str, Tally] = field(default_factory=lambda: {item: Tally() for item in ITEMS})

    @property
    def total(self) -> Tally:
        """The sum over all items."""
        found = Tally()
        for tally in self.items.values():
            found.add(tally.right, tally.predicted, tally.recalled, tally.gold)
        return found


def plain(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def score(gold: Mapping[str, Sequence[Template]], predicted: Mapping[str, Sequence[Template]]) -> Result:
    """Tallies over all documents of gold; a document without a prediction has none, one without gold is refused."""
    if unknown := sorted(predicted.keys() - gold.keys()):
        raise InputError(f"no gold for {', '.join(unknown[:5])}; the ids of both files must be written alike")
    result = Result()
    for document, templates in gold.items():
        _score(_once(templates), list(predicted.get(document, ())), result)
    return result


def load(path: Path) -> dict[str, list[Template]]:
    """Templates by document; InputError names a line that cannot be used."""
    found: dict[str, list[Template]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a folder with gold.jsonl and SYSTEM.jsonl") from error
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            name, templates = row["docid"], [_template(value) for value in row["templates"]]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(f"{path}:{number}: no line of templates: {error!r}") from error
        if name in found:
            raise InputError(f"{path}:{number}: a second line of {name!r}; put its templates into one")
        found[name] = templates
    return found


def _template(value: Mapping[str, Any]) -> Template:
    entities = {}
    for role in ROLES:
        made = (frozenset(plain(mention) for mention in entity) for entity in value.get(role, ()))
        entities[role] = tuple(entity for entity in made if entity)
    return Template(kind=value[TYPE], entities=entities)


def _once(templates: Sequence[Template]) -> list[Template]:
    found: list[Template] = []
    for template in templates:
        if template not in found:
            found.append(template)
    return found


def _score(gold: list[Template], predicted: list[Template], result: Result) -> None:
    mapped = _mapping(gold, predicted)
    for item in ITEMS:
        tally = result.items[item]
        tally.add(0, sum(p.size(item) for p in predicted), 0, sum(g.size(item) for g in gold))
        for i, j in mapped:
            right, recalled = _matches(gold[i], predicted[j], item)
            tally.add(right, 0, recalled, 0)


def _mapping(gold: list[Template], predicted: list[Template]) -> list[tuple[int, int]]:
    """The mapping with the highest F1 of the document; of several, the first when "no partner" is tried first.

    F1 depends on the two numerators alone, so for each set of gold templates that are taken it is enough to
    know the first way to each pair of numerators: exact, and far from trying all mappings.
    """
    ways: dict[tuple[int, int, int], tuple[int, ...]] = {(0, 0, 0): ()}
    for template in predicted:
        ways = _extended(ways, gold, template)
    p_den = sum(p.size(item) for p in predicted for item in ITEMS)
    r_den = sum(g.size(item) for g in gold for item in ITEMS)
    best = min(ways.items(), key=lambda way: (-_f1(way[0][1], p_den, way[0][2], r_den), way[1]))[1]
    return [(i, j) for j, i in enumerate(best) if i >= 0]


def _extended(
    ways: Mapping[tuple[int, int, int], tuple[int, ...]], gold: list[Template], template: Template
) -> dict[tuple[int, int, int], tuple[int, ...]]:
    """The ways with one more predicted template, which gets no partner or one that is free."""
    gains = [(-1, 0, 0)]
    for i, other in enumerate(gold):
        if template.kind in other.kind:
            found = [_matches(other, template, item) for item in ITEMS]
            gains.append((i, sum(right for right, _ in found), sum(recalled for _, recalled in found)))
    longer: dict[tuple[int, int, int], tuple[int, ...]] = {}
    for (taken, right, recalled), way in ways.items():
        for i, more_right, more_recalled in gains:
            bit = 1 << i if i >= 0 else 0
            if taken & bit:
                continue
            key = (taken | bit, right + more_right, recalled + more_recalled)
            longer[key] = min(longer.get(key, (*way, i)), (*way, i))
    return longer


def _f1(right: int, predicted: int, recalled: int, gold: int) -> float:
    p = right / predicted if predicted else 0.0
    r = recalled / gold if gold else 0.0
    # Rounded, so that equal mappings are equal however their terms were added up.
    return round(2 * p * r / (p + r), 12) if p + r else 0.0


def _matches(gold: Template, predicted: Template, item: str) -> tuple[int, int]:
    """Predicted values that are right, and gold values that are recalled."""
    if item == TYPE:
        return (1, 1) if predicted.kind in gold.kind else (0, 0)
    said, true = predicted.entities[item], gold.entities[item]
    right = sum(any(entity <= other for other in true) for entity in said)
    recalled = sum(any(entity <= other for entity in said) for other in true)
    return right, recalled


def main(arguments: Sequence[str]) -> int:
    """Print the scores of a system; 2 if the arguments or files cannot be used."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m evals.muc4 DIR SYSTEM\n")
        return 2
    folder, system = Path(arguments[0]), arguments[1]
    try:
        result = score(load(folder / "gold.jsonl"), load(folder / f"{system}.jsonl"))
    except MahdarError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    rows = [*result.items.items(), (TOTAL, result.total)]
    for name, tally in rows:
        p, r, f = tally.scores
        sys.stdout.write(f"{name:<14}{p:>8.2f}{r:>8.2f}{f:>8.2f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
