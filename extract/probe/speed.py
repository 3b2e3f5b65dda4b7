"""How fast short answers come, and what comes with them: thoughts, and counts of tokens that can be believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract.probe.found import Measured
from extract.request import Completion, Form, Request
from extract.tokens import estimate

_QUESTION = "Write the English words for the numbers from one to forty, separated by commas, and nothing else."
_LONGEST = 256
_TAG = re.compile(r"</?(think|thinking|reasoning)>", re.IGNORECASE)
_FIELDS = ("reasoning", "reasoning_content")
# A chat template, and the words that a service puts before ours.
_AROUND = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion, with its message and its usage as they came."""

    completion: Completion
    message: Mapping[str, Any]
    usage: Any = None


def question(model: str, options: Mapping[str, Any]) -> Request:
    """The question that is asked twice."""
    from extract.probe.modes import capped

    messages = ({"role": "user", "content": _QUESTION},)
    return Request(model=model, messages=messages, form=Form("", {}), mode="md_json", options=capped(options, _LONGEST))


def measured(first: Answer, second: Answer) -> Measured:
    """How long both took; tokens are those of the second, estimated where they were not counted."""
    counted = second.completion.usage.completion
    tokens = counted if counted is not None else _estimated(second)
    first_s, second_s = (round(answer.completion.latency_s or 0, 3) for answer in (first, second))
    return Measured(first_s, second_s, tokens, is_counted=counted is not None)


def thinking(answers: list[Answer]) -> str:
    """Where the model's thoughts stand: in its answer, in a field of their own, nowhere."""
    fields = [name for name in _FIELDS if any(answer.message.get(name) for answer in answers)]
    tags = [
        match[1].lower()
        for answer in answers
        if isinstance(content := answer.message.get("content"), str) and (match := _TAG.search(content))
    ]
    places = [f"<{tag}> in the answer itself (taken off)" for tag in tags[:1]]
    return " and ".join([*places, *(f"in the field {name}" for name in fields)]) or "none seen"


def usage(answers: list[Answer]) -> str:
    """Whether tokens are counted, and whether the counts can be those of what was asked and answered."""
    counts = [answer.completion.usage for answer in answers]
    if any(count.prompt is None or count.completion is None for count in counts):
        return "not counted: no cost is known, --max-cost and --max-total-tokens stop nothing"
    asked = estimate(_QUESTION)
    for answer, count in zip(answers, counts, strict=True):
        prompt, said = count.prompt or 0, _estimated(answer)
        completion = count.completion or 0
        if not asked / 2 <= prompt <= 2 * asked + _AROUND:
            return f"not believable: {prompt:,} tokens for a question of about {asked}"
        # Thoughts may be counted and not shown.
        if completion < said / 3 or (said > 20 and completion > 5 * said and not answer.completion.reasoning):
            return f"not believable: {completion:,} tokens for an answer of about {said}"
    return "counted, believable"


def _estimated(answer: Answer) -> int:
    return estimate(answer.completion.text) + estimate(answer.completion.reasoning or "")
