"""Find the JSON answer in what a model said."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace

from extract.errors import ReplyError
from extract.request import Completion

_THOUGHT = re.compile(r"<(/?)(think|thinking|reasoning)>", re.IGNORECASE)
_OPENING = re.compile(r"\s*<(think|thinking|reasoning)>", re.IGNORECASE)
_OBJECT = re.compile(r'\{\s*["}]')
_DECODER = json.JSONDecoder()
_HTML = re.compile(r"<(!doctype|html|head|body)\b", re.IGNORECASE)
# A reply in JSON may hold half of a surrogate pair, which no UTF-8 can carry on.
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

RECOVERED = "[the answer stood here, and not in the content]"
CUT_REASONS = ("length", "max_tokens")


def answer_text(completion: Completion) -> str:
    """The JSON object that a completion holds, as text.

    Thoughts, fences and prose around it are taken off; an object that stands only in the
    reasoning is taken from there. Raises ReplyError of kind refusal, empty, truncated,
    broken, html, form, prose or several.
    """
    if completion.refusal or completion.finish == "content_filter":
        said = completion.refusal or "its content filter stopped the answer"
        raise ReplyError(f"the model refused: {shorten(said)}", kind="refusal")
    text = _without_halves(completion.text).strip()
    if is_object(text):
        return text
    text = _outside(text).strip()
    if not text and completion.reasoning:
        text = _without_thoughts(completion.reasoning)
        text = text if "{" in text else ""
    found = _objects_in(text, is_cut(completion))
    if not found or text.startswith("["):
        raise _no_object(text, is_cut(completion))
    if len(found) > 1:
        raise ReplyError(f"the answer holds {len(found)} JSON objects; give one with everything", kind="several")
    return found[0]


_CUT = (
    "the answer was cut at the token limit before it ended; raise --max-tokens, "
    "give the server a longer context, or ask for one record type at a time"
)


def is_cut(completion: Completion) -> bool:
    """Whether the endpoint says that the answer met a token limit."""
    return completion.finish in CUT_REASONS


def shorten(text: str, limit: int = 160) -> str:
    """`text` on one line that any terminal and file takes, cut to `limit` characters."""
    line = _CONTROL.sub("\ufffd", " ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def is_object(text: str) -> bool:
    """Whether a text is one JSON object and nothing else."""
    try:
        return text.startswith("{") and _DECODER.raw_decode(text)[1] == len(text)
    except (ValueError, RecursionError):
        return False


def parted(said: str) -> tuple[str, str]:
    """What a model thought aloud at the start of its answer, tags included, and the rest of it.

    A thought that never ends is all there is. Of one that the server kept only the end of, the end begins the rest.
    """
    bare = said.strip("\ufeff \n\r\t")
    if "<" not in bare or is_object(bare):
        return "", said
    end = 0
    while opening := _OPENING.match(bare, end):
        closing = re.compile(f"</{opening[1]}>", re.IGNORECASE).search(bare, opening.end())
        if closing is None:
            return bare, ""
        end = closing.end()
    if not end:
        end = _headless(bare)
    return (bare[:end], bare[end:].lstrip()) if end else ("", said)


def _headless(text: str) -> int:
    """Where a thought ends whose opening tag the server stripped with the prompt; 0 if there is none."""
    tag = _THOUGHT.search(text)
    is_answer = text.startswith(("{", "[", "`"))
    return tag.end() if tag and tag[1] and not is_answer and tag.end() <= text.rfind("{") else 0


def recovered(completion: Completion) -> Completion:
    """The completion with the answer as its text where the server took it for the end of the thoughts.

    The reasoning says so. What was cut, or stands in the middle of thoughts, was a draft and no answer.
    """
    thought = completion.reasoning
    if completion.text.strip() or not thought or completion.refusal or is_cut(completion):
        return completion
    open_text = _without_thoughts(thought).removesuffix("```").rstrip()
    if not open_text.endswith("}"):
        return completion
    with suppress(ReplyError):
        *_, last = _objects_in(open_text, False) or [""]
        if last and open_text.endswith(last):
            head = thought[: thought.rindex(last)].rstrip().removesuffix("```json").rstrip()
            return replace(completion, text=last, reasoning=f"{head}\n{RECOVERED}".lstrip())
    return completion


def _without_halves(said: str) -> str:
    try:
        said.encode()  # much cheaper than to look for what is hardly ever there
    except UnicodeEncodeError:
        return _HALF_PAIR.sub("\ufffd", said)
    return said


def _without_thoughts(said: str) -> str:
    text = _without_halves(said).strip()
    # A quote in an answer may hold the tags themselves.
    return text if is_object(text) else _outside(text).strip()


def _outside(text: str) -> str:
    """What stands outside of thoughts; of one that never ends, nothing, unless something stands before it."""
    kept: list[str] = []
    thought, start, last_object = "", 0, text.rfind("{")
    for tag in _THOUGHT.finditer(text):
        is_end, name = tag[1] == "/", tag[2].lower()
        if thought:
            # Only its own tag ends a thought.
            if is_end and name == thought:
                thought, start = "", tag.end()
            continue
        if not is_end:
            thought = name
        elif tag.end() <= last_object:
            # Some servers strip the opening tag with the prompt and leave the closing one.
            kept, start = [], tag.end()
            continue
        kept.append(text[start : tag.start()])
        start = tag.end()
    is_hidden = thought and not "".join(kept).strip()
    return "" if is_hidden else "".join(kept) + text[start:]


def _objects_in(text: str, is_cut: bool) -> list[str]:
    """The different JSON objects in a text, whatever stands around them."""
    if _HTML.match(text):
        return []
    found: list[tuple[object, str]] = []
    start = _OBJECT.search(text)
    while start:
        try:
            value, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            if found:
                # The start of a second object takes nothing from the first.
                break
            rest = text[start.start() :]
            if is_cut:
                raise ReplyError(_CUT, kind="truncated", rest=rest) from None
            raise ReplyError(f"the answer is not valid JSON: {_reason(error)}", kind="broken", rest=rest) from None
        if value not in [other for other, _ in found]:
            found.append((value, text[start.start() : end]))
        start = _OBJECT.search(text, end)
    return [piece for _, piece in found]


def _reason(error: ValueError | RecursionError) -> str:
    """What is wrong with some JSON, and where."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if not isinstance(error, json.JSONDecodeError):
        return "a number in it has too many digits"
    near = error.doc[max(0, error.pos - 30) : error.pos + 10]
    return f"{error.msg} at the end of {near!r}" if error.pos >= len(error.doc) else f"{error.msg} near {near!r}"


def _no_object(text: str, is_cut: bool) -> ReplyError:
    if _HTML.match(text):
        return ReplyError(f"the answer is a web page, not JSON: {shorten(text, 80)}", kind="html")
    if is_cut:
        return ReplyError(_CUT, kind="truncated")
    if not text:
        return ReplyError("the answer is empty; give the JSON object", kind="empty")
    if text.startswith("["):
        return ReplyError("the answer is a list; give one JSON object of the form asked for", kind="form")
    return ReplyError(f"the answer holds no JSON object: {shorten(text, 80)!r}", kind="prose")
