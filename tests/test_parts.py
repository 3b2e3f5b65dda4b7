"""A report that is too long for a context, asked in parts."""

import asyncio
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import Extractor
from extract.answers import Answers
from extract.cache import Cache
from extract.chain import Chain
from extract.document import Document
from extract.errors import EndpointError, ReplayMiss
from extract.extraction import Asking
from extract.ground import Span
from extract.parts import Part
from extract.pipeline import Pipeline
from extract.recordings import Recordings
from extract.request import Completion, Label, Request
from extract.room import Room
from extract.tally import measure
from tests.endpoint import ScriptedEndpoint, completion
from tests.in_parts import (
    EVENT,
    HEADLINE,
    MOST,
    TIMEOUT,
    WHEN,
    Careful,
    extracted,
    report,
    spans,
)
from tests.invented import NOT_THERE, REPORT, answer, asking, document, meeting, prompt


def test_a_report_of_200_000_characters_works_on_a_context_of_4096_tokens():
    model, text = Careful(4096), report(200_000, 40)

    extraction = extracted(model, text)

    assert len(text) > 190_000
    assert extraction.failures == ()
    assert spans(extraction) == [EVENT.format(number) for number in range(40)]
    assert all(Room(4096).fits(request) for request in model.asked)


def test_parts_are_asked_at_the_same_time():
    text = report(8000, 4)
    parts = len(extracted(Careful(), text).attempts)
    everyone = asyncio.Barrier(parts)

    class Together(Careful):
        async def __call__(self, request: Request, label: Label) -> Completion:
            async with asyncio.timeout(5):
                await everyone.wait()
            return self.say(request, label)

    assert parts > 2
    assert len(extracted(Together(), text).records) == 4


def test_each_part_says_which_it_is_and_carries_headline_and_day():
    model = Careful()

    extracted(model, report(8000, 4))

    users = [str(request.messages[1]["content"]) for request in model.asked]
    assert [f"This is part {n} of {len(users)} of" in user for n, user in enumerate(users, 1)] == [True] * len(users)
    assert all(user.count(HEADLINE) == 1 and "Publication date: 2024-03-05" in user for user in users)
    assert len({request.messages[0]["content"] for request in model.asked}) == 1


@pytest.mark.parametrize("context", [None, 16384])
def test_the_request_of_a_report_that_fits_is_the_same_as_ever(context):
    plain = Pipeline(prompt(), Answers(ask=Careful()), Asking(model="m", options=MOST))
    made = Pipeline(prompt(), Answers(ask=Careful()), Asking(model="m", options=MOST, context=context))

    assert made.request_for(document()) == plain.request_for(document())
    assert made.request_for(document()) == asking(options=MOST)


def test_a_short_report_in_a_short_context_is_asked_whole_for_a_shorter_answer():
    model = Careful()

    extracted(model, REPORT)

    (request,) = model.asked
    assert request.options["max_tokens"] < 4096
    assert (
        request.messages
        == asking().messages[:1] + prompt().messages(document(published="2024-03-05"), "json_schema")[1:]
    )


def test_the_key_of_a_report_in_parts_is_that_of_its_first_request():
    model = Careful()

    extraction = extracted(model, report(8000, 4))

    assert extraction.key == model.asked[0].key == extraction.attempts[0].request.key
    assert len({request.key for request in model.asked}) == len(model.asked)


def test_an_event_at_a_cut_is_one_record_with_the_quotes_of_both_parts():
    class Twice(Careful):
        def say(self, request: Request, label: Label) -> Completion:
            return Completion(text=answer(meeting(HEADLINE, date={**WHEN, "start": "2024-03-04"})))

    extraction = extracted(Twice(), report(8000, 4))

    assert len(extraction.records) == 1
    assert spans(extraction) == [HEADLINE]


def test_dates_that_do_not_agree_are_a_problem_of_the_record():
    class Unsure(Careful):
        def say(self, request: Request, label: Label) -> Completion:
            day = 3 + ("part 1 of" in str(request.messages[1]["content"]))
            return Completion(text=answer(meeting(HEADLINE, date={**WHEN, "start": f"2024-03-0{day}"})))

    (grounded,) = extracted(Unsure(), report(2000, 2)).records

    assert [problem.kind for problem in grounded.problems] == ["conflict"]


class WrongAtFirst(Careful):
    """Quotes what is not in the report until it is asked again, in the second part."""

    def say(self, request: Request, label: Label) -> Completion:
        is_second = "part 2 of" in str(request.messages[1]["content"])
        return (
            Completion(text=answer(meeting(NOT_THERE)))
            if is_second and label.attempt == 1
            else super().say(request, label)
        )


def test_a_part_is_asked_again_on_its_own():
    model = WrongAtFirst(4096)

    extraction = extracted(model, report(8000, 4))

    again = [request for request in model.asked if len(request.messages) > 2]
    assert len(again) == 1
    assert "part 2 of" in str(again[0].messages[1]["content"])
    assert (len(extraction.records), extraction.failures) == (4, ())
    delta = measure(extraction)
    assert (delta["re"], delta["spent"]["reask"][0], delta["spent"]["first"][0]) == (1, 1, len(model.asked) - 1)


def test_a_reask_for_which_there_is_no_room_is_not_made():
    chatty = answer(meeting(NOT_THERE), summary="word " * 4000)
    chain = Chain(first=asking(), document=document(), prompt=prompt(), max_reasks=2, room=Room(4096))

    chain.take(Completion(text=chatty))

    assert chain.is_done


