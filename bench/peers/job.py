"""The job that all peers are given, and what they share in doing it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import schemas

# What the endpoint is told; it answers whatever model is named.
MODEL = "gpt-4o-mini"
API_KEY = "none"


@dataclass(frozen=True, kw_only=True)
class Job:
    """Reports to ask about, one request each, at most `concurrency` of them on their way.

    `inputs` and `warm` are files of JSON lines: the second is worked through before the clock starts. `folder` is
    the peer's own, `shared` one that outlives the job. `system` is what the project itself says before a report,
    `task` the prompt that it is in, `records` the kinds of records that an answer may hold.
    """

    url: str
    concurrency: int
    inputs: Path
    warm: Path
    folder: Path
    shared: Path
    system: str
    task: str
    records: tuple[str, ...]
    how: str = ""

    def write(self, path: Path) -> None:
        """Write it to be read in another environment."""
        path.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Job:
        """The job that was written."""
        value = json.loads(path.read_text(encoding="utf-8"))
        paths = {name: Path(value[name]) for name in ("inputs", "warm", "folder", "shared")}
        return cls(**{**value, **paths, "records": tuple(value["records"])})

    @cached_property
    def answer(self) -> type[schemas.Answer]:
        """The model of an answer; the same object each time, as libraries keep what they made of it."""
        return schemas.answer_type(tuple(schemas.get(name) for name in self.records))

    @cached_property
    def response_format(self) -> dict[str, Any]:
        """How an answer of that form is asked for."""
        schema = {"name": self.answer.__name__, "schema": self.answer.model_json_schema()}
        return {"type": "json_schema", "json_schema": schema}

    def messages(self, text: str) -> list[dict[str, str]]:
        """What is said about one report."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": text}]


def texts(path: Path) -> Iterator[str]:
    """The reports in a file."""
    with path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)["text"]


async def each(job: Job, path: Path, ask: Callable[[str], Awaitable[Any]]) -> int:
    """Ask about every report in a file, so many at once as the job says; counts the answers that are something."""
    reports = texts(path)
    good = 0

    async def work() -> None:
        nonlocal good
        for text in reports:
            if await ask(text) is not None:
                good += 1

    await asyncio.gather(*(work() for _ in range(job.concurrency)))
    return good
