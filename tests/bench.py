"""Asking an endpoint of the measurements."""

import asyncio
import json
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from bench.reports import MEETINGS, ONE_OF_EACH, report
from bench.serve import Running
from extract.client import Client, Endpoint, body
from extract.document import Document
from extract.request import Completion, Label, Mode, Request
from tests import invented

LABEL = Label(document="d", task="t")


def request(i: int, task: str = "meeting/v1", mode: Mode = "json_schema", **options: Any) -> Request:
    """The project's own first request about a report."""
    prompt = invented.prompt(task)
    kinds = MEETINGS if task == "meeting/v1" else ONE_OF_EACH
    text = Document(id="d", text=report(i, kinds=kinds))
    return Request(model="m", messages=prompt.messages(text, mode), form=prompt.form, mode=mode, options=options)


def sent(i: int, **fields: Any) -> bytes:
    """The body of that request."""
    return json.dumps(body(request(i, **fields)), ensure_ascii=False).encode()


class Reply(NamedTuple):
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def said(self) -> str:
        """What the model said."""
        text = self.value["choices"][0]["message"]["content"]
        assert isinstance(text, str)
        return text


def connect(endpoint: Running, timeout: float = 10) -> HTTPConnection:
    return HTTPConnection(urlsplit(endpoint.url).netloc, timeout=timeout)


def call(endpoint: Running, method: str, path: str, data: bytes | None = None) -> Reply:
    connection = connect(endpoint)
    try:
        connection.request(method, path, data)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, response.read())
    finally:
        connection.close()


def ask(endpoint: Running, i: int, **fields: Any) -> Reply:
    """The reply to the project's first request about a report."""
    return call(endpoint, "POST", "/v1/chat/completions", sent(i, **fields))


def opened(endpoint: Running, i: int) -> HTTPConnection:
    """A connection over which a request went, and on which the reply was not waited for."""
    connection = connect(endpoint)
    connection.request("POST", "/v1/chat/completions", sent(i))
    return connection


def until(endpoint: Running, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The counters, once they are as they should be; a request takes the time that would be slept."""
    for _ in range(2000):
        if holds(stats := endpoint.stats()):
            return stats
    pytest.fail(f"never came: {endpoint.stats()}")


def completions(endpoint: Running, *requests: Request) -> list[Completion]:
    """What the project's own client makes of the replies."""

    async def go() -> list[Completion]:
        client = Client(Endpoint(base_url=endpoint.url, max_tries=1))
        try:
            return list(await asyncio.gather(*(client(each, LABEL) for each in requests)))
        finally:
            await client.close()

    return asyncio.run(go())
