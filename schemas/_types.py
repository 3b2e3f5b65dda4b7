"""The field types that all records share."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from schemas._countries import country_code
from schemas._dates import check_date

# What models write for "not stated"; the rule of the records is null.
_NOT_STATED = frozenset(
    {"", "-", "—", "?", "null", "none", "n/a", "na", "unknown", "not stated", "not specified", "unspecified"}
    | {"غير محدد", "غير معروف", "غير مذكور", "لا يوجد", "inconnu", "bilinmiyor"}
)
# Letters, their supplements and the shaped forms that PDF files hold.
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")


class AsWritten:
    """Marks a field whose value must stand in the report, so that code can look it up."""


def null_if_not_stated(value: Any) -> Any:
    """None for a text that only says that nothing is stated; any other value as it is."""
    if isinstance(value, str) and value.strip().casefold() in _NOT_STATED:
        return None
    return value


def _country(value: Any) -> Any:
    return country_code(value) if isinstance(value, str) else value


def _latin(value: str) -> str:
    if _ARABIC.search(value):
        raise ValueError(f"{value!r} is in Arabic letters; give the usual Latin form, or null")
    return value


def _listed_once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


NullIfNotStated = BeforeValidator(null_if_not_stated)
Once = AfterValidator(_listed_once)

_DATE_PATTERN = r"^([0-9]{4}|[0-9]{4}-[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}|XXXX-[0-9]{2}-[0-9]{2})$"

Date = Annotated[str, Field(pattern=_DATE_PATTERN), AfterValidator(check_date)]
# The pattern stands first: behind a BeforeValidator it would not reach the JSON Schema.
Country = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), BeforeValidator(_country)]
Quote = Annotated[str, Field(min_length=8, max_length=220)]
Latin = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_latin)]
Short = Annotated[str, Field(min_length=1, max_length=80)]
Long = Annotated[str, Field(min_length=1, max_length=200)]

Mention = Literal["focus", "background"]
Kind = Literal["state", "agency", "company", "igo", "non_state"]


class Topic(StrEnum):
    """What the sides dealt with."""

    MILITARY_COOPERATION = "military_cooperation"
    TRAINING_EXERCISES = "training_exercises"
    DEFENCE_INDUSTRY = "defence_industry"
    INTELLIGENCE_SECURITY = "intelligence_security"
    COUNTERTERRORISM = "counterterrorism"
    NUCLEAR_WMD = "nuclear_wmd"
    REGIONAL_CRISIS = "regional_crisis"
    BILATERAL_RELATIONS = "bilateral_relations"
    ECONOMY_TRADE = "economy_trade"
    HUMANITARIAN = "humanitarian"
    BORDER_MIGRATION = "border_migration"
    MARITIME = "maritime"
    OTHER = "other"


class RoleCode(StrEnum):
    """The office that a person holds at the event."""

    HEAD_OF_STATE = "head_of_state"
    HEAD_OF_GOVERNMENT = "head_of_government"
    DEFENCE_MINISTER = "defence_minister"
    FOREIGN_MINISTER = "foreign_minister"
    OTHER_MINISTER = "other_minister"
    CHIEF_OF_STAFF = "chief_of_staff"
    SERVICE_COMMANDER = "service_commander"
    INTELLIGENCE_CHIEF = "intelligence_chief"
    SENIOR_OFFICIAL = "senior_official"
    AMBASSADOR = "ambassador"
    DE_FACTO_AUTHORITY = "de_facto_authority"
    BUSINESS = "business"
    DELEGATION = "delegation"
