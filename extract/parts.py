"""A report that is too long for a context: asked in parts, each by itself, and its records put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from extract.chain import Attempt, Chain
from extract.document import Document, Failure
from extract.errors import EndpointError
from extract.extraction import Asking, Extraction
from extract.fit import Fit
from extract.ground import Span
from extract.merge import Group, groups
from extract.prompt import Prompt
from extract.request import Request
from extract.room import Room, shortest
from extract.split import Range, cut, headline
from extract.tokens import estimate
from extract.validate import GroundedRecord, Grounding, Problem, Verdict
from schemas import Record

# What stands between the headline and a part, so that they are not read on.
_JOINT = "\n…\n"
_LEAST_TEXT = 60
# Of a part, what repeats the end of the one before it; in estimated tokens no more than the second.
_OVERLAP, _MOST_OVERLAP = 0.125, 120
# The model, as it is served, is of no use for this prompt: a kind that ends a run, since every document would meet it.
_HOPELESS = "model"
# A user message begins with this, where the report is a part.
_NOTE = (
    "This is part {number} of {total} of one long report; each part is asked about by itself{head}. "
    "Record what this part tells, and nothing that only other parts could tell."
)
_HEAD = ", and before this one stands the report's headline, then a line with an ellipsis"


@dataclass(frozen=True, slots=True)
class Part:
    """The range of the report that a part is, and the headline that stands before it."""

    number: int
    total: int
    span: Range
    head: Range | None

    def shown(self, text: str) -> str:
        """The part as the model sees it."""
        body = text[slice(*self.span)]
        return f"{text[slice(*self.head)]}{_JOINT}{body}" if self.head else body

    def moved(self, span: Span) -> Span:
        """A span of what is shown as a span of the whole report."""
        if self.head is None:
            return span._replace(start=span.start + self.span[0], end=span.end + self.span[0])
        size = self.head[1] - self.head[0]
        ahead, body = self.head[0], size + len(_JOINT)
        if size - span.start >= span.end - body:
            # A quote over the joint is none of the report's; the longer end of it is.
            end = min(span.end, size)
            return span._replace(start=span.start + ahead, end=end + ahead)
        behind = self.span[0] - body
        return span._replace(start=max(span.start, body) + behind, end=span.end + behind)

    def __str__(self) -> str:
        return f"part {self.number} of {self.total}"


@dataclass(kw_only=True)
class Parts:
    """The parts of one document, the chain of each, and what went wrong with whom.

    `spent` are attempts at parts that turned out to be too long and are asked no more.
    """

    document: Document
    room: Room
    parts: Sequence[Part]
    chains: list[Chain] = field(default_factory=list)
    faults: dict[int, Failure] = field(default_factory=dict)
    spent: tuple[Attempt, ...] = ()

    def extraction(self) -> Extraction:
        """The records of all parts, those of one event as one, with spans of the whole report."""
        verdicts = [self._moved(part, chain) for part, chain in zip(self.parts, self.chains, strict=True)]
        found = [(number, each) for number, verdict in enumerate(verdicts) for each in verdict.records]
        merged = groups([_located(each) for _, each in found], [number for number, _ in found])
        records = [_grounded(group, [found[at][1] for at in group.members]) for group in merged]
        own = [problem for record in records for problem in record.problems if problem.kind == "conflict"]
        kinds = list(self.chains[0].prompt.records)
        return Extraction(
            document=self.document,
            prompt=self.chains[0].prompt.name,
            records=tuple(sorted(records, key=lambda each: (kinds.index(type(each.record)), _place(each)))),
            failures=tuple(self._failures(verdicts)),
            problems=(*(problem for verdict in verdicts for problem in verdict.problems), *own),
            attempts=(*self.spent, *(attempt for chain in self.chains for attempt in chain.attempts)),
            key=self.chains[0].first.key,
        )

    def _moved(self, part: Part, chain: Chain) -> Verdict:
        """What the best answer to a part is worth, said of the whole report."""
        if not chain.attempts:
            return Verdict()
        verdict = chain.best().verdict
        records = tuple(
            replace(
                each,
                evidence=tuple(_shift(part, grounding) for grounding in each.evidence),
                values=tuple(_shift(part, grounding) for grounding in each.values),
                problems=tuple(_of_part(part, problem) for problem in each.problems),
            )
            for each in verdict.records
        )
        problems = tuple(_of_part(part, problem) for problem in verdict.problems)
        return replace(verdict, records=records, problems=problems, failures=(*verdict.failures, *chain.unread()))

    def _failures(self, verdicts: Sequence[Verdict]) -> Iterator[Failure]:
        for number, verdict in enumerate(verdicts):
            for failure in verdict.failures:
                yield replace(failure, message=f"{self.parts[number]}: {failure.message}")
        alike: dict[tuple[str, str], list[int]] = {}
        for number, fault in sorted(self.faults.items()):
            alike.setdefault((fault.kind, fault.message), []).append(number)
        for numbers in alike.values():
            fault = self.faults[numbers[0]]
            which = str(self.parts[numbers[0]])
            if len(numbers) > 1:
                listed = ", ".join(str(number + 1) for number in numbers)
                which = f"parts {listed} of {len(self.parts)}"
            yield replace(fault, message=f"{which}: {fault.message}")


def chains_of(
    document: Document, prompt: Prompt, asking: Asking, *, fit: Fit, room: Room | None = None
) -> Chain | Parts:
    """The chain that a document is asked with; its parts, if it does not fit the room.

    Without a room, and where it fits as it is, the request is that of the whole document, unchanged.
    EndpointError of kind context if the prompt itself leaves no room for a report.
    """
    room = room if room is not None or asking.context is None else Room(asking.context)
    whole = asking.request(prompt, document)
    chain = Chain(first=whole, document=document, prompt=prompt, max_reasks=asking.max_reasks, fit=fit, room=room)
    if room is None or room.fits(whole):
        return chain
    head = headline(document.text)
    longest = Part(999, 999, (0, 0), head)
    bare = _request(longest, document, prompt, asking)
    space = room.for_text(bare)
    lowered = room.lowered(whole)
    if lowered is not None and estimate(document.text) <= space:
        return replace(chain, first=lowered)
    if space < _LEAST_TEXT:
        raise _no_room(room, prompt, asking, document, bare)
    return _cut(chain, room, asking, head, space)


def least(document: Document, prompt: Prompt, asking: Asking) -> Request:
    """The shortest request there is about a document: a few of its words, for an answer of one token."""
    start, end = cut(document.text, _LEAST_TEXT)[0]
    request = _request(Part(999, 999, (start, end), None), document, prompt, asking)
    return shortest(request)


def too_long(refusal: EndpointError, prompt: Prompt) -> EndpointError:
    """What is said where an endpoint has refused the least request: no document can be asked about."""
    message = f"the prompt alone is longer than the model's context: {refusal}{_shorter(prompt)}"
    return EndpointError(message, kind=_HOPELESS, status=refusal.status, body=refusal.body)


def _no_room(room: Room, prompt: Prompt, asking: Asking, document: Document, bare: Request) -> EndpointError:
    message = (
        f"a context of {room.context:,} tokens has no room for a report beside the prompt, which takes about "
        f"{room.tokens(bare):,}; give the server a longer context, such as OLLAMA_CONTEXT_LENGTH=16384 ollama serve, "
        "llama-server --ctx-size 16384 or vllm serve --max-model-len 16384, and say so with --context 16384"
        f"{_shorter(prompt)}"
    )
    # Only of a context that the user gave is it certain that it is every document's.
    is_for_all = room == Room(asking.context or 0) and not room.lowered(least(document, prompt, asking))
    return EndpointError(message, kind=_HOPELESS if is_for_all else "context")


def _shorter(prompt: Prompt) -> str:
    if len(prompt.records) < 2:
        return ""
    return f"; or use a shorter prompt: --prompt {prompt.records[0].__name__.lower()} asks for one record type only"


def _cut(chain: Chain, room: Room, asking: Asking, head: Range | None, space: float) -> Parts:
    """The parts of what a chain asks about as a whole."""
    document, prompt = chain.document, chain.prompt
    spans = cut(document.text, space, overlap=min(_OVERLAP * space, _MOST_OVERLAP))
    parts = [
        Part(number, len(spans), span, head if head and number > 1 else None) for number, span in enumerate(spans, 1)
    ]
    whole = Parts(document=document, room=room, parts=parts)
    for part in parts:
        request = _request(part, document, prompt, asking)
        shown = replace(document, text=part.shown(document.text))
        whole.chains.append(
            replace(chain, first=room.lowered(request) or request, document=shown, whole=whole, attempts=[])
        )
    return whole


def _request(part: Part, document: Document, prompt: Prompt, asking: Asking) -> Request:
    request = asking.request(prompt, replace(document, text=part.shown(document.text)))
    if part.total < 2:
        return request
    *first, last = request.messages
    note = _NOTE.format(number=part.number, total=part.total, head=_HEAD if part.head else "")
    return request.with_messages([*first, {**last, "content": f"{note}\n\n{last['content']}"}])


def _shift(part: Part, grounding: Grounding) -> Grounding:
    return grounding._replace(span=part.moved(grounding.span)) if grounding.span else grounding


def _of_part(part: Part, problem: Problem) -> Problem:
    return replace(problem, path=f"{part}, {problem.path}" if problem.path else str(part))


def _located(grounded: GroundedRecord) -> Record:
    """The record with the quotes alone that stand in the report."""
    there = [grounding.text for grounding in grounded.evidence if grounding.span]
    return grounded.record.model_copy(update={"evidence": there})


def _grounded(group: Group, members: Sequence[GroundedRecord]) -> GroundedRecord:
    """One record for those of one event; where its quotes and values stand is known from them."""
    if len(members) == 1:
        return members[0]
    record = group.merged.record
    quotes = {each.text: each for member in members for each in member.evidence if each.span}
    values: dict[str, Grounding] = {}
    for each in (value for member in members for value in member.values):
        if each.text not in values or values[each.text].span is None:
            values[each.text] = each
    own = tuple(Problem(path="", message=said, kind="conflict") for said in group.merged.conflicts)
    return GroundedRecord(
        record=record,
        evidence=tuple(quotes[text]._replace(path=path) for path, text in record.quotes()),
        values=tuple(values[text]._replace(path=path) for path, text in record.written() if text in values),
        problems=(*(problem for member in members for problem in member.problems), *own),
    )


def _place(grounded: GroundedRecord) -> int:
    return min(grounding.span.start for grounding in grounded.evidence if grounding.span)
