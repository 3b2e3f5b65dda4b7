"""From a document to an extraction: ask, validate, ground, ask again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from extract.answers import Answers
from extract.asker import Asker, failures, is_too_long
from extract.chain import Chain
from extract.document import Document, Failure
from extract.errors import ConfigError, EndpointError, MahdarError
from extract.extraction import Asking, Extraction
from extract.pace import Pace
from extract.parts import Parts, chains_of, least, too_long
from extract.prompt import Prompt
from extract.request import Label, Mode, Request
from extract.room import Room, refused
from extract.scout import Scout

if TYPE_CHECKING:
    from asyncio import Runner

    from instructor.core.hooks import Hooks

__all__ = ["Asking", "Extraction", "Load", "Pipeline", "step"]

T = TypeVar("T")

# How often a report is cut again where its parts are too long for the endpoint still.
_MOST_CUTS = 4


class Load(NamedTuple):
    """Requests by what becomes of them just now.

    `in_flight` are sent, `waiting` were refused or wait for somebody else's answer, `paced` are held back by a rate.
    """

    in_flight: int = 0
    waiting: int = 0
    paced: int = 0


class Pipeline:
    """Extracts from documents, one at a time or many at once.

    Calling it gives the Extraction of one document; `extract` is the same as a coroutine.
    A document that cannot be extracted has failures, even where a bug of ours is the cause (kind
    "bug"): only wrong settings and files raise, and a missing recording (ReplayMiss).
    """

    def __init__(
        self,
        prompt: Prompt,
        answers: Answers,
        asking: Asking,
        *,
        hooks: Hooks | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
        pace: Pace | None = None,
        find_mode: Callable[[], Awaitable[Mode]] | None = None,
    ) -> None:
        self.prompt = prompt
        self.asking = asking
        self._answers = answers
        self._asker = Asker(answers, hooks)
        self._scout = Scout(answers)
        self._close = close
        self._pace = pace
        self._find_mode = find_mode
        self._runner: Runner | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the mode is known; if it is not, that of `asking` is what is tried first."""
        return self._find_mode is None

    async def settle(self) -> bool:
        """Find out the mode where that is left to the endpoint; whether it was not known. EndpointError if it fails.

        `extract` does so by itself; whoever takes `begin`, `knows` or `request_for` does so before.
        """
        if self._find_mode is None:
            return False
        mode = await self._find_mode()
        self.asking, self._find_mode = replace(self.asking, mode=mode), None
        return True

    async def extract(self, document: Document) -> Extraction:
        """The extraction of one document; Interrupted if the pipeline is told to hurry before there is an answer."""
        try:
            await self.settle()
        except EndpointError as error:
            return self._failed(document, *failures(document, error))
        begun = self.begin(document)
        return begun if isinstance(begun, Extraction) else await self.finish(begun)

    def begin(self, document: Document) -> Extraction | Chain:
        """The extraction of a document of which every answer is known; else what is known, for `finish`.

        Of a document that is asked in parts, the chain is that of the first part that is not done.
        """
        try:
            work = self._work(document)
            # A chain that is known already is walked without instructor, whose import alone takes seconds.
            unknown = [chain for chain in _chains(work) if not self._asker.walk(chain)]
            if unknown:
                return unknown[0]
            return work.extraction() if isinstance(work, Parts) else self._extraction(work)
        except MahdarError as error:
            if not isinstance(error, EndpointError):
                raise
            return self._failed(document, *failures(document, error))
        except Exception as error:
            return self._failed(document, *failures(document, error))

    async def finish(self, chain: Chain) -> Extraction:
        """The extraction of a document that was begun: what is not known is asked for."""
        if chain.whole is not None:
            return await self._finish_parts(chain.whole)
        fault = await self._asker.ask(chain)
        if isinstance(fault, EndpointError) and is_too_long(fault, chain):
            return await self._in_parts(chain, fault)
        return self._extraction(chain, failures(chain.document, fault))

    async def _in_parts(self, chain: Chain, fault: EndpointError) -> Extraction:
        """The extraction of a document that the endpoint finds too long for its context."""
        document = chain.document
        work, none_left = self._recut(chain, fault)
        if work is None or not all(map(self._asker.walk, _chains(work))):
            none_left = await self._refusal(document) or none_left
        if work is None or none_left is not None:
            return self._failed(document, *failures(document, none_left))
        if isinstance(work, Parts):
            return await self._finish_parts(work)
        if work.first != chain.first:
            (still,) = await self._asker.ask_all([work])
            return self._extraction(work, failures(document, still))
        return self._extraction(work, failures(document, fault))

    def _recut(self, chain: Chain, fault: EndpointError) -> tuple[Chain | Parts | None, EndpointError | None]:
        """The document in parts that fit, or why there are none."""
        room = chain.room.tighter() if chain.room else refused(fault, chain.first)
        try:
            return self._work(chain.document, room), None
        except EndpointError as none_left:
            return None, none_left

    async def _refusal(self, document: Document) -> EndpointError | None:
        """What is said if the endpoint's context is too short for the prompt alone; it ends a run."""
        label = Label(document=document.id, task=self.prompt.name)
        refusal = await self._scout.refusal(least(document, self.prompt, self.asking), label)
        return too_long(refusal, self.prompt) if refusal is not None else None

    async def _finish_parts(self, work: Parts) -> Extraction:
        for cuts_left in reversed(range(_MOST_CUTS)):
            faults = await self._asker.ask_all(work.chains, gives_up=cuts_left > 0)
            if not any(map(is_too_long, faults, work.chains)):
                break
            if none_left := await self._refusal(work.document):
                return replace(work.extraction(), failures=failures(work.document, none_left))
            smaller = self._smaller(work) if cuts_left else None
            if smaller is None:
                # Those that were given up may be short enough.
                faults = await self._asker.ask_all(work.chains) if cuts_left else faults
                break
            work = smaller
        work.faults = {
            number: failure for number, fault in enumerate(faults) for failure in failures(work.document, fault)
        }
        return work.extraction()

    def _smaller(self, work: Parts) -> Parts | None:
        """The document in smaller parts; None if there is no room for them."""
        try:
            smaller = self._work(work.document, work.room.tighter())
        except EndpointError:
            return None
        if not isinstance(smaller, Parts):
            return None
        smaller.spent = (*work.spent, *(attempt for chain in work.chains for attempt in chain.attempts))
        return smaller

    def hurry(self) -> None:
        """Try nothing again from now on: whoever waits for another try ends in Interrupted."""
        if self._pace is not None:
            self._pace.hurry()

    def places(self, size: int) -> int:
        """How many documents may be in work: those that are asked, and those that wait for an endpoint's leave."""
        return self._pace.places(size) if self._pace is not None else size

    @property
    def most_at_once(self) -> int | None:
        """Requests that may be on their way at the same time at most; None where nothing is asked."""
        return self._pace.slots.most if self._pace is not None else None

    def load(self) -> Load:
        """Where the requests are that were begun."""
        pace = self._pace
        return Load() if pace is None else Load(in_flight=pace.in_flight, waiting=pace.waiting, paced=pace.paced)

    def fault(self) -> str | None:
        """Why no answer should be asked for any more: it could not be kept."""
        return self._answers.fault

    def mark(self, run: str) -> None:
        """Name the run that pays for what is asked; see `Answers.mark`."""
        self._answers.mark(run)

    @property
    def keeps_answers(self) -> bool:
        """Whether an answer is kept beside what is made of it."""
        return self._answers.keeps

    @property
    def is_offline(self) -> bool:
        """Whether only recorded answers can be given."""
        return self._answers.is_offline

    def __call__(self, document: Document) -> Extraction:
        """The extraction of one document; inside a running event loop, await `extract` instead."""
        return self.run(self.extract(document))

    def close(self) -> None:
        """Close the connections and the event loop that calls have used."""
        if self._runner is not None:
            if self._close is not None:
                self._runner.run(self.aclose())
            self._runner.close()
            self._runner = None

    async def aclose(self) -> None:
        """Close the connections, inside an event loop."""
        if self._close is not None:
            await self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def knows(self, document: Document) -> bool:
        """Whether the first answer for a document, or for each of its parts, is recorded or cached."""
        label = Label(document=document.id, task=self.prompt.name)
        return all(self._answers.known(request, label) is not None for request in self._firsts(document))

    def request_for(self, document: Document) -> Request:
        """The first request that the document, or its first part, is asked with."""
        return self._firsts(document)[0]

    def requests_for(self, document: Document) -> list[Request]:
        """The first request that the document, or each of its parts, is asked with."""
        return self._firsts(document)

    def _firsts(self, document: Document) -> list[Request]:
        try:
            return [chain.first for chain in _chains(self._work(document))]
        except EndpointError:
            return [self.asking.request(self.prompt, document)]

    def _work(self, document: Document, room: Room | None = None) -> Chain | Parts:
        return chains_of(document, self.prompt, self.asking, fit=self._answers.fit, room=room)

    def _extraction(self, chain: Chain, faults: tuple[Failure, ...] = ()) -> Extraction:
        if not chain.attempts:
            return self._failed(chain.document, *faults)
        best = chain.best()
        return Extraction(
            document=chain.document,
            prompt=self.prompt.name,
            records=best.verdict.records,
            failures=(*best.verdict.failures, *chain.unread(), *faults),
            problems=best.verdict.problems,
            attempts=tuple(chain.attempts),
            key=best.request.key,
        )

    def _failed(self, document: Document, *faults: Failure) -> Extraction:
        return Extraction(document=document, prompt=self.prompt.name, failures=faults)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; ConfigError inside a running event loop."""
        if self._answers.is_offline:
            return step(coroutine)
        import asyncio

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._runner = self._runner or asyncio.Runner()
            return self._runner.run(coroutine)
        coroutine.close()
        raise ConfigError("called inside a running event loop: use `await extractor.extract(document)`")


def _chains(work: Chain | Parts) -> list[Chain]:
    return work.chains if isinstance(work, Parts) else [work]


def step(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait, without an event loop (which would open sockets)."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
