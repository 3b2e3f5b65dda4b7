"""Where answers come from: recordings, then the cache, then the endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from extract.cache import Cache
from extract.errors import ConfigError
from extract.fit import Fit
from extract.recordings import Recordings
from extract.request import Completion, Label, Request

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

Ask = Callable[[Request, Label], Awaitable[Completion]]
Rest = Callable[[float], Awaitable[None]]

# After so long it is looked whether another has the answer, then less and less often.
_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.1, 1.0
# Answers that come within so long of each other are written together, if nobody asks for it sooner.
_SOON_S = 0.002


class Answers:
    """Gives each request its completion, and asks the endpoint only for what nobody knows.

    Without `ask` nothing is ever sent: what `recordings` does not hold raises ReplayMiss.
    With `is_recording` every completion is written to `recordings` too. An answer to a prompt that the endpoint
    has cut is neither kept nor recorded, and one that was kept before is not known; `fit` tells.
    What somebody else is asking over the same cache, here or in another process, is waited for with `rest`, which is
    given seconds, and not asked too.
    """

    def __init__(
        self,
        *,
        ask: Ask | None = None,
        cache: Cache | None = None,
        recordings: Recordings | None = None,
        is_recording: bool = False,
        fit: Fit | None = None,
        rest: Rest | None = None,
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
        # Whether the endpoint has answered a request that was worth keeping.
        self.has_answered = False
        self._rest = rest
        # Claims whose answers are on their way to the disk.
        self._claimed: list[Request] = []
        self._asking = 0
        self._flushing_in: AbstractEventLoop | None = None

    @property
    def is_offline(self) -> bool:
        """Whether no endpoint can be asked."""
        return self._ask is None

    def mark(self, run: str) -> None:
        """Name the run that pays from now on; what it paid for before, and had not counted, counts as asked for now."""
        if self._cache is not None:
            self._cache.run = run

    @property
    def keeps(self) -> bool:
        """Whether answers are kept, in the cache or as recordings."""
        return self._cache is not None or self._is_recording

    def known(self, request: Request, label: Label) -> Completion | None:
        """The completion of a request that was asked before, or None."""
        found = self._recordings.find(request) if self._recordings else None
        if found is None and self._cache is not None:
            found = self._cache.get(request, label)
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
        if self._cache is None:
            return self._learned(request, await self._ask(request, label), label)
        known = await self._claim(self._cache, request, label)
        if known is not None:
            return known
        self._asking += 1
        try:
            completion = self._learned(request, await self._ask(request, label), label)
        except BaseException:
            self._cache.give_up(request)
            raise
        finally:
            self._asking -= 1
        self._claimed.append(request)
        if self._asking:
            self._flush_soon()
        else:
            self.flush()  # nothing else is on its way that it could be written with
        return completion

    async def _claim(self, cache: Cache, request: Request, label: Label) -> Completion | None:
        """Claim a request, or give the answer of whoever has claimed it before."""
        if cache.claim(request):
            return self._unless_known(cache, request, label)
        self.flush()  # it may be one of ours, answered and not written yet
        pause_s = _FIRST_LOOK_S
        while not cache.claim(request):
            await self._wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_LOOK_S)
            if (found := self.known(request, label)) is not None:
                return found
        return self._unless_known(cache, request, label)

    def _unless_known(self, cache: Cache, request: Request, label: Label) -> Completion | None:
        """The answer of whoever had a claim and gave it up since it was seen that nothing is known; else None."""
        found = self.known(request, label)
        if found is not None:
            cache.give_up(request)
        return found

    async def _wait(self, seconds: float) -> None:
        if self._rest is not None:
            await self._rest(seconds)
            return
        from asyncio import sleep

        await sleep(seconds)

    def _learned(self, request: Request, completion: Completion, label: Label) -> Completion:
        """An answer that has just come, once it is kept, unless half of its prompt was cut."""
        if self.fit.cut(request, completion) is None:
            self.has_answered = True
            self.fit.learn(request, completion)
            if self._cache is not None:
                self._keep(self._cache, request, completion, label)
            self._record(request, completion, label)
        return completion

    def _keep(self, cache: Cache, request: Request, completion: Completion, label: Label) -> None:
        try:
            cache.put(request, completion, label)
        except ConfigError as error:
            # This answer is paid, and good for its records all the same.
            self.fault = str(error)

    def _flush_soon(self) -> None:
        """Write what is held, with the answers that come in the next moment."""
        from asyncio.events import get_running_loop

        loop = get_running_loop()
        if self._flushing_in is not loop:
            # Of a loop that has ended nobody comes back to it.
            self._flushing_in = loop
            loop.call_later(_SOON_S, self._flush)

    def _flush(self) -> None:
        self._flushing_in = None
        self.flush()

    def flush(self) -> None:
        """Write the answers that are held, so that they outlive this program."""
        if self._cache is None or not self._claimed:
            return
        try:
            self._cache.flush()
        except ConfigError as error:
            self.fault = str(error)
        for request in self._claimed:
            self._cache.give_up(request)
        self._claimed.clear()

    def _record(self, request: Request, completion: Completion, label: Label) -> None:
        if self._is_recording and self._recordings is not None:
            self._recordings.write(request, completion, label)
