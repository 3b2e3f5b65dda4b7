"""A folder with invented reports, `mahdar run` over them as a process, and what came of each report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bench.reports import answer_value, report, token

KINDS = ("meeting",)
_ROOT = Path(__file__).resolve().parent.parent
_LONGEST_S = 900.0


class Ended(NamedTuple):
    """How a process ended, after how many seconds, and what it said on stderr."""

    code: int
    seconds: float
    said: str


class Found(NamedTuple):
    """What a run folder holds of the reports that were given.

    `lost` are in neither records nor failures, in failures without a cause, or have a record that is not right;
    `doubled` are in both, or in one of them twice.
    """

    answered: int
    failed: int
    lost: int
    doubled: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where runs are made: inputs in `in.jsonl`, the run in `out`, answers in `cache`."""

    folder: Path
    concurrency: int = 32
    environ: Mapping[str, str] = field(default_factory=dict)

    def write(
        self, numbers: Iterable[int], *, name: str = "in.jsonl", text: Callable[[int], str] | None = None
    ) -> Path:
        """Write reports as lines of JSON; each has its token as id."""
        path = self.folder / name
        with path.open("w", encoding="utf-8") as file:
            for number in numbers:
                row = {"id": token(number, KINDS), "text": text(number) if text else short(number)}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return path

    def start(
        self, url: str, *flags: str, inputs: Iterable[str] = ("in.jsonl",), limit: Callable[[], None] | None = None
    ) -> subprocess.Popen[str]:
        """Start a run; `limit` is called in the child before the program begins."""
        command = [sys.executable, "-m", "extract.cli", "run", *inputs, "--base-url", url, "--model", "mock"]
        command += ["--mode", "json_schema"]
        command += ["--prompt", "meeting", "--concurrency", str(self.concurrency), "--quiet"]
        command += ["--out", "out", "--cache", "cache", "--endpoint", "mock", *flags]
        own = {name: value for name, value in os.environ.items() if not name.startswith(("MAHDAR_", "OPENAI_"))}
        path = os.pathsep.join(filter(None, (self.environ.get("PYTHONPATH"), str(_ROOT))))
        environ = {**own, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **self.environ, "PYTHONPATH": path}
        return subprocess.Popen(  # noqa: S603  our own program
            command,
            cwd=self.folder,
            env=environ,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=limit,  # noqa: PLW1509  no threads here
        )

    def run(self, url: str, *flags: str, **start: Any) -> Ended:
        """Run to the end."""
        began = time.perf_counter()
        return wait(self.start(url, *flags, **start), began)

    def found(self, numbers: Iterable[int], *, out: str = "out") -> Found:
        """What came of these reports."""
        wanted = {token(number, KINDS): number for number in numbers}
        records, failures, wrong = Counter[str](), Counter[str](), set[str]()
        for row in _rows(self.folder / out / "records.jsonl"):
            records[row["document"]] += 1
            if not _is_right(row["record"], wanted.get(row["document"])):
                wrong.add(row["document"])
        for row in _rows(self.folder / out / "failures.jsonl"):
            failures[row["document"]] += 1
            if not (row["kind"] and row["message"]):
                wrong.add(row["document"])
        missing = {name for name in wanted if not records[name] and not failures[name]}
        twice = {name for name in wanted if records[name] + failures[name] > 1}
        good = {name for name in wanted if records[name] and name not in wrong}
        return Found(len(good), len(failures), len(missing | wrong), len(twice))

    def cached(self) -> set[str]:
        """The reports whose first answers are in the cache."""
        from extract.cache import Cache

        with Cache(self.folder / "cache") as cache:
            return {entry.document for entry in cache.entries() if entry.attempt == 1}


def short(number: int) -> str:
    """A report of about 1 KB that tells of one meeting."""
    return report(number, 1000, KINDS)


def wait(process: subprocess.Popen[str], began: float) -> Ended:
    """Wait for the end of a run."""
    try:
        _, said = process.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        _, said = process.communicate()
        said += "\nit did not end"
    return Ended(process.returncode, time.perf_counter() - began, said)


def _is_right(record: Mapping[str, Any], number: int | None) -> bool:
    if number is None:
        return False
    (right,) = answer_value(number, ("meeting",), KINDS)["meetings"]
    return all(record[name] == right[name] for name in ("evidence", "summary", "status", "topics"))


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
