"""A run: one pass of a prompt over documents, in order, a few at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import schemas
from extract.document import Document, Failure
from extract.documents import Duplicates
from extract.pipeline import Extraction, Pipeline, step
from extract.store import RunFolder

# Faults that every further document would meet too.
HOPELESS = frozenset({"key", "model", "path", "quota", "refused", "mode", "option"})


@dataclass
class Tally:
    """What a run has counted so far."""

    documents: int = 0
    failed: int = 0
    attempts: int = 0
    reasked: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_s: float = 0.0
    records: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    quotes: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    duplicates: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None

    def add(self, extraction: Extraction) -> None:
        """Count one extraction."""
        self.documents += 1
        self.failed += bool(extraction.failures)
        self.reasked += len(extraction.attempts) > 1
        for attempt in extraction.attempts:
            self.attempts += 1
            self.origins[attempt.completion.origin] += 1
            self.prompt_tokens += attempt.completion.usage.prompt or 0
            self.completion_tokens += attempt.completion.usage.completion or 0
            self.latency_s += attempt.completion.latency_s or 0.0
        for grounded in extraction.records:
            self.records[schemas.name_of(type(grounded.record))] += 1
            for counter, groundings in ((self.quotes, grounded.evidence), (self.values, grounded.values)):
                counter.update(grounding.span.match if grounding.span else "none" for grounding in groundings)
        self.failures.update(failure.kind for failure in extraction.failures)
        self.problems.update(problem.kind for problem in extraction.problems)

    def fail(self, failure: Failure) -> None:
        """Count a document that could not be read, or what was said of one and cannot be used."""
        self.failures[failure.kind] += 1
        # What is wrong with a date or an outlet takes no document away: that one is counted by itself.
        if failure.kind != "metadata":
            self.failed += 1
            self.documents += 1

    def to_json(self) -> dict[str, Any]:
        """The counts as plain JSON values."""
        return {
            "documents": self.documents,
            "failed_documents": self.failed,
            "records": dict(sorted(self.records.items())),
            "failures": dict(sorted(self.failures.items())),
            "attempts": self.attempts,
            "reasked_documents": self.reasked,
            "answers_from": dict(sorted(self.origins.items())),
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "quotes": dict(sorted(self.quotes.items())),
            "values": dict(sorted(self.values.items())),
            "problems_left": dict(sorted(self.problems.items())),
            "duplicates": self.duplicates,
            "stopped": self.stopped,
        }


Watch = Callable[[Extraction | Failure, Tally], None]


def run(
    documents: Iterable[Document | Failure], pipeline: Pipeline, folder: RunFolder, *, concurrency: int, watch: Watch
) -> Tally:
    """Extract from every document and write the run folder; `watch` is called after each document.

    A document that fails never stops the others; a fault that all would meet (no connection,
    a wrong key, an unknown model) ends the run early, and the tally says so in `stopped`.
    """
    tally = Tally()
    duplicates = Duplicates()

    def take(result: Extraction | Failure) -> bool:
        if isinstance(result, Failure):
            folder.fail(result)
            tally.fail(result)
        else:
            folder.append(result, pipeline.prompt.form.digest)
            tally.add(result)
            first = duplicates.seen(result.document)
            if first is not None:
                tally.duplicates[result.document.id] = first
            hopeless = (failure.message for failure in result.failures if failure.kind in HOPELESS)
            tally.stopped = next(hopeless, None)
        watch(result, tally)
        return tally.stopped is None

    gather(documents, pipeline, concurrency=concurrency, take=take)
    return tally


def gather(
    documents: Iterable[Document | Failure],
    pipeline: Pipeline,
    *,
    concurrency: int,
    take: Callable[[Extraction | Failure], bool],
) -> None:
    """Hand what comes of each document to `take`, in order, until it says False."""
    if pipeline.is_offline:
        for item in documents:
            if not take(step(pipeline.extract(item)) if isinstance(item, Document) else item):
                return
    else:
        pipeline.run(_gather(iter(documents), pipeline, concurrency, take))


async def _gather(
    documents: Iterator[Document | Failure],
    pipeline: Pipeline,
    concurrency: int,
    take: Callable[[Extraction | Failure], bool],
) -> None:
    async with aclosing(_in_order(documents, pipeline, concurrency)) as results:
        async for result in results:
            if not take(result):
                return


async def _in_order(
    documents: Iterator[Document | Failure], pipeline: Pipeline, concurrency: int
) -> AsyncGenerator[Extraction | Failure]:
    """What comes of the documents, in their order, with up to `concurrency` of them asked at once."""
    import asyncio

    async def nothing(failure: Failure) -> Failure:
        return failure

    waiting: deque[asyncio.Task[Extraction | Failure]] = deque()
    slots = asyncio.Semaphore(concurrency)

    async def one(document: Document) -> Extraction:
        async with slots:
            return await pipeline.extract(document)

    try:
        for item in documents:
            waiting.append(asyncio.ensure_future(one(item) if isinstance(item, Document) else nothing(item)))
            # A slow document holds back its successors' place in the files, not their asking.
            while len(waiting) >= 4 * concurrency:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
