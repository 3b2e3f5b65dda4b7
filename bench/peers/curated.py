"""curator, which keeps its requests and answers in files of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.peers.job import API_KEY, MODEL, Job, texts

# Nothing is told to anybody or fetched from anywhere, and no answer is taken from an earlier run.
_QUIET = {
    "TELEMETRY_ENABLED": "0",
    "CURATOR_VIEWER": "0",
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
    "CURATOR_DISABLE_CACHE": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
_NO_LIMIT = 1_000_000_000


def prepare(job: Job) -> Callable[[Path], int]:
    """One LLM for all reports."""
    os.environ |= {**_QUIET, "OPENAI_API_KEY": API_KEY, "CURATOR_CACHE_DIR": str(job.folder / "curator")}
    litellm = find_spec("litellm")
    if litellm is not None and litellm.origin is not None:
        # The tokenizer that it wants comes with litellm; it would be fetched otherwise.
        os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers")
    from bespokelabs import curator
    from bespokelabs.curator.request_processor.online.openai_online_request_processor import (
        OpenAIOnlineRequestProcessor as Processor,
    )

    # It would first ask about no report at all, in a form of its own, which this endpoint knows nothing of.
    Processor.check_structured_output_support = lambda _: True

    class Reader(curator.LLM):  # type: ignore[misc]  # curator is in no environment of ours
        """Asks for an answer, and gives it back as JSON, which its data sets can hold."""

        response_format = job.answer

        def prompt(self, row: dict[str, str]) -> list[dict[str, str]]:
            return job.messages(row["text"])

        def parse(self, row: dict[str, str], response: Any) -> dict[str, str]:  # noqa: ARG002  curator's signature
            return {"answer": response.model_dump_json()}

    reader = Reader(
        model_name=MODEL,
        backend="openai",
        backend_params={
            "base_url": job.url,
            "api_key": API_KEY,
            "max_concurrent_requests": job.concurrency,
            "max_requests_per_minute": _NO_LIMIT,
            "max_tokens_per_minute": _NO_LIMIT,
            "require_all_responses": False,
        },
    )

    def do(inputs: Path) -> int:
        found = reader([{"text": text} for text in texts(inputs)])
        return len(getattr(found, "dataset", found))

    return do
