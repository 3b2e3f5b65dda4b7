"""A folder of recordings: found by key, written one file per call, checked for tampering and secrets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from extract.errors import ConfigError, InputError, ReplayMiss
from extract.recordings import miss
from extract.recordings.files import SCHEMAS, Files, read
from extract.recordings.recording import Recording, home, safe
from extract.request import Completion, Label, Mode, Request, canonical
from extract.secrets import find_secret, locate

_NAME = re.compile(r"(?P<document>.+)--(?P<key>[0-9a-f]{12})\.json", re.DOTALL)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How requests were asked: all of a request but its words, its form and its sample."""

    endpoint: str
    model: str
    mode: Mode
    options: Mapping[str, Any]


class Recordings:
    """The recordings in a folder, which need not exist before the first is written.

    A file that cannot be read, or no longer has the key it is named by, raises InputError when it is needed.
    `used` are the files that were found or written so far.
    """

    def __init__(
        self,
        folder: Path,
        *,
        how_to_record: Callable[[Label], str] | None = None,
        secrets: Iterable[str] = (),
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.folder = Path(folder)
        self.used: set[Path] = set()
        self._how_to_record = how_to_record or miss.command(self.folder)
        self._secrets = tuple(secrets)
        self._clock = clock
        self._files = Files(self.folder)

    @property
    def number(self) -> int:
        """How many files are named as recordings."""
        return len(self._paths)

    def find(self, request: Request) -> Completion | None:
        """The recorded completion of an equal request, or None."""
        named = [(path, self._files.load(path)) for path in self._by_key.get(request.key[:12], ())]
        found = {path: recording for path, recording in named if recording.request.key == request.key}
        self.used.update(found)
        return next((recording.completion for recording in found.values()), None)

    def replay(self, request: Request, label: Label) -> Completion:
        """The recorded completion of an equal request; ReplayMiss says what is nearest and what to do."""
        completion = self.find(request)
        if completion is None:
            raise ReplayMiss(self._explain(request, label))
        return completion

    def write(self, request: Request, completion: Completion, label: Label) -> Path:
        """Keep a call and give its file; one that holds the same answer already is left as it is.

        ConfigError when the call holds a secret or the file cannot be written.
        """
        time = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        recording = Recording(request=request, completion=completion, label=label, time=time)
        path = self.folder / recording.path
        self._refuse_secrets(recording)
        if not (path.exists() and self._holds(path, recording)):
            self._files.save(path, recording)
        paths = self._by_key.setdefault(request.key[:12], [])
        if path not in paths:
            paths.append(path)
        self.used.add(path)
        return path

    def models(self) -> set[str]:
        """The models that were asked."""
        return {setup.model for setup in self.settings()}

    def settings(self, task: str | None = None) -> list[Setup]:
        """The distinct setups among the recordings (of one task), the most frequent first.

        Every file is read, once: any of them may have been asked differently.
        """
        found: dict[bytes, Setup] = {}
        counts: Counter[bytes] = Counter()
        for recording in map(self._files.load, self._paths):
            asked = recording.request
            if task is None or recording.label.task == task:
                same = canonical([asked.endpoint, asked.model, asked.mode, dict(asked.options)])
                found[same] = Setup(endpoint=asked.endpoint, model=asked.model, mode=asked.mode, options=asked.options)
                counts[same] += 1
        return [found[same] for same, _ in counts.most_common()]

    def entries(self) -> list[Recording]:
        """All recordings, sorted by their files; InputError names one that cannot be read."""
        return [self._files.load(path) for path in self._paths]

    def unused(self, tasks: Iterable[str] | None = None) -> list[Path]:
        """The files (of these tasks) that no request asked for in this process, sorted."""
        folders = None if tasks is None else {self.folder / home(task) for task in tasks}
        return [path for path in self._paths if path not in self.used and (folders is None or path.parent in folders)]

    def check(self) -> list[str]:
        """All that is wrong with the files, one line each; empty when all is well."""
        if not self.folder.is_dir():
            return [f"{self.folder}: there is no such folder"]
        files = sorted(path for path in self.folder.rglob("*.json") if path.is_file())
        return [problem for path in files for problem in self._problems(path)]

    @cached_property
    def _by_key(self) -> dict[str, list[Path]]:
        """Paths by the first 12 digits of their keys, from the names alone."""
        by_key: dict[str, list[Path]] = {}
        for path in sorted(self.folder.rglob("*.json")):
            if match := _NAME.fullmatch(path.name):
                by_key.setdefault(match["key"], []).append(path)
        return by_key

    @property
    def _paths(self) -> list[Path]:
        return sorted(path for paths in list(self._by_key.values()) for path in paths)

    def _holds(self, path: Path, recording: Recording) -> bool:
        """Whether a file holds this very answer; when it was given, and how fast, does not matter."""
        try:
            old = self._files.load(path)
        except InputError:
            return False
        return old.request.key == recording.request.key and _said(old.completion) == _said(recording.completion)

    def _refuse_secrets(self, recording: Recording) -> None:
        value = recording.to_json() | {"schema": recording.request.form.schema}
        if found := locate(value, self._secrets):
            kind, place = found
            raise ConfigError(
                f"not recorded: the call for document {recording.label.document!r}, task {recording.label.task} holds "
                f"{kind} in {place}; recordings are for everyone to read: take it out of the prompt or the document"
            )

    def _explain(self, request: Request, label: Label) -> str:
        readable, broken = self._of_document(label.document)
        near = miss.nearest(request, label, readable)
        recorded = [(path.parent.relative_to(self.folder).as_posix(), _document(path)) for path in self._paths]
        lines = [f"{self.folder}: {miss.message(request, label, near, recorded)}"]
        lines += [f"not readable: {problem}" for problem in broken[:3]]
        return "\n".join([*lines, f"to record it: {self._how_to_record(label)}"])

    def _of_document(self, document: str) -> tuple[list[Recording], list[str]]:
        """The recordings of a document in all tasks, and why others of its name cannot be read."""
        readable, broken = [], []
        for path in self._paths:
            if _document(path) == safe(document):
                try:
                    readable.append(self._files.load(path))
                except InputError as error:
                    broken.append(str(error))
        return [near for near in readable if near.label.document == document], broken

    def _problems(self, path: Path) -> Iterator[str]:
        found = None
        try:
            found = locate(read(path), self._secrets)
            yield from self._misplaced(path)
        except InputError as error:
            yield str(error)
        if found is None and (kind := find_secret(path.read_bytes().decode(errors="replace"), self._secrets)):
            found = (kind, "its text")
        if found:
            yield f"{path}: holds {found[0]} in {found[1]}"

    def _misplaced(self, path: Path) -> Iterator[str]:
        if path.parent == self.folder / SCHEMAS:
            name, _, digest = path.stem.rpartition("-")
            self._files.form(name, digest)
        elif not _NAME.fullmatch(path.name):
            yield f"{path}: not named <document>--<12 digits of its key>.json, so replay does not see it"
        elif (right := self.folder / self._files.load(path).path) != path:
            yield f"{path}: belongs at {right}"


def _said(completion: Completion) -> Completion:
    return replace(completion, latency_s=None, origin="recording")


def _document(path: Path) -> str:
    """The document that a recording's name says, as `safe` made it."""
    return path.name.rpartition("--")[0]
