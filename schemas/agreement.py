"""Agreements: instruments and concluded deals between sides of different states."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from schemas._record import Participant, Party, Record, When, check_sides
from schemas._types import AsWritten, Long, NullIfNotStated, Once, Topic


class Agreement(Record):
    """An instrument or a concluded deal."""

    plural: ClassVar[str] = "agreements"

    status: Literal["under_negotiation", "announced", "signed", "in_force", "implementing", "terminated"] = Field(
        description="latest stage; date is of that stage"
    )
    kind: Literal["treaty", "agreement", "mou", "protocol", "contract", "declaration", "partnership", "other"]
    title: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(
        description="as written; a name, or a type word with its subject"
    )
    date: When
    parties: list[Party] = Field(min_length=2, max_length=24, description="who sign or are bound")
    signatories: list[Participant] = Field(default=[], max_length=12, description="who signs")
    count: int = Field(default=1, description="above 1: bundle; told only as a number")
    topics: Annotated[list[Topic], Once] = Field(default=[], max_length=6)
    product: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(
        default=None, description="as written: goods or works"
    )

    @model_validator(mode="after")
    def _bound(self) -> Agreement:
        check_sides(
            (party.country for party in self.parties),
            "parties",
            "add the other side, or drop the record: a deal inside one state is out of scope",
        )
        if self.count < 1:
            raise ValueError(f"count is {self.count}; it is 1, or the number of agreements in the bundle")
        return self

    @model_validator(mode="after")
    def _signed_by_a_party(self) -> Agreement:
        countries = {party.country for party in self.parties}
        for person in self.signatories:
            if person.country and None not in countries and person.country not in countries:
                raise ValueError(
                    f"signatory {person.name or person.role or person.role_code} is of {person.country}, "
                    "which is no party; add that party, or drop the signatory: people present do not sign"
                )
        return self
