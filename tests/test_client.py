"""What goes over the wire, what comes back, and what is tried again."""

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.client import LONGEST_PAUSE_S, Client, Endpoint, body, content, read
from extract.errors import EndpointError
from extract.request import MODES, Completion, Form, Label, Request, Usage
from tests.endpoint import CLOSED, SILENT, Asked, Reply, Script, ScriptedEndpoint, completion, cut, unused_url

SCHEMA = {"type": "object", "properties": {"meetings": {"type": "array"}}}
MESSAGES = ({"role": "system", "content": "You code."}, {"role": "user", "content": "التقى الوزيران"})
REQUEST = Request(model="m", messages=MESSAGES, form=Form("meeting", SCHEMA), options={"temperature": 0, "seed": 7})
LABEL = Label(document="d", task="meeting/v1")
KEY = "sk-test-abcdefghijklmnop1234"
BUSY = Reply(status=500, body={"error": {"message": "busy"}})


class Pauses(list[float]):
    """Keeps the pauses and makes none."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def ask(script: Script, request: Request = REQUEST, **endpoint: Any) -> tuple[Completion, list[Asked], Pauses]:
    """The completion of one request, what the endpoint was asked, and the pauses between the tries."""
    with ScriptedEndpoint(script) as scripted:
        completion, pauses = ask_at(scripted.url, request, **endpoint)
    return completion, scripted.asked, pauses


def ask_at(url: str, request: Request = REQUEST, **endpoint: Any) -> tuple[Completion, Pauses]:
    pauses = Pauses()

    async def go() -> Completion:
        client = Client(Endpoint(base_url=url, **endpoint), sleep=pauses)
        try:
            return await client(request, LABEL)
        finally:
            await client.close()

    return asyncio.run(go()), pauses


def fails(script: Script, **endpoint: Any) -> tuple[EndpointError, int]:
    """The error of one request, and how often the endpoint was asked."""
    with ScriptedEndpoint(script) as scripted, pytest.raises(EndpointError) as caught:
        ask_at(scripted.url, **endpoint)
    return caught.value, len(scripted.asked)


def said(**message: Any) -> Completion:
    """The completion of a reply with such a message."""
    return read(json.dumps(completion(None, **message)).encode(), Endpoint(base_url="http://host/v1"), REQUEST)


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


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
odd = plain | st.lists(plain, max_size=2) | st.dictionaries(st.sampled_from(["text", "message", "code"]), plain)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping that has some of these fields, with anything at all in them."""
    return st.fixed_dictionaries({}, optional={name: field | odd for name, field in fields.items()})


calls = st.lists(some(function=some(arguments=odd)) | odd, max_size=2)
messages = some(content=st.lists(odd, max_size=2), tool_calls=calls, refusal=odd, reasoning=odd)
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


def test_a_refusal_is_kept():
    assert said(refusal="I cannot.").refusal == "I cannot."


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_a_fault_that_may_pass_is_tried_again(status):
    got, asked, _ = ask([Reply(status=status, body=""), completion("{}")])

    assert (got.text, len(asked)) == ("{}", 2)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 422])
def test_a_fault_that_stays_is_not_tried_again(status):
    error, tries = fails([Reply(status=status, body=""), completion("{}")])

    assert (error.status, tries) == (status, 1)


@pytest.mark.parametrize("max_tries", [1, 2, 4])
def test_no_more_is_tried_than_was_allowed(max_tries):
    error, tries = fails([BUSY] * 9, max_tries=max_tries)

    assert (error.kind, tries) == ("server", max_tries)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-3"}, 0),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:09 GMT", "Date": "Wed, 21 Oct 2099 07:28:00 GMT"}, 9),
    ],
    ids=["seconds", "part of a second", "none", "negative", "milliseconds", "time of day"],
)
def test_the_pause_that_the_endpoint_asks_for_is_made(headers, pause):
    _, _, pauses = ask([Reply(status=429, headers=headers, body=""), completion("{}")])

    assert pauses == [pause]


@pytest.mark.parametrize("value", ["soon", "", "Wed, 21 Oct"])
def test_a_pause_that_cannot_be_read_is_one_of_ours(value):
    _, _, pauses = ask([Reply(status=429, headers={"Retry-After": value}, body=""), completion("{}")])

    assert 0 <= pauses[0] <= 60


def test_an_endpoint_that_asks_for_too_long_a_pause_is_not_waited_for():
    pause = LONGEST_PAUSE_S + 1

    error, tries = fails([Reply(status=429, headers={"Retry-After": str(pause)}, body=""), completion("{}")])

    assert (tries, error.kind) == (1, "rate")
    assert "it asks to wait 121 s" in str(error)


def test_our_own_pauses_grow_but_not_beyond_a_minute():
    with ScriptedEndpoint([BUSY] * 12) as scripted:
        pauses = Pauses()
        client = Client(Endpoint(base_url=scripted.url, max_tries=12), sleep=pauses)
        with pytest.raises(EndpointError):
            asyncio.run(client(REQUEST, LABEL))

    assert all(0 <= pause <= min(60, 2**number) for number, pause in enumerate(pauses))


