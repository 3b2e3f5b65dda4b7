"""The run folder: records, failures, tables, what came of each document, and the manifest of one pass over them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from extract.compact import line
from extract.document import Failure
from extract.errors import ConfigError, InputError, WriteError
from extract.folder import clear, earlier, holds_rows, take, writing
from extract.journal import Appender, Journal, Past
from extract.lock import Lock
from extract.made import Made, make, outcome
from extract.runfiles import DOCUMENTS, FAILURES, JOURNAL, MANIFEST, RECORDS, read_manifest
from extract.tables import Table
from extract.tally import Delta, Tally, measure
from extract.terms import Job, differing, unlike_manifest

if TYPE_CHECKING:
    from extract.pipeline import Extraction
    from schemas import Record

# A document's rows wait no longer than this, nor behind more than so many documents.
_FLUSH_S, _FLUSH_DOCUMENTS = 0.2, 64
# The kind of failure that takes no document away.
_METADATA = "metadata"


class RunFolder:
    """Writes a run, a document at a time, in the order given; the same extractions give the same bytes.

    A folder that holds an unfinished run of the same `job` is taken up where it was left: `done` are the keys of its
    documents, `past` what was counted of them; `run` names the run, the same when it is taken up. One of a finished
    run of the same job is written anew; with `is_fresh`, so is one of any run; what runs there cost before is in
    `earlier`. A folder that holds anything else, a run of another job, or that cannot be written, raises ConfigError;
    so does one that another process is writing.
    """

    def __init__(
        self,
        folder: Path,
        kinds: tuple[type[Record], ...],
        *,
        job: Job | None = None,
        is_fresh: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self._job = job or {}
        self.done: set[str] = set()
        self.past = Tally()
        # Failures of bad dates and the like: they stand before their documents, and are counted with them.
        self._told: Counter[str] = Counter()
        self._clock = clock
        # Why nothing can be written any more, and how many documents wait to be.
        self.fault: str | None = None
        self.waiting = 0
        self._flushed = clock()
        names = (RECORDS, FAILURES, DOCUMENTS, *(f"{kind.plural}.csv" for kind in kinds))
        with writing(folder):
            take(folder)
            self._lock = Lock(folder)
        try:
            with writing(folder):
                past = None if is_fresh else self._past(names)
                self.earlier = past.earlier if past else earlier(folder)
                if past is None:
                    clear(folder)
                sizes = past.sizes if past else dict.fromkeys(names, 0)
                self._files = {name: Appender(folder / name, start=sizes[name]) for name in names}
                # Told apart from every other run, also from an earlier one in this folder.
                self.run = past.run if past else uuid4().hex
                start = past.size if past else 0
                self._journal = Journal(
                    folder / JOURNAL, self._files, self._job, run=self.run, earlier=self.earlier, start=start
                )
                self._tables = [Table(self._files[f"{kind.plural}.csv"], kind) for kind in kinds]
                self._journal.flush()
        except BaseException:
            self._lock.release()
            raise

    def _past(self, names: Sequence[str]) -> Past | None:
        """What an unfinished run of this job has done; None if there is none to be taken up."""
        if not (self.folder / JOURNAL).exists():
            self._spare()
            return None
        try:
            past = Past(self.folder / JOURNAL)
        except ConfigError:
            if holds_rows(self.folder):
                raise
            return None
        if dict(past.job) != dict(self._job) or tuple(past.names) != tuple(names):
            raise ConfigError(
                f"{self.folder}: holds an unfinished run with other settings "
                f"({differing(past.job, self._job) or 'other files'}); "
                "finish it with those, choose another --out DIR, or give --fresh to begin anew"
            )
        with past.understood():
            for key, delta in past.done():
                self.done.add(key)
                self._remember(key)
                self.past.merge(delta)
        past.refuse_edited()
        return past

    def _remember(self, key: str) -> None:
        document, _, kind = key.partition("\0")
        if not kind:
            self._told.pop(document, None)
        elif kind.startswith(f"{_METADATA}\0"):
            self._told[document] += 1

    def _spare(self) -> None:
        """ConfigError if beginning here would overwrite a finished run of another job."""
        if not (self.folder / MANIFEST).exists() and not holds_rows(self.folder):
            return
        try:
            unlike = unlike_manifest(read_manifest(self.folder), self._job)
        except InputError:
            reason = "holds records, and no manifest that says of which run"
        else:
            if not unlike:
                return
            reason = f"holds a run with other settings ({unlike})"
        raise ConfigError(f"{self.folder}: {reason}; choose another --out DIR, or give --fresh to write over it")

    def append(self, extraction: Extraction, schema: str, delta: Delta | None = None, *, is_done: bool = True) -> Made:
        """Write an extraction's records and failures, and give what was written of its records.

        Unless it `is_done`, a run that goes on asks for the document again.
        """
        made = make(extraction, schema, self._tables, measure(extraction) if delta is None else delta)
        self._add(extraction.document.id, made)
        for failure in extraction.failures:
            self._fail(failure, len(extraction.attempts), _tokens(extraction))
        if is_done:
            self._done(extraction.document.id, made.delta)
        return made

    def recall(self, document: str, made: Made) -> None:
        """Write what was made of a document before."""
        self._add(document, made)
        self._done(document, made.delta)

    def _add(self, document: str, made: Made) -> None:
        told_before = self._told.pop(document, 0) if self._told else 0
        self._files[DOCUMENTS].add(outcome(document, made.delta, told_before=told_before))
        if made.records:
            self._files[RECORDS].add(made.rows_of(document))
            for table, lines in zip(self._tables, made.lines_of(document), strict=True):
                if lines:
                    table.file.add(lines)

    def fail(self, failure: Failure, delta: Delta | None = None) -> None:
        """Write a failure of a document that could not be read, or of what is said of one that comes after it."""
        self._fail(failure, 0, {"prompt": 0, "completion": 0})
        if failure.kind == _METADATA:
            self._told[failure.document] += 1
        else:
            self._files[DOCUMENTS].add(outcome(failure.document, {"failures": {failure.kind: 1}}))
        self._done(key_of(failure), delta or {})

    def _fail(self, failure: Failure, attempts: int, tokens: Mapping[str, int]) -> None:
        row = {
            "document": failure.document,
            "kind": failure.kind,
            "message": failure.message,
            "path": failure.path,
            "attempts": attempts,
            "tokens": tokens,
            "record": failure.record,
        }
        self._files[FAILURES].add(line(row))

    def _done(self, key: str, delta: Delta) -> None:
        self._journal.done(key, delta)
        self.waiting += 1
        if self.waiting >= _FLUSH_DOCUMENTS or self._clock() - self._flushed >= _FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Hand what waits to the system: what is flushed survives this program's end, however it comes.

        When that fails, `fault` says why, WriteError is raised, and nothing is written any more: what was written in
        part is cut off when the run goes on.
        """
        if self.fault is not None:
            return
        try:
            with writing(self.folder, is_begun=True):
                self._journal.flush()
        except WriteError as error:
            self.fault = str(error)
            raise
        self._flushed, self.waiting = self._clock(), 0

    def finish(self, manifest: Mapping[str, Any], *, is_whole: bool = True) -> None:
        """Write the manifest; a run that is not whole keeps its journal, so that the same command goes on with it.

        Nothing is written to a folder that has a `fault`.
        """
        self.flush()
        if self.fault is not None:
            return
        told_of = {**manifest, "job": self._job} if self._job else manifest
        text = json.dumps(told_of, ensure_ascii=False, indent=2, default=str)
        part = self.folder / f"{MANIFEST}.part"
        with writing(self.folder, is_begun=True):
            part.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))
            part.replace(self.folder / MANIFEST)
            if is_whole:
                (self.folder / JOURNAL).unlink()

    def close(self) -> None:
        """Write what waits, close the files, and let others in."""
        try:
            self.flush()
        finally:
            for file in self._files.values():
                file.close()
            self._journal.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def key_of(item: Failure | str) -> str:
    """What a journal knows a document by: its id; of one that could not be read, its place too."""
    return item if isinstance(item, str) else f"{item.document}\0{item.kind}\0{item.path}"


def is_unfinished(folder: Path) -> bool:
    """Whether a folder holds a run that can be taken up."""
    return (folder / JOURNAL).exists()


def _tokens(extraction: Extraction) -> dict[str, int]:
    usages = [attempt.completion.usage for attempt in extraction.attempts]
    return {
        "prompt": sum(usage.prompt or 0 for usage in usages),
        "completion": sum(usage.completion or 0 for usage in usages),
    }
