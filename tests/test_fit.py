"""Whether an endpoint has read the whole prompt, by its count of tokens."""

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.answers import Answers
from extract.cache import Cache
from extract.chain import Chain
from extract.extraction import Asking
from extract.fit import Fit, sizes_of
from extract.pipeline import Pipeline
from extract.recordings import Recordings
from extract.request import Completion, Label, Request, Usage
from tests.invented import OSLO, REPORT, Model, answer, asking, document, meeting, prompt

RECORDED = Path(__file__).parents[1] / "evals" / "recordings"
LABEL = Label(document="report-1", task="meeting/v1")
ENGLISH = "The ministers of defence met in the capital and spoke of the sea. " * 600
ARABIC = (OSLO + ". ") * 220
LONG = f"{REPORT}\n{ARABIC}"


def request(text: str, model: str = "m") -> Request:
    return asking(model=model, messages=({"role": "system", "content": "Find it."}, {"role": "user", "content": text}))


def counted(prompt_tokens: int | None, text: str = "{}") -> Completion:
    return Completion(text=text, usage=Usage(prompt=prompt_tokens, completion=5))


def size(asked: Request) -> int:
    return sum(sizes_of(asked).values())


@pytest.mark.parametrize("text", [ENGLISH, ARABIC], ids=["English", "Arabic"])
@pytest.mark.parametrize("limit", [1024, 2048, 2050, 4096, 4100])
def test_a_count_at_a_servers_context_is_of_half_a_prompt(text, limit):
    said = Fit().cut(request(text), counted(limit))

    assert said is not None
    assert f"{limit:,} tokens" in said
    assert "OLLAMA_CONTEXT_LENGTH=16384" in said
    assert "--context N" in said


@pytest.mark.parametrize(("text", "share"), [(ENGLISH, 0.35), (ARABIC, 0.15)], ids=["English", "Arabic"])
def test_a_count_that_no_tokenisation_explains_is_of_half_a_prompt(text, share):
    assert Fit().cut(request(text), counted(int(share * size(request(text))))) is not None


@pytest.mark.parametrize("count", [None, 0, 10, 300], ids=str)
def test_a_count_that_is_missing_or_of_something_else_says_nothing(count):
    assert Fit().cut(request(ENGLISH), counted(count)) is None


@given(st.floats(min_value=0.85, max_value=3))
def test_a_count_like_a_tokenisers_is_no_alarm(ratio):
    count = int(ratio * size(request(ENGLISH)))

    assert Fit().cut(request(ENGLISH), counted(count)) is None


def test_a_count_at_a_context_is_no_alarm_where_the_prompt_is_about_as_long():
    text = ENGLISH[: int(len(ENGLISH) * 2048 / size(request(ENGLISH)))]

    assert Fit().cut(request(text), counted(2048)) is None


def test_tokens_that_an_endpoint_took_from_its_own_cache_are_read_too():
    usage = Usage(prompt=600, completion=5, cached=size(request(ENGLISH)) - 600)

    assert Fit().cut(request(ENGLISH), Completion(text="{}", usage=usage)) is None


def test_what_a_model_needs_for_a_script_is_learned():
    fit, asked = Fit(), request(ARABIC)
    below = counted(int(0.4 * size(asked)))
    before = fit.cut(asked, below)
    for _ in range(3):
        fit.learn(asked, counted(size(asked)))

    assert before is None
    assert fit.cut(asked, below) is not None
    assert fit.cut(request(ARABIC, model="other"), below) is None


@given(st.lists(st.integers(min_value=2000, max_value=60_000), min_size=1, max_size=8))
def test_no_answer_that_was_learned_from_is_an_alarm_afterwards(counts):
    fit, asked = Fit(), request(ARABIC)
    known = [counted(count) for count in counts if fit.cut(asked, counted(count)) is None]
    for each in known:
        fit.learn(asked, each)

    assert all(fit.cut(asked, each) is None for each in known)


def test_no_recorded_answer_is_an_alarm():
    recordings = Recordings(RECORDED).entries()
    fit = Fit()
    for each in recordings:
        live = replace(each.completion, origin="live")
        assert fit.cut(each.request, each.completion) is None, each.path
        assert fit.cut(each.request, live) is None, each.path
        fit.learn(each.request, live)

    assert len(recordings) > 100


def test_an_answer_to_half_a_prompt_is_a_failure_and_gives_no_record():
    said = counted(2048, answer(meeting()))
    with Pipeline(prompt(), Answers(ask=Model(said)), Asking(model="m")) as made:
        extraction = made(document(LONG))

    assert [failure.kind for failure in extraction.failures] == ["truncated_prompt"]
    assert (extraction.records, len(extraction.attempts)) == ((), 1)


def test_a_reask_that_was_cut_keeps_the_records_of_the_answer_before_it():
    wrong = answer(meeting(), meeting("ووقع الوزيران اتفاقية دفاع مشترك في لشبونة"))
    script = Model(Completion(text=wrong), counted(2048, answer(meeting())))
    with Pipeline(prompt(), Answers(ask=script), Asking(model="m")) as made:
        extraction = made(document(LONG))

    assert len(extraction.records) == 1
    assert [failure.kind for failure in extraction.failures] == ["ungrounded", "truncated_prompt"]


def test_an_answer_to_half_a_prompt_is_neither_cached_nor_recorded(tmp_path):
    asked, recordings = request(ENGLISH), Recordings(tmp_path / "recordings")
    with closing(Cache(tmp_path / "cache")) as cache:
        answers = Answers(ask=Model(counted(2048)), cache=cache, recordings=recordings, is_recording=True)
        asyncio.run(answers(asked, LABEL))

        assert cache.get(asked) is None
    assert recordings.find(asked) is None


def test_an_answer_to_half_a_prompt_in_the_cache_is_asked_for_again(tmp_path):
    asked = request(ENGLISH)
    with closing(Cache(tmp_path)) as cache:
        cache.put(asked, counted(2048), LABEL)

        assert Answers(ask=Model(), cache=cache).known(asked, LABEL) is None


def test_a_chain_without_counts_judges_every_answer():
    chain = Chain(first=request(ENGLISH), document=document(), prompt=prompt(), max_reasks=0)

    assert chain.take(counted(2048, answer(meeting()))).verdict.records
