"""Whatever goes wrong, no key, no value of a header and no password gets anywhere but to the endpoint."""

import asyncio
import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from extract.client import Client, Endpoint
from extract.errors import EndpointError
from extract.request import Form, Label, Request
from tests.endpoint import CLOSED, SILENT, Answer, Asked, Reply, ScriptedEndpoint, completion, cut, unused_url
from tests.invented import REPORT, answer, meeting
from tests.terminal import Ran, mahdar, write

KEY = "Zq7-planted-key-0123456789"
HEADER = 'planted "header" value-98765'
PASSWORD = "planted/p@ssword-4711"
QUERY = "planted-query-token-31337"
PLANTED = {
    "key": KEY,
    "header": HEADER,
    "header in JSON": json.dumps(HEADER)[1:-1],
    "password": PASSWORD,
    "password in the address": quote(PASSWORD, safe=""),
    "credentials": b64encode(f"reader:{PASSWORD}".encode()).decode(),
    "query": QUERY,
}


def echo(asked: Asked) -> str:
    """All that an endpoint knows of its caller."""
    return json.dumps([asked.path, dict(asked.headers)])


def said(status: int) -> Callable[[Asked], Answer]:
    return lambda asked: Reply(status=status, body={"error": {"message": echo(asked)[:150], "all": echo(asked)}})


