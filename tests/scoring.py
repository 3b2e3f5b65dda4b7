"""Invented records for tests of the scores: every field is there, null where nothing is stated."""

from __future__ import annotations

from random import Random
from typing import Any

from evals.scoring import DocumentScore, Item, score
from evals.stats import Unit


def day(start: str | None, end: str | None = None) -> dict[str, Any]:
    """A date; one day, month or year unless it has an end of its own."""
    return {"text": None, "start": start, "end": end or start}


def official(country: str | None, name: str | None = None, **changes: object) -> dict[str, Any]:
    """A defence minister."""
    return {"name": name, "role_code": "defence_minister", "country": country, "part": "participant"} | changes


def side(country: str | None, name: str | None = None, **changes: object) -> dict[str, Any]:
    """A state as a party or a force."""
    return {"name": name, "country": country, "kind": "state", "part": "participant"} | changes


OSLO = {"text": "Oslo", "city": "Oslo", "country": "NOR"}


def meeting(**changes: object) -> dict[str, Any]:
    """The ministers of Norway and Portugal meet in Oslo."""
    return {
        "type": "meeting",
        "evidence": ["The two ministers met in Oslo"],
        "status": "held",
        "format": "in_person",
        "mention": "focus",
        "date": day("2032-03-14"),
        "place": OSLO,
        "participants": [official("NOR", "Kari Lund", part="host"), official("PRT", "Rui Pires", part="visitor")],
        "forum": None,
        "forum_session": None,
        "topics": ["maritime"],
        "about_countries": [],
        "outcomes": [],
    } | changes


def exercise(**changes: object) -> dict[str, Any]:
    """Norway and Portugal train at sea."""
    return {
        "type": "exercise",
        "evidence": ["Calm Fjord 3 has begun"],
        "status": "ongoing",
        "mention": "focus",
        "name": "Calm Fjord 3",
        "series": "Calm Fjord",
        "edition": "3",
        "date": day("2032-05-02", "2032-05-09"),
        "place": None,
        "forces": [side("NOR", part="host"), side("PRT")],
        "domains": ["sea"],
        "focus": [],
        "activities": ["mine clearance"],
    } | changes


def agreement(**changes: object) -> dict[str, Any]:
    """Norway and Portugal sign a memorandum."""
    return {
        "type": "agreement",
        "evidence": ["They signed a memorandum on naval training"],
        "status": "signed",
        "kind": "mou",
        "mention": "focus",
        "title": "memorandum on naval training",
        "date": day("2032-03-14"),
        "parties": [side("NOR"), side("PRT")],
        "signatories": [],
        "count": 1,
        "topics": ["training_exercises"],
        "product": None,
    } | changes


def item(record: dict[str, Any], **about: Any) -> Item:
    """A record with what gold, or grounding, says of it."""
    fields = dict(record)
    return Item(type=fields.pop("type"), fields=fields, **about)


def scored(gold: list[Any], predicted: list[Any], **options: Any) -> DocumentScore:
    """The score of one document."""
    [document] = score({"d": gold}, {"d": predicted}, **options).documents
    return document


def units(number: int, *, skill: float = 0.7, random_seed: int = 1) -> list[Unit]:
    """Invented documents of which a share of the values is right."""
    random = Random(random_seed)
    found = []
    for _ in range(number):
        pos, act = random.randint(4, 30), random.randint(4, 30)
        right = sum(random.random() < skill for _ in range(min(pos, act)))
        found.append(Unit(credit=right - 0.5 * (right > 2), act=act, pos=pos))
    return found
