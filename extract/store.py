"""The run folder: records, failures, tables and the manifest of one pass over documents."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import schemas
from extract.document import Failure
from extract.errors import ConfigError
from extract.journal import Appender, Journal, Past
from extract.lock import Lock
from extract.runfiles import FAILURES, JOURNAL, MANIFEST, RECORDS
from extract.tables import Table
from extract.tally import Delta, Tally

if TYPE_CHECKING:
    from extract.pipeline import Extraction, Pipeline
    from extract.validate import GroundedRecord, Grounding
    from schemas import Record

# A document's rows wait no longer than this, nor behind more than so many documents.
_FLUSH_S, _FLUSH_DOCUMENTS = 0.2, 64

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
        self._flushed, self._waiting, self._is_broken = clock(), 0, False
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
                self._tables = {kind: Table(self._files[f"{kind.plural}.csv"], kind) for kind in kinds}
                self._write()
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

    def append(self, extraction: Extraction, schema: str, delta: Delta | None = None, *, is_done: bool = True) -> None:
        """Write an extraction's records and failures; unless it `is_done`, a run that goes on asks for it again."""
        for grounded in extraction.records:
            row = _row(grounded, extraction, schema)
            self._files[RECORDS].add(_line(row))
            self._tables[type(grounded.record)].append(extraction.document, grounded)
        for failure in extraction.failures:
            self._fail(failure, len(extraction.attempts), _tokens(extraction))
        if is_done:
            self._done(extraction.document.id, delta or {})

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
        self._files[FAILURES].add(_line(row))

    def _done(self, key: str, delta: Delta) -> None:
        self._journal.done(key, delta)
        self._waiting += 1
        if self._waiting >= _FLUSH_DOCUMENTS or self._clock() - self._flushed >= _FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Hand what waits to the system: what is flushed survives this program's end, however it comes."""
        with _writing(self.folder):
            self._write()
        self._flushed, self._waiting = self._clock(), 0

    def _write(self) -> None:
        try:
            self._journal.flush()
        except OSError:
            # What was written in part is cut off when the run goes on; nothing may follow it now.
            self._is_broken = True
            raise

    def finish(self, manifest: Mapping[str, Any], *, is_whole: bool = True) -> None:
        """Write the manifest; a run that is not whole keeps its journal, so that the same command goes on with it."""
        self.flush()
        text = json.dumps(manifest, ensure_ascii=False, indent=2, default=str)
        part = self.folder / f"{MANIFEST}.part"
        with _writing(self.folder):
            part.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))
            part.replace(self.folder / MANIFEST)
            if is_whole:
                (self.folder / JOURNAL).unlink()

    def close(self) -> None:
        """Write what waits, close the files, and let others in."""
        try:
            if not self._is_broken:
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
        "inputs": [str(each) for each in inputs],
        "retry_of": str(retry_of) if retry_of else None,
    }


def is_unfinished(folder: Path) -> bool:
    """Whether a folder holds a run that can be taken up."""
    return (folder / JOURNAL).exists()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}; choose another with --out DIR") from error


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


def _line(row: Mapping[str, Any]) -> bytes:
    # An odd file name holds half a surrogate pair, which UTF-8 cannot; its backslash form is valid JSON.
    return (json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n").encode("utf-8", "backslashreplace")


def _row(grounded: GroundedRecord, extraction: Extraction, schema: str) -> dict[str, Any]:
    first = extraction.attempts[0]
    return {
        "document": extraction.document.id,
        "type": schemas.name_of(type(grounded.record)),
        "record": grounded.record.model_dump(mode="json"),
        "evidence": [{**_place(grounding), "in_tail": grounding.in_tail} for grounding in grounded.evidence],
        "values": [_place(grounding) for grounding in grounded.values],
        "problems": [str(problem) for problem in grounded.problems],
        "model": first.request.model,
        "prompt": extraction.prompt,
        "schema": schema,
        "key": extraction.key,
    }


def _place(grounding: Grounding) -> dict[str, Any]:
    span = grounding.span
    return {
        "path": grounding.path,
        "text": grounding.text,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "match": span.match if span else None,
        "score": span.score if span else None,
    }
