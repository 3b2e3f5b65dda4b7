"""Find the JSON answer in what a model said."""

from __future__ import annotations

import json
import re

from extract.errors import ReplyError
from extract.request import Completion

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHT = re.compile(r"<(think|thinking|reasoning)>", re.IGNORECASE)
_CLOSE_THOUGHT = re.compile(r"</(think|thinking|reasoning)>", re.IGNORECASE)
_OBJECT = re.compile(r'\{\s*["}]')
_DECODER = json.JSONDecoder()
_HTML = re.compile(r"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)

CUT_REASONS = ("length", "max_tokens")


def answer_text(completion: Completion) -> str:
    """The JSON object that a completion holds, as text.

    Thoughts, fences and prose around it are taken off; an object that stands only in the
    reasoning is taken from there. Raises ReplyError of kind refusal, empty, truncated,
    html, prose or several.
    """
    if completion.refusal or completion.finish == "content_filter":
        said = completion.refusal or "its content filter stopped the answer"
        raise ReplyError(f"the model refused: {shorten(said)}", kind="refusal")
    text = _without_thoughts(completion.text)
    if not text and completion.reasoning:
        text = _without_thoughts(completion.reasoning)
        text = text if "{" in text else ""
    if not text:
        if is_cut(completion):
            raise ReplyError(_CUT, kind="truncated")
        raise ReplyError("the answer is empty; give the JSON object", kind="empty")
    return _object_in(text, completion)


_CUT = (
    "the answer was cut at the token limit before it ended; raise --max-tokens, "
    "give the server a longer context, or ask for one record type at a time"
)


def is_cut(completion: Completion) -> bool:
    """Whether the endpoint says that the answer met a token limit."""
    return completion.finish in CUT_REASONS


def shorten(text: str, limit: int = 160) -> str:
    """`text` on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _without_thoughts(text: str) -> str:
    text = text.strip()
    if text.startswith("{"):
        return text
    text = _THOUGHT.sub("", text)
    if _OPEN_THOUGHT.search(text) is None:
        # Some servers strip the opening tag with the prompt and leave the closing one.
        text = _CLOSE_THOUGHT.split(text)[-1]
    elif text.lstrip().startswith("<"):
        # A thought that never ends leaves no answer.
        return ""
    return text.strip()


def _object_in(text: str, completion: Completion) -> str:
    """The one JSON object in a text, whatever stands around it."""
    found: list[str] = []
    start = _OBJECT.search(text)
    while start:
        try:
            _, end = _DECODER.raw_decode(text, start.start())
        except ValueError as error:
            if is_cut(completion):
                raise ReplyError(_CUT, kind="truncated") from None
            if not found:
                raise ReplyError(f"the answer is not valid JSON: {error}", kind="broken") from None
            break
        found.append(text[start.start() : end])
        start = _OBJECT.search(text, end)
    if len(set(found)) > 1:
        raise ReplyError(f"the answer holds {len(found)} JSON objects; give one with everything", kind="several")
    if found and not text.startswith("["):
        return found[0]
    raise _no_object(text)


def _no_object(text: str) -> ReplyError:
    if _HTML.match(text):
        return ReplyError(f"the answer is a web page, not JSON: {shorten(text, 80)}", kind="html")
    if text.startswith("["):
        return ReplyError("the answer is a list; give one JSON object of the form asked for", kind="form")
    return ReplyError(f"the answer holds no JSON object: {shorten(text, 80)!r}", kind="prose")
