"""How long scoring and its intervals take, ours and those of others that are installed: python bench/scoring.py."""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from random import Random
from typing import Any

from pydantic import create_model

import evals
from evals import stats, units
from evals.scoring import Score
from evals.stats import Unit

Documents = dict[str, list[dict[str, Any]]]
# The work on so many documents, or resamples, made ready.
Work = Callable[[int], object]

DOCUMENTS, RECORDS, EXACT = 10_000, 3, 0.7
RESAMPLES = 10_000

_COUNTRIES = ("NOR", "PRT", "EGY", "TUR", "SAU", "FRA", "DEU", "ITA", "GRC", "JPN", "KOR", "IND")
_FIRST = ("Kari", "Rui", "Ali", "Omar", "Sara", "Lena", "Igor", "Hugo")
_LAST = ("Lund", "Pires", "Hassan", "Kaya", "Otieno", "Weber", "Rossi", "Mora")
_NAMES = tuple(f"{first} {last}" for first, last in product(_FIRST, _LAST))
_TOPICS = ("maritime", "economy_trade", "border_migration", "humanitarian")


@dataclass(frozen=True, slots=True)
class Way:
    """A way to do the work: what it needs, how it is made ready, and how much of it is timed if not all."""

    name: str
    make: Callable[[], Work]
    needs: tuple[str, ...] = ()
    sample: int | None = None


def documents(number: int, random_seed: int = 0) -> tuple[Documents, Documents]:
    """Invented gold, and predictions of which a share is exact and the others have another date and other topics."""
    random = Random(random_seed)  # noqa: S311  invented records, not secrets
    gold = {f"{i:05}": [_meeting(random) for _ in range(RECORDS)] for i in range(number)}
    predicted = copy.deepcopy(gold)
    for record in (record for records in predicted.values() for record in records):
        if random.random() >= EXACT:
            record["date"] = _day("2032-01-01")
            record["topics"] = ["other"]
    return gold, predicted


def ways_to_score(gold: Documents, predicted: Documents) -> Iterator[Way]:
    """Ours, and those of others as their own pages have it."""
    yield Way("ours", lambda: lambda _: score(gold, predicted).counts())
    yield Way("stickler: compare_with", lambda: _stickler(gold, predicted), ("stickler",), 100)
    yield Way("autoevals: JSONDiff", lambda: _autoevals(gold, predicted), ("autoevals",), 100)
    yield Way("a plain loop: scipy, rapidfuzz", lambda: _plain(gold, predicted), ("scipy", "rapidfuzz"), 1_000)


def ways_to_resample(found: list[Unit]) -> Iterator[Way]:
    """Ours, and the two that everybody writes."""
    yield Way("ours", lambda: lambda _: stats.interval(found))
    yield Way("a plain loop", lambda: lambda number: _drawn(found, number), (), 20)
    yield Way("numpy, by index", lambda: lambda number: _indexed(found, number), ("numpy",), 500)


def line(way: Way, whole: int) -> str:
    """How long a way takes for the whole of the work."""
    missing = [name for name in way.needs if not _is_installed(name)]
    if missing:
        return f"  {way.name:<34}{'not installed':>14}"
    number = way.sample or whole
    work = way.make()
    started = time.perf_counter()
    work(number)
    seconds = time.perf_counter() - started
    scaled = f"   ({number:,} took {seconds:.2f} s)" if number < whole else ""
    return f"  {way.name:<34}{seconds * whole / number:>12.2f} s{scaled}"


def score(gold: Documents, predicted: Documents) -> Score:
    """Our scores with the full profile of meetings."""
    return evals.score(gold, predicted)


