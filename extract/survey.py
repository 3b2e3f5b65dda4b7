"""A survey of inputs: how many documents there are, how many are answered already, how long the other requests are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from extract.document import Document, Failure
from extract.history import Ratio
from extract.request import Completion, Request, canonical
from extract.tokens import estimate

Came = Literal["known", "missing", "repeated", "asked"]

# Estimating a report takes as long as all else about it, so these are estimated and the others go by their length.
FIRST_ESTIMATED = 200
THEN_EVERY = 50
MOST_COMPARED = 500


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where requests and known answers come from.

    `asks` are the first requests of a document: one, or one for each of its parts. `keeps` says that an answer is kept,
    so that an equal request is not sent again; `is_offline` that none is sent.
    """

    asks: Callable[[Document], Sequence[Request]]
    known: Callable[[Request], Completion | None]
    keeps: bool = True
    is_offline: bool = False


@dataclass(slots=True)
class Estimated:
    """Tokens of requests: of the first 200 and every 50th estimated, of the others by their length."""

    requests: int = 0
    fixed: int = 0
    tokens: int = 0
    length: int = 0
    rest: int = 0

    def add(self, request: Request) -> None:
        """Add the tokens of one request."""
        system, own = _parts(request)
        self.fixed += system
        if self.requests < FIRST_ESTIMATED or self.requests % THEN_EVERY == 0:
            self.tokens += estimate(own)
            self.length += len(own)
        else:
            self.rest += len(own)
        self.requests += 1

    @property
    def total(self) -> int:
        """Tokens of all requests."""
        return self.fixed + self.tokens + (round(self.rest * self.tokens / self.length) if self.length else 0)


@dataclass(slots=True)
class Survey:
    """What the inputs hold; `missing` are requests that only a replay lacks, `repeated` equal to one before them."""

    documents: int = 0
    unreadable: int = 0
    known: int = 0
    repeated: int = 0
    missing: int = 0
    prompt: Estimated = field(default_factory=Estimated)
    ratio: Ratio = field(default_factory=Ratio)

    @property
    def calls(self) -> int:
        """First asks that are to be made."""
        return self.prompt.requests


def survey(documents: Iterable[Document | Failure], source: Source) -> Survey:
    """Go through the documents once; none is kept, only eight bytes for each request."""
    found = Survey()
    asked: set[int] = set()
    for item in documents:
        if isinstance(item, Failure):
            # What is wrong with a date or an outlet takes no document away.
            lost = item.kind != "metadata"
            found.documents += lost
            found.unreadable += lost
        else:
            found.documents += 1
            came = {_look_up(request, source, found, asked) for request in source.asks(item)}
            # Of a document in parts, it is known when all of them are.
            found.known += came == {"known"}
            found.missing += "missing" in came
            found.repeated += "repeated" in came and came <= {"known", "repeated"}
    return found


def _look_up(request: Request, source: Source, found: Survey, asked: set[int]) -> Came:
    """What comes of one request; what is to be asked is added to the estimate."""
    completion = source.known(request)
    if completion is not None:
        if found.ratio.number < MOST_COMPARED:
            found.ratio.add(completion.usage.prompt, sum(_tokens(request)))
        return "known"
    if source.is_offline:
        return "missing"
    if source.keeps:
        key = int(request.key[:16], 16)
        if key in asked:
            return "repeated"
        asked.add(key)
    found.prompt.add(request)
    return "asked"


def _parts(request: Request) -> tuple[int, str]:
    """Tokens of what all documents share, and the text of what is the document's own."""
    *shared, own = request.messages
    tools = canonical(request.form.schema).decode() if request.mode == "tools" else ""
    return _shared(tools, *(str(message["content"]) for message in shared)), str(own["content"])


def _tokens(request: Request) -> tuple[int, int]:
    shared, own = _parts(request)
    return shared, estimate(own)


@lru_cache(maxsize=8)
def _shared(*texts: str) -> int:
    return sum(map(estimate, texts))
