"""A model's context, and what of it a request takes and leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil

from extract.errors import EndpointError
from extract.request import Form, Message, Request
from extract.tokens import estimate

# What a chat template adds to each message, and to the whole.
_PER_MESSAGE, _PER_REQUEST = 8, 16
# No answer with a record in it is shorter.
LEAST_ANSWER = 192
# What lengths of answers are rounded down to.
_ROUND = 64
# Where the endpoint decides how long an answer may be, room is left for one of this length.
_USUAL_ANSWER = 4096
# Of what a context leaves beside the prompt, the text's part: where much happens, the records take twice as many tokens
# as the text that tells it, and a re-ask has to find room for them twice.
_SHARE_OF_TEXT = 0.4
# An answer that mends another may be longer, and what a re-ask adds to a prompt is denser than the rest of it.
_LONGER, _CAREFUL = 1.2, 1.05
# Counts beyond these are of something else.
_LEAST_DENSITY, _MOST_DENSITY = 0.8, 3.0
_NAMES = ("max_tokens", "max_completion_tokens")
_SMALLEST = 2048

_SAID = (
    re.compile(r'"n_ctx\\?"\s*:\s*(\d+)'),
    re.compile(r"context (?:size|length|window)\D{0,40}?(\d[\d,]*)", re.IGNORECASE),
    re.compile(r"maximum context\D{0,40}?(\d[\d,]*)", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Room:
    """A context of so many tokens; `density` is how many real tokens an estimated one may be."""

    context: int
    density: float = 1.1

    def tokens(self, request: Request) -> int:
        """The most tokens that a request's prompt may be."""
        sizes = sum(_PER_MESSAGE + self.density * _size(_said(message)) for message in request.messages)
        tools = self.density * _form_size(request.form) if request.mode == "tools" else 0
        return ceil(_PER_REQUEST + sizes + tools)

    def fits(self, request: Request) -> bool:
        """Whether a request and the longest answer that it allows fit."""
        return self.tokens(request) + longest_answer(request) <= self.context

    def lowered(self, request: Request, *, least: float = LEAST_ANSWER) -> Request | None:
        """The request with no longer an answer than there is room for; None if there is room for none of `least`."""
        left = self.context - self.tokens(request)
        if left - left % _ROUND < least:
            return None
        names = [name for name in _NAMES if isinstance(request.options.get(name), int)]
        if all(request.options[name] <= left for name in names):
            return request
        # A round number: a word more or less in our own text is no other request.
        lower = left - left % _ROUND
        return replace(request, options={**request.options, **dict.fromkeys(names, lower)})

    def for_text(self, bare: Request) -> float:
        """Estimated tokens that a report may have, beside a request without one.

        The longest answer has its place first, but no more than its share: a short report has a short answer.
        """
        left = self.context - self.tokens(bare)
        return max(left - longest_answer(bare), _SHARE_OF_TEXT * left) / self.density

    def for_answer(self, like: str) -> int:
        """The tokens that an answer may have which mends one like this."""
        return max(LEAST_ANSWER, ceil(_LONGER * self.density * _size(like)))

    def measured(self, request: Request, counted: int | None) -> Room:
        """The same room for prompts like one of which the endpoint has counted the tokens."""
        estimated = (self.tokens(request) - _PER_REQUEST - _PER_MESSAGE * len(request.messages)) / self.density
        if counted is None or estimated <= 0:
            return self
        return replace(self, density=min(max(_CAREFUL * counted / estimated, _LEAST_DENSITY), _MOST_DENSITY))

    def tighter(self) -> Room:
        """For an endpoint that has shown that its tokens are more than was thought."""
        return replace(self, density=1.5 * self.density)


def longest_answer(request: Request) -> int:
    """Tokens of the longest answer that a request allows."""
    given = [value for name in _NAMES if isinstance(value := request.options.get(name), int)]
    return max(given, default=_USUAL_ANSWER)


def shortest(request: Request) -> Request:
    """The request for an answer of one token; where the endpoint decides how long answers may be, as it is."""
    names = [name for name in _NAMES if isinstance(request.options.get(name), int)]
    return replace(request, options={**request.options, **dict.fromkeys(names, 1)})


def refused(error: EndpointError, request: Request) -> Room:
    """The room that an endpoint has, by the error it gave: said there, or the next common one below the prompt."""
    for pattern in _SAID:
        if found := pattern.search(f"{error.body} {error}"):
            return Room(int(found[1].replace(",", "")))
    size = Room(0).tokens(request)
    return Room(max(_SMALLEST, 1 << max(size - 1, 1).bit_length() - 1))


def _said(message: Message) -> str:
    calls = message.get("tool_calls")
    return f"{message.get('content') or ''}{_arguments(calls) if calls else ''}"


def _arguments(calls: list[Mapping[str, Mapping[str, str]]]) -> str:
    return "".join(call["function"]["arguments"] for call in calls)


@lru_cache(maxsize=16)
def _size(text: str) -> int:
    return estimate(text)


@lru_cache(maxsize=8)
def _form_size(form: Form) -> int:
    return estimate(json.dumps(form.schema, ensure_ascii=False))
