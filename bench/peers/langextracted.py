"""langextract through its OpenAI provider, a report a chunk; it also finds where in the report each text stands."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.peers.job import API_KEY, MODEL, Job, texts

# Longer than any report: it would be cut at a thousand characters, and each piece asked for by itself.
_WHOLE = 20_000


def prepare(job: Job) -> Callable[[Path], int]:
    """The provider asks for the form that all are asked for; its answers are then told in langextract's own."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    import langextract
    from langextract.prompt_validation import PromptValidationLevel
    from langextract.providers.openai import OpenAILanguageModel

    class Provider(OpenAILanguageModel):  # type: ignore[misc]  # langextract is in no environment of ours
        """Reads each answer as every peer does."""

        def infer(self, *arguments: Any, **options: Any) -> Any:
            for outputs in super().infer(*arguments, **options):
                answer = job.answer.model_validate_json(outputs[0].output)
                yield [type(outputs[0])(score=1.0, output=_retold(answer))]

    def do(inputs: Path) -> int:
        model = Provider(
            MODEL, API_KEY, base_url=job.url, max_workers=job.concurrency, response_format=job.response_format
        )
        documents = [langextract.data.Document(text=text, document_id=str(i)) for i, text in enumerate(texts(inputs))]
        found = langextract.extract(
            documents,
            prompt_description=job.system,
            examples=[_example(langextract.data)],
            model=model,
            max_char_buffer=_WHOLE,
            max_workers=job.concurrency,
            batch_length=job.concurrency,
            show_progress=False,
            prompt_validation_level=PromptValidationLevel.OFF,
        )
        return sum(bool(each.extractions) for each in found)

    return do


def _retold(answer: Any) -> str:
    found = [
        {kind: record.evidence[0], f"{kind}_attributes": {"status": record.status, "summary": record.summary}}
        for kind, record in ((type(record).__name__.lower(), record) for _, record in answer.records())
    ]
    return json.dumps({"extractions": found}, ensure_ascii=False)


def _example(data: Any) -> Any:
    text = "استقبل وزير الدفاع نظيره يوم الأحد"
    meeting = data.Extraction(
        extraction_class="meeting",
        extraction_text="استقبل وزير الدفاع نظيره",
        attributes={"status": "held", "summary": "Two ministers met."},
    )
    return data.ExampleData(text=text, extractions=[meeting])
