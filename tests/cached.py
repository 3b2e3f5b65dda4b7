"""Requests and answers for tests of the cache."""

import json
from datetime import UTC, datetime
from typing import Any

from extract.request import Completion, Form, Label, Request, Usage

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


FORM = Form("events", {"type": "object"})


LABEL = Label(document="تقرير-1", task="events/v1")


ANSWER = Completion(text='{"meetings": []}', model="m-2024", usage=Usage(prompt=10, completion=5), latency_s=0.5)


def ask(text: str = "من التقى من؟", model: str = "m") -> Request:
    return Request(model=model, messages=({"role": "user", "content": text},), form=FORM)


def said(text: str = "{}", **fields: Any) -> Completion:
    return Completion(text=text, origin="cache", **fields)


def line(**changes: object) -> str:
    value = {
        "key": "0" * 32,
        "completion": said().to_json(),
        "label": {"document": "d", "task": "t", "attempt": 1},
        "model": "m",
        "time": "2024-05-03T12:00:00Z",
    }
    return json.dumps({**value, **changes})
