"""`python -m bench.faults [--only NAME] [--quick]`: what a run loses, does twice and waits for, fault by fault.

Each row is `mahdar run` as a process of its own against the endpoint of these measurements. Seconds are of the whole
process, its start included, "asking s" those from the first request to the last answer; the ideal is latency * N /
concurrency plus what the fault itself must cost, as noted. Where a limit is to be kept to, the best policy that is
known asks just before (`bench.policy`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.places import disk_full_cache, disk_full_records
from bench.row import Row, Scale, Skipped, table, worst
from bench.serve import Running
from bench.site import Site
from bench.struck import clock_jumps, four_processes, killed, large, unreadable

Scene = Callable[[Scale, Path], Row]
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Storm:
    """A fault that the endpoint makes by itself: its options, and what it must cost in seconds, said in `note`."""

    note: str
    cost_s: Callable[[Scale], float] = lambda _: 0.0
    options: Callable[[Scale], Mapping[str, Any]]
    flags: Callable[[Scale], tuple[str, ...]] = lambda _: ()
    documents: int | None = None
    concurrency: int = 32
    ideal_s: Callable[[Scale, int], float] | None = None
    # What is measured beside it: the name of a policy, and the rate that it is told.
    policy: tuple[str, float] | None = None

    def play(self, name: str, scale: Scale, folder: Path) -> Row:
        """Run once over all reports."""
        site = Site(folder=folder, concurrency=self.concurrency)
        numbers = range(scale.of(self.documents))
        site.write(numbers)
        options = {"latency_ms": scale.latency_ms, **self.options(scale)}
        with Running(**options) as endpoint:
            note = self._measured(endpoint, options, len(numbers))
            ended = site.run(endpoint.url, *self.flags(scale))
            stats = endpoint.stats()
        ideal = scale.latency_ms / 1000 * len(numbers) / self.concurrency + self.cost_s(scale)
        if self.ideal_s is not None:
            ideal = self.ideal_s(scale, len(numbers))
        return Row.of(
            name, site.found(numbers), numbers, [stats], again=stats["answered_twice"], ended=ended, ideal=ideal,
            note=note,
        )  # fmt: skip

    def _measured(self, endpoint: Running, options: Mapping[str, Any], number: int) -> str:
        """The note, and what the best policy took."""
        if self.policy is None:
            return self.note
        name, rate = self.policy
        command = [
            sys.executable,
            "-m",
            "bench.policy",
            name,
            endpoint.url,
            str(number),
            str(self.concurrency),
            str(rate),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=_ROOT)  # noqa: S603  our own program
        endpoint.reset(**options)
        return f"{self.note}; best policy: {float(done.stdout):.2f} s of asking"


def _bucket(scale: Scale, number: int) -> float:
    return (number - 20) / 150 + scale.latency_ms / 1000


def _limited(**more: Any) -> Callable[[Scale], Mapping[str, Any]]:
    return lambda _: {"rate": 150.0, "burst": 20.0, **more}


STORMS: Mapping[str, Storm] = {
    "calm": Storm(note="nothing goes wrong", options=lambda _: {}),
    "429 bursts": Storm(
        note="+ one Retry-After",
        options=lambda scale: {"burst_429": (100, 20), "retry_after_s": scale.retry_s},
        cost_s=lambda scale: scale.retry_s,
    ),
    "429 at random, 30 %": Storm(
        note="+ Retry-After of the unluckiest report",
        policy=("free", 0.0),
        documents=1500,
        options=lambda scale: {"p_429": 0.3, "retry_after_s": scale.retry_s},
        cost_s=lambda scale: worst(0.3, scale.of(1500)) * scale.retry_s,
    ),
    "bucket 150/s with headers": Storm(
        note="(N - burst) / rate + latency",
        policy=("bucket", 150.0),
        documents=1500,
        concurrency=128,
        options=_limited(),
        ideal_s=_bucket,
    ),
    "bucket 150/s without headers": Storm(
        note="(N - burst) / rate + latency",
        policy=("bucket", 150.0),
        documents=1500,
        concurrency=128,
        options=_limited(limit_headers=False),
        ideal_s=_bucket,
    ),
    "500, 30 %": Storm(note="+ nothing", options=lambda _: {"p_500": 0.3}),
    "503, 30 %": Storm(
        note="+ Retry-After of the unluckiest report",
        options=lambda scale: {"p_503": 0.3, "retry_after_s": scale.retry_s},
        cost_s=lambda scale: worst(0.3, scale.of()) * scale.retry_s,
    ),
    "cut in the body, 20 %": Storm(
        note="each cut answer takes its latency too",
        options=lambda _: {"p_reset": 0.2},
        cost_s=lambda scale: scale.work_s * 0.25,
    ),
    "dripping bodies, 10 %": Storm(
        note="+ the time of the drips, in their slots",
        options=lambda scale: {"p_drip": 0.1, "drip_s": scale.drip_s},
        cost_s=lambda scale: scale.of() * 0.1 * scale.drip_s / 32,
    ),
    "hangs, 2 %": Storm(
        note="+ the time-outs, in their slots, and a last one",
        options=lambda _: {"p_hang": 0.02},
        flags=lambda scale: ("--timeout-s", str(scale.timeout_s)),
        cost_s=lambda scale: scale.of() * 0.02 * scale.timeout_s / 32 + scale.timeout_s,
    ),
    "cut at the token limit, 10 %": Storm(
        note="such answers are failures with their cause", options=lambda _: {"p_truncated": 0.1}
    ),
    "half a completion, 10 %": Storm(
        note="+ each is asked again", options=lambda _: {"p_badbody": 0.1}, cost_s=lambda scale: scale.work_s * 0.1
    ),
    "wrong content, 20 %": Storm(
        note="+ each is asked again: 10 % of another form, 10 % no JSON",
        options=lambda _: {"p_schema": 0.1, "p_badjson": 0.1},
        cost_s=lambda scale: scale.work_s * 0.2,
    ),
    "endpoint away": Storm(
        note="+ the time that it is away",
        options=lambda scale: {"outage": (scale.outage_from_s, scale.outage_s)},
        cost_s=lambda scale: scale.outage_s,
    ),
}

SCENES: Mapping[str, Scene] = {
    "disk full: records": disk_full_records,
    "disk full: cache": disk_full_cache,
    "kill -9": killed,
    "clock +1 h": lambda scale, folder: clock_jumps(scale, folder, 3600),
    "clock -1 h": lambda scale, folder: clock_jumps(scale, folder, -3600),
    "reports of 1 MB": large,
    "unreadable files": unreadable,
    "4 processes, one cache": four_processes,
}

NAMES = (*STORMS, *SCENES)


def play(name: str, scale: Scale) -> Row:
    """Have one fault strike; Skipped for what this system cannot do."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        if name in STORMS:
            return STORMS[name].play(name, scale, Path(folder))
        return SCENES[name](scale, Path(folder))


def main() -> int:
    """Read the command line, print a row for each fault; 1 if anything was lost or done twice."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--only", metavar="NAME", help=f"those whose name holds this: {'; '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="200 documents, short pauses")
    parser.add_argument("--outage-s", type=float, default=30.0, help="how long the endpoint is away")
    given = parser.parse_args()
    scale = Scale.quick() if given.quick else Scale(outage_s=given.outage_s)
    names = [name for name in NAMES if given.only is None or given.only in name]
    if not names:
        parser.error(f"no fault {given.only!r}; there are: {'; '.join(NAMES)}")
    sys.stdout.write(table.head())
    sys.stdout.flush()
    is_good = True
    for name in names:
        try:
            row = play(name, scale)
        except Skipped as reason:
            sys.stdout.write(f"{name:<29} skipped: {reason}\n")
            continue
        is_good = is_good and row.is_good
        sys.stdout.write(table.line(row))
        sys.stdout.flush()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
