"""The run folder: records, failures, tables and the manifest of one pass over documents."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import schemas
from extract.compact import line
from extract.document import Failure
from extract.errors import ConfigError
from extract.journal import Appender, Journal, Past
from extract.lock import Lock
from extract.made import Made, make
from extract.runfiles import FAILURES, JOURNAL, MANIFEST, RECORDS
from extract.tables import Table
from extract.tally import Delta, Tally

if TYPE_CHECKING:
    from extract.pipeline import Extraction, Pipeline
    from schemas import Record

# A document's rows wait no longer than this, nor behind more than so many documents.
_FLUSH_S, _FLUSH_DOCUMENTS = 0.2, 64
# No space, no more of one's share, a file as long as it may be.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Job = Mapping[str, Any]


class RunFolder:
    """Writes a run, a document at a time, in the order given; the same extractions give the same bytes.

    A folder that holds an unfinished run of the same `job` is taken up where it was left: `done` are the keys of its
    documents, `past` what was counted of them. One of a finished run is written anew, as is, with
    `is_fresh`, an unfinished one. A folder that holds anything else, an unfinished run of another job, or
    that cannot be written, raises ConfigError; so does one that another process is writing.
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
        self.done: set[str] = set()
        self.past = Tally()
        self._clock = clock
        # Why nothing can be written any more, and how many documents wait to be.
        self.fault: str | None = None
        self.waiting = 0
        self._flushed = clock()
        names = (RECORDS, FAILURES, *(f"{kind.plural}.csv" for kind in kinds))
        with _writing(folder):
            _make(folder)
            self._lock = Lock(folder)
        try:
            with _writing(folder):
                past = self._past(job or {}, names, is_fresh=is_fresh)
                if past is None:
                    _clear(folder)
                sizes = past.sizes if past else dict.fromkeys(names, 0)
                self._files = {name: Appender(folder / name, start=sizes[name]) for name in names}
                self._journal = Journal(folder / JOURNAL, self._files, job or {}, start=past.size if past else 0)
                self._tables = [Table(self._files[f"{kind.plural}.csv"], kind) for kind in kinds]
                self._journal.flush()
        except BaseException:
            self._lock.release()
            raise

    def _past(self, job: Job, names: Sequence[str], *, is_fresh: bool) -> Past | None:
        """What an unfinished run of this job has done; None if there is none to be taken up."""
        if is_fresh or not (self.folder / JOURNAL).exists():
            return None
        try:
            past = Past(self.folder / JOURNAL)
        except ValueError:
            return None
        if dict(past.job) != dict(job) or tuple(past.names) != tuple(names):
            raise ConfigError(
                f"{self.folder}: holds an unfinished run with other settings ({_differing(past.job, job)}); "
                "finish it with those, choose another --out DIR, or give --fresh to begin anew"
            )
        for key, delta in past.done():
            self.done.add(key)
            self.past.merge(delta)
        return past

    def append(self, extraction: Extraction, schema: str, delta: Delta | None = None, *, is_done: bool = True) -> Made:
        """Write an extraction's records and failures, and give what was written of its records.

        Unless it `is_done`, a run that goes on asks for the document again.
        """
        made = make(extraction, schema, self._tables, delta or {})
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
        if made.records:
            self._files[RECORDS].add(made.rows_of(document))
            for table, lines in zip(self._tables, made.lines_of(document), strict=True):
                if lines:
                    table.file.add(lines)

    def fail(self, failure: Failure, delta: Delta | None = None) -> None:
        """Write a failure of a document that could not be read."""
        self._fail(failure, 0, {"prompt": 0, "completion": 0})
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

        When that fails, `fault` says why, ConfigError is raised, and nothing is written any more: what was written in
        part is cut off when the run goes on.
        """
        if self.fault is not None:
            return
        try:
            with _writing(self.folder, is_begun=True):
                self._journal.flush()
        except ConfigError as error:
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
        text = json.dumps(manifest, ensure_ascii=False, indent=2, default=str)
        part = self.folder / f"{MANIFEST}.part"
        with _writing(self.folder, is_begun=True):
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


def job_of(pipeline: Pipeline, inputs: Sequence[str], *, retry_of: Path | None = None) -> dict[str, Any]:
    """What a run must have in common with an unfinished one to go on with it: all that decides on its records."""
    asking = pipeline.asking
    return {
        "prompt": pipeline.prompt.name,
        "prompt_digest": pipeline.prompt.digest,
        "schema": pipeline.prompt.form.digest,
        "model": asking.model,
        "endpoint": asking.endpoint,
        "mode": asking.mode,
        "options": dict(asking.options),
        "max_reasks": asking.max_reasks,
        "context": asking.context,
        "inputs": [str(each) for each in inputs],
        "retry_of": str(retry_of) if retry_of else None,
    }


def is_unfinished(folder: Path) -> bool:
    """Whether a folder holds a run that can be taken up."""
    return (folder / JOURNAL).exists()


@contextmanager
def _writing(folder: Path, *, is_begun: bool = False) -> Iterator[None]:
    """Says what to do about an error: a run that `is_begun` goes on where it is, once there is room."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        advice = "choose another with --out DIR"
        if error.errno in _FULL:
            advice = "make room there, and the same command goes on" if is_begun else f"make room there, or {advice}"
        raise ConfigError(f"{folder}: cannot be written: {reason}; {advice}") from error


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    # Many programs write a manifest.json; only a run has both of these from its first moment on.
    if there and not there >= {RECORDS, FAILURES} and JOURNAL not in there:
        raise ConfigError(f"{folder}: holds other files than a run; choose another with --out DIR")


def _clear(folder: Path) -> None:
    tables = (f"{schemas.get(name).plural}.csv" for name in schemas.names())
    for name in (MANIFEST, JOURNAL, RECORDS, FAILURES, "log.jsonl", *tables):
        (folder / name).unlink(missing_ok=True)


def _differing(then: Job, now: Job) -> str:
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return "; ".join(f"{name}: {then.get(name)!r} then, {now.get(name)!r} now" for name in names[:3]) or "other records"


def _tokens(extraction: Extraction) -> dict[str, int]:
    usages = [attempt.completion.usage for attempt in extraction.attempts]
    return {
        "prompt": sum(usage.prompt or 0 for usage in usages),
        "completion": sum(usage.completion or 0 for usage in usages),
    }
