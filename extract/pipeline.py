"""From a document to an extraction: ask, validate, ground, ask again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from extract import reask
from extract.answers import Answers
from extract.chain import Attempt, Chain
from extract.document import Document, Failure
from extract.errors import ConfigError, EndpointError, Interrupted, MahdarError
from extract.pace import Pace
from extract.prompt import Prompt
from extract.reply import shorten
from extract.request import Label, Mode, Request
from extract.validate import GroundedRecord, Problem

if TYPE_CHECKING:
    from asyncio import Runner

    from instructor.core.hooks import Hooks

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """What came of one document: its records, its failures, and every attempt.

    `problems` are what was still wrong with the answer that counts, after the last re-ask.
    """

    document: Document
    prompt: str
    records: tuple[GroundedRecord, ...] = ()
    failures: tuple[Failure, ...] = ()
    problems: tuple[Problem, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How requests are made of messages; `sample` tells repeated asks of one request apart."""

    model: str
    mode: Mode = "json_schema"
    options: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    max_reasks: int = 2
    sample: int = 0


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
    ) -> None:
        self.prompt = prompt
        self.asking = asking
        self._answers = answers
        self._hooks = hooks
        self._close = close
        self._pace = pace
        self._runner: Runner | None = None

    async def extract(self, document: Document) -> Extraction:
        """The extraction of one document; Interrupted if the pipeline is told to hurry before there is an answer."""
        begun = self.begin(document)
        return begun if isinstance(begun, Extraction) else await self.finish(begun)

    def begin(self, document: Document) -> Extraction | Chain:
        """The extraction of a document of which every answer is known; else what is known, for `finish`."""
        try:
            chain = Chain(
                first=self.request_for(document),
                document=document,
                prompt=self.prompt,
                max_reasks=self.asking.max_reasks,
            )
            # A chain that is known already is walked without instructor, whose import alone takes seconds.
            while not chain.is_done:
                known = self._answers.known(chain.next_request(), chain.label)
                if known is None:
                    return chain
                chain.take(known)
        except MahdarError:
            raise
        except Exception as error:
            return Extraction(
                document=document, prompt=self.prompt.name, failures=(_failure(document, "bug", _of_bug(error)),)
            )
        return self._extraction(chain)

    async def finish(self, chain: Chain) -> Extraction:
        """The extraction of a document that was begun: what is not known is asked for."""
        document = chain.document
        try:
            await self._ask(chain)
        except EndpointError as error:
            return self._extraction(chain, (_failure(document, error.kind, str(error)),))
        except (MahdarError, Interrupted):
            raise
        except Exception as error:
            # One document must not stop a job of thousands.
            return self._extraction(chain, (_failure(document, "bug", _of_bug(error)),))
        return self._extraction(chain)

    def hurry(self) -> None:
        """Try nothing again from now on: whoever waits for another try ends in Interrupted."""
        if self._pace is not None:
            self._pace.hurry()

    def places(self, size: int) -> int:
        """How many documents may be in work: those that are asked, and those that wait for an endpoint's leave."""
        return self._pace.places(size) if self._pace is not None else size

    def load(self) -> tuple[int, int]:
        """Requests on their way, and those that wait to be tried again."""
        return (self._pace.in_flight, self._pace.waiting) if self._pace is not None else (0, 0)

    def fault(self) -> str | None:
        """Why no answer should be asked for any more: it could not be kept."""
        return self._answers.fault

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

    async def _ask(self, chain: Chain) -> None:
        if not chain.attempts:
            chain.take(await self._answers(chain.next_request(), chain.label))
        while not chain.is_done:
            known = self._answers.known(chain.next_request(), chain.label)
            if known is None:
                break
            chain.take(known)
        if not chain.is_done and self._answers.is_offline:
            await self._answers(chain.next_request(), chain.label)
        elif not chain.is_done:
            await reask.drive(chain, self._answers, self._hooks)

    def knows(self, document: Document) -> bool:
        """Whether the first answer for a document is recorded or cached."""
        label = Label(document=document.id, task=self.prompt.name)
        return self._answers.known(self.request_for(document), label) is not None

    def request_for(self, document: Document) -> Request:
        """The first request that the document is asked with."""
        asking = self.asking
        return Request(
            model=asking.model,
            messages=self.prompt.messages(document, asking.mode),
            form=self.prompt.form,
            mode=asking.mode,
            options=asking.options,
            endpoint=asking.endpoint,
            sample=asking.sample,
        )

    def _extraction(self, chain: Chain, failures: tuple[Failure, ...] = ()) -> Extraction:
        if not chain.attempts:
            return Extraction(document=chain.document, prompt=self.prompt.name, failures=failures)
        best = chain.best()
        return Extraction(
            document=chain.document,
            prompt=self.prompt.name,
            records=best.verdict.records,
            failures=(*best.verdict.failures, *failures),
            problems=best.verdict.problems,
            attempts=tuple(chain.attempts),
            key=best.request.key,
        )

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


def _failure(document: Document, kind: str, message: str) -> Failure:
    return Failure(document=document.id, kind=kind, message=message, path=document.path)


def _of_bug(error: Exception) -> str:
    """What is to be reported of an error that should not be."""
    *_, place = walk_tb(error.__traceback__)
    where = f"{Path(place[0].f_code.co_filename).name}, line {place[1]}"
    said = f"{type(error).__name__} in {where}: {shorten(str(error))}"
    return f"a bug in mahdar: {said}; the other documents go on; please report it with this document"


def step(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait, without an event loop (which would open sockets)."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
