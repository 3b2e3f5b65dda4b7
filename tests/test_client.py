"""The client: what goes over the wire, and what comes back."""

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.client import Endpoint, body, content, read
from extract.errors import EndpointError
from extract.request import MODES, Completion, Form, Request, Usage
from tests.client_calls import MESSAGES, REQUEST, SCHEMA, ask, ask_at, fails, messages, odd, said, some
from tests.endpoint import CLOSED, Reply, ScriptedEndpoint, completion

KEY = "sk-test-abcdefghijklmnop1234"


TOOL = {"name": "meeting", "description": "Record what the report tells.", "parameters": SCHEMA}


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        (
            "json_schema",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "meeting", "schema": SCHEMA}}},
        ),
        (
            "tools",
            {
                "tools": [{"type": "function", "function": TOOL}],
                "tool_choice": "required",
                "parallel_tool_calls": False,
            },
        ),
        ("json", {"response_format": {"type": "json_object"}}),
        ("md_json", {}),
    ],
)
def test_each_mode_has_its_body_on_the_wire(mode, fields):
    _, asked, _ = ask([completion("{}")], replace(REQUEST, mode=mode))

    assert asked[0].body == {"model": "m", "messages": list(MESSAGES), "temperature": 0, "seed": 7, **fields}


def test_options_have_the_last_word_on_the_body():
    assert body(replace(REQUEST, mode="json", options={"response_format": None}))["response_format"] is None


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)


names = st.sampled_from(["temperature", "response_format", "model", "messages", "tools", "ب", "extra"])


@given(
    text=st.text(),
    mode=st.sampled_from(MODES),
    options=st.dictionaries(names, values | st.dictionaries(names, values, max_size=2), max_size=4),
    title=st.text(max_size=3),
)
def test_what_is_sent_is_the_body_as_json_byte_for_byte(text, mode, options, title):
    request = Request(
        model="m",
        messages=({"role": "user", "content": text + "\ud83d"},),
        form=Form("meeting", {**SCHEMA, "title": title}),
        mode=mode,
        options=options,
    )

    sent = json.dumps(body(request), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")

    assert content(request) == sent


def test_two_forms_of_the_same_fields_in_another_order_are_sent_as_they_stand():
    turned = dict(reversed(SCHEMA.items()))

    assert turned == SCHEMA
    assert content(REQUEST) != content(replace(REQUEST, form=Form("meeting", turned)))


def test_a_request_goes_to_chat_completions_with_its_key():
    _, asked, _ = ask([completion("{}")], api_key=KEY)

    assert asked[0].path == "/v1/chat/completions"
    assert asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert asked[0].headers["content-type"] == "application/json"


def test_a_query_of_the_address_stays_behind_the_path():
    with ScriptedEndpoint([completion("{}")]) as scripted:
        ask_at(f"{scripted.url}?api-version=2024-10-21")

    assert scripted.asked[0].path == "/v1/chat/completions?api-version=2024-10-21"


def test_the_key_is_no_part_of_request_or_completion():
    got, asked, _ = ask([completion("{}")], api_key=KEY)

    assert KEY not in json.dumps([asked[0].body, REQUEST.to_json(), got.to_json()]) + repr(got)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401, body={"error": {"message": f"Incorrect API key provided: {KEY}"}}),
        Reply(status=500, body=f"Traceback: Bearer {KEY} was refused"),
        Reply(body={"error": {"message": f"no such key: {KEY}"}}),
        Reply(body=f"<html>{KEY}</html>"),
    ],
    ids=["error body", "text", "error with status 200", "web page"],
)
def test_a_key_that_the_endpoint_repeats_is_hidden(reply):
    error, _ = fails([reply], api_key=KEY, max_tries=1)

    assert KEY not in f"{error} {error.body}"


def test_a_placeholder_for_a_key_is_not_hidden():
    error, _ = fails([Reply(status=404, body={"error": {"message": "ollama: model not found"}})], api_key="ollama")

    assert "ollama: model not found" in str(error)


@pytest.mark.parametrize(
    "reply", [CLOSED, Reply(status=404, body="nothing here"), Reply(body="<html>")], ids=["closed", "path", "web page"]
)
def test_a_password_in_the_address_is_never_shown(reply):
    with ScriptedEndpoint([reply]) as scripted, pytest.raises(EndpointError) as caught:
        ask_at(scripted.url.replace("http://", "http://reader:s3cret@"), max_tries=1)

    assert "s3cret" not in f"{caught.value} {caught.value.body}"
    assert scripted.url in str(caught.value)


def test_half_a_surrogate_pair_in_a_message_is_sent_as_json_can():
    request = REQUEST.with_messages([{"role": "user", "content": "a\ud83db"}])

    _, asked, _ = ask([completion("{}")], request)

    assert asked[0].body["messages"][0]["content"] == "a\ud83db"


