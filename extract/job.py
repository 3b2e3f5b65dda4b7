"""A run: one pass of a prompt over documents, a few at a time, each of which ends in records or in a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.document import Document, Failure
from extract.documents import Duplicates
from extract.errors import ConfigError
from extract.made import Recalled
from extract.pipeline import Extraction, Pipeline, step
from extract.stop import Stop
from extract.store import RunFolder, key_of
from extract.tally import Tally

if TYPE_CHECKING:
    from extract.derived import Derived

__all__ = ["HOPELESS", "Limits", "Tally", "gather", "run"]

# Faults that every further document would meet too.
HOPELESS = frozenset({"key", "model", "path", "quota", "refused", "mode", "option"})
# With fewer documents than this, a share of failures says nothing yet.
_FEW = 20

# Documents in work where the number is left to be found.
FEW = 4

Result = Extraction | Failure | Recalled
Watch = Callable[[Result, Tally], None]


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
            share = f"{100 * self.failure_share:.6g}%"
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
    derived: Derived | None = None,
    shown: int = 0,
    is_slow: bool = False,
    tick: Callable[[], None] = lambda: None,
) -> Tally:
    """Extract from every document and write the run folder; `watch` is called after each document.

    A document that fails never stops the others; a fault that all would meet (no connection,
    a wrong key, an unknown model), a limit that is reached, or `stop` ends the run early, and the tally says so in
    `stopped`. What was in flight then is finished and written. Documents that the folder says are done are passed
    over, and what was counted of them is in the tally; a limit that they have reached ends the run before anything
    is asked. Documents of a source that `is_slow` are read beside the asking. With `derived`, what was made of equal
    documents before is written again without being made again, but for the first `shown` ones, of which `watch` gets
    the extractions.
    `tick` is called a few times a second while an endpoint is asked, whether or not anything is finished.
    """
    work = _Work(pipeline, folder, watch, limits=limits or Limits(), stop=stop or Stop(), derived=derived)
    pipeline.mark(folder.run)
    if derived is not None:
        derived.before = folder.flush
    left = (each for each in documents if _key(each) not in folder.done) if folder.done else documents
    work.limit()
    try:
        gather(
            left,
            pipeline,
            concurrency=concurrency,
            take=work.take,
            stop=work.stop,
            recall=lambda document: work.recall(document, shown),
            is_slow=is_slow,
            tick=tick,
        )
    finally:
        if derived is not None:
            derived.close()
    work.tally.stopped = work.stop.reason
    if work.is_limited:
        # What was in flight is in it now.
        work.tally.stopped = work.limits.reached(work.tally) or work.stop.reason
    return work.tally


class _Work:
    """What a run does with each document, and what it knows so far."""

    def __init__(
        self,
        pipeline: Pipeline,
        folder: RunFolder,
        watch: Watch,
        *,
        limits: Limits,
        stop: Stop,
        derived: Derived | None,
    ) -> None:
        self._pipeline, self._folder, self._watch, self.limits = pipeline, folder, watch, limits
        self.stop, self._derived = stop, derived
        # Whether a limit has ended the run.
        self.is_limited = False
        self.tally = folder.past
        self.tally.resumed = self.tally.documents
        self._duplicates = Duplicates()

    def limit(self) -> None:
        """End the run if a limit is reached."""
        reason = self.limits.reached(self.tally)
        if reason is not None and not self.stop.is_set:
            self.is_limited = True
            self.stop.set(reason)

    def take(self, result: Result) -> bool:
        """Count and write what came of a document; always wants more, but may wish the run to end."""
        if self._folder.fault is not None:
            return True  # its answers are in the cache, from where the run goes on
        if not self._write(result):
            return True
        reason = self._folder.fault or self._pipeline.fault()
        if reason is not None:
            self.stop.set(reason)
        self.limit()
        self.tally.stopped = self.stop.reason
        self._watch(result, self.tally)
        return True

    def _write(self, result: Result) -> bool:
        """Count and write; False for what is neither. What the folder cannot take any more, it says itself."""
        try:
            if isinstance(result, Extraction):
                return self._take(result)
            if isinstance(result, Recalled):
                self.tally.merge(result.made.delta)
                self._folder.recall(result.document, result.made)
            else:
                self._folder.fail(result, self.tally.fail(result))
        except ConfigError:
            self.tally.unfinished += self._folder.waiting
        return True

    def _take(self, extraction: Extraction) -> bool:
        hopeless = next((failure.message for failure in extraction.failures if failure.kind in HOPELESS), None)
        if hopeless is not None and self.stop.is_set:
            return False  # told once; its document is asked again when the run goes on
        schema, delta = self._pipeline.prompt.form.digest, self.tally.add(extraction)
        made = self._folder.append(extraction, schema, delta, is_done=hopeless is None)
        self._note(extraction.document)
        if hopeless is not None:
            self.tally.unfinished += 1
            self.stop.set(hopeless)
        elif self._derived is not None and not extraction.failures:
            self._derived.put(extraction.document, made)
        return True

    def recall(self, document: Document, shown: int) -> Recalled | None:
        """What was made of an equal document before, once as many as are shown have been made."""
        if self._derived is None or self.tally.documents - self.tally.resumed < shown:
            return None
        made = self._derived.get(document)
        if made is None:
            return None
        self._note(document)
        return Recalled(document.id, made)

    def _note(self, document: Document) -> None:
        first = self._duplicates.seen(document)
        if first is not None:
            self.tally.repeat(document.id, first)


def _key(item: Document | Failure) -> str:
    return key_of(item if isinstance(item, Failure) else item.id)


def gather(
    documents: Iterable[Document | Failure],
    pipeline: Pipeline,
    *,
    concurrency: int,
    take: Callable[[Result], bool],
    stop: Stop | None = None,
    recall: Callable[[Document], Recalled | None] = lambda _: None,
    is_slow: bool = False,
    tick: Callable[[], None] = lambda: None,
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

        crew = Crew(pipeline, take, stop, size=concurrency, recall=recall, is_slow=is_slow, tick=tick)
        pipeline.run(crew.work(_checked(documents, stop)))


def _checked(documents: Iterable[Document | Failure], stop: Stop) -> Iterator[Document | Failure]:
    for item in documents:
        if stop.is_set:
            return
        yield item
