"""The form of a whole answer: what a model says of one report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, cast

from pydantic import Field, create_model

from schemas._record import Part, Record
from schemas._types import AsWritten, Date, NullIfNotStated, Quote, Short

MAX_RECORDS = 24


class Published(Part):
    """The publication date that the report itself prints."""

    text: Annotated[Short, AsWritten()] = Field(description="as written")
    date: Annotated[Date | None, NullIfNotStated] = Field(description="YYYY-MM-DD")


class Answer(Part):
    """What an answer holds for the document; the lists of records are added by `answer_type`."""

    published: Published | None = Field(default=None, description="printed publication date")
    tail_quote: Annotated[Quote | None, NullIfNotStated] = Field(
        default=None, description="first words of other articles; where the part begins that is related news"
    )

    def records(self) -> list[tuple[str, Record]]:
        """Path and record, for every record of the answer, in its order."""
        fields = [name for name in type(self).model_fields if name not in Answer.model_fields]
        return [(f"{name}[{i}]", record) for name in fields for i, record in enumerate(getattr(self, name))]


def answer_type(records: Sequence[type[Record]]) -> type[Answer]:
    """The model of an answer that may hold records of these types, each in a list of its own."""
    return _answer_type(tuple(records))


@cache
def _answer_type(records: tuple[type[Record], ...]) -> type[Answer]:
    fields: dict[str, Any] = {
        record.plural: (list[record], Field(max_length=MAX_RECORDS))  # type: ignore[valid-type]  # built at run time
        for record in records
    }
    # Two types make one name: it is part of what the model is shown.
    name = "Events" if len(records) > 1 else records[0].plural.capitalize()
    return cast(type[Answer], create_model(name, __base__=Answer, __doc__=None, **fields))