def main() -> int:
    """Print the table."""
    gold, predicted = documents(DOCUMENTS)
    _say(f"{DOCUMENTS:,} documents of {RECORDS} meetings, Python {sys.version.split()[0]}")
    for way in ways_to_score(gold, predicted):
        _say(line(way, DOCUMENTS))
    found = list(units.units(score(gold, predicted), {}).values())
    _say(f"interval of {RESAMPLES:,} resamples of {len(found):,} documents")
    for way in ways_to_resample(found):
        _say(line(way, RESAMPLES))
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _is_installed(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _meeting(random: Random) -> dict[str, Any]:
    host, visitor = random.sample(_COUNTRIES, 2)
    return {
        "type": "meeting",
        "status": "held",
        "format": "in_person",
        "mention": "focus",
        "date": _day(f"2032-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"),
        "place": {"text": "the ministry", "city": random.choice(_NAMES), "country": host},
        "participants": [_official(random, host, "host"), _official(random, visitor, "visitor")],
        "forum": None,
        "forum_session": None,
        "topics": random.sample(_TOPICS, 2),
        "about_countries": [],
        "outcomes": [],
    }


def _official(random: Random, country: str, part: str) -> dict[str, Any]:
    return {"name": random.choice(_NAMES), "role_code": "defence_minister", "country": country, "part": part}


def _day(text: str) -> dict[str, Any]:
    return {"text": None, "start": text, "end": text}


def _stickler(gold: Documents, predicted: Documents) -> Work:
    """A model of the same fields: codes equal or not, names by edit distance, lists paired by its Hungarian method."""
    stickler = import_module("stickler")

    def model(title: str, **types: Any) -> Any:
        made: dict[str, Any] = {key: (each, stickler.ComparableField(default=None)) for key, each in types.items()}
        return create_model(title, __base__=stickler.StructuredModel, **made)

    day = model("Day", start=str | None, end=str | None)
    place = model("Place", text=str | None, city=str | None, country=str | None)
    official = model("Official", **dict.fromkeys(("name", "role_code", "country", "part"), str | None))
    codes = dict.fromkeys(("status", "format", "mention", "forum", "forum_session"), str | None)
    lists = dict.fromkeys(("topics", "about_countries", "outcomes"), list[str])
    meeting = model("Meeting", date=day, place=place, participants=_list(official), **codes, **lists)
    document = model("Document", records=_list(meeting))

    def compare(number: int) -> None:
        for name in list(gold)[:number]:
            mine, said = (document(records=side[name]) for side in (gold, predicted))
            mine.compare_with(said, include_confusion_matrix=True)

    return compare


def _list(model: Any) -> Any:
    return list[model]


def _autoevals(gold: Documents, predicted: Documents) -> Work:
    """One number for a document; lists are compared by place."""
    scorer = import_module("autoevals").JSONDiff()

    def compare(number: int) -> None:
        for name in list(gold)[:number]:
            scorer(output=predicted[name], expected=gold[name])

    return compare


def _plain(gold: Documents, predicted: Documents) -> Work:
    """Records paired by how alike their JSON is, then fields equal or not: what one writes in a quarter of an hour."""
    assign = import_module("scipy.optimize").linear_sum_assignment
    alike = import_module("rapidfuzz.process").cdist

    def compare(number: int) -> int:
        right = 0
        for name in list(gold)[:number]:
            texts = [[json.dumps(record, sort_keys=True) for record in side[name]] for side in (gold, predicted)]
            for i, j in zip(*assign(alike(*texts), maximize=True), strict=True):
                right += sum(value == predicted[name][j][key] for key, value in gold[name][i].items())
        return right

    return compare


def _drawn(found: list[Unit], number: int) -> list[float | None]:
    random = Random(0)  # noqa: S311  resampling, not secrets
    return [stats.f1(random.choices(found, k=len(found))) for _ in range(number)]


def _indexed(found: list[Unit], number: int) -> Any:
    numpy = import_module("numpy")
    credit = numpy.array([unit.credit for unit in found])
    size = numpy.array([unit.act + unit.pos for unit in found])
    random = numpy.random.default_rng(0)
    drawn = (random.integers(0, len(found), len(found)) for _ in range(number))
    return numpy.quantile([2 * credit[at].sum() / size[at].sum() for at in drawn], [0.025, 0.975])


if __name__ == "__main__":
    sys.exit(main())
