"""The records of defence diplomacy: pure Pydantic, no file, clock, network or environment.

Every file here without a leading underscore is one record type: `meeting.py` holds
`Meeting`. A new type is one such file; nothing else in this package names it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from schemas._answer import Answer, Published, answer_type
from schemas._countries import NAMES as COUNTRY_NAMES
from schemas._countries import country_code
from schemas._dates import interval
from schemas._record import Part, Participant, Party, Place, Record, When
from schemas._types import RoleCode, Topic

__all__ = [
    "COUNTRY_NAMES",
    "Answer",
    "Part",
    "Participant",
    "Party",
    "Place",
    "Published",
    "Record",
    "RoleCode",
    "Topic",
    "When",
    "answer_type",
    "country_code",
    "get",
    "interval",
    "name_of",
    "names",
]


@cache
def names() -> tuple[str, ...]:
    """Names of the record types, sorted: one for each file without a leading underscore."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


@cache
def get(name: str) -> type[Record]:
    """The record type of that name; KeyError if there is none, TypeError if its file does not define it."""
    if name not in names():
        raise KeyError(f"unknown schema {name!r}; there are: {', '.join(names())}")
    class_name = "".join(word.capitalize() for word in name.split("_"))
    record = getattr(import_module(f"schemas.{name}"), class_name, None)
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise TypeError(f"schemas/{name}.py must define a class {class_name} that is a Record")
    return record


def name_of(record: type[Record]) -> str:
    """The name that `get` knows a record type by: that of its file."""
    return record.__module__.rpartition(".")[2]
