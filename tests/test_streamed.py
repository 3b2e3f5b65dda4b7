"""Answers put together from their chunks are those that would have come in one piece."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.client import Endpoint, read
from extract.errors import EndpointError
from extract.request import Completion, Usage
from extract.streamed import Streamed
from tests.client_calls import REQUEST, odd, some
from tests.endpoint import completion
from tests.streams import DONE, PROCESSING, chunk, chunks, cut_at, event, events, finish

ENDPOINT = Endpoint(base_url="http://host/v1")


def put(*parts: bytes) -> Streamed:
    """An answer after these bytes and their end."""
    answer = Streamed()
    for part in parts:
        answer.take(part)
    answer.end()
    return answer


def said(*parts: bytes) -> Completion:
    """The completion of a whole stream."""
    answer = put(*parts)
    assert answer.is_whole
    return read(answer.data(), ENDPOINT, REQUEST)


def fault(*parts: bytes) -> EndpointError:
    """The error of a stream that has one."""
    answer = put(*parts)
    assert (answer.is_whole, answer.is_over) == (True, True)
    with pytest.raises(EndpointError) as caught:
        read(answer.data(), ENDPOINT, REQUEST)
    return caught.value


def whole(**message: Any) -> Completion:
    """The completion of a reply in one piece."""
    return read(json.dumps(completion(None, **message)).encode(), ENDPOINT, REQUEST)


texts = st.text(st.characters(exclude_categories=()), max_size=12)
calls = st.lists(
    st.builds(
        lambda id_, arguments: {"id": id_, "function": {"name": "meeting", "arguments": arguments}},
        st.text(max_size=3),
        texts,
    ),
    max_size=3,
)
replies = st.builds(
    lambda message, reason, usage: {**completion(None, reason, **message), "usage": usage},
    st.fixed_dictionaries(
        {"content": texts},
        optional={"reasoning": texts, "reasoning_content": texts, "refusal": texts.filter(bool), "tool_calls": calls},
    ),
    st.sampled_from(["stop", "length", "tool_calls", "content_filter"]),
    st.none() | st.fixed_dictionaries({"prompt_tokens": st.integers(0, 9), "completion_tokens": st.integers(0, 9)}),
)


@given(reply=replies, size=st.integers(1, 5), places=st.lists(st.integers(0, 3000), max_size=30))
@settings(deadline=None)
def test_a_streamed_answer_is_the_answer_in_one_piece_however_it_is_cut(reply, size, places):
    data = b"".join([PROCESSING, *events(reply, size)])

    assert said(*cut_at(data, places)) == read(json.dumps(reply).encode(), ENDPOINT, REQUEST)


@given(
    parts=st.lists(
        st.builds(event, some(choices=st.lists(some(delta=odd | some(tool_calls=odd, content=odd)) | odd), usage=odd))
        | st.sampled_from([DONE, PROCESSING, event(finish()), b"data: {\n\n", b"event: error\ndata: 3\n\n"]),
        max_size=6,
    ),
    places=st.lists(st.integers(0, 300), max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_every_stream_is_a_completion_or_a_fault_or_is_not_whole(parts, places):
    data = b"".join(parts)
    answers = [put(*cut) for cut in (cut_at(data, places), [data])]

    for answer in answers:
        with suppress(EndpointError):
            assert not answer.is_whole or read(answer.data(), ENDPOINT, REQUEST)
    first, second = answers
    assert (first.is_whole, first.data(), first.characters) == (second.is_whole, second.data(), second.characters)


def test_both_halves_of_a_character_may_come_in_two_chunks():
    halves = [b'data: {"choices": [{"delta": {"content": "\\ud83d"}}]}\n\n']
    halves += [b'data: {"choices": [{"delta": {"content": "\\ude00"}}]}\n\n']

    assert said(*halves, DONE).text == "\U0001f600"


@pytest.mark.parametrize(
    ("deltas", "arguments"),
    [
        ([{"index": 0, "id": "a", "n": "f", "a": '{"x"'}, {"index": 0, "a": ": 1}"}], ['{"x": 1}']),
        (
            [
                {"index": 0, "id": "a", "n": "f", "a": "1"},
                {"index": 1, "id": "b", "n": "f", "a": "2"},
                {"index": 0, "a": "1"},
                {"index": 1, "a": "2"},
            ],
            ["11", "22"],
        ),
        ([{"id": "a", "n": "f", "a": "1"}, {"a": "1"}, {"id": "", "n": "f", "a": "2"}], ["11", "2"]),
        ([{"index": 0, "id": "a", "n": "f", "a": "1"}, {"index": 0, "id": "b", "n": "f", "a": "2"}], ["1", "2"]),
        ([{"index": 0, "id": "a", "n": "f", "a": "1"}, {"index": 0, "id": "b", "a": "2"}], ["12"]),
        ([{"index": 0, "id": "a", "n": "f"}, {"index": 0, "id": "a", "n": "f", "a": {"x": 1}}], [{"x": 1}]),
    ],
    ids=[
        "one call",
        "two at the same time",
        "no numbers",
        "all have the number 0",
        "each part has an id of its own",
        "an object",
    ],
)
def test_parts_of_calls_are_put_to_their_calls(deltas, arguments):
    parts = []
    for delta in deltas:
        function = {"name": delta.get("n"), "arguments": delta.get("a")}
        parts.append(event(chunk(tool_calls=[{"index": None, **delta, "function": function}])))

    answer = json.loads(put(*parts, event(finish("tool_calls"))).data())

    found = [call["function"]["arguments"] for call in answer["choices"][0]["message"]["tool_calls"]]
    assert found == arguments


def test_thoughts_in_parts_and_an_answer_in_text_are_kept_apart():
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}

    got = said(event(chunk(content=[thought])), event(chunk(content='{"a"')), event(chunk(content=": 1}")), DONE)

    assert (got.text, got.reasoning) == ('{"a": 1}', "hm")


@pytest.mark.parametrize(
    "parts",
    [
        [event({**finish(), "usage": {"prompt_tokens": 3, "completion_tokens": 4}}), DONE],
        [event(finish()), event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}), DONE],
        [event({**chunk(content=""), "usage": {"prompt_tokens": 3, "completion_tokens": 4}}), event(finish()), DONE],
    ],
    ids=["in the last chunk", "after it", "in the middle"],
)
def test_the_usage_is_found_wherever_it_stands(parts):
    assert said(event(chunk(content="{}")), *parts).usage == Usage(prompt=3, completion=4)


@pytest.mark.parametrize(
    "parts",
    [
        [event(chunk(content="{}")), event(finish()), DONE],
        [event(chunk(content="{}")), event(finish())],
        [event(chunk(content="{}")), event(finish()).rstrip()],
        [event(chunk(content="{}")), DONE],
        [event(chunk(content="{}")), DONE.rstrip()],
        [event(chunk(content="{}")), event({"type": "ping"}), b"data: \n\n", event(finish())],
        [event({"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]})],
        [event({"choices": [{"message": {"content": "{"}, "delta": {"content": "{}"}}]}), event(finish())],
        [event(chunk(content="{}")), event(finish()), DONE, event(chunk(content="more"))],
    ],
    ids=[
        "as it should be",
        "no DONE",
        "no end of the last event",
        "no finish reason",
        "no end of DONE",
        "pings",
        "a message in place of a delta",
        "a message beside a delta",
        "more after DONE",
    ],
)
def test_a_stream_that_has_an_end_is_whole(parts):
    assert said(*parts).text == "{}"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [PROCESSING],
        [DONE],
        [event(chunk(role="assistant"))],
        [event(chunk(content="{")), event(chunk(content="}"))],
        [event(chunk(content="{")), event(finish())[:-20]],
        [event({"choices": [], "usage": {}})],
    ],
    ids=["nothing", "comments", "nothing but DONE", "a role", "no end", "an end that is cut", "no choice"],
)
def test_a_stream_without_an_end_is_not_whole(parts):
    assert not put(*parts).is_whole


@pytest.mark.parametrize(
    "said_by_server",
    [
        b'data: {"error": {"message": "too many requests", "code": 429}}\n\n',
        b'event: error\ndata: {"error": {"message": "too many requests", "code": 429}}\n\n',
        b'event: error\ndata: {"message": "too many requests", "code": 429}\n\n',
        b'error: {"message": "too many requests", "code": 429}\n\n',
        b'data: {"object": "error", "message": "too many requests", "code": 429}\n\n',
        b'data: {"error": {"message": "too many requests", "code": 429}, "choices": [{"index": 0, "delta": '
        b'{"content": ""}, "finish_reason": "error"}]}\n\n',
        b'data: {"choices": [{"error": {"message": "too many requests", "code": 429}, "finish_reason": "error"}]}\n\n'
        + DONE,
    ],
    ids=["usual", "event", "bare", "llama.cpp of old", "vLLM", "OpenRouter", "in a choice"],
)
def test_an_error_in_the_middle_is_told_as_the_error_that_it_is(said_by_server):
    error = fault(event(chunk(content="{")), said_by_server)

    assert (error.kind, error.retryable, "too many requests" in str(error)) == ("rate", True, True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"event: error\ndata: out of memory\n\n", "server"),
        (b"data: upstream error\n\n", "not_json"),
        (b"data: \xff\xfe\n\n", "not_json"),
        (b"data: [1]\n\n", "not_json"),
    ],
    ids=["an error in words", "words", "no UTF-8", "another value"],
)
def test_what_is_no_chunk_is_a_fault(data, kind):
    assert fault(event(chunk(content="{")), data).kind == kind


@pytest.mark.parametrize(
    ("data", "is_token"),
    [
        (PROCESSING, False),
        (event(chunk(role="assistant", content=None)), False),
        (event(chunk(role="assistant", content="")), False),
        (event(chunk(role="assistant", content="{")), True),
        (event(chunk(reasoning="hm")), True),
        (event(chunk(reasoning_content="hm")), True),
        (event(chunk(refusal="no")), True),
        (event(chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}])), True),
        (event(finish()), False),
        (DONE, False),
        (event(chunk(content="{")) + event(chunk(content="")), True),
    ],
    ids=[
        "comment",
        "role",
        "role and no text",
        "role and text",
        "reasoning",
        "reasoning_content",
        "refusal",
        "call",
        "finish",
        "DONE",
        "two chunks",
    ],
)
def test_a_token_is_what_a_model_says(data, is_token):
    assert Streamed().take(data) is is_token


def test_several_choices_are_put_in_their_order():
    reply = completion("a")
    reply["choices"] = [{**reply["choices"][0], "index": index, "message": {"content": str(index)}} for index in (0, 1)]
    turned = reversed([event(each) for each in chunks(reply)])

    assert [each["message"]["content"] for each in json.loads(put(*turned).data())["choices"]] == ["0", "1"]
