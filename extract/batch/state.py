"""What is known of the batches of a folder, written down after every step; it holds no key.

`batch.json` has the job and its parts, a part for each batch. Beside it stand, for each part, its requests until the
batch is created (`part-0001.jsonl`), the keys with what they are for (`.keys.jsonl`), the files that came back
(`.output.jsonl`, `.error.jsonl`), and the requests that got no answer (`.failed.jsonl`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from extract.errors import ConfigError, InputError
from extract.request import Label

FORMAT = 1
NAME = "batch.json"
# Each is noted before the call that it names, and the next one after it.
Stage = Literal["written", "uploading", "uploaded", "creating", "created", "collected", "exported"]
OVER = ("completed", "failed", "expired", "cancelled")


@dataclass(slots=True, kw_only=True)
class Part:
    """A file of requests and the batch that is made of it; `status` and `counts` are what the endpoint said last."""

    name: str
    requests: int
    bytes: int
    stage: Stage = "written"
    file_id: str | None = None
    batch_id: str | None = None
    created: str | None = None
    status: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    output_file: str | None = None
    error_file: str | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of its batch."""
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that got no answer, why, and whether it may get one when it is sent again."""

    key: str
    document: str
    attempt: int
    kind: str
    message: str
    may_pass: bool


@dataclass(slots=True, kw_only=True)
class State:
    """The batches of one job. `job` decides on requests, `asked` is what the user gave: inputs and flags."""

    path: Path
    job: Mapping[str, Any]
    asked: Mapping[str, Any]
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    parts: list[Part] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder that all its files are in."""
        return self.path.parent

    def save(self) -> None:
        """Write it down, whole or not at all."""
        value = {
            "mahdar_batch": FORMAT,
            "id": self.id,
            "job": dict(self.job),
            "asked": dict(self.asked),
            "parts": [asdict(part) for part in self.parts],
        }
        write(self.path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def next_name(self) -> str:
        """The name of a part to come."""
        return f"part-{len(self.parts) + 1:04}"

    def file(self, part: Part, kind: str = "") -> Path:
        """A file of a part; without a kind that of its requests."""
        return self.folder / f"{part.name}{f'.{kind}' if kind else ''}.jsonl"

    def remote(self, part: Part) -> str:
        """What a part's file and batch are called at the endpoint: no other has that name."""
        return f"mahdar-{self.id}-{part.name}.jsonl"

    def labels(self, part: Part) -> Iterator[tuple[str, Label]]:
        """The keys of a part with what they are for."""
        for row in _rows(self.file(part, "keys")):
            yield row["key"], Label(document=row["document"], task=row["task"], attempt=row["attempt"])

    def failed(self, part: Part) -> Iterator[Failed]:
        """The requests of a part that got no answer; none of a part that is not collected."""
        path = self.file(part, "failed")
        return (Failed(**row) for row in _rows(path)) if path.exists() else iter(())

    def under_way(self) -> set[int]:
        """Keys, as numbers, of requests whose answers may still come, so that none is sent twice."""
        parts = (part for part in self.parts if part.stage not in ("collected", "exported"))
        return {int(key, 16) for part in parts for key, _ in self.labels(part)}

    def hopeless(self) -> set[int]:
        """Keys, as numbers, of requests that would fail again."""
        return {int(failed.key, 16) for part in self.parts for failed in self.failed(part) if not failed.may_pass}


def key_line(key: str, label: Label) -> bytes:
    """A key with what it is for, as a line."""
    row = {"key": key, "document": label.document, "task": label.task, "attempt": label.attempt}
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f"{path.name}.tmp")
    try:
        draft.write_bytes(text.encode("utf-8", "backslashreplace"))
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}; choose another folder") from error


def load(place: Path) -> State:
    """The state of a folder, or of a state file; InputError if there is none, or it is broken."""
    path = place / NAME if place.is_dir() else place
    try:
        value = json.loads(path.read_bytes())
        if value["mahdar_batch"] != FORMAT:
            raise InputError(f"{path}: written by another version of mahdar; update mahdar", kind="batch")
        parts = [Part(**part) for part in value["parts"]]
        return State(path=path, job=value["job"], asked=value["asked"], id=value["id"], parts=parts)
    except OSError as error:
        said = f"{path}: {error.strerror}; name the folder that `mahdar batch submit` was given with --to"
        raise InputError(said, kind="batch") from error
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: no state of batches ({error}); restore it, or submit anew", kind="batch") from error


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise InputError(f"{path}:{number}: not a line of JSON; restore the file", kind="batch") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; restore the file", kind="batch") from error
