"""The attempts at one document: a first ask and its re-asks, each a request of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extract.document import Document, Failure
from extract.fit import Fit
from extract.ground import Text
from extract.prompt import Prompt
from extract.reply import is_object, parted
from extract.request import Completion, Label, Message, Request
from extract.room import Room
from extract.validate import Problem, Verdict, judge, worthless

if TYPE_CHECKING:
    from extract.parts import Parts

# More would only crowd the context; what is left shows at the next attempt.
MAX_PROBLEMS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request, what came back, and what it is worth; `number` counts from 1, more are re-asks."""

    request: Request
    completion: Completion
    verdict: Verdict
    number: int = 1


@dataclass(kw_only=True)
class Chain:
    """The attempts so far, and the request that comes next.

    With `fit`, an answer to half a prompt is worth nothing; with `room`, a re-ask allows no longer an answer than
    the context leaves, and there is none where it leaves too little. `whole` is what this is a part of.
    """

    first: Request
    document: Document
    prompt: Prompt
    max_reasks: int
    fit: Fit | None = None
    room: Room | None = None
    whole: Parts | None = field(default=None, repr=False, compare=False)
    attempts: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._text = Text(self.document.text)
        # What comes after an attempt: it is asked for several times, and its key is costly.
        self._next: tuple[Attempt, Request | None] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the last answer is right, cannot be made right, or the re-asks are used up."""
        if not self.attempts:
            return False
        is_last = self.attempts[-1].verdict.is_final or len(self.attempts) > self.max_reasks
        return is_last or (self.room is not None and self._again() is None)

    @property
    def label(self) -> Label:
        """What the next request is for."""
        return Label(document=self.document.id, task=self.prompt.name, attempt=len(self.attempts) + 1)

    def next_request(self) -> Request:
        """The first ask, or a re-ask that shows the last answer and what is wrong with it."""
        if not self.attempts:
            return self.first
        again = self._again()
        if again is None:
            raise LookupError("no context is left for another request")
        return again

    def _again(self) -> Request | None:
        """The re-ask; None if the context has no room for it."""
        last = self.attempts[-1]
        if self._next is None or self._next[0] is not last:
            added = _reask(last.request, last.completion, last.verdict.problems)
            request: Request | None = self.first.with_messages([*self.first.messages, *added])
            if request is not None and self.room is not None:
                request = self.room.lowered(request)
            self._next = last, request
        return self._next[1]

    def take(self, completion: Completion) -> Attempt:
        """Judge the completion of `next_request()` and add it to the attempts."""
        request = self.next_request()
        cut = self.fit.cut(request, completion) if self.fit is not None else None
        if cut is None:
            verdict = judge(completion, self.prompt, self.document, self._text)
        else:
            verdict = worthless(self.document, cut, kind="truncated_prompt")
        attempt = Attempt(request=request, completion=completion, verdict=verdict, number=len(self.attempts) + 1)
        self.attempts.append(attempt)
        return attempt

    def best(self) -> Attempt:
        """The attempt that counts: the one with the most records that nothing is wrong with.

        Of equal ones it is one with no problem at all, then the one with the most records, then the last:
        so an answer that dropped a bad record as it was told wins, one that lost good records does not.
        """
        return max(reversed(self.attempts), key=_worth)

    def unread(self) -> list[Failure]:
        """The failures of attempts of which half a prompt was read, beside the one that counts."""
        best = self.best()
        others = (attempt for attempt in self.attempts if attempt is not best)
        lost = (failure for attempt in others for failure in attempt.verdict.failures)
        return [failure for failure in lost if failure.kind == "truncated_prompt"]


def _worth(attempt: Attempt) -> tuple[int, bool, int]:
    verdict = attempt.verdict
    return sum(not grounded.problems for grounded in verdict.records), not verdict.problems, len(verdict.records)


def _reask(request: Request, said: Completion, problems: Sequence[Problem]) -> list[Message]:
    """The messages that a re-ask adds: only the last answer, so that re-asks do not grow."""
    text = wording(problems)
    # Thoughts are not shown again: they fill the context, and models are trained without them there.
    answer = parted(said.text)[1]
    if not answer.strip():
        return [{"role": "user", "content": text}]
    # Servers refuse a call whose arguments are not JSON: those are shown as words.
    if request.mode == "tools" and said.finish == "tool_calls" and is_object(answer):
        call = {"id": "call_1", "type": "function", "function": {"name": request.form.name, "arguments": answer}}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": text},
        ]
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": text}]


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
