"""The endpoint: what goes there and comes back, and the one layer that tries again."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extract.errors import EndpointError
from extract.faults import from_connection, from_http, from_reply
from extract.pace import Pace
from extract.patience import Patience
from extract.reply import parted, recovered
from extract.request import Completion, Form, Label, Mode, Request, Usage
from extract.secrets import forms, hide, of_endpoint, of_headers
from extract.streaming import Streaming
from extract.tokens import estimate
from extract.warming import Warming, warm_up

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from extract.transport import Connection

Sleep = Callable[[float], Awaitable[None]]
# Is told the status, the headers (their names are found in any case) and the seconds of every reply, good or bad.
OnReply = Callable[[int, Mapping[str, str], float], None]

# Without a pace of somebody's, every request goes at once.
_UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to ask, and how patiently. `api_key` may be empty: local servers want none.

    `headers` go with each request; `is_azure` puts the key into the header that Azure reads. An answer has
    `first_token_timeout_s` to begin and then `timeout_s` to be whole, or without the former `timeout_s` for both.
    One that `is_streamed` begins with its first token, and then has `timeout_s` from each token to the next.
    To one that `is_cold` one tiny request goes ahead of many.
    """

    # Nothing that is secret is in the repr.
    base_url: str = field(repr=False)
    api_key: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_azure: bool = False
    is_cold: bool = False
    is_streamed: bool = False
    timeout_s: float = 600.0
    first_token_timeout_s: float | None = None
    connect_timeout_s: float = 5.0
    max_tries: int = 5

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nothing that is written or printed may hold."""
        return of_endpoint(self.base_url, self.api_key, *of_headers(self.headers))


class Client:
    """Sends requests to an OpenAI-compatible endpoint.

    Calling it returns the Completion or raises EndpointError. Faults that may pass are tried again, after the pause
    that the endpoint asks for or an exponential one, outside the slots of `pace`: a rate limit for half an hour (one
    that lasts longer is of kind "quota"), a lost connection for five minutes (fifteen seconds if there never was
    one), a broken one, a time-out, 408, 409 and 5xx `max_tries` times in all. While an endpoint that was there answers
    nobody, it is waited for, five minutes too, or as long as it asks for; when so many requests fail that chance alone
    would use up the tries, there are more.
    When the pace is hurried, Interrupted is raised in place of another try.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        sleep: Sleep | None = None,
        on_reply: OnReply | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.pace = pace or Pace(concurrency=_UNLIMITED)
        self._sleep = sleep if sleep is not None else self._rest
        self._on_reply = on_reply
        self._patience = Patience(endpoint.max_tries)
        self._secrets = endpoint.secrets
        looked_for = (form for secret in self._secrets if len(secret) >= 8 for form in forms(secret))
        self._hints = tuple(form.encode("utf-8", "replace") for form in looked_for)
        self._streaming = Streaming() if endpoint.is_streamed else None
        self._warming = Warming(self._warm) if endpoint.is_cold else None
        # When there was an answer last, in seconds of the epoch: an address that gave one ever is right.
        self.answered_at_s: float | None = None
        # Connections belong to the event loop that opened them: `asyncio.run` twice makes two.
        self._by_loop: dict[AbstractEventLoop, Connection] = {}

    async def __call__(self, request: Request, label: Label) -> Completion:  # noqa: ARG002  all that answers take one
        """Ask once and, where a fault may pass, again."""
        if self._warming is not None and self.answered_at_s is None:
            await self._warming.before(request.model)
        return await self._persist(request, self._try)

    async def _warm(self, model: str) -> Completion:
        # Past the pace: the time that a model takes to load says nothing of how many it answers at once.
        return await self._persist(warm_up(model), self._ask_for_a_sign)

    async def _ask_for_a_sign(self, request: Request) -> Completion:
        try:
            return await self._ask(request, is_paced=False)
        except EndpointError as error:
            if error.kind == "rate":
                # It is there, and has enough to do: that is all that was asked.
                return Completion(text="")
            raise

    async def _persist(self, request: Request, ask: Callable[[Request], Awaitable[Completion]]) -> Completion:
        try:
            return await ask(request)
        except EndpointError as error:
            if not _may_pass(error):
                raise
            return await self._again(request, error, ask)

    async def _again(
        self, request: Request, first: EndpointError, ask: Callable[[Request], Awaitable[Completion]]
    ) -> Completion:
        """Try until it is given up; the first try has failed already."""
        from tenacity import AsyncRetrying, retry_if_exception

        failed: list[EndpointError] = [first]
        began = time.monotonic()

        async def attempt() -> Completion:
            if failed:
                raise failed.pop()
            return await ask(request)

        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=self._patience.is_enough,
            wait=self._patience.pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except EndpointError as error:
            error.kind = self._patience.verdict(error, time.monotonic() - began)
            raise

    async def _rest(self, seconds: float) -> None:
        await self.pace.rest(seconds, or_answer=self._patience.is_away)

    async def _try(self, request: Request) -> Completion:
        async with self.pace.slot(_tokens(request) if self.pace.counts_tokens else 0):
            try:
                return await self._ask(request)
            except EndpointError as error:
                if error.kind == "timeout":
                    self.pace.timed_out()
                if error.retryable:
                    self._patience.failed(id(request), error.kind, error.retry_after_s)
                raise

    def _heard(self, status: int, headers: Mapping[str, str], latency_s: float, *, is_paced: bool) -> None:
        self._patience.heard()
        if status == 429 or (status == 503 and "retry-after" in headers):
            self.pace.refused(headers, latency_s)
        elif status < 300:
            self._patience.answered()
            if is_paced:
                self.pace.answered(headers, latency_s)
        if self._on_reply is not None:
            self._on_reply(status, headers, latency_s)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        from asyncio.events import get_running_loop

        connection = self._by_loop.pop(get_running_loop(), None)
        if connection is not None:
            await connection.close()

    async def _ask(self, request: Request, *, is_paced: bool = True) -> Completion:
        from extract.route import Unanswered

        sent = content(request)
        started = time.perf_counter()
        try:
            if self._streaming is None:
                reply = await self._connection().post(sent)
            else:
                reply = await self._streaming.post(self._connection(), sent, request.options)
        except Unanswered as error:
            raise from_connection(error, self.endpoint) from error
        latency_s = time.perf_counter() - started
        self._heard(reply.status, reply.headers, latency_s, is_paced=is_paced)
        data = self._hidden(reply.data)
        if reply.status >= 300:
            raise from_http(reply.status, data, reply.headers, self.endpoint, request)
        return self._read(data, request, latency_s)

    def _read(self, data: bytes, request: Request, latency_s: float) -> Completion:
        try:
            completion = read(data, self.endpoint, request, latency_s=latency_s)
        except EndpointError as error:
            if error.kind == "path" and self.answered_at_s is not None:
                # The address has answered before: it is right, and the page is that of a gateway in trouble.
                error.kind, error.retryable = "not_json", True
            raise
        self.answered_at_s = time.time()
        return completion

    def _hidden(self, data: bytes) -> bytes:
        """A reply without our secrets: what is in an answer gets into caches and recordings."""
        if not any(hint in data for hint in self._hints):
            return data
        return hide(data.decode("utf-8", "surrogateescape"), self._secrets).encode("utf-8", "surrogateescape")

    def _connection(self) -> Connection:
        from asyncio.events import get_running_loop

        loop = get_running_loop()
        if loop not in self._by_loop:
            from extract.transport import Connection

            # A connection holds its loop: without this, neither would ever go.
            self._by_loop = {other: held for other, held in self._by_loop.items() if not other.is_closed()}
            self._by_loop[loop] = Connection(self.endpoint)
        return self._by_loop[loop]


