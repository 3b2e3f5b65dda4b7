"""instructor over the openai client, in the mode that the job names; or its own cache, filled before the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.peers.job import API_KEY, MODEL, Job, each

# Without a name of its own a cache is another one for each client, and nothing is ever found in it.
_NAMESPACE = "bench"


def prepare(job: Job) -> Callable[[Path], int]:
    """`how` is JSON_SCHEMA or TOOLS, or "cache" for answers that were all given before."""
    import instructor
    import openai

    is_replay = job.how == "cache"
    mode = instructor.Mode["JSON_SCHEMA" if is_replay else job.how]
    further: dict[str, Any] = {}
    if is_replay:
        from instructor.cache import DiskCache

        further = {"cache": DiskCache(str(job.folder / "cache"))}
    asked: dict[str, Any] = {"cache_namespace": _NAMESPACE} if is_replay else {}

    async def go(inputs: Path) -> int:
        async with openai.AsyncOpenAI(base_url=job.url, api_key=API_KEY) as client:
            create: Any = instructor.from_openai(client, mode=mode, **further).chat.completions.create

            async def ask(text: str) -> object:
                return await create(model=MODEL, messages=job.messages(text), response_model=job.answer, **asked)

            return await each(job, inputs, ask)

    def do(inputs: Path) -> int:
        return asyncio.run(go(inputs))

    if is_replay:
        do(job.inputs)
    return do
