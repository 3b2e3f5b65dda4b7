"""Which modes an endpoint truly enforces; a status 200 proves nothing, so each is tried with a question.

The form asked for has a value that nobody would guess from the question: an answer that holds it was made to.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from extract.errors import EndpointError, ReplyError
from extract.probe.found import Tried
from extract.reply import answer_text, is_cut, is_object, shorten
from extract.request import Completion, Form, Label, Mode, Request

if TYPE_CHECKING:
    from asyncio import Task

# The first that is enforced is used: json_schema gave the best answers, md_json works wherever a model can write.
ORDER: tuple[Mode, ...] = ("json_schema", "tools", "json", "md_json")
VALUE = "qx7-lantern"
_PROPERTIES = {"colour": {"type": "string", "enum": [VALUE]}, "is_day": {"type": "boolean"}}
FORM = Form(
    "sky",
    {"type": "object", "properties": _PROPERTIES, "required": ["colour", "is_day"], "additionalProperties": False},
)
_BLIND = "What colour is a clear sky by day? Answer with one English word."
_QUESTIONS: Mapping[Mode, str] = {
    "json_schema": _BLIND,
    "tools": _BLIND,
    # OpenAI wants the word JSON in the question; that an object comes all the same shows that it had to.
    "json": "What colour is a clear sky by day? Answer with one short English sentence in plain words, without JSON.",
    "md_json": "What colour is a clear sky by day? Answer with a JSON object and nothing else. It has two keys: "
    f'"colour", for which the only value allowed is "{VALUE}", and "is_day", which is true or false.',
}
# Long enough for a model that thinks first, about little.
LONGEST = 1024
_LENGTHS = ("max_tokens", "max_completion_tokens")
LABEL = Label(document="probe", task="probe")

Ask = Callable[[Request, Label], Awaitable[Completion]]


def capped(options: Mapping[str, Any], longest: int = LONGEST) -> dict[str, Any]:
    """The options of a run, with answers no longer than this."""
    lower = {name: min(value, longest) for name in _LENGTHS if isinstance(value := options.get(name), int)}
    return {**options, **lower}


def request_for(mode: Mode, model: str, options: Mapping[str, Any]) -> Request:
    """The question that shows whether a mode is enforced."""
    messages = ({"role": "user", "content": _QUESTIONS[mode]},)
    return Request(model=model, messages=messages, form=FORM, mode=mode, options=capped(options))


def judge(mode: Mode, completion: Completion) -> Tried:
    """What an answer to that question shows."""
    if mode == "json":
        text = completion.text.strip()
        if is_object(text) or (is_cut(completion) and text.startswith("{")):
            return Tried("enforced", "a JSON object of any form")
    elif _has_form(completion):
        return Tried("followed" if mode == "md_json" else "enforced")
    if mode == "md_json" and _object(completion) is not None:
        return Tried("followed", "in part: a JSON object of another form")
    if is_cut(completion):
        return Tried("cut", "thoughts took all the tokens" if completion.reasoning else "it was too long")
    return Tried("ignored", f"it answered {shorten(completion.text, 40)!r}" if completion.text else "it said nothing")


async def attempt(ask: Ask, mode: Mode, model: str, options: Mapping[str, Any]) -> Tried:
    """Try one mode; EndpointError for what is no fault of the mode: a time-out, a key, a model, a server in trouble."""
    try:
        return judge(mode, await ask(request_for(mode, model, options), LABEL))
    except EndpointError as error:
        if error.kind == "mode" or (error.kind == "request" and error.status in (400, 422)):
            return Tried("refused", shorten(str(error).partition(": ")[2], 200))
        raise


async def first_enforced(ask: Ask, model: str, options: Mapping[str, Any]) -> tuple[Mode, dict[Mode, Tried]]:
    """The first mode that is enforced, and what came of those that were tried; mostly one request, at most three.

    Raises the EndpointError of the first request that fails for any reason but its mode.
    """
    tried: dict[Mode, Tried] = {}
    for mode in ORDER[:-1]:
        tried[mode] = await attempt(ask, mode, model, options)
        if tried[mode].outcome == "enforced":
            break
    return chosen(tried), tried


def chosen(tried: Mapping[Mode, Tried]) -> Mode:
    """The mode to use after these were tried."""
    for mode in ORDER:
        if mode in tried and tried[mode].outcome == "enforced":
            return mode
    # Not refused, and the prompt shows the form beside it: it costs nothing where it is not enforced.
    return "json_schema" if "json_schema" in tried and tried["json_schema"].outcome == "cut" else "md_json"


class Once:
    """Finds out a mode once, however many wait for it at the same time; after a fault the next to come tries anew."""

    def __init__(self, find: Callable[[], Coroutine[Any, Any, Mode]]) -> None:
        self._find = find
        self._task: Task[Mode] | None = None

    async def __call__(self) -> Mode:
        """The mode; EndpointError if the endpoint does not answer."""
        from asyncio import create_task, get_running_loop, shield

        if self._task is None or self._task.done() or self._task.get_loop() is not get_running_loop():
            self._task = create_task(self._find())
            # Whoever waited may have been given up; then nobody asks for its error.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await shield(self._task)


def _object(completion: Completion) -> dict[str, Any] | None:
    """The JSON object in an answer, if there is one."""
    try:
        value = json.loads(answer_text(completion))
    except (ReplyError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _has_form(completion: Completion) -> bool:
    value = _object(completion) or {}
    return value.keys() == _PROPERTIES.keys() and value["colour"] == VALUE and isinstance(value["is_day"], bool)
