"""The endpoint of the benchmarks: limits, counters, connections, and how it ends."""

import asyncio
import socket
import subprocess
import sys
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.reports import ONE_OF_EACH, report
from bench.serve import Running
from extract import Extractor
from tests.bench import ask, call, connect, opened, sent, until


def test_requests_beyond_the_rate_are_told_to_wait(endpoint):
    endpoint.reset(rate=0.5, burst=2)
    replies = [ask(endpoint, i) for i in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining-requests"] for reply in replies] == ["1", "0", "0"]
    assert {reply.headers["x-ratelimit-limit-requests"] for reply in replies} == {"2"}
    assert 1 < float(replies[2].headers["retry-after"]) <= 2
    assert replies[2].headers["x-ratelimit-reset-requests"].endswith("s")


def test_bursts_of_429_come_at_even_distances(endpoint):
    endpoint.reset(burst_429=[4, 2])

    assert [ask(endpoint, i).status for i in range(8)] == [429, 429, 200, 200] * 2
    assert endpoint.stats()["faults"] == {"burst_429": 4}


def test_beyond_the_queue_is_503(endpoint):
    endpoint.reset(slots=1, max_queue=1, p_hang=1.0)
    waiting = [opened(endpoint, 1), opened(endpoint, 2)]
    until(endpoint, lambda stats: stats["in_flight"] == 2)

    assert ask(endpoint, 3).status == 503

    for connection in waiting:
        connection.close()
    assert until(endpoint, lambda stats: not stats["in_flight"])["queued_max"] == 1


def test_one_that_leaves_gives_its_slot_to_the_one_that_waits(endpoint):
    endpoint.reset(slots=1, latency_ms=60_000)
    first, second = opened(endpoint, 1), opened(endpoint, 2)
    until(endpoint, lambda stats: stats["queued_max"] == 1)

    first.close()
    second.close()

    assert until(endpoint, lambda stats: not stats["in_flight"])["status"] == {"left": 2}


def test_in_an_outage_connections_are_reset_and_the_counters_still_tell(endpoint):
    endpoint.reset(outage=[0, 3600])

    with pytest.raises(ConnectionError):
        ask(endpoint, 1)
    with pytest.raises(ConnectionError):
        call(endpoint, "GET", "/v1/models")

    assert endpoint.stats()["faults"] == {"outage": 1}


def test_before_an_outage_all_is_well(endpoint):
    endpoint.reset(outage=[3600, 1])

    assert ask(endpoint, 1).status == 200


def test_reports_that_are_answered_twice_are_counted(endpoint):
    for i in (1, 2, 2, 3, 3, 3):
        ask(endpoint, i)

    stats = endpoint.stats()

    assert (stats["requests"], stats["unique"], stats["answered"], stats["answered_twice"]) == (6, 3, 3, 2)
    assert stats["status"] == {"200": 6}
    assert stats["connections"] == 6
    assert stats["span_s"] > 0


def test_requests_in_flight_are_counted(endpoint):
    endpoint.reset(latency_ms=60_000)
    waiting = [opened(endpoint, i) for i in range(5)]

    assert until(endpoint, lambda stats: stats["in_flight"] == 5)["in_flight_max"] == 5
    for connection in waiting:
        connection.close()


def test_what_came_before_a_reset_is_not_counted_after_it(endpoint):
    endpoint.reset(latency_ms=60_000)
    before = opened(endpoint, 1)
    until(endpoint, lambda stats: stats["in_flight"] == 1)
    endpoint.reset()
    before.close()

    ask(endpoint, 2)

    stats = endpoint.stats()
    assert (stats["requests"], stats["in_flight"], stats["status"]) == (1, 0, {"200": 1})


def test_a_connection_that_is_kept_is_one(endpoint):
    connection = connect(endpoint)
    for i in range(3):
        connection.request("POST", "/v1/chat/completions", sent(i))
        assert connection.getresponse().read()
    connection.close()

    assert endpoint.stats()["connections"] == 1


@pytest.mark.parametrize(
    "options",
    [
        {"p_400": 0.1},
        {"p_429": 2},
        {"p_429": 0.6, "p_500": 0.6},
        {"slots": 1.5},
        {"slots": 0},
        {"latency_ms": "fast"},
        {"latency_ms": None},
        {"latency_ms": -1},
        {"outage": [1]},
        {"burst_429": [0, 1]},
        {"batch_expires": 1},
    ],
    ids=str,
)
def test_options_that_mean_nothing_are_refused(endpoint, options):
    with pytest.raises(ValueError, match=r"no option|0|type|above|more than 1"):
        endpoint.reset(**options)
    with pytest.raises(ValueError, match=r"no option|0|type|above|more than 1"):
        Running(**options)


def exchange(endpoint: Running, *pieces: bytes, replies: int = 1) -> list[int]:
    """The statuses of the replies to bytes that are sent as they are, piece by piece."""
    where = urlsplit(endpoint.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            raw.sendall(piece)
        statuses = []
        # One buffer for all: each response would read ahead into the next in its own.
        with raw.makefile("rb") as stream:
            for _ in range(replies):
                response = HTTPResponse(_Shared(stream))  # type: ignore[arg-type]  # it asks only for the stream
                response.begin()
                response.read()
                statuses.append(response.status)
        return statuses


class _Shared:
    """Stands for a socket whose stream several responses read, one after the other."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def makefile(self, *_: Any) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def close(self) -> None:
        """Leave the stream open for the next one."""


STATS = b"GET /stats HTTP/1.1\r\nHost: x\r\n\r\n"


def test_requests_that_come_together_are_answered_one_after_the_other(endpoint):
    data = sent(1)
    post = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)

    assert exchange(endpoint, post + STATS + b"GET /none HTTP/1.1\r\n\r\n", replies=3) == [200, 200, 404]


def test_a_request_may_come_in_pieces(endpoint):
    whole = b"POST /reset HTTP/1.1\r\ncontent-LENGTH:  13\r\n\r\n" + b'{"p_429": .1}'.replace(b" .1", b"0.1")

    assert exchange(endpoint, *(whole[at : at + 7] for at in range(0, len(whole), 7))) == [200]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"hello\r\n\r\n", 400, id="no HTTP"),
        pytest.param(b"POST /reset HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, id="chunked"),
        pytest.param(b"POST /reset HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, id="negative"),
        pytest.param(b"POST /reset HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413, id="too long"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431, id="endless head"),
    ],
)
def test_what_cannot_be_read_is_refused(endpoint, data, status):
    assert exchange(endpoint, data) == [status]


def test_the_extractor_gets_every_record_in_spite_of_all_that_goes_wrong(endpoint):
    endpoint.reset(p_429=0.1, p_500=0.1, p_schema=0.2, p_badjson=0.1, p_badbody=0.1, p_reset=0.1, retry_after_s=0)
    quiet: dict[str, Any] = {"prompt": "events/v2", "model": "m", "cache": "none", "max_tries": 1}
    quiet |= {"mode": "json_schema"}

    async def go() -> list[int]:
        async with Extractor(base_url=endpoint.url, **quiet) as extractor:
            made = await asyncio.gather(*(extractor.extract(report(i, kinds=ONE_OF_EACH)) for i in range(30)))
        return [len(extraction.records) for extraction in made if not extraction.failures]

    counts = asyncio.run(go())

    assert set(counts) == {3}
    assert len(counts) > 10


def test_models_are_listed(endpoint):
    assert call(endpoint, "GET", "/v1/models").value["data"][0]["id"] == "mock"


def test_an_endpoint_is_killed_at_once():
    with Running(latency_ms=60_000, warm=3) as running:
        waiting = opened(running, 1)
        assert until(running, lambda stats: stats["in_flight"] == 1)
        running.kill()

        with pytest.raises((HTTPException, ConnectionError)):
            waiting.getresponse()
        with pytest.raises(ConnectionError):
            running.stats()


def test_an_endpoint_ends_with_the_process_that_started_it():
    command = [sys.executable, "-m", "bench.endpoint", "--port", "0", "--until-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"listening on http://127.0.0.1:")
        assert process.stdin is not None
        process.stdin.close()

        assert process.wait(timeout=10) == 0
