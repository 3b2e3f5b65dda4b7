"""aiohttp and pydantic without a library between them: what plain Python can do. Nothing is kept or grounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from bench.peers.job import API_KEY, MODEL, Job, each


def prepare(job: Job) -> Callable[[Path], int]:
    """A session, a POST a report, the answer read once."""
    import aiohttp
    from pydantic_core import from_json, to_json

    headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
    url = f"{job.url}/chat/completions"

    async def go(inputs: Path) -> int:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as session:

            async def ask(text: str) -> object:
                body = {"model": MODEL, "messages": job.messages(text), "response_format": job.response_format}
                async with session.post(url, data=to_json(body)) as response:
                    reply = from_json(await response.read())
                return job.answer.model_validate_json(reply["choices"][0]["message"]["content"])

            return await each(job, inputs, ask)

    return lambda inputs: asyncio.run(go(inputs))
