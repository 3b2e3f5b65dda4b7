"""Connections as they are: stale, broken, redirected, compressed, slow."""

import asyncio
import gzip
import socket
from contextlib import suppress
from typing import Any

import pytest

from extract import sockets
from extract.client import Client, Endpoint
from extract.errors import EndpointError
from tests.endpoint import Reply, ScriptedEndpoint, completion, cut
from tests.wire import KEY, LABEL, REQUEST, SAID, WHOLE, ask, fault, wire


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_connections_are_kept_and_used_again():
    with wire(lambda number, index: (WHOLE, False)) as server:
        ask(server.url, times=3)

    assert [number for number, _ in server.requests] == [0, 0, 0]


def test_a_connection_that_the_server_closed_meanwhile_is_no_try():
    # The second request goes out on the first connection, which ends without a byte.
    with wire(lambda number, index: (b"", True) if (number, index) == (0, 1) else (WHOLE, False)) as server:
        ask(server.url, times=2)

    assert [number for number, _ in server.requests] == [0, 0, 1]


def test_a_new_connection_that_ends_without_a_word_is_a_try():
    with wire(lambda number, index: (b"", True)) as server:
        assert fault(server.url).kind == "dropped"

    assert len(server.requests) == 1


def test_a_fresh_connection_after_a_stale_one_is_the_last_of_its_try():
    with wire(lambda number, index: (b"", True) if number or index else (WHOLE, False)) as server:
        assert fault(server.url, times=2).kind == "dropped"

    assert [number for number, _ in server.requests] == [0, 0, 1]


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\nContent-Le", WHOLE[:-5]], ids=["headers", "body"])
def test_a_reply_that_had_begun_is_not_asked_for_again_at_once(part):
    with wire(lambda number, index: (part, True) if index else (WHOLE, False)) as server:
        assert fault(server.url, times=2).kind == "dropped"

    assert len(server.requests) == 2


def test_what_is_no_http_is_a_connection_that_broke_off_and_shows_no_query():
    with wire(lambda number, index: (b"SSH-2.0-OpenSSH_9\r\n\r\n", True)) as server:
        found = fault(f"{server.url}?key=s3cret")

    assert (found.kind, found.retryable) == ("dropped", True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_the_same_host_is_followed_with_all_that_was_sent(status):
    moved = Reply(status=status, headers={"Location": "/api/v1/chat/completions"})
    with ScriptedEndpoint([moved, completion("{}")]) as scripted:
        ask(f"{scripted.url}?api-version=1")

    first, second = scripted.asked
    assert (second.path, second.body) == ("/api/v1/chat/completions?api-version=1", first.body)
    assert second.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("host", ["127.0.0.2", "example.org", "127.0.0.1:1"])
def test_a_redirect_to_a_stranger_is_told_and_not_followed(host):
    location = f"http://s3cret:s3cret@{host}/v1/chat/completions?token={KEY}"
    with ScriptedEndpoint([Reply(status=307, headers={"Location": location})]) as scripted:
        found = fault(scripted.url)

    assert (found.kind, found.retryable) == ("path", False)
    assert f"sends the request on to http://{host}/v1, and the key would go there too" in str(found)


def test_a_redirect_in_a_circle_ends():
    with ScriptedEndpoint(lambda asked: Reply(status=308, headers={"Location": asked.path})) as scripted:
        assert fault(scripted.url).kind == "path"

    assert len(scripted.asked) == 5


def test_a_status_of_a_redirect_without_an_address_is_a_fault_of_its_own():
    with ScriptedEndpoint([Reply(status=302)]) as scripted:
        assert fault(scripted.url).status == 302


def test_a_body_that_is_compressed_is_read():
    with ScriptedEndpoint([Reply(body=gzip.compress(SAID), headers={"Content-Encoding": "gzip"})]) as scripted:
        assert ask(scripted.url)[0].text == "{}"


def test_a_compressed_body_that_is_broken_is_a_connection_that_broke_off():
    with ScriptedEndpoint([Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})]) as scripted:
        assert fault(scripted.url).kind == "dropped"


def test_a_body_that_is_no_utf8_is_no_completion():
    with ScriptedEndpoint([Reply(body=b'{"choices": "\xff\xfe"}')]) as scripted:
        assert fault(scripted.url).kind == "not_json"


def test_an_error_that_is_no_utf8_is_shown_as_far_as_it_can_be():
    with ScriptedEndpoint([Reply(status=500, body=b"gate\xe9 closed")]) as scripted:
        assert "closed" in str(fault(scripted.url))


def test_an_answer_that_trickles_in_has_the_time_of_one_answer():
    with wire(lambda number, index: (WHOLE[:-5], False) if index == 0 else None) as server:
        found = fault(server.url, timeout_s=0.2)

    assert (found.kind, found.retryable) == ("timeout", True)


