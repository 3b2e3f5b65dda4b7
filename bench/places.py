"""Disks that fill: a small one is mounted where that is allowed, else files may only grow so long."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.row import Row, Scale, Skipped
from bench.serve import Running
from bench.site import Ended, Site

_ROOMY_KB = 512_000


@contextmanager
def small_disk(folder: Path, kb: int) -> Iterator[Callable[[], None]]:
    """A disk of so many KB at `folder`; gives what makes room on it. Skipped where nothing may be mounted."""
    folder.mkdir(exist_ok=True)
    _mount(f"size={kb}k", folder)
    try:
        yield lambda: _mount(f"remount,size={_ROOMY_KB}k", folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)  # noqa: S603, S607


def disk_full_records(scale: Scale, folder: Path) -> Row:
    """The disk of the run folder fills; then there is room, and the same command goes on."""
    # A report's rows take some 5 KB: this holds under half of them.
    kb = scale.of() * 2
    try:
        with small_disk(folder / "out", kb) as make_room:
            return _two_runs("disk full: records", scale, Site(folder=folder), None, make_room)
    except Skipped:

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (kb * 600, resource.RLIM_INFINITY))

        return _two_runs("disk full: records", scale, Site(folder=folder), limit, lambda: None)


def disk_full_cache(scale: Scale, folder: Path) -> Row:
    """The disk of the cache fills; then there is room, and the same command goes on."""
    with small_disk(folder / "cache", 150 + scale.of() * 2) as make_room:
        return _two_runs("disk full: cache", scale, Site(folder=folder), None, make_room)


def _two_runs(
    name: str, scale: Scale, site: Site, limit: Callable[[], None] | None, make_room: Callable[[], None]
) -> Row:
    numbers = range(scale.of())
    site.write(numbers)
    with Running(latency_ms=scale.latency_ms) as endpoint:
        first = site.run(endpoint.url, limit=limit)
        before, stats = set(endpoint.asked()["asked"]), [endpoint.stats()]
        make_room()
        cached = site.cached()
        endpoint.reset(latency_ms=scale.latency_ms)
        second = site.run(endpoint.url)
        again = set(endpoint.asked()["asked"])
        stats.append(endpoint.stats())
    unkept = len(before & again)
    note = f"one slot's time more; {unkept} asked again that were not kept; first exit {first.code}: {_line(first)}"
    return Row.of(
        name,
        site.found(numbers),
        numbers,
        stats,
        again=len(again & cached),
        ended=Ended(second.code, first.seconds + second.seconds, second.said),
        ideal=scale.work_s + scale.latency_ms / 1000,
        note=note,
    )


def _line(ended: Ended) -> str:
    return " / ".join(ended.said.strip().splitlines())[-400:]


def _mount(options: str, folder: Path) -> None:
    if os.name != "posix":
        raise Skipped("this system mounts no small disk")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    except OSError as error:
        raise Skipped(f"no small disk can be mounted ({error})") from error
    if done.returncode:
        raise Skipped(f"no small disk can be mounted ({done.stderr.strip()})")
