"""A run: one pass of a prompt over documents, a few at a time, each of which ends in records or in a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from extract.document import Document, Failure
from extract.documents import Duplicates
from extract.pipeline import Extraction, Pipeline, step
from extract.stop import Stop
from extract.store import RunFolder, key_of
from extract.tally import Tally

__all__ = ["HOPELESS", "Limits", "Tally", "gather", "run"]

# Faults that every further document would meet too.
HOPELESS = frozenset({"key", "model", "path", "quota", "refused", "mode", "option"})
# With fewer documents than this, a share of failures says nothing yet.
_FEW = 20

# Documents in work where the number is left to be found.
FEW = 4

Watch = Callable[[Extraction | Failure, Tally], None]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When a run ends early: failed documents in number or as a share of all, and `spent`, which says what is used up.

    `spent` is asked after each document and says nothing while there is something left.
    """

    failures: int | None = None
    failure_share: float | None = None
    spent: Callable[[Tally], str | None] = lambda _: None

    def reached(self, tally: Tally) -> str | None:
        """Why the run has to end, or None."""
        if self.failures is not None and tally.failed > self.failures:
            return f"{tally.failed} documents failed, more than --max-failures {self.failures}"
        is_enough = tally.documents >= _FEW
        if self.failure_share is not None and is_enough and tally.failed > self.failure_share * tally.documents:
            share = f"{self.failure_share:.0%}"
            return f"{tally.failed} of {tally.documents} documents failed, more than --max-failures {share}"
        return self.spent(tally)


def run(
    documents: Iterable[Document | Failure],
    pipeline: Pipeline,
    folder: RunFolder,
    *,
    concurrency: int,
    watch: Watch,
    limits: Limits | None = None,
    stop: Stop | None = None,
) -> Tally:
    """Extract from every document and write the run folder; `watch` is called after each document.

    A document that fails never stops the others; a fault that all would meet (no connection,
    a wrong key, an unknown model), a limit that is reached, or `stop` ends the run early, and the tally says so in
    `stopped`. What was in flight then is finished and written. Documents that the folder says are done
    are passed over, and what was counted of them is in the tally.
    """
    tally, limits, stop = folder.past, limits or Limits(), stop or Stop()
    tally.resumed = tally.documents
    duplicates = Duplicates()

    def take(result: Extraction | Failure) -> bool:
        if isinstance(result, Failure):
            folder.fail(result, tally.fail(result))
        else:
            hopeless = next((failure.message for failure in result.failures if failure.kind in HOPELESS), None)
            if hopeless is not None and stop.is_set:
                return True  # told once; its document is asked again when the run goes on
            folder.append(result, pipeline.prompt.form.digest, tally.add(result), is_done=hopeless is None)
            first = duplicates.seen(result.document)
            if first is not None:
                tally.duplicates[result.document.id] = first
            if hopeless is not None:
                tally.unfinished += 1
                stop.set(hopeless)
        reason = pipeline.fault() or limits.reached(tally)
        if reason is not None:
            stop.set(reason)
        tally.stopped = stop.reason
        watch(result, tally)
        return True

    left = (each for each in documents if _key(each) not in folder.done) if folder.done else documents
    gather(left, pipeline, concurrency=concurrency, take=take, stop=stop)
    tally.stopped = stop.reason
    return tally


def _key(item: Document | Failure) -> str:
    return key_of(item if isinstance(item, Failure) else item.id)


def gather(
    documents: Iterable[Document | Failure],
    pipeline: Pipeline,
    *,
    concurrency: int,
    take: Callable[[Extraction | Failure], bool],
    stop: Stop | None = None,
) -> None:
    """Hand what comes of each document to `take` until it says False or `stop` is set.

    In the order of the documents, unless one takes so long that a thousand others would have to wait for it.
    """
    stop = stop or Stop()
    if pipeline.is_offline:
        for item in documents:
            if stop.is_set or not take(step(pipeline.extract(item)) if isinstance(item, Document) else item):
                return
    else:
        from extract.crew import Crew

        crew = Crew(pipeline, take, stop, size=concurrency)
        pipeline.run(crew.work(_checked(documents, stop)))


def _checked(documents: Iterable[Document | Failure], stop: Stop) -> Iterator[Document | Failure]:
    for item in documents:
        if stop.is_set:
            return
        yield item
