"""Asking again where the context has no room for a re-ask with the whole answer."""

import asyncio
import json
from typing import Any

import pytest

from extract import reask
from extract.answers import Answers
from extract.chain import Chain
from extract.errors import EndpointError
from extract.extraction import Asking
from extract.fit import Fit
from extract.parts import Parts, chains_of
from extract.pipeline import Extraction, Pipeline
from extract.request import Completion, Label, Request, Usage
from extract.room import Room
from tests.invented import BERGEN, NOT_THERE, OSLO, Model, answer, asking, document, in_bergen, meeting, prompt

MOST = {"max_tokens": 4096}
# Invented too: a report that is long enough for several parts, and in each of them the two meetings.
LONG = f"{OSLO}.\n{BERGEN}.\nوقال محللون إن الطقس كان معتدلا في ذلك الأسبوع، وإن أسعار القمح لم تتغير. \n" * 40
SUMMARY = "Two ministers met in the city and talked at length about ships, harbours and the price of wheat. " * 2
WRONG = in_bergen(evidence=[NOT_THERE], summary=SUMMARY)
MENDED = in_bergen(summary=SUMMARY)


def records(number: int) -> list[Any]:
    """So many records that nothing is wrong with, each of another day."""
    dates = ({"text": None, "start": f"20{10 + n}-03-04", "end": f"20{10 + n}-03-04"} for n in range(number))
    return [meeting(summary=SUMMARY, date={**date, "approximate": False, "basis": "explicit"}) for date in dates]


def chain(room: Room | None, *said: str | Completion, **fields: Any) -> Chain:
    made = Chain(first=asking(options=MOST), document=document(), prompt=prompt(), max_reasks=2, room=room, **fields)
    for each in said:
        made.take(Completion(text=each) if isinstance(each, str) else each)
    return made


def shown(request: Request) -> Any:
    """The answer that a re-ask shows."""
    return json.loads(str(request.messages[2]["content"]))


def holding(made: Chain, tokens: int) -> Room:
    """A room in which the first request leaves so many tokens."""
    return Room(Room(0).tokens(made.first) + tokens)


MANY = answer(*records(4), WRONG)
SHORT = holding(chain(None), 1500)


@pytest.mark.parametrize("room", [Room(16384), holding(chain(None), 6000)], ids=["long", "just enough"])
def test_a_reask_that_fits_shows_the_same_as_without_a_limit(room):
    assert chain(room, MANY).next_request().messages == chain(None, MANY).next_request().messages


def test_a_reask_that_does_not_fit_shows_the_records_with_errors_alone():
    request = chain(SHORT, MANY).next_request()

    assert [record["evidence"] for record in shown(request)["meetings"]] == [[NOT_THERE]]
    assert SHORT.fits(request)
    assert "all others are kept" in str(request.messages[3]["content"])


def test_its_answer_counts_with_the_records_that_were_kept():
    made = chain(SHORT, MANY, answer(MENDED))

    assert made.is_done
    assert len(made.best().verdict.records) == 5
    assert made.best().verdict.problems == ()
    assert made.best().completion.text == answer(MENDED)


def test_what_there_is_no_room_for_is_mended_by_the_next_reask():
    several = answer(*records(3), WRONG, {**WRONG, "status": "planned"})
    made = chain(holding(chain(None), 950), several)
    first = shown(made.next_request())
    made.take(Completion(text=answer(MENDED)))
    second = shown(made.next_request())
    made.take(Completion(text=answer({**MENDED, "status": "planned"})))

    assert [len(each["meetings"]) for each in (first, second)] == [1, 1]
    assert [len(attempt.verdict.records) for attempt in made.attempts] == [3, 4, 5]


def test_a_record_is_shown_in_short_where_there_is_no_room_for_more():
    long = {**WRONG, "topics": ["defence industry"], "place": {"city": "x" * 400}}

    whole, short = (
        shown(chain(holding(chain(None), left), answer(*records(4), long)).next_request())["meetings"][0]
        for left in (1600, 900)
    )

    assert set(whole) - set(short) >= {"participants", "mention"}