def _tokens(request: Request) -> int:
    """Tokens that a request will use up, about: its own, and the longest answer that it allows."""
    longest = request.options.get("max_tokens")
    own = sum(estimate(str(message.get("content") or "")) for message in request.messages)
    return own + (longest if isinstance(longest, int) else 0)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def content(request: Request) -> bytes:
    """`body` as it goes over the wire; all but the messages is put into JSON once for the requests of a job."""
    if "messages" in request.options:
        return _encoded(_JSON.encode(body(request)))
    before, after = _around(request.model, request.form, request.mode, _JSON.encode({**request.options}))
    messages = [
        _message(message["role"], message["content"])
        if not index and _is_plain(message)
        else _encoded(_JSON.encode(message))
        for index, message in enumerate(request.messages)
    ]
    return before + b"[" + b",".join(messages) + b"]" + after


def _is_plain(message: Mapping[str, Any]) -> bool:
    return list(message) == ["role", "content"] and isinstance(message["content"], str)


@lru_cache(maxsize=64)
def _message(role: str, text: str) -> bytes:
    """The first message of a request, which all documents share."""
    return _encoded(_JSON.encode({"role": role, "content": text}))


@lru_cache(maxsize=64)
def _around(model: str, form: Form, mode: Mode, options: str) -> tuple[bytes, bytes]:
    """What stands before and after the messages."""
    sent = body(Request(model=model, messages=(), form=form, mode=mode, options=json.loads(options)))
    del sent["messages"]
    before, after = _JSON.encode({"model": sent.pop("model")}), _JSON.encode(sent)
    return _encoded(f'{before[:-1]},"messages":'), _encoded(f",{after[1:]}" if sent else "}")


def _encoded(text: str) -> bytes:
    # An answer that is shown again may hold half a surrogate pair; its backslash form is valid JSON.
    return text.encode("utf-8", "backslashreplace")


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
    thought, text = parted(_said(message))
    return recovered(
        Completion(
            text=text,
            finish=_text(choice.get("finish_reason")) or "stop",
            refusal=_text(message.get("refusal")),
            reasoning="\n".join(filter(None, (_reasoning(message), thought))) or None,
            model=_text(reply.get("model")) or "",
            usage=_usage(reply.get("usage")),
            latency_s=latency_s,
        )
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _reasoning(message: Mapping[str, Any]) -> str | None:
    """What the model thought, where the server keeps it apart."""
    said = _text(message.get("reasoning")) or _text(message.get("reasoning_content"))
    content = message.get("content")
    if said or not isinstance(content, list):
        return said
    # Mistral's parts: {"type": "thinking", "thinking": [{"type": "text", "text": ...}]}
    thoughts = [part.get("thinking") for part in content if isinstance(part, dict)]
    pieces = (piece for thought in thoughts if isinstance(thought, list) for piece in thought)
    return "".join(_text(piece.get("text")) or "" for piece in pieces if isinstance(piece, dict)) or None


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
    return isinstance(error, EndpointError) and error.retryable
