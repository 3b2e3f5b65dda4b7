"""Streamed answers over the wire: what is asked, what endpoints refuse, and how long is waited."""

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from extract import compose
from extract.client import Client, Endpoint
from extract.errors import EndpointError
from extract.request import Completion, Usage
from extract.settings import Settings
from extract.streaming import Streaming, Way
from extract.transport import Connection, Reply
from tests import streams
from tests.client_calls import LABEL, REQUEST, ask, ask_at, fails
from tests.endpoint import Asked, ScriptedEndpoint, completion, streamed
from tests.endpoint import Reply as Scripted
from tests.invented import REPORT, answer, meeting
from tests.streams import PROCESSING, chunk, event, events, finish
from tests.terminal import live, manifest, write

KEY = "sk-test-abcdefghijklmnop1234"
STREAM = {"stream": True, "stream_options": {"include_usage": True}}
BEGUN = (event(chunk(role="assistant")), event(chunk(content="{")))


def error(status: int, message: str) -> Scripted:
    return Scripted(status=status, body={"error": {"message": message}})


def test_a_stream_is_asked_for_with_its_count_of_tokens_and_gives_the_same_answer():
    reply = completion('{"a": "لقاء"}', finish="length", reasoning="hm")

    plain, unstreamed, _ = ask([reply])
    got, asked, _ = ask([streamed(reply)], is_streamed=True)

    assert asked[0].body == {**unstreamed[0].body, **STREAM}
    assert replace(got, latency_s=None) == replace(plain, latency_s=None)
    assert got.usage == Usage(prompt=10, completion=5)


def test_calls_of_tools_come_through_a_stream():
    call = {"id": "1", "type": "function", "function": {"name": "meeting", "arguments": '{"a": 1}'}}

    got, _, _ = ask([streamed(completion(None, tool_calls=[call]))], replace(REQUEST, mode="tools"), is_streamed=True)

    assert got.text == '{"a": 1}'


def test_nothing_is_streamed_unasked():
    _, asked, _ = ask([completion("{}")])

    assert not {"stream", "stream_options"} & asked[0].body.keys()


def test_a_server_that_ignores_the_wish_is_read_as_before():
    got, _, _ = ask([completion("{}")], is_streamed=True)

    assert (got.text, got.usage.prompt) == ("{}", 10)


def test_events_of_any_cut_come_through():
    data = b"".join(events(completion('{"a": "لقاء"}'))).replace(b"\n", b"\r\n")

    got, _, _ = ask([Scripted(body=tuple(data[index : index + 1] for index in range(len(data))))], is_streamed=True)

    assert got.text == '{"a": "لقاء"}'


def refuses(*words: str) -> Callable[[Asked], Any]:
    """A server that refuses these fields by name."""

    def reply(asked: Asked) -> Any:
        named = [word for word in words if word in asked.body]
        if named:
            return error(400, f"Unknown parameter: '{named[-1]}'.")
        return streamed(completion("{}")) if "stream" in asked.body else completion("{}")

    return reply


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        (refuses("stream_options"), [["stream", "stream_options"], ["stream"], ["stream"]]),
        (refuses("stream"), [["stream", "stream_options"], [], []]),
        (refuses("stream", "stream_options"), [["stream", "stream_options"], ["stream"], [], []]),
    ],
    ids=["the count", "the stream", "one after the other"],
)
def test_what_an_endpoint_refuses_is_left_out_from_then_on(script, sent):
    async def go(url: str) -> list[str]:
        client = Client(Endpoint(base_url=url, is_streamed=True, max_tries=1))
        try:
            return [(await client(REQUEST, LABEL)).text for _ in range(2)]
        finally:
            await client.close()

    with ScriptedEndpoint(script) as scripted:
        texts = asyncio.run(go(scripted.url))

    assert texts == ["{}", "{}"]
    assert [sorted({"stream", "stream_options"} & asked.body.keys()) for asked in scripted.asked] == sent


@pytest.mark.parametrize(
    ("status", "message", "number"),
    [
        (400, "Your organization must be verified to stream this model.", 2),
        (400, "this endpoint does not stream", 2),
        (422, "Unexpected fields in the request: {'stream_options'}", 3),
        (400, "the upstream provider has no model of that name", 1),
        (400, "This model's maximum context length is 4096 tokens.", 1),
        (500, "stream error", 1),
        (401, "no streaming without a key", 1),
    ],
    ids=["verified", "in words", "another status", "upstream", "context", "its own fault", "key"],
)
def test_only_a_refusal_that_names_streaming_is_followed_by_a_try_without(status, message, number):
    script: list[Any] = [
        error(status, message),
        error(400, "streaming is not supported"),
        error(400, "bad"),
        completion("{}"),
    ]

    _, asked = fails(script, is_streamed=True, max_tries=1)

    assert asked == number


