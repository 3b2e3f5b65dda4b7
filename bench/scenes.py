"""What every invented event has: two officials of different states, a city, a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from bench.words import CITIES, FAMILIES, OFFICES, STATES, Draw, Office, Spelt, State, day, person, written

Walk = tuple[int, int]

# Two states are drawn for each event and none is drawn twice.
MOST_SCENES = len(STATES) // 2


class Official(NamedTuple):
    """A person who holds an office of a state."""

    name: Spelt
    office: Office
    state: State

    @property
    def titled(self) -> str:
        """Office, state, rank and name, as reports put them."""
        rank = f" {self.office.shown_rank}" if self.office.shown_rank else ""
        return f"{self.office.title} {self.state.of}{rank} {self.name.arabic}"

    @property
    def english(self) -> str:
        """State and office in English."""
        return f"{self.state.english} {self.office.english}"

    def record(self, part: str) -> dict[str, Any]:
        """The participant that the report shows."""
        return {
            "name": self.name.arabic,
            "name_latin": self.name.latin,
            "role": f"{self.office.title} {self.state.of}",
            "role_code": self.office.code,
            "rank": self.office.rank,
            "country": self.state.code,
            "part": part,
        }


class Scene(NamedTuple):
    """Who is in an event, where and when; further choices are drawn."""

    host: Official
    guest: Official
    city: Spelt
    when: date
    draw: Draw

    @property
    def place(self) -> str:
        """The city with its state."""
        return f"مدينة {self.city.arabic} {self.host.state.of}ة"

    def place_record(self) -> dict[str, Any]:
        """Where it was, as the record has it."""
        return {"text": self.city.arabic, "city": self.city.latin, "country": self.host.state.code}

    def date(self) -> tuple[str, dict[str, Any]]:
        """The day as written, and the record's date."""
        text = written(self.when, self.draw.below(4))
        return text, when_record(text, self.when, self.when)


def scenes(i: int, count: int) -> list[Scene]:
    """The scenes of a report's events; no state, family name or city comes twice."""
    draw = Draw(f"events {i}")
    walks = [(draw.below(len(table)), 1 + draw.below(len(table) - 1)) for table in (STATES, FAMILIES, CITIES)]
    return [_scene(i, slot, walks) for slot in range(count)]


def when_record(text: str, start: date, end: date) -> dict[str, Any]:
    """The date of a record, from a text that says it without any help."""
    return {"text": text, "start": start.isoformat(), "end": end.isoformat(), "approximate": False, "basis": "explicit"}


def _scene(i: int, slot: int, walks: Sequence[Walk]) -> Scene:
    draw = Draw(f"event {i} {slot}")
    (state, state_step), (family, family_step), (city, city_step) = walks
    office = draw.pick(OFFICES)
    host, guest = (
        Official(
            name=person(draw, FAMILIES[(family + side * family_step) % len(FAMILIES)]),
            office=office if draw.below(3) else draw.pick(OFFICES),
            state=STATES[(state + side * state_step) % len(STATES)],
        )
        for side in (2 * slot, 2 * slot + 1)
    )
    return Scene(host, guest, CITIES[(city + slot * city_step) % len(CITIES)], day(draw), draw)
