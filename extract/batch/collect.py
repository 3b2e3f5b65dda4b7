"""Taking results in: completions go into the cache, what has none is noted with its reason."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from extract.batch.api import Api
from extract.batch.lines import Line, completion, results, sent
from extract.batch.state import Failed, Part, State, write
from extract.batch.submit import take
from extract.cache import Cache
from extract.client import Endpoint
from extract.errors import EndpointError
from extract.request import Completion, Label, Request
from extract.spent import Spent

# Answers are put into the cache so many at a time.
_AT_ONCE = 500
# Somebody mends the cause of these, and then they pass.
_MENDED = frozenset({"key", "quota", "model", "path"})
_CUT = "the answer was cut at the token limit, so it is not kept; raise --max-tokens"


@dataclass(slots=True)
class Harvest:
    """What files of results came to: answers that are new to the cache, that it knew, and what went wrong.

    `spent` are the tokens of all answers that are new, those too that are not kept.
    """

    new: int = 0
    known: int = 0
    torn: int = 0
    twice: int = 0
    foreign: int = 0
    failed: dict[str, Failed] = field(default_factory=dict)
    missing: int = 0
    spent: Spent = field(default_factory=Spent)

    @property
    def kinds(self) -> Counter[str]:
        """How many failed, by kind."""
        return Counter(failed.kind for failed in self.failed.values())


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes results of requests to a model into the cache."""

    cache: Cache
    endpoint: Endpoint
    model: str

    def take(
        self, files: Iterable[Path], labels: Mapping[str, Label], *, lost: str = "there is no result for it"
    ) -> Harvest:
        """Take the results in files that belong to these keys; an answer that is known already stays as it is.

        `lost` is said of keys that the files do not hold.
        """
        harvest, seen = Harvest(), set[str]()
        good = self._good(files, labels, harvest, seen)
        while chunk := list(islice(good, _AT_ONCE)):
            harvest.new += self.cache.put_many(chunk)
        left = (key for key in labels if key not in seen)
        for key in left:
            # Whoever has asked live meanwhile has an answer too.
            if self.cache.get(sent(key, self.model)) is not None:
                harvest.known += 1
            else:
                harvest.missing += 1
                _fail(harvest, key, labels[key], ("missing", lost, True))
        return harvest

    def _good(
        self, files: Iterable[Path], labels: Mapping[str, Label], harvest: Harvest, seen: set[str]
    ) -> Iterator[tuple[Request, Completion, Label]]:
        for line in (line for path in files for line in results(path)):
            if line is None:
                harvest.torn += 1
            elif line.key not in labels:
                harvest.foreign += 1
            elif line.key in seen and line.key not in harvest.failed:
                harvest.twice += 1
            else:
                harvest.twice += line.key in seen
                seen.add(line.key)
                found = self._completion(line, labels[line.key], harvest)
                if found is not None:
                    yield sent(line.key, self.model), found, labels[line.key]

    def _completion(self, line: Line, label: Label, harvest: Harvest) -> Completion | None:
        """The completion of a line that is to be kept; None if there is none, or it is known."""
        request = sent(line.key, self.model)
        if self.cache.get(request) is not None:
            harvest.known += line.key not in harvest.failed
            return None
        try:
            found = completion(line, self.endpoint, request)
        except EndpointError as error:
            _fail(harvest, line.key, label, (error.kind, str(error), error.retryable or error.kind in _MENDED))
            return None
        harvest.spent.add(found.usage)
        if found.finish == "length":
            _fail(harvest, line.key, label, ("cut", _CUT, False))
            return None
        harvest.failed.pop(line.key, None)
        return found


def _fail(harvest: Harvest, key: str, label: Label, why: tuple[str, str, bool]) -> None:
    kind, message, may_pass = why
    harvest.failed[key] = Failed(key, label.document, label.attempt, kind, message, may_pass)


async def ask(state: State, api: Api) -> None:
    """Ask how each batch is that was not over when it was asked last."""
    for part in state.parts:
        if part.batch_id is not None and not part.is_over:
            take(part, await api.batch(part.batch_id))
            state.save()


async def wait(
    state: State, api: Api, every_s: float, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Ask every so many seconds until all batches are over."""
    await ask(state, api)
    while any(part.batch_id is not None and not part.is_over for part in state.parts):
        await sleep(every_s)
        await ask(state, api)


async def fetch(state: State, part: Part, api: Api) -> list[Path]:
    """The files of results of a part whose batch is over; those that are here already are not asked for again."""
    paths = []
    for kind, id_ in (("output", part.output_file), ("error", part.error_file)):
        path = state.file(part, kind)
        if id_ is not None and not path.exists():
            await api.download(id_, path)
        if path.exists():
            paths.append(path)
    return paths


def note(state: State, part: Part, harvest: Harvest) -> None:
    """Note what of a part got no answer; files with a torn line are not kept, so that they are asked for anew."""
    rows = (json.dumps(asdict(failed), ensure_ascii=False) + "\n" for failed in harvest.failed.values())
    write(state.file(part, "failed"), "".join(rows))
    if harvest.torn:
        for kind in ("output", "error"):
            state.file(part, kind).unlink(missing_ok=True)
    if part.stage != "exported":
        part.stage = "collected"
    state.save()
