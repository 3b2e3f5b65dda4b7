"""Judge a completion: is it an answer of the right form, and does the report bear it out?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from extract.document import Document, Failure
from extract.errors import ReplyError
from extract.ground import Span, Text, tail_start
from extract.prompt import Prompt
from extract.reply import answer_text, shorten
from extract.request import Completion
from extract.weekday import ENGLISH as WEEKDAYS
from extract.weekday import is_off
from schemas import Answer, Record, interval

# What is wrong with an answer and would be again.
_LASTING = frozenset({"refusal", "truncated", "truncated_prompt"})

NOT_IN_REPORT = "is not in the report; copy the words character by character, or leave it out"


class Grounding(NamedTuple):
    """Where one quote, or one value as written, stands in the report; no span if nowhere."""

    path: str
    text: str
    span: Span | None
    in_tail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with an answer, in words that a model can act on."""

    path: str
    message: str
    kind: str = "invalid"

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundedRecord:
    """A valid record with the place of each quote and of each value as written, and what is wrong with it."""

    record: Record
    evidence: tuple[Grounding, ...]
    values: tuple[Grounding, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def in_tail(self) -> bool:
        """Whether a quote stands in the tail of other articles."""
        return any(grounding.in_tail for grounding in self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one completion is worth: the records that hold, the problems, what could not be kept."""

    records: tuple[GroundedRecord, ...] = ()
    problems: tuple[Problem, ...] = ()
    failures: tuple[Failure, ...] = ()
    head: Answer | None = None

    @property
    def is_final(self) -> bool:
        """Whether asking again is no use: nothing is wrong, or it would go wrong again."""
        return not self.problems or any(problem.kind in _LASTING for problem in self.problems)


def judge(completion: Completion, prompt: Prompt, document: Document, text: Text) -> Verdict:
    """Validate and ground an answer; what is wrong is said, and what holds is kept all the same."""
    try:
        found = answer_text(completion)
    except ReplyError as error:
        problem = Problem(path="", message=str(error), kind=error.kind)
        if error.rest:
            return _salvage(error.rest, prompt, document, text, [problem])
        return worthless(document, problem.message, kind=problem.kind)
    try:
        answer = prompt.answer.model_validate_json(found)
    except ValidationError as error:
        return _salvage(found, prompt, document, text, [_problem(detail) for detail in error.errors()])
    return _ground_all(answer, answer.records(), document, text)


def worthless(document: Document, message: str, *, kind: str) -> Verdict:
    """The verdict on an answer of which nothing can be kept."""
    problem = Problem(path="", message=message, kind=kind)
    return Verdict(problems=(problem,), failures=(_failure(document, problem),))


def _failure(document: Document, problem: Problem, record: object = None) -> Failure:
    return Failure(
        document=document.id, kind=problem.kind, message=str(problem), path=problem.path or None, record=record
    )


def _problem(detail: ErrorDetails) -> Problem:
    path = ""
    for step in detail["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    # Some name the value itself, however long; the longest of those that list what is allowed has 300 characters.
    message = shorten(detail["msg"].removeprefix("Value error, "), 400)
    if detail["type"] == "json_invalid":
        return Problem(path=path, message=message, kind="broken")
    given = detail["input"]
    if isinstance(given, str | int | float | bool) or given is None:
        message += f" (given: {shorten(repr(given), 80)})"
    return Problem(path=path, message=message)


def _ground_all(head: Answer, records: Sequence[tuple[str, Record]], document: Document, text: Text) -> Verdict:
    """Verdict on records of the right form; a record of which no quote stands in the report is a failure."""
    problems = list(_of_document(head, text))
    tail = tail_start(document.text, head.tail_quote)
    published = document.published or (head.published.date if head.published else None)
    kept: list[GroundedRecord] = []
    failures: list[Failure] = []
    twins = dict(_twins(records))
    for path, record in records:
        grounded = _ground(record, text, tail)
        own = (*_of_record(path, grounded, published), *twins.get(path, ()))
        problems += own
        if any(grounding.span for grounding in grounded.evidence):
            kept.append(replace(grounded, problems=own) if own else grounded)
        else:
            problem = Problem(path=path, message="none of its quotes stands in the report", kind="ungrounded")
            failures.append(_failure(document, problem, record.model_dump(mode="json")))
    return Verdict(records=tuple(kept), problems=tuple(problems), failures=tuple(failures), head=head)


def _twins(records: Sequence[tuple[str, Record]]) -> Iterator[tuple[str, tuple[Problem, ...]]]:
    """A problem for each record that says the same as an earlier one, its words aside."""
    marks = [_mark(record) for _, record in records]
    first: dict[str, str] = {}
    for (path, record), mark in zip(records, marks, strict=True):
        # To write a record out costs much more than to see that no other has its dates.
        if marks.count(mark) < 2:
            continue
        said = type(record).__name__ + record.model_dump_json(exclude={"evidence", "summary", "mention"})
        if said in first:
            message = f"this is {first[said]} again; one event is one record, with all its quotes"
            yield path, (Problem(path=path, message=message, kind="duplicate"),)
        first.setdefault(said, path)


def _mark(record: Record) -> tuple[object, ...]:
    """What two records that say the same have in common, and few others."""
    when = record.when
    return type(record), when.start, when.end, when.text


def _ground(record: Record, text: Text, tail: int | None) -> GroundedRecord:
    evidence = []
    for path, quote in record.quotes():
        span = text.locate(quote)
        in_tail = span is not None and tail is not None and span.start >= tail
        evidence.append(Grounding(path=path, text=quote, span=span, in_tail=in_tail))
    near = [grounding.span for grounding in evidence if grounding.span]
    values = [
        Grounding(path=path, text=value, span=text.locate_value(value, near=near)) for path, value in record.written()
    ]
    return GroundedRecord(record=record, evidence=tuple(evidence), values=tuple(values))


def _of_document(answer: Answer, text: Text) -> Iterator[Problem]:
    if answer.tail_quote and not text.locate(answer.tail_quote):
        yield Problem(path="tail_quote", message=f"{answer.tail_quote!r} {NOT_IN_REPORT}", kind="ungrounded")
    if answer.published and not text.locate_value(answer.published.text):
        yield Problem(path="published.text", message=f"{answer.published.text!r} {NOT_IN_REPORT}", kind="ungrounded")


def _of_record(path: str, grounded: GroundedRecord, published: str | None) -> Iterator[Problem]:
    for grounding in (*grounded.evidence, *grounded.values):
        if grounding.span is None:
            where = f"{path}.{grounding.path}"
            yield Problem(path=where, message=f"{grounding.text!r} {NOT_IN_REPORT}", kind="ungrounded")
        if grounding.in_tail:
            message = "this quote stands behind tail_quote, in another article; drop the record, or correct tail_quote"
            yield Problem(path=f"{path}.{grounding.path}", message=message, kind="tail")
    yield from _of_date(path, grounded.record, published)


# Statuses that say that something has begun or is over.
_PAST = frozenset({"held", "ongoing", "completed", "signed", "in_force", "implementing"})


def _of_date(path: str, record: Record, published: str | None) -> Iterator[Problem]:
    when = record.when
    if when.basis == "publication" and not published:
        message = "no publication date is given or printed, so a relative date stays unresolved: start and end are null"
        yield Problem(path=f"{path}.date.basis", message=message, kind="date")
    is_over = getattr(record, "status", None) in _PAST
    if is_over and published and when.start and _is_after(when.start, published):
        message = f"{when.start} is after the publication date {published}, but the status tells of the past"
        yield Problem(path=f"{path}.date.start", message=message, kind="date")
    if when.text and when.start == when.end and (day := _day(when.start)) and is_off(when.text, day):
        message = f"{when.start} is a {WEEKDAYS[day.weekday()]}, but the text says {when.text!r}; count the days again"
        yield Problem(path=f"{path}.date.start", message=message, kind="date")


def _day(text: str | None) -> date | None:
    """The one day that a date is; None if it is a longer time or has no year."""
    if not text or text.startswith("X"):
        return None
    first, last = interval(text)
    return first if first == last else None


def _is_after(start: str, published: str) -> bool:
    """Whether an event began after the report was out; of a date without its year nobody can say."""
    has_years = not (start.startswith("X") or published.startswith("X"))
    return has_years and interval(start)[0] > interval(published)[1]


def _salvage(found: str, prompt: Prompt, document: Document, text: Text, problems: list[Problem]) -> Verdict:
    """Verdict on an answer that is not of the right form as a whole: each record is judged alone."""
    failures = [_failure(document, problem) for problem in problems if problem.kind in ("truncated", "broken")]
    is_whole = not failures
    raw = _partial(found)
    records: list[tuple[str, Record]] = []
    for path, kind, item in _items(raw, prompt, is_whole=is_whole):
        try:
            records.append((path, kind.model_validate(item)))
        except ValidationError as error:
            reasons = "; ".join(str(_problem(detail)) for detail in error.errors())
            failures.append(_failure(document, Problem(path=path, message=reasons), item))
    if not failures and not records and not all(map(_is_of_head, problems)):
        failures.append(_failure(document, Problem(path="", message="; ".join(map(str, problems[:3])))))
    verdict = _ground_all(_head(raw), records, document, text)
    return replace(verdict, problems=(*problems, *verdict.problems), failures=(*failures, *verdict.failures))


def _is_of_head(problem: Problem) -> bool:
    """Whether a problem is with what an answer says of the document, and so takes no record away."""
    return problem.path.partition(".")[0] in Answer.model_fields


def _items(raw: dict[str, Any], prompt: Prompt, *, is_whole: bool) -> Iterator[tuple[str, type[Record], Any]]:
    """Path, type and raw value of each record of an answer.

    Of a cut answer the very last record is left out: it may be half of one that looks whole.
    """
    last = next(reversed(raw), None)
    for kind in prompt.records:
        items = raw.get(kind.plural)
        items = items if isinstance(items, list) else []
        whole = items if is_whole or kind.plural != last else items[:-1]
        for index, item in enumerate(whole):
            yield f"{kind.plural}[{index}]", kind, item


def _head(raw: dict[str, Any]) -> Answer:
    """The fields of the answer itself, each if it is valid."""
    head = {}
    for name in Answer.model_fields:
        try:
            head[name] = getattr(Answer.model_validate({name: raw.get(name)}), name)
        except ValidationError:
            continue
    return Answer(**head)


def _partial(found: str) -> dict[str, Any]:
    """What can be read of an answer that may be cut; empty if it is no object."""
    try:
        value = from_json(found[max(found.find("{"), 0) :], allow_partial=True)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