def test_no_answer_to_an_excerpt_leaves_what_there_was():
    made = chain(SHORT, MANY, "I am sorry.", "I am sorry.")

    assert len(made.attempts) == 3
    assert len(made.best().verdict.records) == 4


def test_of_a_long_answer_that_is_no_json_the_beginning_is_shown():
    made = chain(holding(chain(None), 1900), f"{MANY[:-1]} and so on")

    said = str(made.next_request().messages[2]["content"])

    assert (said[:300], len(said) < 310) == (MANY[:300], True)


def test_a_prompt_whose_tokens_were_counted_as_few_leaves_more_room():
    room, counted = holding(chain(None), 450), Room(0, 0.8).tokens(asking())

    estimated = chain(room, answer(WRONG))
    known = chain(room, Completion(text=answer(WRONG), usage=Usage(prompt=counted, completion=9)))

    assert (estimated.is_done, known.is_done) == (True, False)


@pytest.mark.parametrize("task", ["meeting/v1", "events/v2", "events/v3"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_part_in_a_context_of_4096_tokens_can_be_asked_again_about_its_records(task, number):
    asked = Asking(model="m", options=MOST, context=4096)
    work = chains_of(document(LONG), prompt(task), asked, fit=Fit())
    assert isinstance(work, Parts)
    wrong = [{**WRONG, "status": status} for status in ("held", "planned", "cancelled")[:number]]
    empty: dict[str, Any] = {kind.plural: [] for kind in prompt(task).records}
    text = json.dumps({"published": None, "tail_quote": None, **empty, "meetings": wrong}, ensure_ascii=False)

    for each in work.chains:
        each.take(Completion(text=text))

    assert [each.is_done for each in work.chains] == [False] * len(work.chains)
    assert all(Room(4096).fits(each.next_request()) for each in work.chains)


class Limited:
    """Says these things; refuses prompts that are longer than its context by its own count, which it tells nobody."""

    def __init__(self, room: Room, *script: str) -> None:
        self.asked: list[Request] = []
        self.refused: list[Request] = []
        self._room, self._script = room, list(script)

    async def __call__(self, request: Request, label: Label) -> Completion:
        if self._room.tokens(request) > self._room.context:
            self.refused.append(request)
            raise EndpointError("too long", kind="context", body=json.dumps({"n_ctx": self._room.context}))
        self.asked.append(request)
        return Completion(text=self._script.pop(0))


@pytest.mark.parametrize("density", [1.1, 1.3], ids=["as estimated", "more tokens than estimated"])
@pytest.mark.parametrize("is_stated", [True, False], ids=["stated", "unknown"])
def test_a_reask_that_the_endpoint_refuses_as_too_long_is_made_shorter(density, is_stated):
    room = Room(Room(0, density).tokens(asking(options=MOST)) + 1500, density)
    model = Limited(room, answer(*records(7), WRONG), answer(MENDED))

    extraction = extracted(model, room.context if is_stated else None)

    assert (len(extraction.records), extraction.failures, extraction.problems) == (8, (), ())
    assert len(model.refused) <= 2


def extracted(model: Any, context: int | None) -> Extraction:
    with Pipeline(prompt(), Answers(ask=model), Asking(model="m", options=MOST, context=context)) as made:
        return made(document())


def test_an_endpoint_that_refuses_every_reask_leaves_the_records_that_hold():
    class Never(Limited):
        async def __call__(self, request: Request, label: Label) -> Completion:
            if label.attempt > 1:
                raise EndpointError("too long", kind="context", body='{"n_ctx": 4096}')
            return await super().__call__(request, label)

    extraction = extracted(Never(Room(4096), MANY), None)

    assert len(extraction.records) == 4
    assert [failure.kind for failure in extraction.failures] == ["ungrounded"]


def test_a_reask_after_which_no_room_is_left_is_no_bug():
    room = holding(chain(None), 1000)
    made, model = chain(room, answer(WRONG)), Model(f"{'word ' * 4000}")

    asyncio.run(reask.drive(made, Answers(ask=model)))

    assert len(made.attempts) == 2
    assert made.is_full
