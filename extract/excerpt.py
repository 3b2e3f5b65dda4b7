"""The records of an answer that have errors: shown alone where a context is too short for a re-ask with all of it.

What comes back is put in their place, so that the other records need not be said again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from extract.correction import listed
from extract.errors import ReplyError
from extract.reply import answer_text
from extract.request import Completion
from extract.validate import Problem

Place = tuple[str, int]
Show = Literal["whole", "short"]
SHOWS: tuple[Show, ...] = get_args(Show)

_PLACE = re.compile(r"\b([a-z_]+)\[(\d+)\]")
_PATH = re.compile(r"([a-z_]+)\[(\d+)\](?:\.([a-z_]+))?")
# What tells which record is meant; of the rest, a short form has only what is wrong.
_TELLING = ("evidence", "summary")
# What two records that say the same may differ in.
_WORDS = frozenset({"evidence", "summary", "mention"})
_QUOTED, _MOST_QUOTED = re.compile(r"'([^']{60,})'"), 40

_ASK = (
    "Give these alone again, as one JSON object of the same form: mend the errors, keep the rest as it is, "
    "drop a record that the report does not bear out, and leave out all others."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Some records of an answer, and what is wrong with them and with what it says of the report itself."""

    answer: Mapping[str, Any]
    places: Sequence[Place]
    problems: Sequence[Problem]

    def shown(self, show: Show) -> str:
        """The records as JSON of the answer's form, and without its other records; each whole, or in short."""
        part = self._part()
        if show == "short":
            part = {name: self._short(name, value) if _is_list(value) else value for name, value in part.items()}
        return json.dumps(part, ensure_ascii=False)

    def told(self, show: Show) -> str:
        """What a model is told about what is shown."""
        form = "" if show == "whole" else ", in short"
        head = f"Above are those records of your answer that are to be mended{form}; all others are kept. Errors:"
        return "\n".join([head, *listed([self._renamed(problem) for problem in self.problems]), _ASK])

    def joined(self, completion: Completion) -> Completion | None:
        """The answer with what came back in place of what was shown; None if that is no answer.

        No more records are taken than were shown, and none that says what another record says already: a model
        may give all of them again.
        """
        try:
            given = json.loads(answer_text(completion))
        except ReplyError:
            return None
        whole = {name: self._field(name, given.get(name)) for name in {**self.answer, **given}}
        return replace(completion, text=json.dumps(whole, ensure_ascii=False))

    def _part(self) -> dict[str, Any]:
        return {
            name: [value[index] for kind, index in self.places if kind == name] if _is_list(value) else value
            for name, value in self.answer.items()
        }

    def _short(self, name: str, records: list[Any]) -> list[Any]:
        indexes = [index for kind, index in self.places if kind == name]
        return [_shortened(record, self._wrong(name, at)) for record, at in zip(records, indexes, strict=True)]

    def _wrong(self, name: str, index: int) -> frozenset[str]:
        """The fields of a record that something is wrong with."""
        found = (_PATH.match(problem.path) for problem in self.problems)
        return frozenset(each[3] for each in found if each and (each[1], int(each[2])) == (name, index) and each[3])

    def _renamed(self, problem: Problem) -> Problem:
        """The problem with the places that its records have in what is shown, and no long quotes: they stand there."""
        number = {place: sum(kind == place[0] for kind, _ in self.places[:at]) for at, place in enumerate(self.places)}

        def name(found: re.Match[str]) -> str:
            return f"{found[1]}[{number.get((found[1], int(found[2])), int(found[2]))}]"

        path = _PLACE.sub(name, problem.path, count=1)
        message = _QUOTED.sub(lambda found: f"'{found[1][:_MOST_QUOTED]}…'", problem.message)
        return replace(problem, path=path, message=_PLACE.sub(name, message) if _names(problem) else message)

    def _field(self, name: str, given: Any) -> Any:
        said = self.answer.get(name)
        if not isinstance(said, list):
            return given if name not in self.answer or self._is_wrong(name) else said
        indexes = {index for kind, index in self.places if kind == name}
        kept = [record for index, record in enumerate(said) if index not in indexes]
        known = [_said(record) for record in kept]
        fresh = [record for record in given if _said(record) not in known] if isinstance(given, list) else []
        return kept + fresh[: len(indexes)]

    def _is_wrong(self, name: str) -> bool:
        """Whether what the answer says of the report itself was to be corrected."""
        paths = (problem.path.partition(".")[0] for problem in self.problems)
        return name in paths or (name == "tail_quote" and any(problem.kind == "tail" for problem in self.problems))


def excerpts(said: Completion, problems: Sequence[Problem]) -> Iterator[Excerpt]:
    """Excerpts of an answer: with all records that have errors, with all but the last of them, and so on.

    None if it is no answer of the form, or something is wrong with more than single records.
    """
    try:
        answer = json.loads(answer_text(said))
    except ReplyError:
        return
    places = list(dict.fromkeys(place for problem in problems for place in _places(problem)))
    heads = [problem for problem in problems if not _places(problem)]
    if any(not head.path or _is_list(answer.get(head.path)) for head in heads) or not all(
        _is_in(answer, place) for place in places
    ):
        return
    for count in range(len(places), 0, -1):
        shown = places[:count]
        own = [problem for problem in problems if set(_places(problem)) <= set(shown)]
        if own:
            yield Excerpt(answer=answer, places=shown, problems=own)
    if heads:
        yield Excerpt(answer=answer, places=(), problems=heads)


def _places(problem: Problem) -> list[Place]:
    """The records that a problem is with: its own, and the one that it names as being the same."""
    found = _PATH.match(problem.path)
    own = [(found[1], int(found[2]))] if found else []
    return own + [(each[1], int(each[2])) for each in _PLACE.finditer(problem.message)] if _names(problem) else own


def _names(problem: Problem) -> bool:
    return problem.kind == "duplicate"


def _is_in(answer: Mapping[str, Any], place: Place) -> bool:
    records = answer.get(place[0])
    return isinstance(records, list) and place[1] < len(records)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _shortened(record: Any, wrong: frozenset[str]) -> Any:
    if not isinstance(record, dict):
        return record
    return {name: value for name, value in record.items() if name in _TELLING or name in wrong}


def _said(record: Any) -> str:
    """What a record says, its words aside."""
    facts = record
    if isinstance(record, dict):
        facts = {name: value for name, value in record.items() if name not in _WORDS}
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)
