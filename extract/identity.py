"""When two records are one event: by sides, date, place, and what each type is known by.

Names are compared folded; ج, غ, ق and ك are one letter in foreign names, where all stand for g.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from extract.fold import fold
from schemas import Participant, Party, Record, When, interval
from schemas.agreement import Agreement
from schemas.exercise import Exercise
from schemas.meeting import Meeting

_ARAB = frozenset(
    "ARE BHR COM DJI DZA EGY IRQ JOR KWT LBN LBY MAR MRT OMN PSE QAT SAU SDN SOM SYR TUN YEM".split()  # noqa: SIM905
)
_ONE_LETTER = str.maketrans("جغق", "ككك")
# Offices that one person of a country holds: two names in one of them are two events.
_OF_ONE = frozenset(
    {"head_of_state", "head_of_government", "defence_minister", "foreign_minister", "chief_of_staff"}
    | {"intelligence_chief"}
)
_NO_YEAR = "XXXX"
_DAY = len("2000-01-01")

Days = tuple[date, date]


def same_event(a: Record, b: Record) -> bool:
    """Whether two records tell of one event; symmetric. Records of other types are so only if they say the same."""
    if type(a) is not type(b) or not compatible(a.when, b.when):
        return False
    if isinstance(a, Meeting) and isinstance(b, Meeting):
        return _same_meeting(a, b)
    if isinstance(a, Exercise) and isinstance(b, Exercise):
        return _same_exercise(a, b)
    if isinstance(a, Agreement) and isinstance(b, Agreement):
        return _same_agreement(a, b)
    told = {"evidence", "summary", "mention"}
    return a.model_dump(exclude=told) == b.model_dump(exclude=told)


def is_weak(record: Record) -> bool:
    """Whether a record has no date to be known by."""
    return not record.when.start and not record.when.end


def compatible(a: When, b: When) -> bool:
    """Whether two dates may be of one event: they overlap, days by one day off; an unknown date goes with any."""
    days, others = _days(a), _days(b)
    if not days or not others:
        return True
    slack = timedelta(days=1 if _is_to_the_day(a) and _is_to_the_day(b) else 0)
    return any(
        _minus(first, slack) <= other_last and _minus(other_first, slack) <= last
        for first, last in _in_years(days, a, b)
        for other_first, other_last in _in_years(others, b, a)
    )


def same_name(a: str, b: str, *, country: str | None = None) -> bool:
    """Whether two names as written may be one: all words of the one stand in the other."""
    one, other = (_words(name, country) for name in (a, b))
    return bool(one and other) and (one <= other or other <= one)


def same_person(a: Participant, b: Participant) -> bool:
    """Whether two named participants of one country may be one person."""
    if a.country != b.country or not a.name or not b.name:
        return False
    if same_name(a.name, b.name, country=a.country):
        return True
    return bool(a.name_latin and b.name_latin and same_name(a.name_latin, b.name_latin, country=a.country))


def _same_meeting(a: Meeting, b: Meeting) -> bool:
    sides = _sides(a.participants)
    return (
        sides == _sides(b.participants)
        and (a.format == "call") == (b.format == "call")
        and _same_country(a, b)
        and not _has_two_names(a.participants, b.participants)
        and all(_is_shared(side, a.participants, b.participants) for side in sides)
    )


def _same_exercise(a: Exercise, b: Exercise) -> bool:
    if not _same_country(a, b) or (a.edition and b.edition and fold(a.edition) != fold(b.edition)):
        return False
    one, other = a.series or a.name, b.series or b.name
    if one and other:
        return same_name(one, other)
    has_domain = not a.domains or not b.domains or bool({*a.domains} & {*b.domains})
    return has_domain and _sides(a.forces) == _sides(b.forces)


def _same_agreement(a: Agreement, b: Agreement) -> bool:
    if _sides(a.parties) != _sides(b.parties):
        return False
    if a.count > 1 or b.count > 1:
        # A bundle keeps its number beside its members.
        return a.count == b.count
    if a.product and b.product:
        return same_name(a.product, b.product)
    return bool({*a.topics} & {*b.topics}) or (not a.topics and not b.topics and _same_title(a, b))


def _same_title(a: Agreement, b: Agreement) -> bool:
    return bool(a.title and b.title and same_name(a.title, b.title))


def _same_country(a: Meeting | Exercise, b: Meeting | Exercise) -> bool:
    """Whether their places do not say that they were in two countries."""
    countries = {place.country for place in (a.place, b.place) if place and place.country}
    return len(countries) < 2


def _sides(members: Sequence[Participant] | Sequence[Party]) -> frozenset[str]:
    """The countries, and the folded names of those that are of none."""
    return frozenset(member.country or f"={fold(member.name or '')}" for member in members)


def _is_shared(side: str, ours: Sequence[Participant], theirs: Sequence[Participant]) -> bool:
    """Whether a person, or an office, stands for a side in both."""
    if side.startswith("="):
        return True
    one = [person for person in ours if person.country == side]
    other = [person for person in theirs if person.country == side]
    return any(a.role_code == b.role_code or same_person(a, b) for a in one for b in other)


def _has_two_names(ours: Sequence[Participant], theirs: Sequence[Participant]) -> bool:
    """Whether an office that one person holds is held by different ones."""
    for a in ours:
        held = [b for b in theirs if b.name and (b.role_code, b.country) == (a.role_code, a.country)]
        if a.name and a.role_code in _OF_ONE and held and not any(same_person(a, b) for b in held):
            return True
    return False


def _words(name: str, country: str | None) -> frozenset[str]:
    folded = fold(name)
    if country is not None and country not in _ARAB:
        folded = folded.translate(_ONE_LETTER)
    return frozenset(folded.replace("-", " ").split())


def _days(when: When) -> Days | None:
    """First and last day that are known of a date."""
    bounds = [interval(bound) for bound in (when.start, when.end) if bound]
    return (bounds[0][0], bounds[-1][1]) if bounds else None


def _is_to_the_day(when: When) -> bool:
    return all(len(bound) == _DAY for bound in (when.start, when.end) if bound)


def _minus(day: date, slack: timedelta) -> date:
    return day - slack if day - date.min > slack else date.min


def _in_years(days: Days, when: When, other: When) -> Iterable[Days]:
    """The days, put into the years of the other date if they have none of their own."""
    has_year = not (when.start or when.end or "").startswith(_NO_YEAR)
    years = {int(bound[:4]) for bound in (other.start, other.end) if bound and not bound.startswith(_NO_YEAR)}
    if has_year or not years:
        return (days,)
    return tuple((_in_year(days[0], year), _in_year(days[1], year)) for year in sorted(years))


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 2, 28)