@pytest.mark.parametrize("sent", [WHOLE[:-5], WHOLE[: WHOLE.index(b"\r\n\r\n") + 4]], ids=["in the body", "headers"])
def test_an_answer_that_begins_and_stops_has_the_time_of_one_answer_from_then_on(sent):
    with wire(lambda number, index: (sent, False) if index == 0 else None) as server:
        found = fault(server.url, first_token_timeout_s=30, timeout_s=0.1)

    assert (found.kind, found.retryable) == ("timeout", True)
    assert "the answer began, and was not whole within 0.1 s more" in str(found)


def test_an_answer_that_does_not_begin_has_a_time_of_its_own():
    with wire(lambda number, index: None) as server:
        found = fault(server.url, first_token_timeout_s=0.1, timeout_s=30)

    assert (found.kind, found.retryable) == ("timeout", True)
    assert "no answer within 0.1 s; a model that is still loading needs longer" in str(found)


def test_an_answer_in_time_is_read_whichever_times_are_given():
    with wire(lambda number, index: (WHOLE, False)) as server:
        assert ask(server.url, first_token_timeout_s=30, timeout_s=20)[0].text == "{}"


@pytest.mark.parametrize("value", ["a\nX: y", "é", "\x00"], ids=["line break", "accent", "null"])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(value):
    found = fault("http://127.0.0.1:9/v1", headers={"X-Team": f"{KEY}{value}"})

    assert (found.kind, found.retryable, "X-Team" in str(found)) == ("key", False, True)


@pytest.mark.parametrize("headers", [{"X-Team": "s3cret"}, {"api-key": "s3cret"}])
def test_no_header_goes_to_a_stranger(headers):
    moved = Reply(status=307, headers={"Location": "http://127.0.0.2/v1/chat/completions"})
    with ScriptedEndpoint([moved]) as scripted:
        assert fault(scripted.url, headers=headers).kind == "path"

    assert len(scripted.asked) == 1


def test_a_connection_that_takes_too_long_is_no_slow_answer():
    # Nothing comes back on the TLS handshake, which is a part of connecting.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        found = fault(f"https://127.0.0.1:{deaf.getsockname()[1]}/v1?key=s3cret", connect_timeout_s=0.1)

    assert found.kind == "refused"
    assert "no connection (none within 0.1 s)" in str(found)


def test_the_time_of_an_answer_may_end_before_there_is_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        found = fault(f"https://127.0.0.1:{deaf.getsockname()[1]}/v1", timeout_s=0.1)

    assert "no connection (none within 0.1 s)" in str(found)


def test_a_name_that_nobody_has_is_no_connection(monkeypatch):
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    found = fault("http://reader:s3cret@nowhere.example/v1")

    assert (found.kind, found.retryable) == ("refused", True)
    assert "no connection (Name or service not known)" in str(found)


@pytest.mark.parametrize("reply", [completion("{}"), Reply(status=429, headers={"X-RateLimit-Limit": "9"}), "<html>"])
def test_every_reply_is_told_to_who_wants_to_know(reply):
    seen = []

    async def go(url: str) -> None:
        endpoint = Endpoint(base_url=url, max_tries=1)
        client = Client(endpoint, on_reply=lambda status, headers, latency_s: seen.append((status, headers, latency_s)))
        with suppress(EndpointError):
            await client(REQUEST, LABEL)
        await client.close()

    with ScriptedEndpoint([reply]) as scripted:
        asyncio.run(go(scripted.url))

    ((status, headers, latency_s),) = seen
    assert status == (reply.status if isinstance(reply, Reply) else 200)
    assert headers.get("x-ratelimit-limit") == ("9" if status == 429 else None)
    assert 0 < latency_s < 60


def test_no_reply_is_told_where_none_came():
    seen: list[Any] = []

    async def go(url: str) -> None:
        client = Client(Endpoint(base_url=url, max_tries=1), on_reply=lambda *reply: seen.append(reply))
        with suppress(EndpointError):
            await client(REQUEST, LABEL)
        await client.close()

    with ScriptedEndpoint([cut(completion("x" * 1000))]) as scripted:
        asyncio.run(go(scripted.url))

    assert seen == []


def test_the_network_can_be_blocked():
    with sockets.blocked(), pytest.raises(sockets.NetworkBlocked):
        ask("http://127.0.0.1:9/v1")


def test_a_client_that_was_dropped_unclosed_says_nothing(capfd, caplog):
    with ScriptedEndpoint(lambda _: completion("{}")) as scripted:
        client = Client(Endpoint(base_url=scripted.url))
        for _ in range(2):
            asyncio.run(client(REQUEST, LABEL))
        del client

    assert (capfd.readouterr().err, caplog.text) == ("", "")