def test_a_refusal_that_lasts_without_the_stream_is_the_error_and_is_not_remembered():
    def reply(asked: Asked) -> Any:
        return error(400, "bad field; you sent: stream, model") if len(asked.body["messages"]) > 1 else completion("{}")

    streaming, ways = Streaming(), list[Way]()

    async def go(url: str) -> None:
        connection = Connection(Endpoint(base_url=url))
        for body in (b'{"messages":[1,2]}', b'{"messages":[1]}'):
            await streaming.post(connection, body, {})
            ways.append(streaming.way)
        await connection.close()

    with ScriptedEndpoint(reply) as scripted:
        asyncio.run(go(scripted.url))

    assert ways == ["counted", "counted"]
    assert [asked.body.get("stream") for asked in scripted.asked] == [True, None, True]


def test_a_streamed_answer_is_kept_under_the_key_of_one_in_one_piece(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("in", a=REPORT)
    good = completion(answer(meeting()))

    with ScriptedEndpoint(lambda asked: streamed(good) if "stream" in asked.body else good) as scripted:
        codes = [live(scripted.url, flag, "--out", flag).code for flag in ("--stream", "--no-stream")]

    assert codes == [0, 0]
    assert ["stream" in asked.body for asked in scripted.asked] == [True]
    assert manifest("--no-stream")["counts"]["answers_from"] == {"cache": 1}


def test_options_have_the_last_word_on_the_stream():
    wanted, not_wanted = (replace(REQUEST, options={"stream": value}) for value in (True, False))

    first, asked, _ = ask([streamed(completion("{}"))], wanted, is_streamed=True)
    second, others, _ = ask([completion("{}")], not_wanted, is_streamed=True)

    assert (first.text, second.text) == ("{}", "{}")
    assert [each[0].body["stream"] for each in (asked, others)] == [True, False]
    assert "stream_options" not in asked[0].body


@pytest.mark.parametrize(
    ("begin_s", "parts", "message"),
    [
        (0.1, (), "no answer within 0.1 s; a model that is still loading needs longer"),
        (None, (), "no answer within 0.1 s; a model that is still loading needs longer"),
        (0.1, (PROCESSING, event(chunk(role="assistant"))), "the stream shows life, but no token came within 0.1 s"),
        (None, (PROCESSING,), "the stream shows life, but no token came within 0.1 s"),
    ],
    ids=["headers", "headers, and no time of its own", "comments and a role", "a comment, and no time of its own"],
)
def test_an_answer_has_not_begun_before_its_first_token(begin_s, parts, message):
    timeout_s = 0.1 if begin_s is None else 30
    given: dict[str, Any] = {"first_token_timeout_s": begin_s, "timeout_s": timeout_s, "max_tries": 1}

    found, _ = fails([Scripted(body=parts, ends="stalled")], is_streamed=True, **given)

    assert (found.kind, found.retryable) == ("timeout", True)
    assert message in str(found)


def test_an_answer_in_one_piece_that_a_stream_was_wished_for_has_the_times_of_one_piece():
    silent = Scripted(body=json.dumps(completion("{}")), headers={"Content-Length": "9999"})
    given: dict[str, Any] = {"first_token_timeout_s": 30, "timeout_s": 0.1, "max_tries": 1}

    found, _ = fails([silent], is_streamed=True, **given)

    assert "the answer began, and was not whole within 0.1 s more" in str(found)


def test_an_answer_that_stalls_is_told_as_such():
    stalled = Scripted(body=(*BEGUN, PROCESSING), ends="stalled")

    found, _ = fails([stalled], is_streamed=True, first_token_timeout_s=30, timeout_s=0.1, max_tries=1)

    assert (found.kind, found.retryable) == ("timeout", True)
    assert "the answer stalled after 1 characters: nothing more came within 0.1 s" in str(found)


def slow(parts: list[bytes], pause_s: float) -> tuple[str, Thread]:
    """The address of a server that pauses before each part of one stream, and the thread that it runs in."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
            connection.settimeout(pause_s)
            for part in parts:
                try:
                    connection.recv(1)  # the client says no more: this is the pause
                except TimeoutError:
                    connection.sendall(part)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/v1", thread


def test_an_answer_may_take_longer_than_the_time_from_one_token_to_the_next(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url, thread = slow([event(chunk(content="x"))] * 8 + [event(finish())], 0.1)

    got, _ = ask_at(url, is_streamed=True, timeout_s=0.5, max_tries=1)
    thread.join()

    assert (got.text, (got.latency_s or 0) > 0.8) == ("x" * 8, True)


@pytest.mark.parametrize(
    "reply",
    [
        Scripted(body=BEGUN),
        Scripted(body=BEGUN, ends="cut"),
        Scripted(body=(*BEGUN, event(chunk(content="}"))[:-30])),
        Scripted(body=()),
        Scripted(body=(PROCESSING,), ends="cut"),
    ],
    ids=["no end", "cut between events", "cut in an event", "nothing", "cut after a comment"],
)
def test_a_stream_that_breaks_off_is_a_lost_connection_and_is_tried_again(reply):
    got, asked, _ = ask([reply, streamed(completion("{}"))], is_streamed=True)

    assert (got.text, len(asked)) == ("{}", 2)


def test_what_broke_off_is_told():
    found, _ = fails([Scripted(body=BEGUN)], is_streamed=True, max_tries=1)

    assert (found.kind, found.retryable) == ("dropped", True)
    assert "the connection broke off before the answer was whole (the stream ended after 1 characters" in str(found)


def test_an_error_in_the_middle_is_tried_again_as_any_other():
    busy = event({"error": {"message": "overloaded", "code": 503}})

    got, asked, _ = ask([Scripted(body=(*BEGUN, busy)), streamed(completion("{}"))], is_streamed=True)

    assert (got.text, len(asked)) == ("{}", 2)


def test_an_error_in_place_of_a_stream_is_told_as_before():
    found, _ = fails([error(404, "model 'm' not found")], is_streamed=True, max_tries=1)

    assert (found.kind, found.status) == ("model", 404)


def test_a_key_in_a_streamed_answer_is_hidden_also_where_it_came_in_pieces():
    got, _, _ = ask([streamed(completion(f"my key is {KEY}"))], is_streamed=True, api_key=KEY)
    found, _ = fails([Scripted(body=(event({"error": {"message": f"no such key: {KEY}"}}),))], is_streamed=True)

    assert got.text == "my key is …1234"
    assert KEY not in f"{found} {found.body}"


@pytest.mark.parametrize("ends", ["whole", "stalled", "cut"])
@pytest.mark.parametrize("parts", [slice(None), slice(-1), slice(-2)], ids=["all", "no DONE", "no count"])
def test_an_answer_that_was_said_to_its_end_counts_whatever_the_stream_does_then(ends, parts):
    body = events(completion("{}", finish="length"))[parts]

    with ScriptedEndpoint([Scripted(body=body, ends=ends)]) as scripted:
        got, _ = ask_at(scripted.url, is_streamed=True, first_token_timeout_s=60, timeout_s=0.2, max_tries=1)

    assert (got.text, got.finish) == ("{}", "length")


def test_a_stream_that_said_it_was_done_is_not_waited_for():
    with ScriptedEndpoint([Scripted(body=events(completion("{}")), ends="stalled")]) as scripted:
        got, _ = ask_at(scripted.url, is_streamed=True, timeout_s=60)

    assert (got.latency_s or 0) < 4


def test_the_connection_of_a_stream_is_kept():
    ports = set[int]()

    async def go(url: str) -> None:
        connection = Connection(Endpoint(base_url=url))
        for _ in range(3):
            await connection.post(b"{}", is_streamed=True)
            ports.update(each[0].transport.get_extra_info("sockname")[1] for each in _idle(connection))
        await connection.close()

    with ScriptedEndpoint(lambda _: streamed(completion("{}"))) as scripted:
        asyncio.run(go(scripted.url))

    assert len(ports) == 1


def _idle(connection: Connection) -> list[Any]:
    """The connections of aiohttp's pool that wait to be used again."""
    return [kept for all_ in connection._pool.connector._conns.values() for kept in all_]  # type: ignore[union-attr]


def test_the_time_to_the_first_token_is_measured():
    async def go(url: str) -> list[Reply]:
        connection = Connection(Endpoint(base_url=url))
        replies = [await connection.post(b"{}", is_streamed=True) for _ in range(3)]
        await connection.close()
        return replies

    empty = Scripted(body=(event(finish()), streams.DONE))
    with ScriptedEndpoint([streamed(completion("{}")), empty, completion("{}")]) as scripted:
        times = [reply.first_token_s for reply in asyncio.run(go(scripted.url))]

    assert times[0] is not None
    assert 0 < times[0] < 60
    assert times[1:] == [None, None]


@pytest.mark.parametrize(
    ("given", "is_streamed"),
    [
        ({}, False),
        ({"first_token_timeout_s": 900}, True),
        ({"first_token_timeout_s": 900, "stream": False}, False),
        ({"stream": True}, True),
        ({"extra": {"stream": True}}, True),
        ({"extra": {"stream": False}}, False),
    ],
    ids=["nothing said", "a time to the first token", "not wanted", "wanted", "by an option", "not by an option"],
)
def test_answers_are_streamed_where_that_was_said_or_a_first_token_has_its_time(given, is_streamed):
    settings = Settings.model_validate({"base_url": "http://host/v1", **given})

    assert compose.endpoint(settings).is_streamed is is_streamed


def test_many_streams_at_once_do_not_mix():
    def reply(asked: Asked) -> Any:
        return streamed(completion(asked.body["messages"][0]["content"] * 20))

    async def go(url: str) -> list[Completion]:
        client = Client(Endpoint(base_url=url, is_streamed=True))
        requests = [REQUEST.with_messages([{"role": "user", "content": letter}]) for letter in "abcdefgh"]
        try:
            return list(await asyncio.gather(*(client(request, LABEL) for request in requests)))
        finally:
            await client.close()

    with ScriptedEndpoint(reply) as scripted:
        texts = [each.text for each in asyncio.run(go(scripted.url))]

    assert texts == [letter * 20 for letter in "abcdefgh"]


def test_an_endpoint_that_refuses_nothing_but_is_wrong_is_told_of_once():
    with ScriptedEndpoint([error(400, "bad")]) as scripted, pytest.raises(EndpointError):
        ask_at(scripted.url, is_streamed=True, max_tries=1)

    assert len(scripted.asked) == 1
