"""Going over what was asked before: a replay out of the cache, and a job that is taken up near its end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.peers.job import API_KEY, MODEL, Job
from bench.peers.ours import arguments
from bench.reports import report
from bench.rounds import INSTRUCTOR, OURS, WARM, Bench, Cell, Peer, middle

ROWS = OURS._replace(name="mahdar, rows kept", how="replay")
ANEW = OURS._replace(name="mahdar, rows made anew", how="anew")
FLOOR = Peer("floor", "floor")
_PATIENCE_S = 300
Row = list[str]


def replay(bench: Bench, count: int, of_instructor: int) -> tuple[str, list[str], list[Row], list[str]]:
    """Title, columns, rows and notes: answers that are all cached, beside the least that has to be done."""
    bench.endpoint.reset(latency_ms=0)
    job = bench.job(count, concurrency=32, task="meeting/v1")
    try:
        bench.cell(OURS._replace(how="fill"), job, count)
        asked = bench.endpoint.stats()["requests"]
        found = bench.compare([ROWS, ANEW, FLOOR], job, count)
        # Only what warmed up was not known.
        is_replay = bench.endpoint.stats()["requests"] - asked <= 2 * WARM * bench.rounds
    finally:
        shutil.rmtree(bench.folder / "cache", ignore_errors=True)
    if of_instructor:
        few = bench.job(of_instructor, concurrency=32, task="meeting/v1")
        theirs = INSTRUCTOR._replace(name="instructor's DiskCache", how="cache")
        found |= bench.compare([theirs], few, of_instructor)
    floor = found[FLOOR]
    base = None if isinstance(floor, str) else middle(floor)
    rows = [
        [peer.name, cells] if isinstance(cells, str) else [peer.name, *_replayed(middle(cells), count, base)]
        for peer, cells in found.items()
    ]
    notes = [
        "floor: read JSONL, BLAKE2b of the text, 500 rows a query out of SQLite, model_validate_json, a line of JSON.",
        "mahdar counts, and writes records with spans, a table and the journal. Rows that it has kept it writes again,",
        "without validating, which the floor does; rows made anew are validated and grounded.",
    ]
    if of_instructor:
        notes.append(f"instructor's own cache was measured on {of_instructor:,} reports and is scaled to {count:,}.")
    if not is_replay:
        notes.append("NOT a replay: mahdar asked the endpoint.")
    columns = ["", f"s for {count:,}", "us/doc", "x floor", "CPU us/doc", "CPU x floor"]
    return f"Warm replay of {count:,} cached reports, records written", columns, rows, notes


def _replayed(cell: Cell, count: int, base: Cell | None) -> Row:
    each_s, cpu_ms = cell.seconds / cell.asked, cell.cpu_ms
    # On a machine that others use too, CPU time says more than the clock; nothing here waits for anybody.
    by_clock, by_cpu = (each_s * base.rate, cpu_ms / base.cpu_ms) if base else (None, None)
    return [
        f"{each_s * count:.2f}",
        f"{each_s * 1e6:.0f}",
        f"{by_clock:.1f}" if by_clock else "-",
        f"{cpu_ms * 1000:.0f}",
        f"{by_cpu:.1f}" if by_cpu else "-",
    ]


def resume(bench: Bench, count: int) -> tuple[str, list[str], list[Row], list[str]]:
    """How long a job of which all is done but one report takes to ask for that one."""
    inputs = bench.reports(0, count + 1)
    job = replace(bench.job(1, concurrency=32, task="meeting/v1"), inputs=inputs)
    out = bench.folder / "resumed"
    bench.endpoint.reset(latency_ms=0)
    try:
        _finish_all_but_one(job, out, count)
        seconds = median(_until_asked(job, out) for _ in range(bench.rounds))
    finally:
        shutil.rmtree(out, ignore_errors=True)
    title = "Resume: from the command to its first request"
    notes = ["start-up included; the journal was written by the project's own run folder."]
    return title, ["finished before", "s"], [[f"{count:,}", f"{seconds:.2f}"]], notes


def _finish_all_but_one(job: Job, out: Path, count: int) -> None:
    """Leave the folder of a run that was killed at its last report."""
    from extract import compose, settings
    from extract.document import Document
    from extract.store import RunFolder
    from extract.tally import measure
    from extract.terms import job_of

    chosen = settings.resolve(
        {"prompt": job.task, "base_url": job.url, "endpoint": "bench", "model": MODEL, "api_key": API_KEY}
        | {"cache": "none", "mode": "json_schema"}
    )
    inputs = (str(job.inputs),)
    with compose.pipeline(chosen, inputs=inputs) as pipeline:
        first = pipeline(Document(id="r0", text=report(0)))
        digest, counted = pipeline.prompt.form.digest, measure(first)
        with RunFolder(
            out, pipeline.prompt.records, job=job_of(pipeline, inputs, max_chars=chosen.settings.max_chars)
        ) as folder:
            for i in range(count):
                document = replace(first.document, id=f"r{i}")
                folder.append(replace(first, document=document), digest, counted)


def _until_asked(job: Job, out: Path) -> float:
    """Seconds from the start of the process until it has sent something; then it is killed, so that nothing is done."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1.0)
        here = replace(job, url=f"http://127.0.0.1:{server.getsockname()[1]}/v1")
        command = [sys.executable, "-m", "extract.cli", *arguments(here, job.inputs, out)]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        clock = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ) as process:  # noqa: S603
            try:
                with _accepted(server, process) as connection:
                    connection.settimeout(_PATIENCE_S)
                    connection.recv(1)
                    return time.perf_counter() - clock
            finally:
                process.kill()


def _accepted(server: socket.socket, process: subprocess.Popen[bytes]) -> socket.socket:
    """The first connection; RuntimeError if the process ends without one."""
    while process.poll() is None:
        with suppress(TimeoutError):
            return server.accept()[0]
    raise RuntimeError(f"mahdar run ended with {process.returncode} before it asked anything")