def test_half_a_surrogate_pair_in_an_answer_comes_through():
    got, _, _ = ask([completion("a\ud83db")])

    assert got.text == "a\ud83db"


def test_a_completion_is_what_the_endpoint_said():
    got, _, _ = ask([completion('{"a": 1}', finish="length")])

    assert replace(got, latency_s=None) == Completion(
        text='{"a": 1}', finish="length", model="scripted", usage=Usage(prompt=10, completion=5)
    )


def test_the_time_of_an_answer_is_measured():
    got, _, _ = ask([completion("{}")])

    assert got.latency_s is not None
    assert 0 < got.latency_s < 60


CALL = {"id": "1", "type": "function", "function": {"name": "meeting", "arguments": '{"a": 1}'}}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "{}"}, "{}"),
        ({"content": None}, ""),
        ({"content": ""}, ""),
        ({"content": [{"type": "text", "text": '{"a":'}, {"type": "text", "text": " 1}"}]}, '{"a": 1}'),
        ({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": None}, "x"]}, ""),
        ({"content": {"a": "ب"}}, '{"a": "ب"}'),
        ({"tool_calls": [CALL]}, '{"a": 1}'),
        ({"tool_calls": [CALL], "content": "I call."}, '{"a": 1}'),
        ({"tool_calls": [CALL, CALL]}, '{"a": 1}\n{"a": 1}'),
        ({"tool_calls": [{"function": {"arguments": {"a": "ب"}}}]}, '{"a": "ب"}'),
        ({"tool_calls": [{"function": {"name": "f"}}], "content": "{}"}, "{}"),
        ({"tool_calls": [{"function": {"arguments": ""}}, {"type": "x"}, None], "content": "{}"}, "{}"),
        ({"tool_calls": None, "content": "{}"}, "{}"),
    ],
    ids=[
        "content",
        "null",
        "empty",
        "parts",
        "parts without text",
        "an object in place of a text",
        "call",
        "call with words",
        "several calls",
        "call with its arguments as an object",
        "call without arguments",
        "calls of nothing",
        "null for calls",
    ],
)
def test_the_text_is_taken_from_wherever_it_stands(message, text):
    assert said(**message).text == text


@pytest.mark.parametrize(
    ("message", "reasoning"),
    [
        ({}, None),
        ({"reasoning": "hm"}, "hm"),
        ({"reasoning_content": "hm"}, "hm"),
        ({"reasoning": None, "reasoning_content": "hm"}, "hm"),
        ({"reasoning": {"effort": "low"}}, None),
    ],
    ids=["none", "Ollama", "vLLM", "both names", "no text"],
)
def test_reasoning_is_found_under_both_its_names(message, reasoning):
    assert said(**message).reasoning == reasoning


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, Usage()),
        ({}, Usage()),
        ({"prompt_tokens": 3, "completion_tokens": 4}, Usage(prompt=3, completion=4)),
        ({"prompt_tokens": 3.0, "completion_tokens": None}, Usage(prompt=3)),
        ({"prompt_tokens": "3", "completion_tokens": 4.5}, Usage()),
        ({"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}}, Usage(prompt=3, cached=2)),
        ({"prompt_tokens": 3, "prompt_tokens_details": None}, Usage(prompt=3)),
        ("3 tokens", Usage()),
    ],
    ids=["null", "empty", "plain", "floats", "no numbers", "cached", "details null", "text"],
)
def test_usage_is_what_was_counted_and_none_where_it_was_not(usage, expected):
    reply = {**completion("{}"), "usage": usage}

    assert read(json.dumps(reply).encode(), Endpoint(base_url="http://host/v1"), REQUEST).usage == expected


def test_a_reply_may_lack_all_but_its_message():
    data = b'{"choices": [{"message": {"content": "{}"}}]}'

    assert read(data, Endpoint(base_url="http://host/v1"), REQUEST) == Completion(text="{}")


usages = some(prompt_tokens=odd, completion_tokens=odd, prompt_tokens_details=some(cached_tokens=odd))


replies = some(
    choices=st.lists(some(message=messages, error=odd) | odd, max_size=1), error=odd, detail=odd, message=odd
)


@given(reply=replies | odd, message=messages, usage=usages | odd, extra=odd)
@settings(max_examples=300, deadline=None)
def test_every_reply_is_a_completion_or_a_fault(reply, message, usage, extra):
    whole = {"choices": [{"message": message, "finish_reason": extra}], "usage": usage, "model": extra}

    for value in (reply, whole):
        with contextlib.suppress(EndpointError):
            read(json.dumps(value).encode(), Endpoint(base_url="http://host/v1"), REQUEST)
