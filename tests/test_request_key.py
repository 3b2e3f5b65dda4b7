"""A key is the hash that it is said to be, however it is worked out: recordings are found by it."""

from __future__ import annotations

import json
from hashlib import blake2b

import pytest

from extract.request import KEY_VERSION, Form, Request

FORM = Form("events", {"type": "object"})


def spelled_out(request: Request) -> str:
    def text(value: object) -> bytes:
        plain = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return plain.encode("utf-8", "surrogatepass")

    options = text(dict(request.options)).decode()
    where = [request.endpoint, request.sample]
    head = [KEY_VERSION, request.model, request.form.name, request.form.digest, request.mode, options, *where]
    return blake2b(blake2b(text(head)).digest() + text(request.messages), digest_size=16).hexdigest()


@pytest.mark.parametrize(
    "messages",
    [
        (),
        ({"role": "user", "content": "من؟"},),
        ({"role": "system", "content": 'a "b"\n'}, {"role": "user", "content": "\ud83d ٣"}),
        (
            {"role": "system", "content": "\ud83d"},
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": ""},
        ),
        ({"content": "a", "role": "system"}, {"role": "tool", "tool_call_id": "1", "content": "x"}),
        ({"role": "assistant", "content": None, "tool_calls": []}, {"role": "user", "content": "x"}),
        ({"role": "system", "content": "a", "name": "b"}, {"role": "user", "content": "x"}),
        ({"role": "system", "content": None}, {"role": "user", "content": "x"}),
    ],
    ids=["none", "one", "two", "three", "other order", "a call first", "a name", "no text"],
)
def test_a_key_is_the_hash_of_all_messages(messages):
    for options in ({}, {"temperature": 0.0}):
        request = Request(model="m", messages=messages, form=FORM, options=options, endpoint="e")

        assert request.key == spelled_out(request)
