"""Invented reports: the same for the same number, and answers about them that nothing is wrong with."""

import hashlib
import json
import re
import unicodedata
from itertools import combinations

import pytest

import schemas
from bench.reports import MEETINGS, ONE_OF_EACH, PLURALS, answer, answer_value, read_token, report, token
from bench.words import STATES
from extract.document import Document
from extract.ground import Text
from extract.request import Completion
from extract.validate import Verdict, judge
from schemas import COUNTRY_NAMES
from tests import invented

_NAMED = re.compile(r'"(?:name|country|city)": "([^"]+)"')
TOLD = pytest.mark.parametrize("kinds", [MEETINGS, ONE_OF_EACH], ids=["three meetings", "one of each"])


def verdict(task: str, i: int, kinds: tuple[str, ...]) -> Verdict:
    """What the project makes of the answer about a report."""
    prompt = invented.prompt(task)
    records = [schemas.name_of(kind) for kind in prompt.records]
    text = report(i, kinds=kinds)
    return judge(Completion(text=answer(i, records, kinds)), prompt, Document(id="invented", text=text), Text(text))


@pytest.mark.parametrize(
    ("task", "kinds", "count"),
    [
        pytest.param("meeting/v1", MEETINGS, 3, id="meetings asked for, meetings told"),
        pytest.param("events/v2", ONE_OF_EACH, 3, id="all asked for, one of each told"),
        pytest.param("events/v2", MEETINGS, 3, id="all asked for, meetings told"),
        pytest.param("meeting/v1", ONE_OF_EACH, 1, id="meetings asked for, one of each told"),
        pytest.param("exercise/v1", ONE_OF_EACH, 1, id="exercises asked for, one of each told"),
        pytest.param("agreement/v1", ONE_OF_EACH, 1, id="agreements asked for, one of each told"),
    ],
)
def test_nothing_is_wrong_with_the_right_answers(task, kinds, count):
    for i in range(50):
        found = verdict(task, i, kinds)

        assert (found.problems, found.failures) == ((), ())
        assert len(found.records) == count


@TOLD
def test_quotes_stand_verbatim_and_values_are_looked_for(kinds):
    grounded = [record for i in range(10) for record in verdict("events/v2", i, kinds).records]

    assert {place.span.match for record in grounded for place in record.evidence if place.span} == {"verbatim"}
    # A rank loses its article on the way from the text to the record, which only folding finds.
    assert {place.span.match for record in grounded for place in record.values if place.span} >= {"verbatim", "folded"}


@TOLD
def test_a_report_is_the_same_each_time_and_unlike_all_others(kinds):
    reports = [report(i, kinds=kinds) for i in range(200)]

    assert reports == [report(i, kinds=kinds) for i in range(200)]
    assert len({text.partition("\n")[2] for text in reports}) == 200
    assert all(unicodedata.is_normalized("NFC", text) for text in reports)


def test_reports_and_answers_are_those_that_they_always_were():
    said = "\n".join(
        report(i, kinds=kinds) + answer(i, kinds=kinds) for kinds in (MEETINGS, ONE_OF_EACH) for i in (0, 7)
    )

    assert hashlib.sha256(said.encode()).hexdigest()[:16] == "8ecbf09a3ff78ecc"


@pytest.mark.parametrize("size", [2000, 2500, 20_000])
def test_a_report_is_about_as_long_as_asked_for(size):
    for i in range(50):
        assert size - 200 < len(report(i, size).encode()) <= size


def test_a_report_too_short_for_its_events_tells_them_all_the_same():
    short = report(12, 10)

    assert all(
        quote in short
        for meeting in answer_value(12, ["meeting"], MEETINGS)["meetings"]
        for quote in meeting["evidence"]
    )


@TOLD
def test_no_state_person_or_city_is_in_two_events_of_a_report(kinds):
    for i in range(50):
        value = answer_value(i, ONE_OF_EACH, kinds)
        events = [event for name in PLURALS.values() for event in value[name]]
        words = [set(_NAMED.findall(json.dumps(event, ensure_ascii=False))) for event in events]

        assert all(one.isdisjoint(other) for one, other in combinations(words, 2))


def test_dates_are_explicit_and_of_three_years():
    dates = [meeting["date"] for i in range(200) for meeting in answer_value(i, ["meeting"], MEETINGS)["meetings"]]

    assert {date["start"][:4] for date in dates} == {"2032", "2033", "2034"}
    assert {date["basis"] for date in dates} == {"explicit"}
    assert len({date["start"] for date in dates}) > 300


@pytest.mark.parametrize("kinds", [MEETINGS, ONE_OF_EACH, ("exercise",), ("agreement", "agreement")])
def test_a_token_says_which_report_it_is_of(kinds):
    assert read_token(f"The report: {report(1234567890, kinds=kinds)}") == (1234567890, kinds)
    assert report(5, kinds=kinds).startswith(token(5, kinds) + " ")


def test_a_token_of_meetings_is_a_number_alone():
    assert token(12) == "[r-0000012]"
    assert read_token("nothing [r-12] here") is None


@pytest.mark.parametrize("kinds", [("visit",), (), ("meeting",) * 16], ids=["unknown", "none", "too many"])
def test_kinds_that_cannot_be_told_are_refused(kinds):
    with pytest.raises(ValueError, match="kinds must be"):
        report(1, kinds=kinds)


def test_every_state_has_a_code_that_the_records_know():
    assert {state.code for state in STATES} <= set(COUNTRY_NAMES)
    assert len({state.code for state in STATES}) == len(STATES)