def broken(error: Exception, part: str = "part 2 of") -> type[Careful]:
    class Broken(Careful):
        def say(self, request: Request, label: Label) -> Completion:
            if part in str(request.messages[1]["content"]):
                raise error
            return super().say(request, label)

    return Broken


@pytest.mark.parametrize(
    ("error", "kind"),
    [(EndpointError("no answer", kind="timeout"), "timeout"), (ZeroDivisionError("of nothing"), "bug")],
    ids=["endpoint", "bug"],
)
def test_a_part_that_fails_leaves_the_records_of_the_others_and_is_named(error, kind):
    extraction = extracted(broken(error)(), report(8000, 4))

    assert 2 <= len(extraction.records) <= 4
    assert [failure.kind for failure in extraction.failures] == [kind]
    assert re.match(r"part 2 of \d+: ", extraction.failures[0].message)


def test_parts_that_fail_alike_are_one_failure():
    extraction = extracted(broken(EndpointError("no connection", kind="refused"), "part ")(), report(8000, 4))

    assert [failure.message[:12] for failure in extraction.failures] == ["parts 1, 2, "]
    assert extraction.records == ()


def test_a_report_in_parts_is_answered_from_the_cache(tmp_path):
    text = report(8000, 4)
    asked = Asking(model="m", options=MOST, context=4096)
    with closing(Cache(tmp_path)) as cache:
        with Pipeline(prompt(), Answers(ask=Careful(), cache=cache), asked) as made:
            first = made(document(text))
        silent = Careful()
        with Pipeline(prompt(), Answers(ask=silent, cache=cache), asked) as made:
            assert made.knows(document(text))
            again = made(document(text))

    assert (silent.asked, again.records) == ([], first.records)
    assert {attempt.completion.origin for attempt in again.attempts} == {"cache"}


def test_parts_that_are_answered_are_not_asked_again_when_one_is_missing(tmp_path):
    text, asked = report(8000, 4), Asking(model="m", options=MOST, context=4096)
    with closing(Cache(tmp_path)) as cache:
        with Pipeline(prompt(), Answers(ask=broken(TIMEOUT)(), cache=cache), asked) as made:
            made(document(text))
        model = Careful()
        with Pipeline(prompt(), Answers(ask=model, cache=cache), asked) as made:
            again = made(document(text))

    assert ["part 2 of" in str(request.messages[1]["content"]) for request in model.asked] == [True]
    assert (len(again.records), again.failures) == (4, ())


def test_parts_that_an_endpoint_made_necessary_are_answered_from_the_cache_too(tmp_path):
    text, asked = report(8000, 4), Asking(model="m", options=MOST)
    with closing(Cache(tmp_path)) as cache:
        with Pipeline(prompt(), Answers(ask=Careful(4096), cache=cache), asked) as made:
            first = made(document(text))
        model = Careful(4096)
        with Pipeline(prompt(), Answers(ask=model, cache=cache), asked) as made:
            again = made(document(text))

    assert (len(model.asked), again.records) == (1, first.records)


def test_a_report_in_parts_is_replayed_and_a_missing_part_is_a_miss(tmp_path):
    text, asked, recordings = report(8000, 4), Asking(model="m", options=MOST, context=4096), Recordings(tmp_path)
    with Pipeline(prompt(), Answers(ask=Careful(), recordings=recordings, is_recording=True), asked) as made:
        first = made(document(text))

    assert Pipeline(prompt(), Answers(recordings=Recordings(tmp_path)), asked)(document(text)).records == first.records
    min(Path(tmp_path).rglob("report-1--*.json")).unlink()
    with pytest.raises(ReplayMiss):
        Pipeline(prompt(), Answers(recordings=Recordings(tmp_path)), asked)(document(text))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30))
def test_a_span_of_a_part_is_moved_to_the_same_words_of_the_report(head, start, size):
    text = "".join(chr(0x4E00 + n) for n in range(200))
    part = Part(2, 3, (100, 180), (5, 5 + head) if head else None)
    shown = part.shown(text)
    begin = min(start, len(shown) - 1)
    piece = shown[begin : begin + size]

    moved = part.moved(Span(begin, begin + len(piece), "verbatim"))

    assert text[moved.start : moved.end] in piece or moved.start >= moved.end
    if "…" not in piece and "\n" not in piece:
        assert text[moved.start : moved.end] == piece


def test_an_extractor_takes_no_longer_document_than_its_settings_say():
    with ScriptedEndpoint([completion(answer(meeting()))]) as scripted:
        flags: dict[str, Any] = {
            "base_url": scripted.url,
            "model": "m",
            "prompt": "meeting/v1",
            "cache": "none",
            "max_chars": 50,
        }
        with Extractor(**flags) as made:
            extraction = made(REPORT)
            given_ = made(Document(id="long", text=REPORT))

    assert [failure.kind for failure in (*extraction.failures, *given_.failures)] == ["too_long"] * 2
    assert scripted.asked == []


def test_a_chain_of_a_part_knows_the_whole():
    made = Pipeline(prompt(), Answers(ask=Careful()), Asking(model="m", options=MOST, context=4096))

    begun = made.begin(document(report(8000, 4)))

    assert isinstance(begun, Chain)
    assert begun.whole is not None
    assert begun.whole.chains[0] is begun
