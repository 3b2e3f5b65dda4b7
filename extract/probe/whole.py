"""All that a few looks and about ten short requests can find out about an endpoint and a model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract.errors import EndpointError
from extract.probe import context, modes, options, speed, stream
from extract.probe.found import Found, Tried
from extract.probe.look import Looks, look, page
from extract.probe.telling import fault_of, looked, unknown_of
from extract.reply import shorten
from extract.request import Completion, Label, Mode, Request
from extract.secrets import hide
from extract.streaming import Streaming

if TYPE_CHECKING:
    from extract.client import Endpoint
    from extract.transport import Connection, Reply

# What was found before about this model, if anything.
Known = Callable[[str], Found | None]
# Faults that every further request would meet.
_HOPELESS = frozenset({"refused", "key", "quota"})
# Is told what is done next.
Say = Callable[[str], None]


async def probe(endpoint: Endpoint, model: str | None, given: Mapping[str, Any], *, known: Known, say: Say) -> Found:
    """What there is to find out; what is known already of the same version of the server is not asked again.

    `given` are the options that a run would send. EndpointError if nothing answers at all; any other fault is a line
    of what was found.
    """
    from extract.faults import from_connection
    from extract.route import Unanswered
    from extract.transport import Connection

    try:
        connection = Connection(endpoint)
    except Unanswered as error:
        raise from_connection(error, endpoint) from None
    try:
        say("looking")
        looks = await look(connection, endpoint)
        if looks.fault is not None:
            raise from_connection(looks.fault, endpoint)
        found, listed = looked(endpoint, looks, model)
        if found.faults:
            return found
        old = known(found.model)
        if old is not None and old.is_whole and (old.server, old.version) == (found.server, found.version):
            return old
        return await _Asker(connection, endpoint, say).ask(found, looks, listed, dict(given))
    finally:
        await connection.close()


class _Asker:
    """Asks over one connection, each request once, and keeps what came as it came."""

    def __init__(self, connection: Connection, endpoint: Endpoint, say: Say) -> None:
        self._connection, self._endpoint, self._say = connection, endpoint, say
        self._streaming = Streaming()
        self._first_token_s: float | None = None
        self._requests = 0
        self._last: speed.Answer | None = None
        self._errors: list[EndpointError] = []

    async def ask(self, found: Found, looks: Looks, listed: Mapping[str, Any] | None, given: dict[str, Any]) -> Found:
        """What was found, and what the model's answers show."""
        try:
            self._say("asking for a first answer, which may have to wait until the model is loaded")
            first, changed = await self._first(found.model, given)
            sent = options.applied(given, changed)
            second = await self._answer(speed.question(found.model, sent))
            answers = [first, second]
            found = replace(
                found,
                settings=changed,
                speed=speed.measured(first, second),
                usage=speed.usage(answers),
                answered_as=second.completion.model,
            )
            tried: dict[Mode, Tried] = {}
            for mode in modes.ORDER:
                self._say(f"trying the mode {mode}")
                tried[mode] = await self._mode(mode, found.model, sent)
                answers += [self._last] if self._last is not None else []
                found = replace(found, modes=tried, mode=modes.chosen(tried), thinking=speed.thinking(answers))
            streaming = await self._streamed(found.model, sent)
            found = replace(found, streaming=streaming, first_token_s=self._first_token_s)
            size, by = await self._context(found, looks, listed, sent)
            found = replace(found, is_whole=True, context=size, context_by=by)
        except EndpointError as error:
            found = replace(found, mode=None, faults=(fault_of(error, found),))
        return replace(found, requests=self._requests, unknown=tuple(unknown_of(found)))

    async def __call__(self, request: Request, label: Label) -> Completion:  # noqa: ARG002  all that answers take one
        """The completion of a request that is sent once; EndpointError if there is none."""
        return await self._sent(request, is_streamed=self._endpoint.is_streamed)

    async def post(self, content: bytes, *, is_streamed: bool = False) -> Reply:
        """Send and count a request; Unanswered if no whole reply comes back."""
        self._requests += 1
        return await self._connection.post(content, is_streamed=is_streamed)

    async def _sent(self, request: Request, *, is_streamed: bool) -> Completion:
        from extract.client import content, read
        from extract.faults import from_connection, from_http
        from extract.route import Unanswered

        self._last = None
        started = time.perf_counter()
        try:
            try:
                body = content(request)
                reply = await (self._streaming.post(self, body, request.options) if is_streamed else self.post(body))
            except Unanswered as error:
                raise from_connection(error, self._endpoint) from None
            seconds = time.perf_counter() - started
            data = hide(reply.data.decode("utf-8", "replace"), self._endpoint.secrets).encode()
            if reply.status >= 300:
                raise from_http(reply.status, data, reply.headers, self._endpoint, request)
            completion = read(data, self._endpoint, request, latency_s=seconds)
        except EndpointError as error:
            self._errors.append(error)
            raise
        self._first_token_s = round(reply.first_token_s, 3) if reply.first_token_s is not None else None
        value = json.loads(data)
        self._last = speed.Answer(completion, value["choices"][0]["message"], value.get("usage"))
        return completion

    async def _first(self, model: str, given: dict[str, Any]) -> tuple[speed.Answer, dict[str, Any]]:
        """The first answer, and which settings had to be changed to get one."""
        changed: dict[str, Any] = {}
        while True:
            try:
                return await self._answer(speed.question(model, options.applied(given, changed))), changed
            except EndpointError as error:
                further = options.cure(error, options.applied(given, changed))
                if not further or len(changed) > 2:
                    raise
                changed |= further

    async def _answer(self, request: Request) -> speed.Answer:
        await self(request, modes.LABEL)
        assert self._last is not None  # noqa: S101  there was no error
        return self._last

    async def _mode(self, mode: Mode, model: str, sent: Mapping[str, Any]) -> Tried:
        try:
            return await modes.attempt(self, mode, model, sent)
        except EndpointError as error:
            if error.kind in _HOPELESS:
                raise
            return Tried("failed", str(error))

    async def _streamed(self, model: str, sent: Mapping[str, Any]) -> str:
        """What came of a question whose answer was to be streamed."""
        self._say("asking for a streamed answer")
        self._first_token_s = None
        try:
            completion = await self._sent(stream.question(model, sent), is_streamed=True)
        except EndpointError as error:
            if error.kind in _HOPELESS:
                raise
            return f"failed: {shorten(str(error), 200)}"
        return stream.judged(self._streaming.way, self._first_token_s, completion)

    async def _context(
        self, found: Found, looks: Looks, listed: Mapping[str, Any] | None, sent: dict[str, Any]
    ) -> tuple[int | None, str]:
        if found.server == "Ollama":
            # It tells of a model only while that is loaded, which by now it is.
            looks = await self._again(looks, "/api/ps")
        size, by = context.said(looks, listed, found.model)
        request = context.question(found.server, found.model, sent)
        if size is None and request is not None:
            self._say("asking for too long an answer, to be told the context")
            try:
                await self(request, modes.LABEL)
            except EndpointError as error:
                if error.kind in _HOPELESS:
                    raise
        told = (context.in_error(f"{each.body} {each}") for each in self._errors)
        return (size, by) if size is not None else next((each for each in told if each[0]), (None, ""))

    async def _again(self, looks: Looks, path: str) -> Looks:
        from extract.route import Unanswered

        try:
            return Looks({**looks.pages, path: await page(self._connection, self._endpoint, path)})
        except Unanswered:
            return looks
