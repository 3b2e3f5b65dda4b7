"""The client: faults that pass and faults that stay, its pauses and its connections."""

import asyncio

import pytest

from extract.client import Client, Endpoint
from extract.errors import EndpointError
from extract.job import HOPELESS
from tests.client_calls import (
    LABEL,
    REQUEST,
    Pauses,
    ask,
    ask_at,
    fails,
    said,
)
from tests.endpoint import CLOSED, SILENT, Reply, ScriptedEndpoint, completion, cut, unused_url

BUSY = Reply(status=500, body={"error": {"message": "busy"}})


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
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:09 GMT", "Date": "Wed, 21 Oct 2099 07:28:00 GMT"}, 9),
    ],
    ids=["seconds", "part of a second", "none", "milliseconds", "time of day"],
)
def test_the_pause_that_the_endpoint_asks_for_is_made(headers, pause):
    _, _, pauses = ask([Reply(status=429, headers=headers, body=""), completion("{}")])

    assert pauses == [pause]


@pytest.mark.parametrize("value", ["soon", "", "Wed, 21 Oct", "-3", "inf", "nan", "1e999"])
def test_a_pause_that_cannot_be_read_is_one_of_ours(value):
    _, _, pauses = ask([Reply(status=429, headers={"Retry-After": value}, body=""), completion("{}")])

    assert 0 <= pauses[0] <= 60


def test_without_a_pause_that_is_asked_for_a_used_up_limit_says_when_it_is_back():
    limit = {
        "x-ratelimit-limit-tokens": "60000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    _, _, pauses = ask([Reply(status=429, headers=limit, body=""), completion("{}")])

    assert pauses == [360]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("pause", [121, 300, 1790])
def test_a_long_pause_is_made_too(status, pause):
    got, _, pauses = ask([Reply(status=status, headers={"Retry-After": str(pause)}, body=""), completion("{}")])

    assert (got.text, pauses) == ("{}", [pause])


@pytest.mark.parametrize(("status", "kind"), [(429, "quota"), (503, "refused")])
def test_a_pause_of_a_day_is_a_fault_that_every_document_would_meet(status, kind):
    error, tries = fails([Reply(status=status, headers={"Retry-After": "86400"}, body=""), completion("{}")])

    assert (tries, error.kind, error.kind in HOPELESS) == (1, kind, True)
    assert "it asks to wait 24 h" in str(error)


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
