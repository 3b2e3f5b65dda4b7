"""Requests written to files of a size that an endpoint takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from extract.batch.lines import dump
from extract.batch.place import Place
from extract.batch.state import Part, Stage, State, key_line
from extract.batch.wanted import Item
from extract.errors import ConfigError, InputError
from extract.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most lines and bytes of a file; None sets no limit."""

    lines: int | None = None
    bytes: int | None = None

    def are_passed(self, lines: int, size: int) -> bool:
        """Whether a file may not hold so much."""
        return (self.lines is not None and lines > self.lines) or (self.bytes is not None and size > self.bytes)


@dataclass(slots=True)
class Writer:
    """Writes requests as parts of a state, one after the other; only one line is in memory."""

    state: State
    limits: Limits
    place: Place
    stage: Stage = "written"
    _left: tuple[Item, bytes] | None = field(default=None, init=False)

    def parts(self, items: Iterable[Item], *, name: str | None = None) -> Iterator[tuple[Part, Survey]]:
        """Parts as they are written and noted in the state, each with a survey of its requests."""
        lines = self._lines(items)
        while True:
            part, survey = self._part(lines, name or self.state.next_name())
            if part is None:
                return
            self.state.parts.append(part)
            self.state.save()
            yield part, survey

    def _lines(self, items: Iterable[Item]) -> Iterator[tuple[Item, bytes]]:
        for item in items:
            line = dump(item[0], self.place)
            if self.limits.are_passed(1, len(line)):
                raise InputError(
                    f"document {item[1].document!r} makes a line of {len(line):,} bytes, more than a file of a batch "
                    "may hold; leave it out, or raise --batch-mb if the endpoint takes more",
                    kind="too_long",
                )
            yield item, line

    def _part(self, lines: Iterator[tuple[Item, bytes]], name: str) -> tuple[Part | None, Survey]:
        """The next part, its files written whole; None if there is no request left."""
        survey, part = Survey(), Part(name=name, requests=0, bytes=0, stage=self.stage)
        paths = [self.state.file(part), self.state.file(part, "keys")]
        drafts = [path.with_name(f"{path.name}.tmp") for path in paths]
        try:
            with ExitStack() as stack:
                requests, keys = (stack.enter_context(draft.open("wb")) for draft in drafts)
                while (held := self._left or next(lines, None)) is not None:
                    (request, label), line = held
                    if self.limits.are_passed(part.requests + 1, part.bytes + len(line)):
                        self._left = held
                        break
                    self._left = None
                    requests.write(line)
                    keys.write(key_line(request.key, label))
                    part.requests += 1
                    part.bytes += len(line)
                    survey.prompt.add(request)
            for draft, path in zip(drafts, paths, strict=True):
                if part.requests:
                    draft.replace(path)
                else:
                    draft.unlink()
        except OSError as error:
            raise ConfigError(
                f"{self.state.folder}: cannot be written: {error.strerror}; choose another --to"
            ) from error
        return (part if part.requests else None), survey