def test_a_refused_connection_is_tried_again_and_says_so():
    with pytest.raises(EndpointError, match="is the server running, and is --base-url right") as caught:
        ask_at(unused_url(), max_tries=2)

    assert (caught.value.kind, caught.value.retryable) == ("refused", True)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:99999/v1", "http://[::1]:9/v1", "ftp://127.0.0.1/v1"],
    ids=["impossible port", "IPv6", "no HTTP"],
)
def test_an_address_that_cannot_be_reached_is_shown_as_it_was_given(url):
    with pytest.raises(EndpointError) as caught:
        ask_at(url, max_tries=1)

    assert (caught.value.kind, str(caught.value).startswith(f"{url}: no connection")) == ("refused", True)


@pytest.mark.parametrize("broken", [CLOSED, cut(completion("x" * 1000))], ids=["before the reply", "in the reply"])
def test_a_connection_that_breaks_off_is_tried_again(broken):
    got, asked, _ = ask([broken, completion("{}")])

    assert (got.text, len(asked)) == ("{}", 2)


@pytest.mark.parametrize("broken", [CLOSED, cut(completion("x" * 1000))], ids=["before the reply", "in the reply"])
def test_a_connection_that_always_breaks_off_is_no_refused_one(broken):
    # A refused connection ends a whole job; a server may break off at one long report alone.
    error, _ = fails([broken] * 2, max_tries=2)

    assert (error.kind, error.retryable) == ("dropped", True)
    assert "broke off before the answer was whole" in str(error)


def test_an_answer_that_does_not_come_in_time_says_what_to_raise():
    error, _ = fails([SILENT], timeout_s=0.05, max_tries=1)

    assert (error.kind, error.retryable) == ("timeout", True)
    assert "no answer within 0.05 s" in str(error)
    assert "raise --timeout-s" in str(error)


@pytest.mark.parametrize(
    ("reply", "kind", "message", "tries"),
    [
        ("<!doctype html><html>Welcome</html>", "path", "a web page, not an API's JSON; is --base-url right?", 1),
        ("", "not_json", "no chat completion: it is empty", 2),
        ("upstream error", "not_json", "no chat completion: upstream error", 2),
        ('{"choices": [{"mess', "not_json", 'no chat completion: {"choices": [{"mess', 2),
        ("[" * 100_000, "not_json", "no chat completion: [[[", 2),
        ({"choices": []}, "not_json", 'no chat completion: {"choices": []}', 1),
        ({"id": "x"}, "not_json", "no chat completion", 1),
        ({"choices": [{"message": None}]}, "not_json", "no chat completion", 1),
        ({"choices": [{"message": "words"}]}, "not_json", "no chat completion", 1),
        ({"choices": [{"text": "an old completion"}]}, "not_json", "no chat completion", 1),
        ({"error": {"message": "Provider returned error"}}, "server", "Provider returned error", 2),
        ({"error": {"message": "Provider returned error", "code": 502}}, "server", "Provider returned error", 2),
        ({"error": {"message": "Insufficient credits", "code": 402}}, "quota", "no credit left", 1),
        ({"error": "out of memory", "choices": None}, "server", "out of memory", 2),
        (
            {"choices": [{"message": {"content": ""}, "finish_reason": "error", "error": {"message": "gone"}}]},
            "server",
            "gone",
            2,
        ),
    ],
    ids=[
        "web page",
        "nothing",
        "words",
        "JSON cut short",
        "nested without end",
        "no choice",
        "no choices",
        "no message",
        "words for a message",
        "another API",
        "error",
        "error with a status",
        "error that stays",
        "error that is a text",
        "error inside a choice",
    ],
)
def test_a_reply_of_status_200_that_is_no_completion_is_a_fault(reply, kind, message, tries):
    error, tried = fails([reply] * 2, max_tries=2)

    assert (error.kind, tried) == (kind, tries)
    assert message in str(error)


def test_a_rate_limit_inside_a_reply_of_status_200_is_waited_for():
    got, asked, _ = ask([{"error": {"message": "slow down", "code": "429"}}, completion("{}")], max_tries=2)

    assert (got.text, len(asked)) == ("{}", 2)


def test_a_client_serves_one_event_loop_after_another():
    with ScriptedEndpoint(lambda _: completion("{}")) as scripted:
        pauses = Pauses()
        client = Client(Endpoint(base_url=scripted.url, max_tries=2), sleep=pauses)
        for _ in range(3):
            asyncio.run(client(REQUEST, LABEL))

    assert pauses == []


def test_a_closed_client_connects_again_when_it_is_asked():
    async def go(client: Client) -> str:
        await client(REQUEST, LABEL)
        await client.close()
        return (await client(REQUEST, LABEL)).text

    with ScriptedEndpoint([completion("first"), completion("second")]) as scripted:
        assert asyncio.run(go(Client(Endpoint(base_url=scripted.url)))) == "second"


def test_a_client_that_was_never_asked_can_be_closed():
    asyncio.run(Client(Endpoint(base_url="http://host/v1")).close())


def test_many_requests_at_once_each_get_their_own_answer():
    async def go(url: str) -> list[str]:
        client = Client(Endpoint(base_url=url))
        asked = (REQUEST.with_messages([{"role": "user", "content": str(number)}]) for number in range(40))
        got = await asyncio.gather(*(client(request, LABEL) for request in asked))
        await client.close()
        return [each.text for each in got]

    with ScriptedEndpoint(lambda asked: completion(asked.body["messages"][0]["content"])) as scripted:
        assert asyncio.run(go(scripted.url)) == [str(number) for number in range(40)]
