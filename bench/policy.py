"""`python -m bench.policy NAME URL N CONCURRENCY RATE`: the best that is known against a limit, with nothing around it.

A policy asks N times with plain aiohttp, keeps nothing, and prints the seconds from its first request to its last
answer. "free": whoever is refused leaves its slot for as long as Retry-After says. "bucket": the rate is known
beforehand, and a token bucket just below it lets requests through.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from bench.reports import report

_SHARE, _BURST = 0.99, 5.0


async def _ask_all(name: str, url: str, number: int, concurrency: int, rate: float) -> float:
    import aiohttp

    slots = asyncio.Semaphore(concurrency)
    wait = _bucket(rate) if name == "bucket" else _nothing
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(i: int) -> None:
            body = {"model": "m", "messages": [{"role": "user", "content": report(i, 1000, ("meeting",))}]}
            while True:
                async with slots:
                    await wait()
                    async with session.post(f"{url}/chat/completions", json=body) as response:
                        await response.read()
                if response.status != 429:
                    return
                await asyncio.sleep(float(response.headers.get("retry-after", "1")))

        began = time.perf_counter()
        await asyncio.gather(*(ask(i) for i in range(number)))
        return time.perf_counter() - began


async def _nothing() -> None:
    return None


def _bucket(rate: float) -> Callable[[], Awaitable[None]]:
    """Waits until a bucket has a token."""
    level, at = _BURST, time.perf_counter()

    async def wait() -> None:
        nonlocal level, at
        now = time.perf_counter()
        level, at = min(_BURST, level + (now - at) * rate * _SHARE) - 1, now
        if level < 0:
            await asyncio.sleep(-level / (rate * _SHARE))

    return wait


def main(name: str, url: str, number: str, concurrency: str, rate: str = "0") -> None:
    """Ask, and print the seconds."""
    seconds = asyncio.run(_ask_all(name, url, int(number), int(concurrency), float(rate)))
    sys.stdout.write(f"{seconds:.3f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
