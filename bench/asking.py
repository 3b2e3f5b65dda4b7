"""Asking an endpoint about reports that nobody has asked about: how fast, at what cost in CPU time and memory."""

from __future__ import annotations

from collections.abc import Sequence

from bench.reports import ONE_OF_EACH
from bench.rounds import INSTRUCTOR, OURS, RAW, Bench, Cell, Cells, Peer, middle

LATENCY_MS, IN_FLIGHT = 200, 128
Row = list[str]


def cold(bench: Bench, peers: Sequence[Peer], count: int) -> tuple[str, list[str], list[Row], list[str]]:
    """Title, columns, rows and notes: 200 ms, 128 in flight, the kind of record that every peer is asked for."""
    bench.endpoint.reset(latency_ms=LATENCY_MS)
    found = bench.compare(peers, bench.job(count, concurrency=IN_FLIGHT, task="meeting/v1"), count)
    title = f"Cold, {LATENCY_MS} ms, {IN_FLIGHT} in flight, {count:,} reports of 2.5 KB, a list of meetings"
    notes = [
        "mahdar reads and writes its cache, writes records, tables and journal, validates and grounds; of the others",
        "langextract looks for its texts in the report and curator keeps its answers in files.",
    ]
    return title, *_cold(found, count), notes


def three_schemas(bench: Bench, count: int) -> tuple[str, list[str], list[Row], list[str]]:
    """The same of this project alone, with three kinds of records in one answer."""
    bench.endpoint.reset(latency_ms=LATENCY_MS)
    job = bench.job(count, concurrency=IN_FLIGHT, task="events/v2", kinds=ONE_OF_EACH)
    found = bench.compare([OURS], job, count)
    title = f"The same with three schemas: a meeting, an exercise and an agreement in each of {count:,} reports"
    return title, *_cold(found, count), []


def overhead(bench: Bench, peers: Sequence[Peer], count: int) -> tuple[str, list[str], list[Row], list[str]]:
    """CPU time of a report where nothing has to be waited for."""
    bench.endpoint.reset(latency_ms=0)
    found = bench.compare(peers, bench.job(count, concurrency=32, task="meeting/v1"), count)
    raw = _middle(found.get(RAW, ""))
    rows = [
        [peer.name, cells]
        if isinstance(cells, str)
        else [
            _name(peer, cell := middle(cells)),
            f"{cell.cpu_ms:.2f}",
            _times(cell.cpu_ms, raw.cpu_ms if raw else None),
            f"{cell.rate:,.0f}",
        ]
        for peer, cells in found.items()
    ]
    title = f"CPU time of a report: 0 ms, 32 in flight, {count:,} reports"
    return title, ["peer", "CPU ms/doc", "x raw", "docs/s"], rows, []


def memory(bench: Bench, counts: Sequence[int]) -> tuple[str, list[str], list[Row], list[str]]:
    """Peak memory of this project, over few reports and over many."""
    bench.endpoint.reset(latency_ms=0)
    found = {
        count: bench.compare([OURS], bench.job(count, concurrency=32, task="meeting/v1"), count)[OURS]
        for count in counts
    }
    rows = [
        [f"{count:,}", cells]
        if isinstance(cells, str)
        else [f"{count:,}", f"{middle(cells).rss_mb:.0f}", f"{middle(cells).rate:,.0f}"]
        for count, cells in found.items()
    ]
    return "Memory of mahdar: 0 ms, 32 in flight", ["reports", "peak RSS MB", "docs/s"], rows, []


def _cold(found: dict[Peer, Cells | str], count: int) -> tuple[list[str], list[Row]]:
    ideal_s = count * LATENCY_MS / 1000 / IN_FLIGHT
    base = _middle(found.get(INSTRUCTOR, ""))
    columns = ["peer", "docs/s", "of ideal", "x instructor", "CPU ms/doc", "peak RSS MB", "whole process s"]
    rows: list[Row] = []
    for peer, cells in found.items():
        if isinstance(cells, str):
            rows.append([peer.name, cells])
            continue
        cell = middle(cells)
        measured = [
            f"{cell.rate:,.0f}",
            f"{ideal_s / cell.seconds:.0%}",
            _times(cell.rate, base.rate if base else None),
        ]
        used = [f"{cell.cpu_ms:.2f}", f"{cell.rss_mb:.0f}", f"{cell.process_s:.1f}"]
        rows.append([_name(peer, cell), *measured, *used])
    return columns, rows


def _middle(cells: Cells | str) -> Cell | None:
    return None if isinstance(cells, str) else middle(cells)


def _name(peer: Peer, cell: Cell) -> str:
    return peer.name if cell.good == cell.asked else f"{peer.name} ({cell.good:,} answered)"


def _times(number: float, base: float | None) -> str:
    return f"{number / base:.1f}" if base else "-"