FAILURES: dict[str, Callable[[Asked], Answer]] = {
    **{f"status {status}": said(status) for status in (400, 401, 402, 403, 404, 413, 422, 429, 500, 503)},
    "plain text": lambda asked: Reply(status=500, body=f"Traceback: {echo(asked)}"),
    "error inside a 200": lambda asked: {"error": {"message": echo(asked)}},
    "error inside a choice": lambda asked: {
        "choices": [{"message": {"content": ""}, "error": {"message": echo(asked)}}]
    },
    "web page": lambda asked: f"<html>{echo(asked)}</html>",
    "no completion": lambda asked: f"planted {echo(asked)}",
    "closed": lambda asked: CLOSED,
    "cut": lambda asked: cut(completion(echo(asked) * 9)),
    "silent": lambda asked: SILENT,
    "redirect to a stranger": lambda asked: Reply(
        status=307, headers={"Location": f"http://reader:{quote(PASSWORD, safe='')}@other.example/v1?token={QUERY}"}
    ),
    "refusal": lambda asked: completion(None, refusal=echo(asked)),
    "prose": lambda asked: completion(echo(asked)),
    "thought": lambda asked: completion("", reasoning=echo(asked)),
    "cut answer": lambda asked: completion(f'{{"meetings": [{{"summary": "{echo(asked)}', finish="length"),
    "success": lambda asked: completion(answer(meeting(summary=f"They met {echo(asked)}."))),
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def address(url: str) -> str:
    """The address with a password and a token in it."""
    return f"{url.replace('://', '://reader:' + quote(PASSWORD, safe='') + '@')}?token={QUERY}"


def run(url: str, *command: str, timeout_s: float = 60) -> Ran:
    usual = ["--model", "m", "--prompt", "meeting"]
    usual += [] if command[0] == "probe" else ["--max-tries", "1", "--max-reasks", "1"]
    usual += [] if command[0] == "config" else ["--timeout-s", str(timeout_s)]
    environ = {"MAHDAR_API_KEY": KEY, "MAHDAR_HEADERS": json.dumps({"X-Gateway": HEADER}), "MAHDAR_BASE_URL": url}
    return mahdar(*command, *usual, **environ)


def leaks(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return [kind for kind, secret in PLANTED.items() if secret.encode() in data]


def found(folder: Path, *texts: str) -> dict[str, list[str]]:
    """Where something planted stands: in texts, by their number, and in files, by their path."""
    places: dict[str, list[str]] = {str(number): leaks(text) for number, text in enumerate(texts)}
    files = [path for path in folder.rglob("*") if path.is_file()]
    places |= {str(path.relative_to(folder)): leaks(path.read_bytes() + str(path).encode()) for path in files}
    return {place: kinds for place, kinds in places.items() if kinds}


COMMANDS = {
    "run": ["run", "in", "--out", "out"],
    "record": ["record", "in", "--to", "recordings"],
    "probe": ["probe", "--fresh"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("shape", ["key", "password"])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_nothing_planted_is_found_after(tmp_path, caplog, failure, shape, command):
    caplog.set_level(logging.DEBUG)
    write("in", a=f"{REPORT}\na", b=f"{REPORT}\nb")
    with ScriptedEndpoint(failure, is_cold=True) as endpoint:
        url = address(endpoint.url) if shape == "password" else endpoint.url
        ran = run(url, *command, timeout_s=0.3 if failure is FAILURES["silent"] else 60)

    assert any(leaks(json.dumps([each.path, dict(each.headers)])) for each in endpoint.asked)
    assert found(tmp_path, ran.out, ran.err, caplog.text) == {}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_nothing_planted_is_found_after_an_endpoint_that_does_not_run(tmp_path, caplog, command):
    caplog.set_level(logging.DEBUG)
    write("in", a=f"{REPORT}\na")

    ran = run(address(unused_url()), *command)

    assert ran.code in (1, 3)
    assert found(tmp_path, ran.out, ran.err, caplog.text) == {}


@pytest.mark.parametrize("failure", [FAILURES["status 400"], FAILURES["success"]], ids=["status 400", "success"])
def test_nothing_planted_is_in_what_a_run_says_to_programs(tmp_path, failure):
    write("in", a=f"{REPORT}\na")
    with ScriptedEndpoint(failure) as endpoint:
        ran = run(address(endpoint.url), "run", "in", "--out", "out", "--json")

    assert "event" in ran.out
    assert found(tmp_path, ran.out, ran.err) == {}


def test_nothing_planted_is_in_the_configuration(tmp_path):
    texts = [run(address("http://127.0.0.1:9/v1"), "config", *more).out for more in ([], ["--json"])]

    assert all("X-Gateway" in text for text in texts)
    assert found(tmp_path, *texts) == {}


def test_an_export_of_the_cache_refuses_what_holds_the_value_of_a_header(tmp_path):
    write("in", a=f"{REPORT}\na")
    with ScriptedEndpoint(lambda asked: completion(answer(meeting(summary=f"It is {HEADER}.")))) as endpoint:
        mahdar("run", "in", "--base-url", endpoint.url, "--model", "m", "--prompt", "meeting", "--out", "out")

    ran = mahdar("cache", "export", "answers.jsonl", MAHDAR_HEADERS=json.dumps({"X-Gateway": HEADER}))

    assert (ran.code, leaks(ran.out + ran.err)) == (2, [])
    assert not Path("answers.jsonl").exists()


def test_a_header_that_is_repeated_alone_is_hidden_in_its_form_in_json(tmp_path):
    write("in", a=f"{REPORT}\na")
    with ScriptedEndpoint(lambda asked: completion(answer(meeting(summary=f"It is {HEADER}.")))) as endpoint:
        run(endpoint.url, "run", "in", "--out", "out")

    assert found(tmp_path) == {}


def test_a_header_that_says_who_calls_is_no_secret():
    endpoint = Endpoint(base_url="http://h/v1", headers={"X-Title": "Daily Example", "X-Team": HEADER})

    assert endpoint.secrets == (HEADER,)


def raised(url: str) -> EndpointError:
    async def go() -> None:
        endpoint = Endpoint(base_url=url, api_key=KEY, headers={"X-Gateway": HEADER}, max_tries=1, timeout_s=1)
        client = Client(endpoint)
        request = Request(model="m", messages=(), form=Form("meeting", {}))
        try:
            await client(request, Label(document="d", task="meeting/v1"))
        finally:
            await client.close()

    with pytest.raises(EndpointError) as caught:
        asyncio.run(go())
    return caught.value


@pytest.mark.parametrize("shape", ["key", "password"])
@pytest.mark.parametrize("name", sorted(FAILURES.keys() - {"refusal", "prose", "thought", "cut answer", "success"}))
def test_nothing_planted_is_in_an_error_or_its_traceback(name, shape):
    with ScriptedEndpoint(FAILURES[name]) as endpoint:
        error: Any = raised(address(endpoint.url) if shape == "password" else endpoint.url)

    assert leaks("".join(traceback.format_exception(error)) + error.body + repr(error.__dict__)) == []
