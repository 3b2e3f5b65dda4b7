"""The endpoint: the one door to openai, and the one layer that tries again."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from extract.errors import EndpointError
from extract.faults import from_openai, from_reply
from extract.request import Completion, Label, Request, Usage

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from openai import AsyncOpenAI
    from tenacity import RetryCallState

Sleep = Callable[[float], Awaitable[None]]

# A pause that an endpoint asks for is honoured up to this; a longer one ends the request.
LONGEST_PAUSE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to ask, and how patiently. `api_key` may be empty: local servers want none."""

    base_url: str
    api_key: str = ""
    timeout_s: float = 600.0
    connect_timeout_s: float = 5.0
    max_tries: int = 5


class Client:
    """Sends requests to an OpenAI-compatible endpoint.

    Calling it returns the Completion or raises EndpointError; faults that may pass
    (no connection, a broken one, 408, 409, 429, 5xx, time-out) are tried again, `max_tries`
    in all, after the pause that the endpoint asks for or an exponential one.
    """

    def __init__(self, endpoint: Endpoint, *, sleep: Sleep | None = None) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        # Connections belong to the event loop that opened them: `asyncio.run` twice makes two.
        self._by_loop: WeakKeyDictionary[AbstractEventLoop, AsyncOpenAI] = WeakKeyDictionary()

    async def __call__(self, request: Request, label: Label) -> Completion:  # noqa: ARG002  all that answers take one
        """Ask once and, where a fault may pass, again."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        options: dict[str, Any] = {"sleep": self._sleep} if self._sleep is not None else {}
        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(self.endpoint.max_tries),
            wait=_pause,
            reraise=True,
            **options,
        )
        return await retrying(self._ask, request)

    async def close(self) -> None:
        """Close the connections of this event loop; a client that was dropped unclosed can stall later ones."""
        from asyncio import get_running_loop

        connected = self._by_loop.pop(get_running_loop(), None)
        if connected is not None:
            await connected.close()

    async def _ask(self, request: Request) -> Completion:
        import openai

        from extract.transport import response_type

        text = json.dumps(body(request), ensure_ascii=False, separators=(",", ":"))
        # An answer that is shown again may hold half a surrogate pair; its backslash form is valid JSON.
        content = text.encode("utf-8", "backslashreplace")
        connected = self._connected()
        started = time.perf_counter()
        try:
            response = await connected.post(
                "/chat/completions",
                content=content,
                cast_to=response_type(),
                options={"headers": {"Content-Type": "application/json"}},
            )
        except openai.OpenAIError as error:
            raise from_openai(error, self.endpoint, request) from error
        return read(response.content, self.endpoint, request, latency_s=time.perf_counter() - started)

    def _connected(self) -> AsyncOpenAI:
        from asyncio import get_running_loop

        loop = get_running_loop()
        if loop not in self._by_loop:
            from extract.transport import connect

            self._by_loop[loop] = connect(self.endpoint)
        return self._by_loop[loop]


def body(request: Request) -> dict[str, Any]:
    """The request as /chat/completions takes it."""
    sent: dict[str, Any] = {"model": request.model, "messages": list(request.messages)}
    form = request.form
    if request.mode == "json_schema":
        named = {"name": form.name, "schema": form.schema}
        sent["response_format"] = {"type": "json_schema", "json_schema": named}
    elif request.mode == "tools":
        function = {"name": form.name, "description": "Record what the report tells.", "parameters": form.schema}
        sent["tools"] = [{"type": "function", "function": function}]
        # llama.cpp takes a named function for "auto"; "required" it enforces.
        sent["tool_choice"] = "required"
        sent["parallel_tool_calls"] = False
    elif request.mode == "json":
        sent["response_format"] = {"type": "json_object"}
    return {**sent, **request.options}


def read(data: bytes, endpoint: Endpoint, request: Request, *, latency_s: float | None = None) -> Completion:
    """The completion in a reply's body; EndpointError if it holds none."""
    try:
        reply = json.loads(data)
        choice = reply["choices"][0]
        message = {**choice["message"]}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise from_reply(data, endpoint, request) from error
    if choice.get("error"):
        # OpenRouter gives a provider's fault inside a choice.
        raise from_reply(json.dumps(choice).encode(), endpoint, request)
    return Completion(
        text=_said(message),
        finish=_text(choice.get("finish_reason")) or "stop",
        refusal=_text(message.get("refusal")),
        reasoning=_text(message.get("reasoning")) or _text(message.get("reasoning_content")),
        model=_text(reply.get("model")) or "",
        usage=_usage(reply.get("usage")),
        latency_s=latency_s,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _said(message: Mapping[str, Any]) -> str:
    """The arguments of the calls, if it called; otherwise the content."""
    calls = message.get("tool_calls")
    functions = (call.get("function") for call in calls if isinstance(call, dict)) if isinstance(calls, list) else ()
    arguments = [function.get("arguments") for function in functions if isinstance(function, dict)]
    arguments = [argument for argument in arguments if argument]
    if arguments:
        texts = (text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) for text in arguments)
        return "\n".join(texts)
    content = message.get("content") or ""
    if isinstance(content, list):
        return "".join(_text(part.get("text")) or "" for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, Mapping):
        return Usage()
    details = usage.get("prompt_tokens_details")
    return Usage(
        prompt=_count(usage.get("prompt_tokens")),
        completion=_count(usage.get("completion_tokens")),
        cached=_count(details.get("cached_tokens")) if isinstance(details, Mapping) else None,
    )


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and value == value // 1 else None


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, EndpointError) and error.retryable and not (error.retry_after_s or 0) > LONGEST_PAUSE_S


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: as asked for, else exponential with jitter up to a minute."""
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, EndpointError) else None
    if asked is not None:
        return asked
    return wait_random_exponential(multiplier=1, max=60)(state)
