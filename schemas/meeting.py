"""Meetings: officials of two or more sides meet, call, or visit."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from schemas._record import Participant, Place, Record, When, check_sides
from schemas._types import AsWritten, Country, Long, NullIfNotStated, Once, RoleCode, Topic


class Outcome(StrEnum):
    """What came of a meeting."""

    JOINT_POSITION = "joint_position"
    AGREEMENT_CONCLUDED = "agreement_concluded"
    MECHANISM_LAUNCHED = "mechanism_launched"
    FOLLOW_UP_SET = "follow_up_set"


class Meeting(Record):
    """Officials of two or more states, organisations or de facto authorities meet, call or visit."""

    plural: ClassVar[str] = "meetings"

    status: Literal["held", "planned", "postponed", "cancelled"]
    format: Literal["in_person", "call", "ceremony", "visit_only"] = Field(
        description="visit_only: no encounter told; an official visit"
    )
    date: When
    place: Place | None = None
    participants: list[Participant] = Field(min_length=2, max_length=24, description="all sides; who took part")
    forum: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(
        default=None, description="as written: council or summit"
    )
    forum_session: int | None = Field(default=None, description="its number")
    topics: Annotated[list[Topic], Once] = Field(default=[], max_length=6)
    about_countries: Annotated[list[Country], Once] = Field(
        default=[], max_length=10, description="third countries; those discussed"
    )
    outcomes: Annotated[list[Outcome], Once] = Field(default=[], max_length=4)

    @model_validator(mode="after")
    def _two_sides(self) -> Meeting:
        if not any(person.role_code is RoleCode.DE_FACTO_AUTHORITY for person in self.participants):
            check_sides(
                (person.country for person in self.participants),
                "participants",
                "add the other side, or drop the record: a meeting inside one state is out of scope",
            )
        if self.format == "call" and any(person.part in ("host", "visitor") for person in self.participants):
            raise ValueError("nobody is host or visitor on a call; set part to participant for everyone")
        return self

    @model_validator(mode="after")
    def _session_of_a_forum(self) -> Meeting:
        if self.forum_session is not None and self.forum_session < 1:
            raise ValueError(f"forum_session {self.forum_session} is no session number; give 1 or more, or null")
        return self
