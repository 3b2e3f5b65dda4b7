"""Recordings of invented calls, for tests."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from extract.request import Completion, Form, Label, Request, Usage

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


MEETING = {"type": "object", "properties": {"place": {"type": "string"}, "day": {"type": "string"}}}


FORM = Form("events", {"type": "object", "properties": {"meetings": {"type": "array", "items": MEETING}}})


SYSTEM = "You read reports.\nGive every meeting.\nQuote the report."


REPORT = "التقى وزير الدفاع نظيره الأردني\r\nفي مسقط يوم الثلاثاء.\n"


LABEL = Label(document="تقرير-1", task="events/v1")


ANSWER = Completion(
    text='{\n "meetings": []\n}',
    model="m-2024",
    usage=Usage(prompt=10, completion=5),
    latency_s=0.5,
    origin="recording",
)


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\n\n\r\u2028\u200fأإىيةه٣"), max_size=60)


def ask(text: str = REPORT, system: str = SYSTEM, **fields: Any) -> Request:
    messages = ({"role": "system", "content": system}, {"role": "user", "content": text})
    usual: dict[str, Any] = {"model": "m", "messages": messages, "form": FORM, "options": {"temperature": 0}}
    return Request(**{**usual, **fields})


def form(**properties: object) -> Form:
    return Form("events", {**FORM.schema, "properties": {**FORM.schema["properties"], **properties}})


SECRET = "sk-" + "a1B2c3D4" * 6
