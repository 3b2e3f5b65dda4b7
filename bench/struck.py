"""Faults on the side of the program: it is killed, its clock jumps, its inputs are odd, others share its cache."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from bench.reports import report
from bench.row import Row, Scale
from bench.serve import Running
from bench.site import KINDS, Ended, Site, short, wait

# What is put in front of the child's modules: its clock of the day jumps, some time after its start.
_CLOCK = """
import time
_time, _start = time.time, time.monotonic()
time.time = lambda: _time() + ({shift} if time.monotonic() - _start > {after} else 0)
time.time_ns = lambda: int(time.time() * 1e9)
"""


def killed(scale: Scale, folder: Path) -> Row:
    """Kill it at random moments, the same command again each time, until it is done."""
    site, numbers, draw = Site(folder=folder, concurrency=16), range(scale.of()), Random(1)  # noqa: S311
    site.write(numbers)
    began, again, in_flight, stats = time.perf_counter(), 0, 0, list[Mapping[str, Any]]()
    known: set[str] = set()
    with Running(latency_ms=scale.latency_ms) as endpoint:
        for _ in range(scale.kills):
            process = site.start(endpoint.url)
            _kill(process, endpoint, draw)
            process.communicate()
            asked = set(endpoint.asked()["asked"])
            stats.append(endpoint.stats())
            again += len(asked & known)
            if (site.folder / "cache").exists():
                known = site.cached()
            in_flight += len(asked - known)
            endpoint.reset(latency_ms=scale.latency_ms)
        last = site.run(endpoint.url)
        again += len(set(endpoint.asked()["asked"]) & known)
        stats.append(endpoint.stats())
    return Row.of(
        "kill -9",
        site.found(numbers),
        numbers,
        stats,
        again=again,
        ended=Ended(last.code, time.perf_counter() - began, last.said),
        ideal=scale.latency_ms / 1000 * (len(numbers) + in_flight) / 16,
        note=f"16 at once; {scale.kills} kills, {in_flight} asks in flight then; + {scale.kills + 1} starts",
    )


def _kill(process: subprocess.Popen[str], endpoint: Running, draw: Random) -> None:
    """Kill a run: one of five times at any moment of its start, else soon after its first request."""
    begun = draw.random() < 0.2
    while not begun and not _has_ended(process, 0.02):
        begun = endpoint.stats()["requests"] > 0
    if not _has_ended(process, draw.uniform(0.0, 1.5)):
        process.kill()


def _has_ended(process: subprocess.Popen[str], within_s: float) -> bool:
    try:
        process.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def clock_jumps(scale: Scale, folder: Path, shift_s: int) -> Row:
    """The clock of the day jumps in the middle of the run."""
    after = 0.9 if scale.documents else 4
    (folder / "sitecustomize.py").write_text(_CLOCK.format(shift=shift_s, after=after), encoding="utf-8")
    site = Site(folder=folder, environ={"PYTHONPATH": str(folder)})
    numbers = range(scale.of())
    site.write(numbers)
    with Running(latency_ms=scale.latency_ms, p_429=0.05, retry_after_s=scale.retry_s) as endpoint:
        ended = site.run(endpoint.url)
        stats = endpoint.stats()
    return Row.of(
        f"clock {shift_s // 3600:+} h",
        site.found(numbers),
        numbers,
        [stats],
        again=stats["answered_twice"],
        ended=ended,
        ideal=scale.work_s + 2 * scale.retry_s,
        note="with 5 % 429: + two Retry-After",
    )


def large(scale: Scale, folder: Path) -> Row:
    """Reports of 1 MB."""
    site, numbers = Site(folder=folder, concurrency=8), range(scale.large)
    _, _, rest = report(999_999, 1_000_000, KINDS).partition("\n")
    site.write(numbers, text=lambda number: f"{short(number)}\n{rest}")
    with Running(latency_ms=scale.latency_ms) as endpoint:
        ended = site.run(endpoint.url, "--max-chars", "2000000")
        stats = endpoint.stats()
    return Row.of(
        "reports of 1 MB",
        site.found(numbers),
        numbers,
        [stats],
        again=stats["answered_twice"],
        ended=ended,
        ideal=scale.latency_ms / 1000 * len(numbers) / 8,
        note="8 at once; reading and checking 1 MB each is not in the ideal",
    )


def unreadable(scale: Scale, folder: Path) -> Row:
    """A broken PDF, a broken Word file and a line of garbage among good reports."""
    site, numbers = Site(folder=folder), range(scale.of())
    path = site.write(numbers)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(len(lines) // 2, '{"id": "x", "text": "\\ud800 \x00 half\n')
    path.write_text("".join(lines), encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nxref\n0 99\ntrailer\n")
    (folder / "broken.docx").write_bytes(b"PK\x03\x04" + bytes(range(256)) * 8)
    with Running(latency_ms=scale.latency_ms) as endpoint:
        ended = site.run(endpoint.url, inputs=("broken.pdf", "broken.docx", "in.jsonl"))
        stats = endpoint.stats()
    found = site.found(numbers)
    # What cannot be read has no token for its name.
    lost = found.lost + abs(found.failed - 3)
    return Row.of(
        "unreadable files",
        found._replace(lost=lost),
        [*numbers, *range(3)],
        [stats],
        again=stats["answered_twice"],
        ended=ended,
        ideal=scale.work_s,
        note="three are failures with their cause",
    )


def four_processes(scale: Scale, folder: Path) -> Row:
    """Four runs at once over one cache, half of whose reports are the same."""
    half = scale.of(1000) // 2
    site = Site(folder=folder, concurrency=16)
    parts = [[*range(half), *range(half * (each + 1), half * (each + 2))] for each in range(4)]
    for each, numbers in enumerate(parts):
        Random(each).shuffle(numbers)  # noqa: S311
        site.write(numbers, name=f"in{each}.jsonl")
    with Running(latency_ms=scale.latency_ms) as endpoint:
        began = time.perf_counter()
        processes = [site.start(endpoint.url, "--out", f"out{each}", inputs=(f"in{each}.jsonl",)) for each in range(4)]
        ends = [wait(process, began) for process in processes]
        stats, asked = endpoint.stats(), endpoint.asked()
    found = [site.found(numbers, out=f"out{each}") for each, numbers in enumerate(parts)]
    twice = sum(asked["asked"].values()) - len(asked["asked"])
    worst = max(ends, key=lambda ended: (ended.code, ended.seconds))
    return Row.of(
        "4 processes, one cache",
        type(found[0])(*map(sum, zip(*found, strict=True))),
        range(8 * half),
        [stats],
        again=twice,
        ended=worst._replace(said="\n".join(ended.said for ended in ends if ended.said)),
        ideal=scale.latency_ms / 1000 * 5 * half / 64,
        note=f"4 x 16 at once, {5 * half} different reports among {8 * half}",
    )
