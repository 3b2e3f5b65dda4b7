"""`python -m bench.peers NAME JOB`: do the job, and say as the last line what it took."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.peers.job import Job


def main(name: str, path: str) -> None:
    """Prepare and warm up, then do the job by the clock."""
    job = Job.read(Path(path))
    do = import_module(f"bench.peers.{name}").prepare(job)
    # What is imported or built at the first request only is no part of what a report costs.
    do(job.warm)
    cpu_s, clock = _cpu_s(), time.perf_counter()
    good = do(job.inputs)
    seconds = time.perf_counter() - clock
    row = {"good": good, "seconds": seconds, "cpu_s": _cpu_s() - cpu_s, "rss_mb": _peak_mb()}
    sys.stdout.write(f"\n{json.dumps(row)}\n")
    sys.stdout.flush()
    # Some libraries leave threads behind that end with nothing but the process.
    os._exit(0)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_mb() -> float:
    """Peak of the resident memory. Linux counts in ru_maxrss what the parent held when it started this process."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        scale = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
