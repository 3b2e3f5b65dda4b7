"""Where answers come from: recordings, then the cache, then the endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from extract.cache import Cache
from extract.errors import ConfigError
from extract.fit import Fit
from extract.recordings import Recordings
from extract.request import Completion, Label, Request

Ask = Callable[[Request, Label], Awaitable[Completion]]


class Answers:
    """Gives each request its completion, and asks the endpoint only for what nobody knows.

    Without `ask` nothing is ever sent: what `recordings` does not hold raises ReplayMiss.
    With `is_recording` every completion is written to `recordings` too. An answer to a prompt that the endpoint
    has cut is neither kept nor recorded, and one that was kept before is not known; `fit` tells.
    """

    def __init__(
        self,
        *,
        ask: Ask | None = None,
        cache: Cache | None = None,
        recordings: Recordings | None = None,
        is_recording: bool = False,
        fit: Fit | None = None,
    ) -> None:
        if ask is None and recordings is None:
            raise ConfigError("no endpoint: give --base-url and --model, or replay recorded answers with --replay DIR")
        self._ask = ask
        self._cache = cache
        self._recordings = recordings
        self._is_recording = is_recording
        self.fit = fit or Fit()
        # Why answers cannot be kept any more: a job ends then, before it pays for more of them.
        self.fault: str | None = None
        self._is_flushing = False

    @property
    def is_offline(self) -> bool:
        """Whether no endpoint can be asked."""
        return self._ask is None

    def known(self, request: Request, label: Label) -> Completion | None:
        """The completion of a request that was asked before, or None."""
        found = self._recordings.find(request) if self._recordings else None
        if found is None and self._cache is not None:
            found = self._cache.get(request)
            if found is not None and self.fit.cut(request, found) is not None:
                return None
            if found is not None:
                self._record(request, found, label)
        return found

    async def __call__(self, request: Request, label: Label) -> Completion:
        """The completion of a request; EndpointError or ReplayMiss if there is none to be had."""
        found = self.known(request, label)
        if found is not None:
            return found
        if self._ask is None:
            assert self._recordings is not None  # noqa: S101  __init__ saw to it
            return self._recordings.replay(request, label)
        return await self._asked(request, label)

    async def unknown(self, request: Request, label: Label) -> Completion:
        """The same for a request that was found not to be known a moment ago."""
        if self._ask is None:
            return await self(request, label)
        return await self._asked(request, label)

    async def tried(self, request: Request, label: Label) -> None:
        """Ask the endpoint and keep nothing, to learn whether it takes the request; EndpointError if not."""
        if self._ask is not None:
            await self._ask(request, label)

    async def _asked(self, request: Request, label: Label) -> Completion:
        assert self._ask is not None  # noqa: S101  the callers looked
        completion = await self._ask(request, label)
        if self.fit.cut(request, completion) is not None:
            return completion
        self.fit.learn(request, completion)
        if self._cache is not None:
            self._keep(self._cache, request, completion, label)
        self._record(request, completion, label)
        return completion

    def _keep(self, cache: Cache, request: Request, completion: Completion, label: Label) -> None:
        """Put an answer into the cache, with all others that came in the same turn of the event loop."""
        from asyncio import get_running_loop

        try:
            cache.put(request, completion, label)
        except ConfigError as error:
            # This answer is paid, and good for its records all the same.
            self.fault = str(error)
        if not self._is_flushing:
            self._is_flushing = True
            get_running_loop().call_soon(self._flush, cache)

    def _flush(self, cache: Cache) -> None:
        self._is_flushing = False
        try:
            cache.flush()
        except ConfigError as error:
            self.fault = str(error)

    def _record(self, request: Request, completion: Completion, label: Label) -> None:
        if self._is_recording and self._recordings is not None:
            self._recordings.write(request, completion, label)
