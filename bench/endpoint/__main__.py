"""`python -m bench.endpoint --port 8080 --latency-ms 200`: serve until a signal comes."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import signal
import sys

from bench.endpoint.codec import optional
from bench.endpoint.connection import Connection
from bench.endpoint.options import Options, add_flags, from_flags
from bench.endpoint.server import Server


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.endpoint", description=sys.modules["bench.endpoint"].__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="0: one that is free, which the first line tells")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    parser.add_argument("--warm", type=int, default=0, metavar="N", help="make the answers about N reports first")
    add_flags(parser)
    given = parser.parse_args()
    try:
        options = from_flags(given)
    except ValueError as error:
        parser.error(str(error))
    uvloop = optional("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        runner.run(_serve(options, given))


async def _serve(options: Options, given: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, end.set)
    if given.until_eof:
        # A parent that is killed cannot end this process; its end of the pipe closes all the same.
        loop.add_reader(sys.stdin.fileno(), _end_at_eof, end)
    server = Server(options, loop)
    server.completions.warm(given.warm)
    _make_room()
    listening = await loop.create_server(lambda: Connection(server), given.host, given.port, backlog=4096)
    port = listening.sockets[0].getsockname()[1]
    sys.stdout.write(f"listening on http://{given.host}:{port}/v1\n")
    sys.stdout.flush()
    await end.wait()
    listening.close()


def _end_at_eof(end: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        end.set()


def _make_room() -> None:
    """As many connections as the system allows, and no pauses for garbage that there is none of."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


if __name__ == "__main__":
    main()
