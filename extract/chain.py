"""The attempts at one document: a first ask and its re-asks, each a request of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extract.document import Document
from extract.ground import Text
from extract.prompt import Prompt
from extract.reply import is_object
from extract.request import Completion, Label, Message, Request
from extract.validate import Problem, Verdict, judge

# More would only crowd the context; what is left shows at the next attempt.
MAX_PROBLEMS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request, what came back, and what it is worth."""

    request: Request
    completion: Completion
    verdict: Verdict


@dataclass(kw_only=True)
class Chain:
    """The attempts so far, and the request that comes next."""

    first: Request
    document: Document
    prompt: Prompt
    max_reasks: int
    attempts: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._text = Text(self.document.text)
        # What comes after an attempt: it is asked for several times, and its key is costly.
        self._next: tuple[Attempt, Request] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the last answer is right, cannot be made right, or the re-asks are used up."""
        return bool(self.attempts) and (self.attempts[-1].verdict.is_final or len(self.attempts) > self.max_reasks)

    @property
    def label(self) -> Label:
        """What the next request is for."""
        return Label(document=self.document.id, task=self.prompt.name, attempt=len(self.attempts) + 1)

    def next_request(self) -> Request:
        """The first ask, or a re-ask that shows the last answer and what is wrong with it."""
        if not self.attempts:
            return self.first
        last = self.attempts[-1]
        if self._next is None or self._next[0] is not last:
            added = _reask(last.request, last.completion, last.verdict.problems)
            self._next = last, self.first.with_messages([*self.first.messages, *added])
        return self._next[1]

    def take(self, completion: Completion) -> Attempt:
        """Judge the completion of `next_request()` and add it to the attempts."""
        verdict = judge(completion, self.prompt, self.document, self._text)
        attempt = Attempt(request=self.next_request(), completion=completion, verdict=verdict)
        self.attempts.append(attempt)
        return attempt

    def best(self) -> Attempt:
        """The attempt that counts: the one with the most records that nothing is wrong with.

        Of equal ones it is one with no problem at all, then the one with the most records, then the last:
        so an answer that dropped a bad record as it was told wins, one that lost good records does not.
        """
        return max(reversed(self.attempts), key=_worth)


def _worth(attempt: Attempt) -> tuple[int, bool, int]:
    verdict = attempt.verdict
    return sum(not grounded.problems for grounded in verdict.records), not verdict.problems, len(verdict.records)


def _reask(request: Request, said: Completion, problems: Sequence[Problem]) -> list[Message]:
    """The messages that a re-ask adds: only the last answer, so that re-asks do not grow."""
    text = wording(problems)
    if not said.text.strip():
        return [{"role": "user", "content": text}]
    # Servers refuse a call whose arguments are not JSON: those are shown as words.
    if request.mode == "tools" and said.finish == "tool_calls" and is_object(said.text):
        call = {"id": "call_1", "type": "function", "function": {"name": request.form.name, "arguments": said.text}}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": text},
        ]
    return [{"role": "assistant", "content": said.text}, {"role": "user", "content": text}]


def wording(problems: Sequence[Problem]) -> str:
    """What a model is told about its answer."""
    lines = [f"- {problem}" for problem in problems[:MAX_PROBLEMS]]
    if len(problems) > MAX_PROBLEMS:
        lines.append(f"- and {len(problems) - MAX_PROBLEMS} more of the kind")
    return "\n".join(
        [
            "Errors in your answer:",
            *lines,
            "Give the whole answer again as one JSON object: mend these, keep the rest as it is, "
            "and drop a record that the report does not bear out.",
        ]
    )
