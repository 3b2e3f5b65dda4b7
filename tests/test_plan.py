"""A plan counts what is to be asked, and reckons tokens, money and time from what is known."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.cache import Cache
from extract.document import Document, Failure
from extract.history import History, Mean, Ratio, history
from extract.plan import GUESSED_COMPLETION, Plan, Terms, plan
from extract.prices import NONE, Price, Prices
from extract.request import Completion, Form, Label, Mode, Request, Usage
from extract.survey import FIRST_ESTIMATED, Estimated, Source, Survey, survey
from extract.tokens import estimate

WORD = "word " * 30
CHEAP = Prices({"m": Price(input=Decimal(1), output=Decimal(2))})


def request(text: str, mode: Mode = "json_schema") -> Request:
    messages = ({"role": "system", "content": "Find it."}, {"role": "user", "content": text})
    return Request(model="m", messages=messages, form=Form("t", {"type": "object"}), mode=mode)


def asked(document: Document) -> Request:
    return request(document.text)


def documents(*texts: str) -> Iterator[Document]:
    return (Document(id=str(number), text=text) for number, text in enumerate(texts))


def surveyed(*texts: str, known: dict[str, Completion] | None = None, **fields: Any) -> Survey:
    by_key = {request(text).key: completion for text, completion in (known or {}).items()}
    return survey(
        documents(*texts),
        Source(asks=lambda document: [asked(document)], known=lambda each: by_key.get(each.key), **fields),
    )


def terms(**fields: Any) -> Terms:
    usual = {"model": "m", "task": "t/v1", "max_reasks": 2, "max_tokens": 4096, "concurrency": 4}
    return Terms(**{**usual, "prices": NONE, "history": History(), **fields})


def planned(number: int = 10, **fields: Any) -> Plan:
    return plan(surveyed(*(f"{WORD}{each}" for each in range(number))), terms(**fields))


def mean(value: float, number: int = 1) -> Mean:
    return Mean(number, value * number)


def test_what_is_known_is_not_asked_again():
    found = surveyed("a", "b", "c", known={"b": Completion(text="{}")})

    assert (found.documents, found.known, found.calls) == (3, 1, 2)


def test_an_equal_request_is_asked_once_where_answers_are_kept():
    assert (surveyed("a", "b", "a").calls, surveyed("a", "b", "a").repeated) == (2, 1)


def test_an_equal_request_is_asked_again_where_no_answer_is_kept():
    assert surveyed("a", "b", "a", keeps=False).calls == 3


def test_a_replay_asks_nobody():
    found = surveyed("a", "b", known={"b": Completion(text="{}")}, is_offline=True)

    assert (found.calls, found.known, found.missing) == (0, 1, 1)


def test_what_cannot_be_read_is_counted_and_a_wrong_date_takes_no_document_away():
    flaws = [Failure(document="x", kind=kind, message="") for kind in ("empty", "metadata")]

    found = survey([*flaws, *documents("a")], Source(asks=lambda document: [asked(document)], known=lambda _: None))

    assert (found.documents, found.unreadable, found.calls) == (2, 1, 1)


def test_documents_are_taken_one_at_a_time():
    at_once, alive = 0, 0

    class Held(Document):
        """Counts those that are alive."""

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def held() -> Iterator[Document]:
        nonlocal at_once, alive
        for number in range(50):
            alive += 1
            at_once = max(at_once, alive)
            yield Held(id=str(number), text=str(number))

    survey(held(), Source(asks=lambda document: [asked(document)], known=lambda _: None))

    assert at_once <= 2


def test_the_first_requests_are_estimated_as_they_are_rendered():
    texts = [f"{WORD} {number} وزير الدفاع" for number in range(FIRST_ESTIMATED)]

    assert surveyed(*texts).prompt.total == sum(estimate(text) + estimate("Find it.") for text in texts)


@given(st.lists(st.sampled_from([WORD, f"{WORD}\n{WORD}", "وزير الدفاع " * 20]), min_size=400, max_size=600))
def test_later_ones_go_by_their_length_and_come_near(texts):
    found = Estimated()
    mixed = sorted(texts, key=hash)
    for text in mixed:
        found.add(request(text))

    exact = sum(estimate(text) + estimate("Find it.") for text in mixed)

    assert found.requests == len(mixed)
    assert exact / 3 < found.total < 3 * exact


def test_a_schema_that_is_sent_as_a_tool_is_counted():
    plain, tool = Estimated(), Estimated()
    plain.add(request("a"))
    tool.add(request("a", "tools"))

    assert tool.total > plain.total


def test_without_any_answer_the_plan_says_that_it_guesses():
    made = planned()

    assert made.first.completion_tokens == 10 * GUESSED_COMPLETION
    assert made.based_on["completion_tokens"] == "a guess: 2,000 tokens an answer"
    assert (made.reasks, made.based_on["reasks"]) == (1, "a guess: one for 10 answers")
    assert made.based_on["prompt_tokens"] == "an estimate"


def test_a_guess_is_no_longer_than_the_longest_answer():
    assert planned(max_tokens=100).first.completion_tokens == 1000


def test_past_answers_tell_how_long_the_next_ones_are():
    past = History(completion=mean(700, 812), firsts=812, again=406)

    made = planned(history=past)

    assert made.first.completion_tokens == 7000
    assert made.based_on["completion_tokens"] == made.based_on["reasks"] == "from 812 cached answers"
    assert (made.reasks, made.all.calls) == (5, 15)


def test_re_asks_take_what_past_ones_took():
    past = History(completion=mean(700), firsts=2, again=1, reask_prompt=mean(9000), reask_completion=mean(50))

    made = planned(history=past)

    assert made.all.prompt_tokens - made.first.prompt_tokens == 5 * 9000
    assert made.all.completion_tokens - made.first.completion_tokens == 5 * 50


def test_where_nothing_is_asked_again_both_numbers_are_the_same():
    made = planned(max_reasks=0)

    assert made.all == made.first
    assert made.based_on["reasks"] == "--max-reasks is 0"


@pytest.mark.parametrize(
    ("number", "counted", "factor"),
    [(20, 120, 1.2), (19, 120, 1.0), (20, 900, 1.0), (20, 20, 1.0)],
    ids=["enough", "too few", "thoughts that are not shown", "no vocabulary at all"],
)
def test_an_estimate_is_corrected_by_enough_answers_that_can_be_believed(number, counted, factor):
    past = History(ratio=Ratio(number, counted * number, 100 * number))

    assert planned(history=past).first.prompt_tokens == round(planned().first.prompt_tokens * factor)


def test_known_prompts_of_the_same_inputs_correct_it_before_all_others():
    texts = [f"{WORD}{number}" for number in range(30)]
    counted = {text: 2 * (estimate(text) + estimate("Find it.")) for text in texts[:20]}
    known = {text: Completion(text="{}", usage=Usage(prompt=tokens)) for text, tokens in counted.items()}

    made = plan(surveyed(*texts, known=known), terms(history=History(ratio=Ratio(20, 100, 100))))

    assert made.first.prompt_tokens == 2 * sum(estimate(text) + estimate("Find it.") for text in texts[20:])
    assert made.based_on["prompt_tokens"] == "an estimate, times 2.00 from 20 prompts of these inputs"


def test_money_follows_from_the_tokens():
    made = planned(prices=CHEAP)

    for each in (made.first, made.all):
        assert each.cost == Decimal(each.prompt_tokens + 2 * each.completion_tokens) / 10**6
    assert made.currency == "USD"


def test_money_is_unknown_where_no_price_is():
    made = planned(prices=Prices({"other": CHEAP.entries["m"]}))

    assert (made.first.cost, made.all.cost, made.currency) == (None, None, None)
    assert made.based_on["cost"].startswith("no price is known for 'm'")


def test_nothing_to_ask_costs_nothing_and_takes_no_time():
    made = planned(0, prices=CHEAP, history=History(latency_s=mean(3)))

    assert made.all.cost == Decimal(0)
    assert (made.all.calls, made.all.seconds) == (0, 0.0)


@pytest.mark.parametrize(
    ("concurrency", "seconds"),
    [(1, 30), (4, 7.5), (1000, 3), (None, 7.5)],
    ids=["one by one", "four", "all at once", "adaptive"],
)
def test_time_follows_from_past_answers_and_how_many_are_asked_at_once(concurrency, seconds):
    made = planned(history=History(latency_s=mean(3)), concurrency=concurrency)

    assert made.first.seconds == seconds


@pytest.mark.parametrize(
    ("rates", "seconds"), [({"rpm": 5}, 120), ({"tpm": 1000, "max_tokens": 1000}, 600), ({"rpm": 6000}, 7.5)]
)
def test_no_run_is_faster_than_its_rates_allow(rates, seconds):
    made = planned(history=History(latency_s=mean(3)), **rates)

    assert seconds <= (made.first.seconds or 0) < 1.1 * seconds


def test_rates_alone_tell_how_long_it_takes_at_least():
    made = planned(rpm=10)

    assert (made.first.seconds, made.based_on["seconds"]) == (60, "at least, by --rpm and --tpm alone")


def test_time_is_unknown_without_past_answers():
    assert planned().first.seconds is None


@pytest.fixture
def cache(tmp_path):
    with Cache(tmp_path / "cache") as opened:
        yield opened


def put(cache: Cache, text: str, *, model: str = "m", task: str = "t/v1", attempt: int = 1, **fields: Any) -> None:
    made = Request(model=model, messages=({"role": "user", "content": text},), form=Form("t", {}))
    completion = Completion(**{"text": WORD, "usage": Usage(prompt=100, completion=60), "latency_s": 2.0, **fields})
    cache.put(made, completion, Label(document=text, task=task, attempt=attempt))


def test_the_cache_tells_of_the_answers_of_that_model_to_that_prompt(cache):
    put(cache, "a")
    put(cache, "b", usage=Usage(prompt=100, completion=80), latency_s=4.0)
    put(cache, "b again", attempt=2, usage=Usage(prompt=300, completion=10), latency_s=None)
    put(cache, "c", model="other", usage=Usage(completion=9999))
    put(cache, "d", task="other/v1", usage=Usage(completion=9999))

    found = history(cache, "m", "t/v1")

    assert (found.firsts, found.reasks) == (2, 0.5)
    assert (found.completion.value, found.latency_s.value) == (70, 3.0)
    assert (found.reask_prompt.value, found.reask_completion.value) == (300, 10)


def test_answers_to_all_prompts_of_a_model_tell_of_its_vocabulary(cache):
    for number in range(20):
        put(cache, str(number), task=f"t{number}/v1", usage=Usage(completion=2 * estimate(WORD)))

    assert history(cache, "m", "t/v1").ratio.value == 2


def test_answers_with_thoughts_tell_nothing_of_it(cache):
    for number in range(20):
        put(cache, str(number), reasoning="Let me see.")

    assert history(cache, "m", "t/v1").ratio.value is None


def test_numbers_that_an_endpoint_does_not_give_are_not_taken_for_zero(cache):
    put(cache, "a", usage=Usage(), latency_s=None)

    found = history(cache, "m", "t/v1")

    assert (found.completion.value, found.latency_s.value, found.ratio.number) == (None, None, 0)


def test_no_cache_tells_nothing():
    assert history(None, "m", "t/v1") == History()
