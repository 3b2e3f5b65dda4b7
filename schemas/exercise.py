"""Exercises: forces of two or more states train together."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from schemas._record import Party, Place, Record, When, check_sides
from schemas._types import AsWritten, Long, NullIfNotStated, Once, Short


class Domain(StrEnum):
    """Where the forces train."""

    LAND = "land"
    AIR = "air"
    SEA = "sea"
    AMPHIBIOUS = "amphibious"
    SPECIAL_FORCES = "special_forces"
    CYBER = "cyber"
    COMMAND_POST = "command_post"


class Focus(StrEnum):
    """What the training is for."""

    WARFIGHTING = "warfighting"
    MARITIME_SECURITY = "maritime_security"
    COUNTERTERRORISM = "counterterrorism"
    PEACEKEEPING = "peacekeeping"
    HUMANITARIAN = "humanitarian"


class Exercise(Record):
    """Joint training of the forces of two or more states."""

    plural: ClassVar[str] = "exercises"

    status: Literal["planned", "ongoing", "completed", "postponed", "cancelled"]
    name: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(description="as written, with edition")
    series: Annotated[Long | None, NullIfNotStated] = Field(default=None, description="name without edition")
    edition: Annotated[Short | None, NullIfNotStated] = Field(default=None, description="year or number")
    date: When
    place: Place | None = None
    forces: list[Party] = Field(min_length=2, max_length=24, description="host: state of the place")
    domains: Annotated[list[Domain], Once] = Field(default=[], max_length=7)
    focus: Annotated[list[Focus], Once] = Field(default=[], max_length=5)
    activities: Annotated[list[Long], Once, AsWritten()] = Field(
        default=[], max_length=16, description="as written: training items"
    )

    @model_validator(mode="after")
    def _joint(self) -> Exercise:
        check_sides(
            (force.country for force in self.forces),
            "forces",
            "add the other side, or drop the record: a country's own drill is out of scope",
        )
        if not self.name and (self.series or self.edition):
            raise ValueError("an exercise without a name has no series and no edition; set both to null")
        return self
