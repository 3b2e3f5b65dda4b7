"""The openai client with its default transport, and pydantic for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.peers.job import API_KEY, MODEL, Job, each


def prepare(job: Job) -> Callable[[Path], int]:
    """One client for all reports."""
    import openai

    async def go(inputs: Path) -> int:
        # Closed in the end: a client that is only dropped can make a later one of the process wait for its time-out.
        async with openai.AsyncOpenAI(base_url=job.url, api_key=API_KEY) as client:
            create: Any = client.chat.completions.create

            async def ask(text: str) -> object:
                reply = await create(model=MODEL, messages=job.messages(text), response_format=job.response_format)
                return job.answer.model_validate_json(reply.choices[0].message.content)

            return await each(job, inputs, ask)

    return lambda inputs: asyncio.run(go(inputs))
