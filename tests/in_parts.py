"""Invented long reports, and a model that answers about their parts."""

import asyncio
import json
import re
from typing import Any

from extract.answers import Answers
from extract.errors import EndpointError
from extract.extraction import Asking
from extract.pipeline import Extraction, Pipeline
from extract.request import Completion, Label, Request
from extract.room import Room
from tests.invented import answer, document, meeting, prompt

HEADLINE = "ملف العام: لقاءات وزراء الدفاع"
FILLER = "وقال محللون إن الطقس كان معتدلا في ذلك الأسبوع، وإن أسعار القمح لم تتغير منذ أشهر. " * 4
EVENT = "استقبل وزير الدفاع النرويجي أولا هانسن نظيره البرتغالي روي سيلفا في المدينة رقم {:03} يوم الثلاثاء"
KNOWN = re.compile(EVENT.replace("{:03}", "([0-9]{3})"))
MOST = {"max_tokens": 4096}
TIMEOUT = EndpointError("no answer", kind="timeout")
TOO_LONG = EndpointError(
    "http://host/v1: the request exceeds the available context size (4096 tokens) (status 400)",
    kind="context",
    status=400,
    body='{"error": {"code": 400, "n_prompt_tokens": 12015, "n_ctx": 4096}}',
)


def report(size: int, events: int) -> str:
    """An invented report of about so many characters that tells of so many meetings, each on a day of its own."""
    step = FILLER + "\n"
    between = max(1, (size // len(step)) // max(events, 1))
    blocks = (f"{step * between}{EVENT.format(number)}.\n" for number in range(events))
    return f"{HEADLINE}\n" + "".join(blocks)


def told(text: str) -> str:
    """What a careful model answers to a text: every meeting in it."""
    days = (int(number) for number in KNOWN.findall(text))
    found = (
        meeting(EVENT.format(day), date={**WHEN, "start": f"{2000 + day // 12}-{day % 12 + 1:02}-01"}) for day in days
    )
    return answer(*found)


WHEN = {"text": None, "start": None, "end": None, "approximate": False, "basis": "explicit"}


class Careful:
    """A model that answers to what stands in its own part, and keeps what it was asked."""

    def __init__(self, context: int | None = None, *, density: float = 1.0) -> None:
        self.asked: list[Request] = []
        self._room = Room(context, density) if context else None

    async def __call__(self, request: Request, label: Label) -> Completion:
        self.asked.append(request)
        await asyncio.sleep(0)
        if self._room is not None and self._room.tokens(request) > self._room.context:
            raise too_long(self._room.context)
        return self.say(request, label)

    def say(self, request: Request, label: Label) -> Completion:
        return Completion(text=told(str(request.messages[1]["content"])))


def too_long(context: int) -> EndpointError:
    return EndpointError("too long", kind="context", status=400, body=json.dumps({"n_ctx": context}))


def extracted(model: Any, text: str, context: int | None = 4096, **fields: Any) -> Extraction:
    given_ = {"model": "m", "options": MOST, "context": context, **fields}
    with Pipeline(prompt(), Answers(ask=model), Asking(**given_)) as made:
        return made(document(text, published="2024-03-05"))


def spans(extraction: Extraction) -> list[str]:
    """What stands in the whole report where the first quotes of the records are said to stand."""
    found = [grounded.evidence[0].span for grounded in extraction.records]
    return [extraction.document.text[span.start : span.end] for span in found if span]
