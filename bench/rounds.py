"""Peers side by side: each does the same job in a process of its own, round by round, and medians count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench import environments
from bench.peers.job import Job
from bench.reports import MEETINGS, report
from bench.serve import Running

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 1800
# Beyond the number of any report that is measured.
_FIRST_WARM, WARM = 5_000_000, 8


class Peer(NamedTuple):
    """A library: its name in tables, its module in `bench.peers`, what it is told, its environment (None: ours)."""

    name: str
    module: str
    how: str = ""
    environment: str | None = None


OURS = Peer("mahdar", "ours")
RAW = Peer("raw aiohttp", "raw")
INSTRUCTOR = Peer("instructor JSON_SCHEMA", "instructed", "JSON_SCHEMA", "instructor")
PEERS = (
    OURS,
    RAW,
    Peer("openai client", "openai_alone", "", "openai"),
    INSTRUCTOR,
    Peer("instructor TOOLS", "instructed", "TOOLS", "instructor"),
    Peer("curator", "curated", "", "curator"),
    Peer("langextract", "langextracted", "", "langextract"),
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one peer did in one round; `process_s` is from its start to its end, start-up and warm-up included."""

    asked: int
    good: int
    seconds: float
    cpu_s: float
    rss_mb: float
    process_s: float

    @property
    def rate(self) -> float:
        """Documents a second."""
        return self.asked / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU time of a document in ms, children included."""
        return self.cpu_s / self.asked * 1000


Cells = list[Cell]


class Bench:
    """The endpoint, a folder for files, and the number of rounds."""

    def __init__(self, endpoint: Running, folder: Path, rounds: int) -> None:
        self.endpoint = endpoint
        self.folder = folder
        self.rounds = rounds

    def job(self, count: int, *, concurrency: int, task: str, kinds: Sequence[str] = MEETINGS) -> Job:
        """A job over the first reports, which are written where they are not yet."""
        system, records = _prompt(task)
        return Job(
            url=self.endpoint.url,
            concurrency=concurrency,
            inputs=self.reports(0, count, kinds),
            warm=self.reports(_FIRST_WARM, WARM, kinds),
            folder=self.folder,
            shared=self.folder,
            system=system,
            task=task,
            records=records,
        )

    def reports(self, first: int, count: int, kinds: Sequence[str] = MEETINGS) -> Path:
        """A file of JSON lines with so many reports."""
        path = self.folder / f"{'-'.join(kinds)}-{first}-{count}.jsonl"
        if not path.exists():
            with path.open("w", encoding="utf-8") as file:
                for i in range(first, first + count):
                    row = {"id": f"r{i}", "text": report(i, kinds=kinds)}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return path

    def compare(self, peers: Sequence[Peer], job: Job, count: int) -> dict[Peer, Cells | str]:
        """What every peer did in every round, in turn forwards and backwards; of one that cannot, why."""
        found: dict[Peer, Cells | str] = {peer: [] for peer in peers}
        for number in range(self.rounds):
            for peer in peers if number % 2 == 0 else reversed(peers):
                cells = found[peer]
                if isinstance(cells, str):
                    continue
                try:
                    cells.append(self.cell(peer, job, count))
                except environments.MissingError as error:
                    found[peer] = f"not installed: {error}"
                except RuntimeError as error:
                    found[peer] = f"failed: {error}"
        return found

    def cell(self, peer: Peer, job: Job, count: int) -> Cell:
        """What a peer did; RuntimeError if it did not get to the end of it."""
        interpreter = environments.python(peer.environment)
        sys.stderr.write(f"{peer.name}: {count:,} documents, {job.concurrency} in flight\n")
        with TemporaryDirectory(dir=self.folder) as name:
            path = Path(name) / "job.json"
            replace(job, folder=Path(name), how=peer.how or job.how).write(path)
            environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
            command = [str(interpreter), "-m", "bench.peers", peer.module, str(path)]
            clock = time.perf_counter()
            done = subprocess.run(  # noqa: S603  our own program
                command, capture_output=True, text=True, timeout=_PATIENCE_S, env=environ, cwd=name, check=False
            )
            process_s = time.perf_counter() - clock
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["it ended without a word"])[-1])
        return Cell(asked=count, process_s=process_s, **json.loads(done.stdout.strip().splitlines()[-1]))


def middle(cells: Sequence[Cell]) -> Cell:
    """The median of each number by itself."""
    names = ("seconds", "cpu_s", "rss_mb", "process_s")
    medians: Mapping[str, float] = {name: median(getattr(cell, name) for cell in cells) for name in names}
    return Cell(asked=cells[0].asked, good=min(cell.good for cell in cells), **medians)


@cache
def _prompt(task: str) -> tuple[str, tuple[str, ...]]:
    """What the prompt says before a report, and its kinds of records."""
    import schemas
    from extract import prompt as prompts
    from extract.document import Document

    loaded = prompts.load(task, (prompts.SHIPPED,))
    messages = loaded.messages(Document(id="any", text="any"), "json_schema")
    return str(messages[0]["content"]), tuple(schemas.name_of(kind) for kind in loaded.records)
