"""Completions by the key of their request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from extract.cache.claims import claims
from extract.cache.entry import Entry, Stored, dump, parse, parse_line, stamp
from extract.cache.files import forget
from extract.cache.folder import FORMAT, prepare
from extract.errors import ConfigError, InputError
from extract.request import Completion, Label, Request
from extract.secrets import locate

if TYPE_CHECKING:
    from types import TracebackType


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """What a cache holds: sizes in bytes, entries by model asked for, the times of the oldest and the newest."""

    folder: str
    format: int
    entries: int
    bytes: int
    models: dict[str, int]
    oldest: str | None
    newest: str | None


class Cache:
    """Completions kept in a folder, which is created for this user alone.

    Threads and processes may share it. Any trouble with the folder raises ConfigError that says what to do.

    Up to `hold` answers that come in a burst are written together; until then only this object knows them, and
    a program that is killed loses them: who holds answers calls `flush` before it relies on them.
    """

    def __init__(self, folder: Path, *, hold: int = 1, clock: Callable[[], datetime] = _now) -> None:
        from extract.cache.buffer import Buffer
        from extract.cache.disk import Table

        self.folder = Path(folder).absolute()
        # The run that pays for what is put.
        self.run = ""
        self._clock = clock
        prepare(self.folder)
        self._table = Table(self.folder)
        self._buffer = Buffer(self._table, most=hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        self.flush()
        return len(self._table)

    def flush(self) -> None:
        """Write what is held: every answer that was put is in the folder when this returns."""
        self._buffer.flush()

    def close(self) -> None:
        """Write what is held and close the connection of this thread; the next call opens it again."""
        try:
            self.flush()
        finally:
            self._table.close()

    def get(self, request: Request, label: Label | None = None) -> Completion | None:
        """The completion that was stored for an equal request, or None.

        What this `run` has paid for itself, for the document and the attempt that `label` names, is "live" still: a run
        that was killed before it had counted an answer counts it when it goes on. A further attempt that asks the same
        again, as it does where an answer comes back unmended, pays nothing.
        """
        text = self._buffer.get(request.key) or self._table.get(request.key)
        if text is None:
            return None
        stored = self._parse(request.key, text)
        is_own = self.run and stored.run == self.run and label is not None
        if is_own and label == stored.label:
            return replace(stored.completion, origin="live")
        return stored.completion

    def put(self, request: Request, completion: Completion, label: Label) -> bool:
        """Store a completion; False for one that was cut off (`finish` is "length"), which is never stored."""
        text = self._text(request, completion, label)
        if text is not None:
            self._buffer.add(request.key, text)
        return text is not None

    def claim(self, request: Request) -> bool:
        """Claim the asking of a request; False while anybody else on this machine has it.

        Who has it asks, stores what came, and gives it up once that is written.
        """
        return claims(self.folder).take(request.key)

    def give_up(self, request: Request) -> None:
        """Let others ask what was claimed."""
        claims(self.folder).give_up(request.key)

    def put_many(self, answers: Iterable[tuple[Request, Completion, Label]]) -> int:
        """Store completions as `put` does, all of them at once or none, and count them."""
        texts = [(request.key, self._text(request, completion, label)) for request, completion, label in answers]
        whole = [(key, text) for key, text in texts if text is not None]
        self.flush()  # a held answer is older than these
        self._table.set_many(dict(whole))
        return len(whole)

    def entries(self) -> Iterator[Entry]:
        """All entries, sorted by key."""
        for key, text in self._items():
            stored = self._parse(key, text)
            yield Entry(
                key=key,
                model=stored.model,
                document=stored.label.document,
                task=stored.label.task,
                attempt=stored.label.attempt,
                time=stored.time,
                size=len(text.encode()),
            )

    def answers(self) -> Iterator[Stored]:
        """All answers with what they were for, sorted by key: as keys are hashes, the first n are a random sample."""
        for key, text in self._items():
            yield self._parse(key, text)

    def info(self) -> CacheInfo:
        """What the cache holds, counted now."""
        entries = list(self.entries())
        times = [entry.time for entry in entries]
        models = Counter(entry.model for entry in entries)
        return CacheInfo(
            folder=str(self.folder),
            format=FORMAT,
            entries=len(entries),
            bytes=sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file()),
            models=dict(sorted(models.items())),
            oldest=min(times, default=None),
            newest=max(times, default=None),
        )

    def prune(self, *, older_than_days: float | None = None, model: str | None = None, task: str | None = None) -> int:
        """Remove the entries that meet all conditions given, and count them; ConfigError when none is given.

        A task's name without a version ("events") means all its versions.
        """
        if older_than_days is None and model is None and task is None:
            raise ConfigError("nothing was removed from the cache: say how old, which model or which task")
        now = self._clock()
        doomed = [
            entry.key
            for entry in self.entries()
            if (older_than_days is None or entry.age_days(now) >= older_than_days)
            and (model is None or entry.model == model)
            and (task is None or entry.task == task or entry.task.startswith(f"{task}/"))
        ]
        if doomed:
            forget(self.folder)
        return sum(self._table.delete(key) for key in doomed)

    def export(self, file: TextIO, *, secrets: Iterable[str] = ()) -> int:
        """Write every entry as a line of JSON, sorted by key, and count them.

        ConfigError when an entry holds a secret (one of `secrets`, or what looks like one); nothing is written then.
        """
        known = tuple(secrets)
        for line in self._lines():
            if found := locate(line, known):
                kind, place = found
                document, task = line["label"]["document"], line["label"]["task"]
                raise ConfigError(
                    f"cache folder {self.folder} was not exported: entry {line['key']} (document {document!r}, task "
                    f"{task}) holds {kind} in {place}; remove it with `mahdar cache prune --task {task}`"
                )
        count = 0
        for line in self._lines():
            file.write(dump(line) + "\n")
            count += 1
        return count

    def load(self, file: TextIO) -> int:
        """Add the entries that `export` wrote, and count those that are new; an entry that is there is kept.

        InputError names the first bad line; nothing is added then.
        """
        name = getattr(file, "name", "import")
        number = added = 0
        self.flush()
        with self._table.transaction():
            try:
                for number, line in enumerate(file, 1):  # noqa: B007  it is used after the loop
                    if line.strip():
                        key, stored = parse_line(line)
                        added += self._table.add(key, dump(_whole(stored).to_json()))
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: not UTF-8 text: {error}", kind="cache") from error
            except ValueError as error:
                raise InputError(f"{name}, line {number}: not an entry of a cache: {error}", kind="cache") from error
        return added

    def _text(self, request: Request, completion: Completion, label: Label) -> str | None:
        """How a completion is stored; None if it is not."""
        if completion.finish == "length":
            return None
        return dump(
            Stored(
                completion=completion, label=label, model=request.model, time=stamp(self._clock()), run=self.run
            ).to_json()
        )

    def _items(self) -> Iterator[tuple[str, str]]:
        self.flush()
        return self._table.items()

    def _lines(self) -> Iterator[dict[str, Any]]:
        for key, text in self._items():
            yield {"key": key, **self._parse(key, text).to_json()}

    def _parse(self, key: str, text: str) -> Stored:
        try:
            return parse(text)
        except ValueError as error:
            raise ConfigError(
                f"cache folder {self.folder}: entry {key} was not written by mahdar: {error}; delete the folder, "
                "or use another one with --cache DIR"
            ) from error


def _whole(stored: Stored) -> Stored:
    if stored.completion.finish == "length":
        raise ValueError("its answer was cut off")
    return stored
