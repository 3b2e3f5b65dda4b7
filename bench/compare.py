"""`python -m bench.compare`: this project beside the libraries that do a part of its work, in tables."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import again, asking, machine
from bench.rounds import OURS, PEERS, RAW, Bench, Peer
from bench.serve import Running
from bench.table import table


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many reports each table takes, and how many rounds."""

    cold: int = 2_000
    overhead: int = 1_000
    replay: int = 10_000
    of_instructor: int = 500
    memory: tuple[int, ...] = (1_000, 20_000)
    resume: int = 100_000
    rounds: int = 3


_SMALL = Sizes(cold=64, overhead=32, replay=64, of_instructor=0, memory=(16, 32), resume=50, rounds=1)
_Made = tuple[str, list[str], list[list[str]], list[str]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the tables that were asked for, all of them if none was, and print each when it is done."""
    given = _parser().parse_args(arguments)
    sizes = _SMALL if given.quick else Sizes()
    sizes = replace(sizes, rounds=given.rounds or sizes.rounds)
    if given.most:
        sizes = replace(sizes, memory=(*sizes.memory, given.most))
    named = [peer for peer in PEERS if peer.name in given.peers] if given.peers else PEERS
    peers = (OURS, RAW) if given.quick else named
    _say(f"{machine.heading()}; medians over rounds: {sizes.rounds}")
    with _bench(sizes) as bench:
        makers = _makers(bench, peers, sizes)
        for name in given.only or makers:
            before, clock = machine.load(), time.perf_counter()
            title, columns, rows, notes = makers[name]()
            seconds = time.perf_counter() - clock
            busy = f"load average {before:.1f} before, {machine.load():.1f} after; took {seconds:.0f} s"
            _say(table(f"{name}. {title}", columns, rows, [*notes, busy]))


def _makers(bench: Bench, peers: Sequence[Peer], sizes: Sizes) -> dict[str, Callable[[], _Made]]:
    return {
        "cold": lambda: asking.cold(bench, peers, sizes.cold),
        "three": lambda: asking.three_schemas(bench, sizes.cold),
        "overhead": lambda: asking.overhead(bench, peers, sizes.overhead),
        "replay": lambda: again.replay(bench, sizes.replay, sizes.of_instructor),
        "memory": lambda: asking.memory(bench, sizes.memory),
        "resume": lambda: again.resume(bench, sizes.resume),
    }


_TABLES = ("cold", "three", "overhead", "replay", "memory", "resume")


@contextmanager
def _bench(sizes: Sizes) -> Iterator[Bench]:
    with TemporaryDirectory(prefix="bench-") as folder, Running(warm=max(sizes.cold, sizes.overhead)) as endpoint:
        yield Bench(endpoint, Path(folder), sizes.rounds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_TABLES, metavar="TABLE", help=f"of {', '.join(_TABLES)}")
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="+", choices=names, metavar="PEER", help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each peer is measured")
    parser.add_argument("--most", type=int, metavar="N", help="measure memory over so many reports too")
    parser.add_argument("--quick", action="store_true", help="few reports and no other library: whether it works")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
