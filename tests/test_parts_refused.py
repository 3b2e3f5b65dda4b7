"""Reports, and prompts, that an endpoint finds too long."""

import asyncio

import pytest

from extract.answers import Answers
from extract.errors import EndpointError
from extract.extraction import Asking
from extract.job import HOPELESS
from extract.pipeline import Pipeline
from extract.request import Completion, Label, Request
from extract.room import refused
from tests.in_parts import (
    EVENT,
    MOST,
    TOO_LONG,
    Careful,
    extracted,
    report,
    spans,
)
from tests.invented import REPORT, asking, document, prompt


@pytest.mark.parametrize("density", [1.0, 2.0], ids=["as estimated", "twice as many tokens"])
@pytest.mark.parametrize("context", [4096, 8192])
def test_an_endpoint_that_says_its_context_gets_the_report_in_parts(context, density):
    model, text = Careful(context, density=density), report(40_000, 8)

    extraction = extracted(model, text, None)

    assert (extraction.failures, spans(extraction)) == ((), [EVENT.format(number) for number in range(8)])
    assert model.asked[0].messages == prompt().messages(document(text, published="2024-03-05"), "json_schema")


def test_an_endpoint_that_refuses_every_length_is_a_failure():
    class Never(Careful):
        def say(self, request: Request, label: Label) -> Completion:
            raise TOO_LONG

    extraction = extracted(Never(), report(8000, 4), None)

    assert [failure.kind in HOPELESS for failure in extraction.failures] == [True]


def test_a_context_that_the_prompt_fills_is_told_with_its_cures_and_ends_a_run():
    model = Careful()

    (failure,) = extracted(model, report(8000, 4), 1200).failures

    assert failure.kind in HOPELESS
    assert "a context of 1,200 tokens has no room for a report beside the prompt, which takes about" in failure.message
    assert "OLLAMA_CONTEXT_LENGTH=16384 ollama serve, llama-server --ctx-size 16384" in failure.message
    assert model.asked == []


@pytest.mark.parametrize(
    ("task", "is_told"), [("events/v2", True), ("meeting/v1", False)], ids=["three record types", "one record type"]
)
def test_a_prompt_for_fewer_record_types_is_a_cure_where_there_is_one(task, is_told):
    asked = Asking(model="m", options=MOST, context=1200)

    (failure,) = Pipeline(prompt(task), Answers(ask=Careful()), asked)(document()).failures

    assert ("--prompt meeting asks for one record type only" in failure.message) == is_told


def test_a_prompt_that_alone_is_too_long_for_the_endpoint_is_found_out_with_one_request_more():
    model = Careful(1200)

    (failure,) = extracted(model, report(40_000, 8), None).failures

    assert failure.kind in HOPELESS
    assert failure.message.startswith("the prompt alone is longer than the model's context: too long")
    assert [request.options["max_tokens"] for request in model.asked] == [4096, 1]
    assert len(str(model.asked[1].messages[1]["content"])) < 1000


@pytest.mark.parametrize("text", [report(8000, 4), REPORT], ids=["long", "short"])
def test_it_is_found_out_once_for_all_documents(text):
    model = Careful(1200)
    with Pipeline(prompt(), Answers(ask=model), Asking(model="m", options=MOST)) as made:
        told = [made(document(text, name)).failures for name in "abc"]

    assert [[failure.kind in HOPELESS for failure in failures] for failures in told] == [[True]] * 3
    assert len(model.asked) == 4


def test_an_endpoint_that_has_answered_is_not_asked_whether_it_takes_the_prompt():
    model = Careful(4096)
    with Pipeline(prompt(), Answers(ask=model), Asking(model="m", options=MOST)) as made:
        made(document())
        extraction = made(document(report(8000, 4), "long", published="2024-03-05"))

    assert (len(extraction.records), extraction.failures) == (4, ())
    assert 1 not in [request.options["max_tokens"] for request in model.asked]


def test_where_a_stated_context_is_longer_than_the_true_one_few_parts_are_asked():
    places = asyncio.Semaphore(4)

    class Paced(Careful):
        async def __call__(self, request: Request, label: Label) -> Completion:
            async with places:
                return await super().__call__(request, label)

    model = Paced(1200)

    (failure,) = extracted(model, report(200_000, 4), 4096).failures

    assert failure.kind in HOPELESS
    assert len(model.asked) < 12


def test_a_fault_that_is_none_of_length_says_nothing_about_the_prompt():
    class Slow(Careful):
        async def __call__(self, request: Request, label: Label) -> Completion:
            if request.options["max_tokens"] == 1:
                self.asked.append(request)
                raise EndpointError("no answer", kind="timeout")
            return await super().__call__(request, label)

    model = Slow(4096)

    extraction = extracted(model, report(8000, 4), None)

    assert (len(extraction.records), extraction.failures) == (4, ())
    assert [request.options["max_tokens"] for request in model.asked].count(1) == 1


@pytest.mark.parametrize(
    ("body", "context"),
    [
        ('{"error":{"message":"request (12015 tokens) exceeds","n_prompt_tokens":12015,"n_ctx":4096}}', 4096),
        ("request (12015 tokens) exceeds the available context size (8192 tokens), try increasing it", 8192),
        ("This model's maximum context length is 16,384 tokens. However, you requested 20000 tokens", 16384),
        ("the prompt is longer than the context length currently available to the model", 2048),
    ],
    ids=["llama.cpp", "LiteLLM", "vLLM", "Ollama"],
)
def test_the_context_is_read_from_what_an_endpoint_says(body, context):
    assert refused(EndpointError("too long", kind="context", body=body), asking()).context == context
