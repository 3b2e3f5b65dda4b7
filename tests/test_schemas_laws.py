"""A record that is valid survives its own JSON, whatever it holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas
from schemas import COUNTRY_NAMES, Answer, Record, interval

# Records are large to draw, and how long that takes is not what is tested.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Blanks at either end are dropped, so a letter stands there.
letters = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
arabic = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإؤئىة", min_size=1, max_size=12)


def words(longest: int) -> st.SearchStrategy[str]:
    """Texts of at most so many characters, in Arabic letters or any other."""
    return st.lists(letters | arabic, min_size=1, max_size=3).map(lambda found: " ".join(found)[:longest].strip())


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


quotes = words(200).map("quoted: {}".format)
latin = st.text("abcdefghijklmnopqrstuvwxyzÇĞİÖŞÜéł '-", max_size=20).map("A{}".format)
codes = st.sampled_from(sorted(COUNTRY_NAMES))
calendar = st.dates().flatmap(lambda day: st.sampled_from([f"{day}", f"{day}"[:7], f"{day}"[:4]]))
yearless = st.dates().map(lambda day: f"XXXX-{day:%m-%d}")
unresolved = {"start": None, "end": None, "approximate": False, "basis": "none"}


def ordered(dates: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Bounds that run forward, one of them perhaps open."""
    pairs = st.lists(dates, min_size=2, max_size=2).map(lambda pair: sorted(pair, key=interval))
    open_ended = dates.flatmap(lambda day: st.sampled_from([(day, None), (None, day), (day, day)]))
    bases = st.sampled_from(["explicit", "publication", "document"])
    return st.builds(
        lambda bounds, basis, approximate: {
            "start": bounds[0],
            "end": bounds[1],
            "basis": basis,
            "approximate": approximate,
        },
        pairs | open_ended,
        bases,
        st.booleans(),
    )


whens = st.builds(
    lambda bounds, text: {**bounds, "text": text},
    ordered(calendar) | ordered(yearless) | st.just(unresolved),
    maybe(words(80)),
)
places = st.fixed_dictionaries({"text": words(80), "city": maybe(latin), "country": maybe(codes)})
names = st.just({"name": None}) | st.fixed_dictionaries(
    {"name": words(79).map("N{}".format)}, optional={"name_latin": latin}
)


def people(country: str | None) -> st.SearchStrategy[dict[str, Any]]:
    """Someone of a country, who may sit on a call as well as at a table."""
    fixed = {
        "role": maybe(words(200)),
        "role_code": st.sampled_from(list(schemas.RoleCode)),
        "rank": maybe(words(80)),
        "country": st.just(country),
        "part": st.sampled_from(["participant", "signatory", "witness"]),
        "former": st.booleans(),
    }
    return st.builds(lambda name, rest: name | rest, names, st.fixed_dictionaries(fixed))


def parties(country: str | None) -> st.SearchStrategy[dict[str, Any]]:
    """A party of a country."""
    fixed = {
        "name": maybe(words(200)) if country else st.just("Polar Council"),
        "country": st.just(country),
        "kind": st.sampled_from(["state", "agency", "company", "igo", "non_state"]),
        "part": st.sampled_from(["host", "participant", "observer", "party"]),
    }
    return st.fixed_dictionaries(fixed)


def sides(of: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Two or three sides of different countries, or of none."""
    countries = st.lists(maybe(codes), min_size=2, max_size=3, unique=True)
    return countries.flatmap(lambda found: st.tuples(*map(of, found)).map(list))


head = {
    "evidence": st.lists(quotes, min_size=1, max_size=2),
    "summary": words(240),
    "mention": st.sampled_from(["focus", "background"]),
    "date": whens,
}
topics = st.lists(st.sampled_from(list(schemas.Topic)), max_size=3)
values: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "meeting": {
        "status": st.sampled_from(["held", "planned", "postponed", "cancelled"]),
        "format": st.sampled_from(["in_person", "call", "ceremony", "visit_only"]),
        "place": maybe(places),
        "participants": sides(people),
        "forum": maybe(words(200)),
        "forum_session": maybe(st.integers(1, 99)),
        "topics": topics,
        "about_countries": st.lists(codes, max_size=3),
    },
    "exercise": {
        "status": st.sampled_from(["planned", "ongoing", "completed", "postponed", "cancelled"]),
        "name": words(190).map("Calm {}".format),
        "series": maybe(words(200)),
        "edition": maybe(words(80)),
        "place": maybe(places),
        "forces": sides(parties),
        "domains": st.lists(st.sampled_from(["land", "air", "sea", "cyber"]), max_size=4),
        "activities": st.lists(words(200), max_size=3),
    },
    "agreement": {
        "status": st.sampled_from(["announced", "signed", "in_force"]),
        "kind": st.sampled_from(["mou", "contract", "other"]),
        "title": maybe(words(200)),
        "parties": sides(parties),
        "signatories": st.lists(people(None), max_size=2),
        "count": st.integers(1, 99),
        "topics": topics,
        "product": maybe(words(200)),
    },
}
written = {name: st.fixed_dictionaries(head | fields) for name, fields in values.items()}


@pytest.mark.parametrize("name", written)
@settings(patient, max_examples=40)
@given(data=st.data())
def test_a_valid_record_is_equal_to_what_is_read_from_its_json(name, data):
    record: Record = schemas.get(name).model_validate(data.draw(written[name]))

    assert type(record).model_validate_json(record.model_dump_json()) == record


@settings(patient, max_examples=15)
@given(data=st.data())
def test_a_valid_answer_is_equal_to_what_is_read_from_its_json(data):
    kinds = [schemas.get(name) for name in written]
    drawn = {
        kind.plural: data.draw(st.lists(written[name], max_size=1)) for name, kind in zip(written, kinds, strict=True)
    }
    answer: Answer = schemas.answer_type(kinds).model_validate(drawn)

    assert type(answer).model_validate_json(answer.model_dump_json()) == answer
