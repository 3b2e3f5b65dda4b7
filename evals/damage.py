"""What a weaker model would do: labels damaged on purpose, to see what catches each kind of damage.

A document's labels are a perfect answer. Each kind of damage is done to one record at a time, with a
random seed, and the answer is then judged as any other: by validation (the form and the rules of the
records), by grounding (the words of the report), by the score against the labels, or by nothing.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from evals import profile, runs
from evals.gold import GoldDocument, as_record
from evals.scoring import Item, score_document
from extract.ground import Text, tail_start
from extract.prompt import Prompt
from extract.request import Completion
from extract.validate import judge

Raw = dict[str, Any]
Answer = dict[str, Any]
# What becomes of an answer's record, given the document: another list of records, or None where it cannot be done.
Damage = Callable[[Raw, GoldDocument, Random], list[Raw] | None]

CAUGHT = ("validation", "grounding", "score", "nothing")
_RULES = frozenset({"ungrounded", "tail"})


@dataclass
class Result:
    """How often one kind of damage was caught by what."""

    cases: int = 0
    caught: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def assess(gold: Sequence[GoldDocument], prompt: Prompt, *, random_seed: int = 0) -> dict[str, Result]:
    """Do every damage once to every record it fits, and count what catches it."""
    found = {name: Result() for name in DAMAGES}
    for document in gold:
        if not document.records or _problems(document, prompt, _answer(document)):
            # An answer that is not flawless by itself cannot show what a damage does.
            continue
        for name, damage in DAMAGES.items():
            for index, caught in _cases(document, prompt, damage, Random(f"{random_seed}{name}{document.id}")):  # noqa: S311  sampling
                found[name].cases += 1
                found[name].caught[caught] += 1
                if caught == "nothing":
                    found[name].missed.append(f"{document.id}[{index}]")
    return found


def table(results: Mapping[str, Result]) -> str:
    """The shares as text, a line for each kind of damage."""
    lines = [f"{'damage':<34}{'cases':>6}" + "".join(f"{name:>12}" for name in CAUGHT)]
    for name, result in results.items():
        shares = "".join(f"{_percent(result.caught[how], result.cases):>12}" for how in CAUGHT)
        lines.append(f"{name:<34}{result.cases:>6}{shares}")
    return "\n".join(lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _cases(document: GoldDocument, prompt: Prompt, damage: Damage, random: Random) -> Iterator[tuple[int, str]]:
    records = [_raw(document, index) for index in range(len(document.records))]
    for index, record in enumerate(records):
        damaged = damage(copy.deepcopy(record), document, random)
        if damaged is not None:
            answer = _answer(document, [*records[:index], *damaged, *records[index + 1 :]])
            yield index, _caught(document, prompt, answer)


def _caught(document: GoldDocument, prompt: Prompt, answer: Answer) -> str:
    kinds = _problems(document, prompt, answer)
    if kinds - _RULES:
        return "validation"
    if kinds:
        return "grounding"
    said = [Item(type=raw["type"], fields=raw) for raw in answer["_records"]]
    # Labels against themselves score 1: a law of the scorer.
    f1 = score_document(document.id, runs.items(document), said, profile.OURS).counts().f1
    return "score" if f1 is not None and f1 < 1 - 1e-9 else "nothing"


def _problems(document: GoldDocument, prompt: Prompt, answer: Answer) -> frozenset[str]:
    text = json.dumps({name: value for name, value in answer.items() if name != "_records"}, ensure_ascii=False)
    verdict = judge(Completion(text=text), prompt, document.document, Text(document.document.text))
    return frozenset(problem.kind for problem in verdict.problems)


def _answer(document: GoldDocument, records: Sequence[Raw] | None = None) -> Answer:
    """The labels as an answer to the prompt for all record types."""
    raws = [_raw(document, index) for index in range(len(document.records))] if records is None else list(records)
    answer: Answer = {
        "published": document.printed.model_dump(mode="json") if document.printed else None,
        "tail_quote": document.tail_quote,
        "meetings": [],
        "exercises": [],
        "agreements": [],
        "_records": raws,
    }
    for raw in raws:
        answer[f"{raw['type']}s"].append({name: value for name, value in raw.items() if name != "type"})
    return answer


def _raw(document: GoldDocument, index: int) -> Raw:
    gold = document.records[index]
    return {"type": gold.type, **as_record(gold).model_dump(mode="json")}


# The damages.


def _drop(record: Raw, document: GoldDocument, random: Random) -> list[Raw]:
    return []


def _invent(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    """A second record of the kind, with other countries, proved by a sentence that tells of something else."""
    used = {quote for gold in document.records for quote in gold.fields.get("evidence", [])}
    tail = tail_start(document.document.text, document.tail_quote)
    lines = [line.strip()[:200] for line in document.document.text[:tail].split("\n")]
    free = [line for line in lines if len(line) > 40 and not any(quote in line or line in quote for quote in used)]
    if not free:
        return None
    return [record, {**_elsewhere(record), "evidence": [random.choice(free).strip()]}]


def _invent_falsely(record: Raw, document: GoldDocument, random: Random) -> list[Raw]:
    quote = "وأعلن الجانبان توقيع مذكرة تفاهم جديدة خلال لقاء لم يعلن عنه"
    return [record, {**_elsewhere(record), "evidence": [quote]}]


def _elsewhere(record: Raw) -> Raw:
    """The record with other states and no values as written."""
    made = copy.deepcopy(record)
    made["date"] = {"text": None, "start": None, "end": None, "approximate": False, "basis": "none"}
    for name in ("title", "product", "forum", "name", "series", "edition", "place"):
        if name in made:
            made[name] = None
    made["activities"] = [] if "activities" in made else None
    made.pop("activities") if made["activities"] is None else None
    made["signatories"] = []
    for name in ("participants", "forces", "parties"):
        for number, side in enumerate(made.get(name) or []):
            blank = dict.fromkeys(("name", "name_latin", "role", "rank"))
            side.update({key: value for key, value in blank.items() if key in side})
            side["country"] = ("NOR", "PER")[number % 2]
            if "kind" in side:
                side["kind"] = "state"
    return made


def _shift(days: int, years: int = 0) -> Damage:
    def damage(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
        when = record["date"]
        dates = [when[key] for key in ("start", "end") if when[key]]
        if not dates or any(len(text) != 10 or text.startswith("X") for text in dates):
            return None
        for key in ("start", "end"):
            if when[key]:
                day = date.fromisoformat(when[key])
                moved = day.replace(year=day.year + years, day=min(day.day, 28)) if years else day + timedelta(days)
                when[key] = moved.isoformat()
        return [record]

    return damage


def _swap_sides(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    turned = {"host": "visitor", "visitor": "host"}
    people = record.get("participants") or []
    if not any(person["part"] in turned for person in people):
        return None
    for person in people:
        person["part"] = turned.get(person["part"], person["part"])
    return [record]


def _other_country(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    sides = record.get("participants") or record.get("forces") or record.get("parties") or []
    known = [side for side in sides if side.get("country")]
    if not known:
        return None
    random.choice(known)["country"] = random.choice(["NOR", "PER", "NZL"])
    return [record]


def _twice(record: Raw, document: GoldDocument, random: Random) -> list[Raw]:
    again = copy.deepcopy(record)
    again["summary"] = "The same, told again."
    return [record, again]


def _split(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    if len(record["evidence"]) < 2:
        return None
    again = copy.deepcopy(record)
    record["evidence"], again["evidence"] = record["evidence"][:1], again["evidence"][1:]
    again["topics" if "topics" in again else "domains"] = []
    return [record, again]


def _leak(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    """A record of the kind, proved by words of the tail."""
    start = tail_start(document.document.text, document.tail_quote)
    if start is None:
        return None
    lines = [line.strip()[:200] for line in document.document.text[start:].split("\n") if len(line.strip()) > 30]
    return [record, {**_elsewhere(record), "evidence": [random.choice(lines).strip()]}] if lines else None


def _respell(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    named = [person for person in record.get("participants") or [] if len(person.get("name") or "") > 6]
    if not named:
        return None
    person = random.choice(named)
    at = random.randrange(1, len(person["name"]) - 1)
    person["name"] = person["name"][:at] + random.choice("بتسمنلer") + person["name"][at + 1 :]
    person["name_latin"] = None
    return [record]


def _held(record: Raw, document: GoldDocument, random: Random) -> list[Raw] | None:
    told = {"meeting": "held", "exercise": "completed", "agreement": "signed"}[record["type"]]
    if record["status"] not in ("planned", "postponed", "cancelled", "announced", "under_negotiation"):
        return None
    record["status"] = told
    return [record]


DAMAGES: Mapping[str, Damage] = {
    "a record dropped": _drop,
    "one invented, plausible quote": _invent,
    "one invented, false quote": _invent_falsely,
    "date off by a day": _shift(1),
    "wrong year": _shift(0, years=-1),
    "host and visitor swapped": _swap_sides,
    "a country wrong": _other_country,
    "an event told twice": _twice,
    "an event split in two": _split,
    "the tail leaked": _leak,
    "a name respelt": _respell,
    "a planned event called held": _held,
}
