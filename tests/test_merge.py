"""When two records are one event, and what one record says in place of several."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.identity import compatible
from extract.merge import groups, merge, same_event
from schemas import Record, When
from schemas.agreement import Agreement
from schemas.exercise import Exercise
from schemas.meeting import Meeting
from tests.invented import UNRESOLVED, meeting, official, when

NORWAY, PORTUGAL = official("NOR", "أولا هانسن"), official("PRT", "روي سيلفا")
STATE = {"name": None, "kind": "state", "part": "party"}


def met(**changes: Any) -> Meeting:
    return Meeting.model_validate(meeting(**changes))


def trained(*countries: str, **changes: Any) -> Exercise:
    forces = [{**STATE, "country": country, "part": "participant"} for country in countries or ("NOR", "PRT")]
    base = {"evidence": ["the forces trained"], "summary": "Forces trained.", "mention": "focus", "status": "completed"}
    return Exercise.model_validate({**base, "name": None, "date": UNRESOLVED, "forces": forces, **changes})


def signed(**changes: Any) -> Agreement:
    parties = [{**STATE, "country": country} for country in ("NOR", "PRT")]
    base = {"evidence": ["they signed a paper"], "summary": "A deal.", "mention": "focus", "status": "signed"}
    fields = {"kind": "mou", "title": None, "date": UNRESOLVED, "parties": parties, "topics": ["maritime"]}
    return Agreement.model_validate({**base, **fields, **changes})


def place(country: str | None, city: str | None = None) -> dict[str, Any]:
    return {"text": city or "the sea", "city": city, "country": country}


def people(*persons: dict[str, Any]) -> Meeting:
    return met(participants=list(persons))


SAME = {
    "a name told shorter": (met(), people(official("NOR", "هانسن"), PORTUGAL)),
    "a foreign g": (people(official("NOR", "غوران"), PORTUGAL), people(official("NOR", "جوران"), PORTUGAL)),
    "an office without its holder": (met(), people(official("NOR"), official("PRT"))),
    "a day off": (met(date=when("2024-03-04")), met(date=when("2024-03-05"))),
    "a month and its day": (met(date=when("2024-03")), met(date=when("2024-03-31"))),
    "a day without its year": (met(date=when("XXXX-03-04")), met(date=when("2024-03-04"))),
    "no date": (met(), met(date=when("2024-03-04"))),
    "a place and none": (met(place=place("NOR", "Oslo")), met()),
    "a series": (trained(name="بحر النور ٣", series="بحر النور"), trained("NOR", "ESP", name="بحر النور", series=None)),
    "unnamed, one domain": (trained(domains=["sea", "air"]), trained(domains=["sea"])),
    "two stages": (signed(), signed(status="announced")),
    "a product": (signed(product="فرقاطات", topics=["other"]), signed(product="الفرقاطات فرقاطات")),
    "a bundle": (signed(count=7, topics=[]), signed(count=7)),
}
OTHER = {
    "another place country": (met(place=place("NOR", "Oslo")), met(place=place("PRT", "Lisbon"))),
    "two days off": (met(date=when("2024-03-04")), met(date=when("2024-03-06"))),
    "two names in one office": (met(), people(official("NOR", "كارل بيرغ"), PORTUGAL)),
    "an Arab name is no foreign one": (
        people(official("EGY", "جمال"), PORTUGAL),
        people(official("EGY", "كمال"), PORTUGAL),
    ),
    "a call": (met(), met(format="call")),
    "another side": (met(), people(NORWAY, official("ESP"))),
    "another edition": (
        trained(name="النور 3", series="النور", edition="3"),
        trained(name="النور 4", series="النور", edition="4"),
    ),
    "another domain": (trained(domains=["sea"]), trained(domains=["air"])),
    "another product": (signed(product="فرقاطات"), signed(product="رادارات")),
    "another topic": (signed(), signed(topics=["other"])),
    "a bundle and its member": (signed(count=7), signed()),
    "another type": (met(), trained()),
}


@pytest.mark.parametrize(("a", "b"), SAME.values(), ids=SAME)
def test_records_of_one_event_are_the_same_either_way(a, b):
    assert same_event(a, b)
    assert same_event(b, a)


@pytest.mark.parametrize(("a", "b"), OTHER.values(), ids=OTHER)
def test_records_of_two_events_are_not_the_same_either_way(a, b):
    assert not same_event(a, b)
    assert not same_event(b, a)


def test_the_most_precise_date_that_is_not_approximate_is_kept():
    near = {**when("2024-03-04"), "approximate": True}

    assert merge([met(date=near), met(date=when("2024-03")), met()]).record.when.start == "2024-03"
    assert merge([met(date=when("2024-03-04")), met(date=when("2024-03"))]).record.when.start == "2024-03-04"


def test_two_precise_dates_are_told():
    merged = merge([met(date=when("2024-03-04")), met(date=when("2024-03-05"))])

    assert merged.conflicts == ("date: the parts of the report say 2024-03-04 and 2024-03-05",)
    assert merged.record.when.start in ("2024-03-04", "2024-03-05")


def test_quotes_topics_and_people_are_put_together():
    one = met(topics=["maritime"], participants=[official("NOR", "هانسن"), PORTUGAL])
    other = Meeting.model_validate(
        meeting("another quote of it", topics=["other"], participants=[NORWAY, official("PRT"), official("PRT", "آنا")])
    )

    record = merge([one, other]).record

    assert isinstance(record, Meeting)
    assert {*record.evidence} == {*one.evidence, *other.evidence}
    assert {*record.topics} == {"maritime", "other"}
    assert {person.name for person in record.participants} == {"أولا هانسن", "روي سيلفا", "آنا"}


def test_a_delegation_is_not_kept_beside_those_who_lead_it():
    delegation = {"name": None, "role_code": "delegation", "country": "NOR", "part": "participant"}

    record = merge([met(), people(delegation, NORWAY, PORTUGAL)]).record

    assert isinstance(record, Meeting)
    assert [person.role_code for person in record.participants] == ["defence_minister"] * 2


def test_no_list_grows_beyond_its_schema():
    found = [Meeting.model_validate(meeting(*(f"quote {n} of part {m}" for n in range(6)))) for m in range(3)]

    record = merge(found).record

    assert len(record.evidence) == 6
    assert {quote.split()[-1] for quote in record.evidence} == {"0", "1", "2"}


def test_a_record_without_a_date_joins_no_event_where_it_could_be_of_two():
    days = [met(date=when("2024-03-04")), met(date=when("2024-06-04"))]

    assert [len(group.members) for group in groups([*days, met()])] == [1, 1, 1]
    assert [len(group.members) for group in groups([days[0], met()])] == [2]


def test_records_of_one_answer_are_left_as_they_are():
    assert len(groups([met(), met()], [0, 0])) == 2
    assert len(groups([met(), met()], [0, 1])) == 1


names = st.sampled_from(["هانسن", "أولا هانسن", "كارل بيرغ", None])
days = st.sampled_from([None, "2024", "2024-03", "2024-03-04", "2024-03-05", "2024-05-01", "XXXX-03-04"])
quotes = st.lists(st.sampled_from([f"quote number {n}" for n in range(9)]), min_size=1, max_size=4, unique=True)
cities = st.sampled_from([None, place("NOR", "Oslo"), place("NOR"), place("PRT", "Lisbon")])
mentions = st.sampled_from(["focus", "background"])
topics = st.lists(st.sampled_from(["maritime", "other", "economy_trade"]), unique=True)


@st.composite
def dates(draw):
    day = draw(days)
    return {**when(day), "approximate": draw(st.booleans())} if day else UNRESOLVED


@st.composite
def records(draw) -> Record:
    """Records of a few events, so that many are the same."""
    common = {"evidence": draw(quotes), "mention": draw(mentions), "date": draw(dates())}
    kind = draw(st.sampled_from(["meeting", "exercise", "agreement"]))
    if kind == "meeting":
        persons = [official("NOR", draw(names)), official("PRT", draw(st.sampled_from(["روي سيلفا", None])))]
        return met(**common, participants=persons, place=draw(cities), topics=draw(topics))
    if kind == "exercise":
        named = draw(st.sampled_from([None, "النور", "بحر النور"]))
        edition = draw(st.sampled_from([None, "3", "4"])) if named else None
        return trained(**common, name=named, edition=edition, place=draw(cities))
    product = draw(st.sampled_from([None, "فرقاطات", "رادارات"]))
    return signed(**common, topics=draw(topics), product=product, count=draw(st.sampled_from([1, 1, 7])))


several = st.lists(records(), max_size=7)


@given(records(), records())
def test_being_the_same_event_is_mutual(a, b):
    assert same_event(a, b) == same_event(b, a)
    # An agreement that says neither what of nor what about is not known by anything.
    assert same_event(a, a) or (isinstance(a, Agreement) and not (a.product or a.topics or a.count > 1))


@settings(max_examples=200)
@given(several, st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(found, random):
    shuffled = random.sample(found, len(found))

    assert [group.merged for group in groups(found)] == [group.merged for group in groups(shuffled)]


@settings(max_examples=200)
@given(several)
def test_merging_again_changes_nothing(found):
    once = [group.merged.record for group in groups(found)]

    assert [group.merged.record for group in groups(once)] == once


@given(several)
def test_every_record_is_in_one_group_and_no_quote_is_lost(found):
    made = groups(found)

    assert sorted(at for group in made for at in group.members) == list(range(len(found)))
    for group in made:
        told = {quote for at in group.members for quote in found[at].evidence}
        assert {*group.merged.record.evidence} <= told
        assert len(group.merged.record.evidence) == min(len(told), 6)


@given(st.lists(records(), min_size=1, max_size=4))
def test_a_merged_record_is_one_that_its_schema_takes(found):
    for group in groups(found):
        record = group.merged.record
        assert type(record).model_validate(record.model_dump()) == record


@given(dates(), dates())
def test_dates_are_compatible_either_way(a, b):
    one, other = When.model_validate(a), When.model_validate(b)

    assert compatible(one, other) == compatible(other, one)
    assert compatible(one, one)
