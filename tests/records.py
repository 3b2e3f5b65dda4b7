"""Records as a model writes them, valid until a test changes something, and what is said of a refused one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

UNRESOLVED = {"text": None, "start": None, "end": None, "approximate": False, "basis": "none"}
HEAD = {"evidence": ["the two ministers met in Oslo"], "summary": "Ministers met.", "mention": "focus"}


def official(country: str | None, **changes: object) -> dict[str, Any]:
    """A defence minister without a name."""
    return {"name": None, "role_code": "defence_minister", "country": country, "part": "participant"} | changes


def side(country: str | None, **changes: object) -> dict[str, Any]:
    """A state as a party to an agreement."""
    return {"name": None, "country": country, "kind": "state", "part": "party"} | changes


def meeting(**changes: object) -> dict[str, Any]:
    """Two ministers meet."""
    people = [official("NOR"), official("PRT")]
    return {**HEAD, "status": "held", "format": "in_person", "date": UNRESOLVED, "participants": people} | changes


def exercise(**changes: object) -> dict[str, Any]:
    """Two states train under a name."""
    forces = [side("NOR", part="host"), side("PRT", part="participant")]
    return {**HEAD, "status": "completed", "name": "Calm Fjord 3", "date": UNRESOLVED, "forces": forces} | changes


def agreement(**changes: object) -> dict[str, Any]:
    """Two states sign a memorandum."""
    parties = [side("NOR"), side("PRT")]
    head = {**HEAD, "status": "signed", "kind": "mou", "title": None}
    return {**head, "date": UNRESOLVED, "parties": parties} | changes


def refusals(kind: type[BaseModel], value: Mapping[str, Any]) -> list[str]:
    """Place and message of all that is wrong with a value, as a model is told; empty if nothing is."""
    try:
        kind.model_validate(value)
    except ValidationError as error:
        details = error.errors()
    else:
        return []
    places = [".".join(map(str, detail["loc"])) for detail in details]
    messages = [detail["msg"].removeprefix("Value error, ") for detail in details]
    return [f"{place}: {message}" if place else message for place, message in zip(places, messages, strict=True)]
