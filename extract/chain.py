"""The attempts at one document: a first ask and its re-asks, each a request of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extract.correction import messages, wording
from extract.document import Document, Failure
from extract.errors import EndpointError
from extract.excerpt import SHOWS, Excerpt, excerpts
from extract.fit import Fit, counted
from extract.ground import Text
from extract.prompt import Prompt
from extract.reply import parted
from extract.request import Completion, Label, Request
from extract.room import Room, longest_answer, refused
from extract.validate import Verdict, judge, worthless

if TYPE_CHECKING:
    from extract.parts import Parts

# Of an answer that there is no room to show, the beginning: letters.
_BEGINNING = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request, what came back, and what it is worth; `number` counts from 1, more are re-asks.

    `whole` is the answer with the records that it was not asked for again, where it was asked for some alone.
    """

    request: Request
    completion: Completion
    verdict: Verdict
    number: int = 1
    whole: Completion | None = None

    @property
    def answer(self) -> Completion:
        """What is judged, and shown by the next re-ask."""
        return self.whole or self.completion


@dataclass(kw_only=True)
class Chain:
    """The attempts so far, and the request that comes next.

    With `fit`, an answer to half a prompt is worth nothing. With `room`, a re-ask that does not fit shows those records
    alone that have errors, as many as fit, and its answer is put together with the others; there is none where
    the context leaves too little even for one. `whole` is what this is a part of.
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
        self._next: tuple[Attempt, _Reask | None] | None = None
        self._scale = 1.0

    @property
    def is_done(self) -> bool:
        """Whether the last answer is right, cannot be made right, or the re-asks are used up."""
        if not self.attempts:
            return False
        is_last = self.attempts[-1].verdict.is_final or len(self.attempts) > self.max_reasks
        return is_last or self.is_full

    @property
    def is_full(self) -> bool:
        """Whether the context has no room for asking again."""
        return bool(self.attempts) and self.room is not None and self._again() is None

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
        return again.request

    def shorten(self, error: EndpointError) -> None:
        """Make the re-ask shorter, which the endpoint has refused as too long for its context."""
        if self.room is None:
            self.room = refused(error, self.next_request())
        else:
            self._scale *= 1.5
        self._next = None

    def _again(self) -> _Reask | None:
        """The re-ask; None if the context has no room for it."""
        last = self.attempts[-1]
        if self._next is None or self._next[0] is not last:
            made = (self._fitted(asked) for asked in _reasks(last, is_room_short=self.room is not None))
            self._next = last, next(filter(None, made), None)
        return self._next[1]

    def _fitted(self, asked: _Reask) -> _Reask | None:
        """A re-ask after the first messages, for an answer that there is room for; None if there is too little."""
        request = self.first.with_messages([*self.first.messages, *asked.request.messages])
        if self.room is not None:
            first = self.attempts[0]
            room = self.room.measured(first.request, counted(first.completion))
            room = replace(room, density=self._scale * room.density)
            lowered = room.lowered(request, least=min(room.for_answer(asked.like), longest_answer(self.first)))
            if lowered is None:
                return None
            request = lowered
        return replace(asked, request=request)

    def take(self, completion: Completion) -> Attempt:
        """Judge the completion of `next_request()` and add it to the attempts."""
        request = self.next_request()
        again = self._again() if self.attempts else None
        whole = again.excerpt.joined(completion) if again and again.excerpt else None
        cut = self.fit.cut(request, completion) if self.fit is not None else None
        if cut is None:
            verdict = judge(whole or completion, self.prompt, self.document, self._text)
        else:
            verdict = worthless(self.document, cut, kind="truncated_prompt")
        number = len(self.attempts) + 1
        attempt = Attempt(request=request, completion=completion, verdict=verdict, number=number, whole=whole)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reask:
    """A request that asks again; `like` is an answer as long as the one that it wants."""

    request: Request
    like: str
    excerpt: Excerpt | None = None


def _reasks(last: Attempt, *, is_room_short: bool) -> Iterator[_Reask]:
    """The ways of asking again, from the one that shows most to the one that shows least."""
    said, problems = last.answer, last.verdict.problems
    # Thoughts are not shown again: they fill the context, and models are trained without them there.
    answer = parted(said.text)[1]

    def made(shown: str, told: str, like: str, excerpt: Excerpt | None = None) -> _Reask:
        added = messages(last.request, shown, said.finish, told)
        return _Reask(request=last.request.with_messages(added), like=like, excerpt=excerpt)

    yield made(answer, wording(problems), answer)
    if not is_room_short:
        return
    found = list(excerpts(said, problems))
    for each in found:
        for show in SHOWS:
            yield made(each.shown(show), each.told(show), each.shown("whole"), each)
    if not found and len(answer) > _BEGINNING:
        yield made(f"{answer[:_BEGINNING]} …", wording(problems), answer)
