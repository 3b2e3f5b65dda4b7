"""Re-asks, driven by instructor: the one door to it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from extract.answers import Answers
from extract.chain import Attempt, Chain

if TYPE_CHECKING:
    from instructor.core.hooks import Hooks
    from openai.types.chat import ChatCompletion


def load() -> None:
    """Import what a re-ask needs, which takes seconds; else the first one does."""
    import instructor
    from openai.types.chat import ChatCompletion

    del instructor, ChatCompletion


async def drive(chain: Chain, answers: Answers, hooks: Hooks | None = None) -> None:
    """Ask again until the chain is done.

    instructor runs the loop, its hooks and its count of tokens as its users know them; the
    attempts there are already pass through it as they were, so that it sees the whole chain.
    Raises EndpointError as `answers` does.
    """
    import logging

    import instructor
    from instructor.core.exceptions import InstructorRetryException

    # Without a handler Python prints its errors to stderr, one for each document that ends with problems.
    logging.getLogger("instructor").addHandler(logging.NullHandler())

    shown = 0
    trouble: list[Exception] = []

    async def create(**_: Any) -> ChatCompletion:
        nonlocal shown
        if shown == len(chain.attempts):
            try:
                chain.take(await answers(chain.next_request(), chain.label))
            except Exception as error:
                trouble.append(error)
                raise
        shown += 1
        return _as_openai(chain.attempts[shown - 1])

    patched = instructor.patch(create=create, mode=instructor.Mode.JSON_SCHEMA)
    client = instructor.AsyncInstructor(
        client=None, create=patched, mode=instructor.Mode.JSON_SCHEMA, provider=instructor.Provider.OPENAI, hooks=hooks
    )
    try:
        await client.chat.completions.create(
            model=chain.first.model,
            messages=list(chain.first.messages),  # type: ignore[arg-type]  # plain dicts of the same shape
            response_model=_model(chain, lambda: shown),
            max_retries=chain.max_reasks,
        )
    except InstructorRetryException as error:
        # The chain holds what every attempt was worth; only a fault of the endpoint, or of the loop, is news.
        if trouble:
            raise trouble[0] from error
        if not chain.is_done:
            raise


class _NoUse(Exception):  # noqa: N818  it ends a loop, it is no error
    """The last answer cannot be mended by asking again, or there is no room to ask."""


def _model(chain: Chain, shown: Any) -> type[BaseModel]:
    """A model that instructor validates with: it says what the chain's verdict says."""

    class Judged(BaseModel):
        @classmethod
        def model_validate_json(cls, *_: Any, **__: Any) -> Judged:
            verdict = chain.attempts[shown() - 1].verdict
            if not verdict.problems:
                return cls()
            if verdict.is_final or (shown() == len(chain.attempts) and chain.is_full):
                raise _NoUse
            details = [
                InitErrorDetails(
                    type=PydanticCustomError("answer", "{said}", {"said": str(problem)}), loc=(), input=None
                )
                for problem in verdict.problems
            ]
            raise ValidationError.from_exception_data(chain.prompt.name, details)

    return Judged


def _as_openai(attempt: Attempt) -> ChatCompletion:
    """The completion as instructor reads it."""
    from openai.types.chat import ChatCompletion

    said = attempt.completion
    usage = said.usage
    counted = None
    if usage.prompt is not None and usage.completion is not None:
        total = usage.prompt + usage.completion
        counted = {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion, "total_tokens": total}
    # finish_reason is not passed on: what it means has been judged, and instructor would stop at "length".
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said.text}}
    return ChatCompletion.model_validate(
        {
            "id": attempt.request.key,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": said.model or attempt.request.model,
            "choices": [choice],
            "usage": counted,
        }
    )
