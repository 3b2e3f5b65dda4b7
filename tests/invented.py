"""An invented report and what models say of it, valid until a test changes something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from extract import prompt as prompts
from extract.document import Document
from extract.ground import Text
from extract.prompt import Prompt
from extract.request import Completion, Label, Request
from extract.validate import Verdict, judge

OSLO = "استقبل وزير الدفاع النرويجي أولا هانسن نظيره البرتغالي روي سيلفا في أوسلو يوم الثلاثاء"
BERGEN = "والتقى رئيس أركان الجيش البرتغالي مانويل كوستا قائد البحرية النرويجية إريك لوند في برغن"
TAIL = "اقرأ أيضا: وزير الدفاع السويدي يزور هلسنكي ويلتقي نظيره الفنلندي"
REPORT = f"{OSLO}، وبحثا التعاون البحري.\n{BERGEN} في فبراير الماضي.\n{TAIL}."
NOT_THERE = "ووقع الوزيران اتفاقية دفاع مشترك في لشبونة"

UNRESOLVED = {"text": None, "start": None, "end": None, "approximate": False, "basis": "none"}


@cache
def prompt(name: str = "meeting/v1") -> Prompt:
    """A prompt of the project."""
    return prompts.load(name)


def official(country: str | None, name: str | None = None) -> dict[str, Any]:
    """A defence minister."""
    return {"name": name, "role_code": "defence_minister", "country": country, "part": "participant"}


def meeting(*quotes: str, **changes: object) -> dict[str, Any]:
    """A record of two ministers, shown by these quotes (by one of the report if none is given)."""
    record = {
        "evidence": list(quotes or (OSLO,)),
        "summary": "Two ministers met.",
        "mention": "focus",
        "status": "held",
        "format": "in_person",
        "date": UNRESOLVED,
        "participants": [official("NOR", "أولا هانسن"), official("PRT", "روي سيلفا")],
    }
    return record | changes


def in_bergen(**changes: object) -> dict[str, Any]:
    """A record of the report's second meeting."""
    people = [official("PRT", "مانويل كوستا"), official("NOR", "إريك لوند")]
    return meeting(BERGEN, participants=people, **changes)


def when(start: str | None, end: str | None = None, basis: str = "explicit", text: str | None = None) -> dict[str, Any]:
    """A date."""
    return {"text": text, "start": start, "end": end or start, "approximate": False, "basis": basis}


def answer(*meetings: object, **head: object) -> str:
    """What a model says when it records these meetings."""
    return json.dumps({**head, "meetings": meetings}, ensure_ascii=False)


def document(text: str = REPORT, name: str = "report-1", published: str | None = None) -> Document:
    """The report as a document."""
    return Document(id=name, text=text, published=published)


def judged(
    said: str | Completion, *, report: str = REPORT, published: str | None = None, task: str = "meeting/v1"
) -> Verdict:
    """The verdict on an answer about the report."""
    completion = Completion(text=said) if isinstance(said, str) else said
    return judge(completion, prompt(task), document(report, published=published), Text(report))


class Model:
    """A model that says these things one after the other, whatever it is asked; an exception is raised."""

    def __init__(self, *script: str | Completion | BaseException) -> None:
        self.asked: list[tuple[Request, Label]] = []
        self._script = list(script)

    async def __call__(self, request: Request, label: Label) -> Completion:
        """Say the next thing."""
        self.asked.append((request, label))
        said = self._script.pop(0)
        if isinstance(said, BaseException):
            raise said
        return Completion(text=said) if isinstance(said, str) else said


def asking(options: Mapping[str, Any] | None = None, **fields: Any) -> Request:
    """The first request about the report."""
    usual = {"model": "m", "messages": prompt().messages(document(), "json_schema"), "form": prompt().form}
    return Request(**{**usual, "options": options or {}, **fields})
