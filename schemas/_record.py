"""What all records have in common, and the parts that they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas._dates import NO_YEAR, interval
from schemas._types import (
    AsWritten,
    Country,
    Date,
    Kind,
    Latin,
    Long,
    Mention,
    NullIfNotStated,
    Quote,
    RoleCode,
    Short,
    null_if_not_stated,
)

Sides = Iterable[str | None]


class Part(BaseModel):
    """A part of a record; frozen, blanks stripped, unknown keys ignored."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="ignore", defer_build=False)


class When(Part):
    """A date, as written and resolved."""

    text: Annotated[Short | None, NullIfNotStated, AsWritten()] = Field(description="as written")
    start: Annotated[Date | None, NullIfNotStated] = Field(
        description="YYYY, YYYY-MM, YYYY-MM-DD or XXXX-MM-DD; XXXX: year unknown"
    )
    end: Annotated[Date | None, NullIfNotStated] = Field(description="= start for one day, month or year")
    approximate: bool = Field(default=False, description="a bound is a convention")
    basis: Literal["explicit", "publication", "document", "none"] = Field(description="what resolves it")

    @model_validator(mode="before")
    @classmethod
    def _unresolved(cls, data: Any) -> Any:
        """Without a bound there is nothing that a basis could resolve."""
        if isinstance(data, dict) and all(null_if_not_stated(data.get(bound)) is None for bound in ("start", "end")):
            return {**data, "start": None, "end": None, "basis": "none", "approximate": False}
        return data

    @model_validator(mode="after")
    def _ordered(self) -> When:
        if (self.start or self.end) and self.basis == "none":
            raise ValueError("start or end is given, so basis must say what resolves it; or set start and end to null")
        if self.start and self.end:
            if self.start.startswith(NO_YEAR) != self.end.startswith(NO_YEAR):
                raise ValueError("give the year in both start and end, or in neither")
            if interval(self.end)[1] < interval(self.start)[0]:
                raise ValueError(f"end {self.end} is before start {self.start}; the range must run forward")
        return self

    def __str__(self) -> str:
        about = "~" if self.approximate else ""
        if self.start and self.end and self.start != self.end:
            return f"{about}{self.start}/{self.end}"
        if self.start or self.end:
            return about + (self.start or f"../{self.end}")
        return self.text or ""


class Place(Part):
    """Where it took place."""

    text: Annotated[Short, AsWritten()] = Field(description="as written: city, venue or sea")
    city: Annotated[Latin | None, NullIfNotStated] = Field(default=None, description="usual English name")
    country: Annotated[Country | None, NullIfNotStated] = Field(default=None, description="ISO alpha-3")

    def __str__(self) -> str:
        return ", ".join(word for word in (self.city or self.text, self.country) if word)


class Participant(Part):
    """A person, an office holder without a name, or one delegation of a country."""

    name: Annotated[Short | None, NullIfNotStated, AsWritten()] = Field(
        description="as written, without title; the fullest form"
    )
    name_latin: Annotated[Latin | None, NullIfNotStated] = Field(default=None, description="usual Latin form")
    role: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(default=None, description="as written: office")
    role_code: RoleCode = Field(description="office at the event")
    rank: Annotated[Short | None, NullIfNotStated, AsWritten()] = Field(
        default=None, description="as written, no article"
    )
    country: Annotated[Country | None, NullIfNotStated] = Field(description="ISO alpha-3")
    part: Literal["host", "visitor", "participant", "signatory", "witness"] = Field(
        description="host, visitor: only if shown"
    )
    former: bool = Field(default=False, description="no longer in office")

    @model_validator(mode="after")
    def _named(self) -> Participant:
        if self.name_latin and not self.name:
            raise ValueError(
                "name_latin is given without a name; give name as the report writes it, or drop name_latin"
            )
        return self

    def __str__(self) -> str:
        who = self.name_latin or self.name or self.role or self.role_code
        return f"{who} ({', '.join(filter(None, (self.role_code, self.country)))})"


class Party(Part):
    """A state, body or company that is bound by an agreement, or whose forces train."""

    name: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(description="as written, null: the state itself")
    country: Annotated[Country | None, NullIfNotStated] = Field(description="ISO alpha-3")
    kind: Kind
    part: Literal["host", "participant", "observer", "party"] = Field(description="in an agreement: party")

    @model_validator(mode="after")
    def _someone(self) -> Party:
        if not self.name and not self.country:
            raise ValueError("a party needs a name or a country")
        return self

    def __str__(self) -> str:
        return f"{self.name} ({self.country})" if self.name and self.country else self.name or self.country or ""


class Record(Part):
    """One event that a report tells, with the words that show it."""

    plural: ClassVar[str]

    # The quotes come first: a model that has copied the words fills the fields from them.
    evidence: list[Quote] = Field(
        min_length=1, max_length=6, description="exact quotes; one shows that the event took place"
    )
    summary: Annotated[str, Field(min_length=1, max_length=240)] = Field(description="one English sentence")
    mention: Mention = Field(description="focus: own news; its headline, lead or a subheading reports it")

    def quotes(self) -> Iterator[tuple[str, str]]:
        """Path and text of every quote given as evidence."""
        for index, quote in enumerate(self.evidence):
            yield f"evidence[{index}]", quote

    def written(self) -> Iterator[tuple[str, str]]:
        """Path and value of every field that must stand in the report as written."""
        found: list[tuple[str, str]] = []
        _add_written(self, "", found)
        return iter(found)

    @property
    def when(self) -> When:
        """The record's date."""
        date: When = getattr(self, "date")  # noqa: B009  every record type has its own, after its status
        return date


@cache
def _written_fields(kind: type[Part]) -> tuple[tuple[str, bool], ...]:
    """Names of the fields that may hold what is as written, and whether each is so itself and not only its parts."""
    fields = (
        (name, any(isinstance(mark, AsWritten) for mark in field.metadata), _may_hold_a_part(field.annotation))
        for name, field in kind.model_fields.items()
    )
    return tuple((name, is_written) for name, is_written, has_parts in fields if is_written or has_parts)


def _may_hold_a_part(annotation: Any) -> bool:
    """Whether a value of such a field can be a part or a list with parts; what is not known here may."""
    kind, inner = get_origin(annotation), get_args(annotation)
    if kind is Literal or annotation in (str, int, float, bool, NoneType):
        return False
    if kind is Annotated:
        return _may_hold_a_part(inner[0])
    if inner:
        return any(map(_may_hold_a_part, inner))
    return not (isinstance(annotation, type) and issubclass(annotation, Enum))


def _add_written(part: Part, prefix: str, found: list[tuple[str, str]]) -> None:
    """Add path and value of every field of a part that is as written."""
    for name, is_written in _written_fields(type(part)):
        value = getattr(part, name)
        if isinstance(value, list):
            for index, item in enumerate(value):
                _add_value(item, f"{prefix}{name}[{index}]", is_written, found)
        elif value is not None:
            _add_value(value, prefix + name, is_written, found)


def _add_value(value: Any, path: str, is_written: bool, found: list[tuple[str, str]]) -> None:
    if isinstance(value, Part):
        _add_written(value, f"{path}.", found)
    elif is_written and value is not None:
        found.append((path, value))


def check_sides(countries: Sides, what: str, remedy: str) -> None:
    """Raise ValueError unless the sides are of two states at least; None stands for a body of no one state."""
    sides = list(countries)
    if None in sides or len(set(sides)) > 1:
        return
    raise ValueError(f"all {what} are of {sides[0] if sides else 'no state'}; {remedy}")
