"""Files and batches of an endpoint: the one door to openai here, which is imported when something is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from extract.batch.place import place_of
from extract.client import Endpoint
from extract.errors import EndpointError
from extract.faults import from_connection, from_http, from_reply
from extract.request import Form, Request
from extract.secrets import forms, hide, mask

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError, AsyncOpenAI

T = TypeVar("T")

_WINDOW: Literal["24h"] = "24h"
_BEING_LOOKED_AT = frozenset({"pending", "running"})
_LOOK_AGAIN_S = 5.0
_LOOKS = 360
_NO_BATCHES = (
    "; an endpoint without the Batch API is asked with `mahdar run`, or reads the file of `mahdar batch export`; "
    "a batch is found with a key of the project that it was submitted in"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A batch as the endpoint describes it; `created_at` is in seconds since 1970."""

    id: str
    status: str
    created_at: int | None = None
    output_file: str | None = None
    error_file: str | None = None
    counts: dict[str, int]
    faults: list[str]


class Api:
    """Asks an endpoint for its files and batches. EndpointError says what went wrong and what to do.

    What makes something there is tried once: who tries again looks first whether it is there. `close` it in the
    event loop that used it.
    """

    def __init__(
        self, endpoint: Endpoint, model: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._endpoint, self._sleep = endpoint, sleep
        self._place = place_of(endpoint)
        # What is said of a fault names the model.
        self._about = Request(model=model, messages=(), form=Form("", {}))
        self._once: AsyncOpenAI | None = None

    async def upload(self, path: Path, name: str) -> str:
        """Upload a file of requests under a name; gives its id."""
        with path.open("rb") as file:
            made = await self._asked(self._client().files.create(file=(name, file), purpose="batch"))
        return str(self._has(made, "id").id)

    async def find_file(self, name: str) -> str | None:
        """The id of an uploaded file by its name, or None."""

        def named(file: Any) -> str | None:
            return str(file.id) if file.filename == name else None

        return await self._first(self._patient().files.list(purpose="batch"), named)

    async def processed(self, file_id: str) -> None:
        """Wait until a batch may be made of an uploaded file: Azure refuses one while it still looks at the file.

        Half an hour at most; EndpointError for a file that it finds fault with.
        """
        for _ in range(_LOOKS if self._endpoint.is_azure else 0):
            file = self._has(await self._asked(self._patient().files.retrieve(file_id)), "id")
            if file.status not in _BEING_LOOKED_AT:
                self._not_refused(file)
                return
            await self._sleep(_LOOK_AGAIN_S)

    def _not_refused(self, file: Any) -> None:
        if file.status == "error":
            said = self._hidden(str(file.status_details or "no reason given"))
            raise EndpointError(f"{file.filename}: the endpoint refused this file of requests: {said}", kind="request")

    async def create(self, file_id: str, name: str) -> Remote:
        """Make a batch of an uploaded file."""
        making = self._client().batches.create(
            input_file_id=file_id,
            # openai's list of them lacks Azure's.
            endpoint=cast("Literal['/v1/chat/completions']", self._place.batch_url),
            completion_window=_WINDOW,
            metadata={"mahdar": name},
        )
        return self._remote(await self._asked(making))

    async def find_batch(self, file_id: str, name: str) -> Remote | None:
        """The batch that was made of a file, or None."""

        def mine(batch: Any) -> Remote | None:
            is_mine = batch.input_file_id == file_id or (batch.metadata or {}).get("mahdar") == name
            return self._remote(batch) if is_mine else None

        return await self._first(self._patient().batches.list(limit=100), mine)

    async def batch(self, id_: str) -> Remote:
        """A batch as it is now."""
        return self._remote(await self._asked(self._patient().batches.retrieve(id_)))

    async def cancel(self, id_: str) -> Remote:
        """End a batch; what is answered by then is kept."""
        return self._remote(await self._asked(self._patient().batches.cancel(id_)))

    async def download(self, file_id: str, path: Path) -> None:
        """Write a file's content to a path, whole or not at all, without our key should it be in there."""
        draft = path.with_name(f"{path.name}.tmp")
        long = (text for text in self._endpoint.secrets if len(text) >= 8)
        secrets = [(form.encode(), mask(text).encode()) for text in long for form in forms(text)]
        with self._told():
            async with self._patient().files.with_streaming_response.content(file_id) as response:
                with draft.open("wb") as file:
                    async for line in _lines(response.iter_bytes()):
                        for secret, hidden in secrets:
                            line = line.replace(secret, hidden)  # noqa: PLW2901  it is the line all the same
                        file.write(line)
        draft.replace(path)

    async def close(self) -> None:
        """Close the connections."""
        if self._once is not None:
            await self._once.close()
            self._once = None

    def _client(self) -> AsyncOpenAI:
        """A client that tries once."""
        if self._once is None:
            from extract.batch.wire import client_of
            from extract.route import Unanswered

            try:
                self._once = client_of(self._endpoint, self._place)
            except Unanswered as error:
                raise from_connection(error, self._endpoint) from None
        return self._once

    def _patient(self) -> AsyncOpenAI:
        """A client that tries again, for what makes nothing."""
        return self._client().with_options(max_retries=self._endpoint.max_tries - 1)

    async def _asked(self, asking: Awaitable[T]) -> T:
        with self._told():
            return await asking

    async def _first(self, items: AsyncIterable[Any], fits: Callable[[Any], T | None]) -> T | None:
        """What fits first in a list that comes page by page, or None; some servers give one page again and again."""
        seen: set[str] = set()
        with self._told():
            async for item in items:
                if item.id in seen:
                    break
                seen.add(item.id)
                if (found := fits(item)) is not None:
                    return found
        return None

    def _remote(self, batch: Any) -> Remote:
        self._has(batch, "id", "status")
        counts, errors = batch.request_counts, batch.errors
        return Remote(
            id=batch.id,
            status=batch.status,
            created_at=batch.created_at,
            # Azure says "" for none.
            output_file=batch.output_file_id or None,
            error_file=batch.error_file_id or None,
            counts={name: getattr(counts, name) or 0 for name in ("total", "completed", "failed")} if counts else {},
            faults=[self._hidden(error.message or error.code or "") for error in (errors and errors.data) or []],
        )

    def _has(self, value: Any, *names: str) -> Any:
        """A reply that has these texts: openai gives whatever came."""
        if not all(isinstance(getattr(value, name, None), str) for name in names):
            data = value if isinstance(value, str) else "{}"
            raise from_reply(data.encode(), self._endpoint, self._about)
        return value

    def _hidden(self, text: str) -> str:
        return hide(text, self._endpoint.secrets)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of openai as ours; theirs hold the headers, so they are not chained."""
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            raise self._of_status(error) from None
        except openai.APIConnectionError as error:
            raise self._of_connection(error) from None
        except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
            said = self._hidden(f"{type(error).__name__}: {error}")
            raise from_reply(said.encode(), self._endpoint, self._about) from None

    def _of_status(self, error: APIStatusError) -> EndpointError:
        response = error.response
        # The text of a streamed reply that was refused has been read by openai.
        made = from_http(error.status_code, response.content, response.headers, self._endpoint, self._about)
        if error.status_code not in (404, 405, 501):
            return made
        return EndpointError(f"{made}{_NO_BATCHES}", kind="path", status=made.status, body=made.body)

    def _of_connection(self, error: APIConnectionError) -> EndpointError:
        from extract.route import Unanswered

        cause = error.__cause__
        if isinstance(cause, Unanswered):
            return from_connection(cause, self._endpoint)
        name, said = type(cause).__name__, str(cause or error)
        if "CERTIFICATE" in said or "SSL" in said:
            unanswered = Unanswered("untrusted", said)
        elif name in ("ConnectError", "ConnectTimeout", "ProxyError", "PoolTimeout"):
            unanswered = Unanswered("unconnected", said)
        elif "Timeout" in name:
            unanswered = Unanswered("late", said)
        else:
            unanswered = Unanswered("unusable" if "URL" in name or "Protocol" in name[:11] else "broken", said)
        return from_connection(unanswered, self._endpoint)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Chunks as whole lines; the last one may be torn."""
    rest: list[bytes] = []
    async for chunk in chunks:
        *lines, last = chunk.split(b"\n")
        for line in lines:
            yield b"".join((*rest, line, b"\n"))
            rest.clear()
        rest.append(last)
    if last := b"".join(rest):
        yield last
