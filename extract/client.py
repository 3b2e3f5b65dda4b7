"""The endpoint: the one door to openai, and the one layer that tries again."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extract.errors import EndpointError
from extract.faults import from_openai, from_reply
from extract.request import Completion, Label, Request, Usage

if TYPE_CHECKING:
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
    (refused connection, 408, 409, 429, 5xx, time-out) are tried again, `max_tries` in all,
    after the pause that the endpoint asks for or an exponential one.
    """

    def __init__(self, endpoint: Endpoint, *, sleep: Sleep | None = None) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        self._openai: AsyncOpenAI | None = None

    async def __call__(self, request: Request, label: Label) -> Completion:  # noqa: ARG002  all that answers take one
        """Ask once and, where a fault may pass, again."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        options: dict[str, Any] = {"sleep": self._sleep} if self._sleep else {}
        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(self.endpoint.max_tries),
            wait=_pause,
            reraise=True,
            **options,
        )
        return await retrying(self._ask, request)

    async def close(self) -> None:
        """Close the connections; a client that was dropped unclosed can stall later ones."""
        if self._openai is not None:
            await self._openai.close()
            self._openai = None

    async def _ask(self, request: Request) -> Completion:
        import openai

        from extract.transport import response_type

        content = json.dumps(body(request), ensure_ascii=False, separators=(",", ":")).encode()
        started = time.perf_counter()
        try:
            response = await self._connected().post(
                "/chat/completions",
                content=content,
                cast_to=response_type(),
                options={"headers": {"Content-Type": "application/json"}},
            )
        except openai.OpenAIError as error:
            raise from_openai(error, self.endpoint.base_url, request) from error
        return read(response.content, self.endpoint.base_url, latency_s=time.perf_counter() - started)

    def _connected(self) -> AsyncOpenAI:
        if self._openai is None:
            from extract.transport import connect

            self._openai = connect(self.endpoint)
        return self._openai


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


def read(data: bytes, base_url: str, *, latency_s: float | None = None) -> Completion:
    """The completion in a reply's body; EndpointError if it holds none."""
    try:
        reply = json.loads(data)
        choice = reply["choices"][0]
        message = choice["message"]
    except (ValueError, LookupError, TypeError) as error:
        raise from_reply(data, base_url) from error
    return Completion(
        text=_said(message),
        finish=choice.get("finish_reason") or "stop",
        refusal=message.get("refusal"),
        reasoning=message.get("reasoning") or message.get("reasoning_content"),
        model=reply.get("model") or "",
        usage=_usage(reply.get("usage")),
        latency_s=latency_s,
    )


def _said(message: Mapping[str, Any]) -> str:
    """The arguments of the calls, if it called; otherwise the content."""
    calls = message.get("tool_calls") or []
    arguments = [call["function"]["arguments"] for call in calls if call.get("function")]
    if arguments:
        texts = (text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) for text in arguments)
        return "\n".join(texts)
    content = message.get("content") or ""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return str(content)


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, Mapping):
        return Usage()
    details = usage.get("prompt_tokens_details")
    return Usage(
        prompt=usage.get("prompt_tokens"),
        completion=usage.get("completion_tokens"),
        cached=details.get("cached_tokens") if isinstance(details, Mapping) else None,
    )


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, EndpointError) and error.retryable


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: as asked for, else exponential with jitter up to a minute."""
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, EndpointError) else None
    if asked is not None:
        return min(asked, LONGEST_PAUSE_S)
    return wait_random_exponential(multiplier=1, max=60)(state)
