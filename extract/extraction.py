"""What is asked of a pipeline, and what comes of one document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extract.chain import Attempt
from extract.document import Document, Failure
from extract.prompt import Prompt
from extract.request import Mode, Request
from extract.validate import GroundedRecord, Problem


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """What came of one document: its records, its failures, and every attempt.

    `problems` are what was still wrong with the answer that counts, after the last re-ask. Of a report that was
    asked in parts, `attempts` are those of all parts, and `key` is that of the first part's request.
    """

    document: Document
    prompt: str
    records: tuple[GroundedRecord, ...] = ()
    failures: tuple[Failure, ...] = ()
    problems: tuple[Problem, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How requests are made of messages; `sample` tells repeated asks of one request apart.

    `context` is the model's in tokens, None if nobody knows: a report that is too long for it is asked in parts.
    """

    model: str
    mode: Mode = "json_schema"
    options: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    max_reasks: int = 2
    sample: int = 0
    context: int | None = None

    def request(self, prompt: Prompt, document: Document) -> Request:
        """The first request that a document is asked with, if it is asked as a whole."""
        return Request(
            model=self.model,
            messages=prompt.messages(document, self.mode),
            form=prompt.form,
            mode=self.mode,
            options=self.options,
            endpoint=self.endpoint,
            sample=self.sample,
        )
