"""This project as its users run it: `mahdar run` with its cache and its run folder, validation and grounding."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bench.peers.job import API_KEY, MODEL, Job

_CACHE = "cache"


def prepare(job: Job) -> Callable[[Path], int]:
    """With "fill", "replay" or "anew" the cache is the shared one; with "anew" it has kept answers and no rows."""
    from extract.cache.files import NAME
    from extract.cli import main

    numbers = count()
    if job.how == "anew":
        for path in (job.shared / _CACHE).glob(f"{NAME}*"):
            path.unlink()

    def do(inputs: Path) -> int:
        out = job.folder / f"run-{next(numbers)}"
        try:
            main(arguments(job, inputs, out))
        except SystemExit as ended:
            if ended.code:
                raise RuntimeError(f"mahdar run ended with {ended.code}; see above") from ended
        counts = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["counts"]
        good: int = counts["documents"] - counts["failed_documents"]
        return good

    return do


def arguments(job: Job, inputs: Path, out: Path) -> list[str]:
    """The command line of a run."""
    cache = (job.shared if job.how in ("fill", "replay", "anew") else job.folder) / _CACHE
    options = {
        "--prompt": job.task,
        "--concurrency": str(job.concurrency),
        "--base-url": job.url,
        "--endpoint": "bench",
        "--model": MODEL,
        "--mode": "json_schema",
        "--api-key": API_KEY,
        "--cache": str(cache),
        "--out": str(out),
    }
    return ["run", str(inputs), *(word for option in options.items() for word in option)]
