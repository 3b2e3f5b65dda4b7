"""Which requests are to be sent: those whose answers nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from extract.cache import Cache
from extract.chain import Chain
from extract.document import Document, Failure
from extract.pipeline import Pipeline
from extract.request import Label, Request

Item = tuple[Request, Label]


@dataclass(slots=True, kw_only=True)
class Wanted:
    """Goes through documents once, keeping none, and counts what becomes of each.

    `under_way` and `hopeless` are keys, as numbers, of requests that are not to be sent: their answers may still
    come, or none would.
    """

    pipeline: Pipeline
    cache: Cache
    with_reasks: bool = False
    under_way: set[int] = field(default_factory=set)
    hopeless: set[int] = field(default_factory=set)
    documents: int = 0
    unreadable: int = 0
    answered: int = 0
    waiting: int = 0
    repeated: int = 0
    refused: int = 0

    def requests(self, documents: Iterable[Document | Failure]) -> Iterator[Item]:
        """The requests to send, each once."""
        asked: set[int] = set()
        for item in documents:
            if isinstance(item, Failure):
                # What is wrong with a date or an outlet takes no document away.
                self.unreadable += item.kind != "metadata"
                continue
            self.documents += 1
            found = self._next(item)
            if found is None:
                self.answered += 1
            elif self._is_sent(number := int(found[0].key, 16)):
                continue
            elif number in asked:
                self.repeated += 1
            else:
                asked.add(number)
                yield found

    def _is_sent(self, number: int) -> bool:
        self.waiting += number in self.under_way
        is_refused = number in self.hopeless and number not in self.under_way
        self.refused += is_refused
        return number in self.under_way or is_refused

    def _next(self, document: Document) -> Item | None:
        """The next request of a document; None if all it needs is known."""
        first = self.pipeline.request_for(document)
        if self.cache.get(first) is None:
            return first, Label(document=document.id, task=self.pipeline.prompt.name)
        if not self.with_reasks:
            return None
        begun = self.pipeline.begin(document)
        return (begun.next_request(), begun.label) if isinstance(begun, Chain) else None


@dataclass(slots=True)
class Standing:
    """How far the documents of a job are: done, to be asked again, or without an answer."""

    documents: int = 0
    done: int = 0
    again: int = 0
    unanswered: int = 0
    unreadable: int = 0


def standing(documents: Iterable[Document | Failure], pipeline: Pipeline) -> Standing:
    """How far the documents are, by the answers that are known; none is kept."""
    found = Standing()
    for item in documents:
        if isinstance(item, Failure):
            found.unreadable += item.kind != "metadata"
            continue
        found.documents += 1
        begun = pipeline.begin(item)
        if not isinstance(begun, Chain):
            found.done += 1
        elif begun.attempts:
            found.again += 1
        else:
            found.unanswered += 1
    return found
