"""The records of an answer that have errors, shown alone, and put back when they are mended."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.excerpt import SHOWS, Excerpt, excerpts
from extract.request import Completion
from extract.validate import Problem
from tests.invented import BERGEN, NOT_THERE, answer, in_bergen, judged, meeting, official

RIGHT = meeting()
WRONG = in_bergen(evidence=[NOT_THERE])
THIRD = in_bergen(status="planned", evidence=[BERGEN, "كلمات أخرى لم تقل في أي مكان"])


def of(said: str) -> list[Excerpt]:
    """The excerpts of an answer about the report, by what is wrong with it."""
    return list(excerpts(Completion(text=said), judged(said).problems))


def meetings(completion: Completion | None) -> list[Any]:
    assert completion is not None
    found: list[Any] = json.loads(completion.text)["meetings"]
    return found


@pytest.mark.parametrize("show", SHOWS)
def test_a_record_that_is_right_is_not_shown(show):
    (excerpt,) = of(answer(RIGHT, WRONG))

    (shown,) = json.loads(excerpt.shown(show))["meetings"]
    assert shown["evidence"] == [NOT_THERE]


def test_problems_are_told_by_the_places_that_the_records_have_in_what_is_shown():
    (excerpt,) = of(answer(RIGHT, WRONG))

    assert "- meetings[0].evidence[0]: " in excerpt.told("whole")
    assert "meetings[1]" not in excerpt.told("whole")


def test_in_short_a_record_is_its_quotes_its_summary_and_what_is_wrong():
    (excerpt,) = of(answer(meeting(participants=[official("NOR", "كارل بيرغ"), official("PRT")])))

    (shown,) = json.loads(excerpt.shown("short"))["meetings"]

    assert list(shown) == ["evidence", "summary", "participants"]


def test_a_long_quote_is_not_told_again_in_full():
    quote = "كلمات لم تقل في أي مكان من هذا التقرير ولا في غيره " * 3
    (excerpt,) = of(answer(meeting(quote)))

    assert quote.strip() in excerpt.shown("short")
    assert quote.strip() not in excerpt.told("short")


def test_the_fullest_comes_first_and_each_is_of_one_record_less():
    found = of(answer(WRONG, RIGHT, THIRD))

    assert [each.places for each in found] == [[("meetings", 0), ("meetings", 2)], [("meetings", 0)]]
    assert [len(each.problems) for each in found] == [2, 1]


def test_what_comes_back_takes_the_place_of_what_was_shown():
    (excerpt,) = of(answer(RIGHT, WRONG))
    mended = in_bergen()

    assert meetings(excerpt.joined(Completion(text=answer(mended)))) == [RIGHT, mended]


@pytest.mark.parametrize(
    "said",
    [answer(), answer(RIGHT), answer(meeting(summary="Two men met.", mention="background"))],
    ids=["nothing", "one that was kept", "one that was kept, in other words"],
)
def test_a_record_may_be_dropped_and_a_kept_one_is_not_taken_twice(said):
    (excerpt,) = of(answer(RIGHT, WRONG))

    assert meetings(excerpt.joined(Completion(text=said))) == [RIGHT]


def test_a_model_that_gives_everything_again_adds_nothing():
    (excerpt,) = of(answer(RIGHT, WRONG))
    mended, more = in_bergen(), in_bergen(mention="background", status="planned")

    assert meetings(excerpt.joined(Completion(text=answer(RIGHT, mended, more)))) == [RIGHT, mended]


def test_what_an_answer_says_of_the_report_stays_unless_it_was_wrong():
    right, wrong = answer(WRONG, tail_quote=None), answer(WRONG, tail_quote="no such words")
    said = Completion(text=answer(tail_quote=BERGEN))

    tails = [json.loads((of(given)[0].joined(said) or said).text)["tail_quote"] for given in (right, wrong)]

    assert tails == [None, BERGEN]


def test_where_only_the_words_on_the_report_are_wrong_no_record_is_shown():
    (excerpt,) = of(answer(RIGHT, tail_quote="no such words"))

    assert json.loads(excerpt.shown("whole")) == {"tail_quote": "no such words", "meetings": []}
    assert meetings(excerpt.joined(Completion(text=answer(WRONG, tail_quote=None)))) == [RIGHT]


def test_a_record_told_twice_is_shown_with_the_first_of_the_two():
    again = {**WRONG, "evidence": [BERGEN]}
    (excerpt, *_) = of(answer(RIGHT, in_bergen(), again))

    assert [kind for kind, _ in excerpt.places] == ["meetings"] * 2
    assert "this is meetings[" in excerpt.told("whole")
    assert "meetings[2]" not in excerpt.told("whole")
    assert meetings(excerpt.joined(Completion(text=answer(in_bergen())))) == [RIGHT, in_bergen()]


@pytest.mark.parametrize("said", ["No meetings.", "", '{"meetings": [', answer() + answer(RIGHT)])
def test_what_is_no_answer_is_not_put_in(said):
    (excerpt,) = of(answer(RIGHT, WRONG))

    assert excerpt.joined(Completion(text=said)) is None


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("No meetings.", Problem(path="", message="prose")),
        (answer(RIGHT), Problem(path="meetings", message="too long")),
        (answer(RIGHT), Problem(path="meetings[7].date", message="there is no such record")),
    ],
    ids=["prose", "a whole list", "no such record"],
)
def test_what_is_wrong_with_more_than_records_has_no_excerpt(said, problem):
    assert list(excerpts(Completion(text=said), [problem])) == []


@given(st.lists(st.booleans(), max_size=8))
def test_mending_what_is_shown_leaves_all_others_as_they_are(wrong):
    records = [
        meeting(NOT_THERE if is_wrong else BERGEN, summary=str(number), status=f"s{number}")
        for number, is_wrong in enumerate(wrong)
    ]
    problems = [
        Problem(path=f"meetings[{number}].evidence[0]", message="is not there")
        for number, is_wrong in enumerate(wrong)
        if is_wrong
    ]

    for excerpt in excerpts(Completion(text=answer(*records)), problems):
        joined = meetings(excerpt.joined(Completion(text=excerpt.shown("whole"))))
        assert sorted(joined, key=lambda record: int(record["summary"])) == records
