"""Calls of a client over a scripted endpoint, for tests."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import strategies as st

from extract.client import Client, Endpoint, read
from extract.errors import EndpointError
from extract.request import Completion, Form, Label, Request
from tests.endpoint import Asked, Script, ScriptedEndpoint, completion

SCHEMA = {"type": "object", "properties": {"meetings": {"type": "array"}}}


MESSAGES = ({"role": "system", "content": "You code."}, {"role": "user", "content": "التقى الوزيران"})


REQUEST = Request(model="m", messages=MESSAGES, form=Form("meeting", SCHEMA), options={"temperature": 0, "seed": 7})


LABEL = Label(document="d", task="meeting/v1")


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


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


odd = plain | st.lists(plain, max_size=2) | st.dictionaries(st.sampled_from(["text", "message", "code"]), plain)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping that has some of these fields, with anything at all in them."""
    return st.fixed_dictionaries({}, optional={name: field | odd for name, field in fields.items()})


calls = st.lists(some(function=some(arguments=odd)) | odd, max_size=2)


messages = some(content=st.lists(odd, max_size=2), tool_calls=calls, refusal=odd, reasoning=odd)
