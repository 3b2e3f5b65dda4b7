"""What a re-ask adds to the first messages: the last answer, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from extract.reply import is_object
from extract.request import Message, Request
from extract.validate import Problem

# More would only crowd the context; what is left shows at the next attempt.
MAX_PROBLEMS = 12


def messages(request: Request, answer: str, finish: str, told: str) -> list[Message]:
    """The messages that show an answer, as the endpoint gave it, and tell what is wrong."""
    if not answer.strip():
        return [{"role": "user", "content": told}]
    # Servers refuse a call whose arguments are not JSON: those are shown as words.
    if request.mode == "tools" and finish == "tool_calls" and is_object(answer):
        call = {"id": "call_1", "type": "function", "function": {"name": request.form.name, "arguments": answer}}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": told},
        ]
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": told}]


def wording(problems: Sequence[Problem]) -> str:
    """What a model is told about its answer."""
    return "\n".join(
        [
            "Errors in your answer:",
            *listed(problems),
            "Give the whole answer again as one JSON object: mend these, keep the rest as it is, "
            "and drop a record that the report does not bear out.",
        ]
    )


def listed(problems: Sequence[Problem]) -> list[str]:
    """The problems, a line each; of many, the first."""
    lines = [f"- {problem}" for problem in problems[:MAX_PROBLEMS]]
    if len(problems) > MAX_PROBLEMS:
        lines.append(f"- and {len(problems) - MAX_PROBLEMS} more of the kind")
    return lines
