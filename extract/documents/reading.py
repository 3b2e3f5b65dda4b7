"""Reading: from inputs to documents, each failure in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from extract.descriptors import SPENT, are_spent
from extract.document import Document, Failure
from extract.documents import files, formats, sidecar
from extract.documents.encoding import clean
from extract.documents.files import Found
from extract.documents.metadata import NOTHING, Metadata, day, language
from extract.documents.part import Flaw, Part
from extract.documents.sidecar import Entry, Sidecar
from extract.errors import ConfigError, EndpointError, InputError


def read(
    inputs: Sequence[str | Path],
    *,
    defaults: Metadata = NOTHING,
    max_chars: int | None = 400_000,
    is_done: Callable[[str], bool] | None = None,
) -> Iterator[Document | Failure]:
    """Documents of all files that `inputs` stand for, in order; what cannot be read is a Failure in its place,
    and what cannot be used of what is said of one is a Failure before it.

    Raises InputError at once for an input that gives no file, and ConfigError for a bad
    `defaults.published`. `defaults` fills what neither a file nor its folder says. Documents that `is_done` knows by
    their ids are left out, without being read where their file's name is their id. `-` stands for JSON lines on stdin.
    """
    reader = _Reader(_checked(defaults), max_chars, is_done)
    return reader.documents(files.find(inputs))


def _checked(defaults: Metadata) -> Metadata:
    try:
        return replace(defaults, published=defaults.published and day(defaults.published))
    except InputError as error:
        raise ConfigError(f"the default for published cannot be used: {error}") from error


class _Reader:
    """One read: keeps the ids that were given, and what the folders say of their files."""

    def __init__(self, defaults: Metadata, max_chars: int | None, is_done: Callable[[str], bool] | None) -> None:
        self._defaults = defaults
        self._max_chars = max_chars
        self._is_done = is_done or (lambda _: False)
        self._place_by_id: dict[str, str] = {}
        self._sidecars: dict[Path, Sidecar] = {}

    def documents(self, found: Sequence[Found]) -> Iterator[Document | Failure]:
        for file in found:
            folder = file.path.parent
            if folder not in self._sidecars:
                self._sidecars[folder] = sidecar.load(folder)
                yield from self._sidecars[folder].failures
            yield from self._file(file, self._sidecars[folder].entry(file.path))

    def _file(self, file: Found, entry: Entry) -> Iterator[Document | Failure]:
        name, place = entry.id or file.id, str(file.path)
        if not formats.holds_many(file.path) and self._is_done(name):
            yield from self._passed_over(name, place)
            return
        is_empty = True
        try:
            for part in formats.parts(file.path, max_chars=self._max_chars, is_done=self._is_done):
                is_empty = False
                yield from self._part(part, name, place, entry)
            if is_empty:
                yield _failure(name, place, InputError("holds no report; remove it, or add one", kind="empty"))
        except InputError as error:
            yield _failure(name, place, error)
        except OSError as error:
            if are_spent(error):
                # No fault of this file: it is read when the run goes on.
                raise EndpointError(f"{place}: cannot be opened: {SPENT}", kind="refused") from error
            reason = error.strerror or str(error)
            message = f"{reason}; check that the file is there and that you may read it"
            yield _failure(name, place, InputError(message, kind="unreadable"))
        except (MemoryError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
            # What a library trips over in one file must not end the reading of all.
            message = f"could not be read ({type(error).__name__}: {error}); save the report in another format"
            yield _failure(name, place, InputError(message, kind="unreadable"))

    def _part(self, part: Part | Flaw, name: str, place: str, entry: Entry) -> Iterator[Document | Failure]:
        if part.number is not None:
            name, place = f"{name}:{part.number}", f"{place}:{part.number}"
            entry = replace(entry, id=None) if entry.id is not None else entry
        if isinstance(part, Flaw):
            yield _failure(name, place, InputError(part.message, kind="row"))
            return
        id_ = entry.id or part.id or name
        if self._is_done(id_):
            yield from self._passed_over(id_, place)
            return
        metadata, wrong = self._metadata(part, id_, place, entry)
        try:
            text = self._text(part)
            self._claim(id_, place)
        except InputError as error:
            yield _failure(id_, place, error)
            return
        # Before its document: whoever notes that the document is done has noted this too.
        if wrong:
            yield wrong
        yield Document(
            id=id_,
            text=text,
            published=metadata.published,
            source=metadata.source,
            url=metadata.url,
            language=language(metadata.language),
            path=place,
        )

    def _passed_over(self, id_: str, place: str) -> Iterator[Failure]:
        """Nothing for a document that is done; for another one of its id, the failure that it is."""
        try:
            self._claim(id_, place)
        except InputError as error:
            yield _failure(id_, place, error)

    def _text(self, part: Part) -> str:
        if not part.text.strip():
            raise InputError("is empty but for white space; remove it, or save the report again", kind="empty")
        text = clean(part.headed())
        if self._max_chars is not None and len(text) > self._max_chars:
            limit = f"{self._max_chars:,}"
            message = f"has {len(text):,} characters, more than {limit}; raise --max-chars, or split the report"
            raise InputError(message, kind="too_long")
        return text

    def _claim(self, id_: str, place: str) -> None:
        first = self._place_by_id.setdefault(id_, place)
        if first != place:
            message = f"has the id {id_!r}, which {first} has too; give one of them another id"
            raise InputError(message, kind="duplicate_id")

    def _metadata(self, part: Part, id_: str, place: str, entry: Entry) -> tuple[Metadata, Failure | None]:
        """What is known of a part; a day that is none is left out, and told of."""
        stated = entry.metadata.over(part.metadata)
        try:
            published = stated.published and day(stated.published)
        except InputError as error:
            where = entry.place if entry.metadata.published else place
            # The defaults do not stand in for it: somebody knew another day.
            known = replace(stated.over(self._defaults), published=None)
            return known, _failure(id_, where, error)
        return replace(stated, published=published).over(self._defaults), None


def _failure(document: str, place: str, error: InputError) -> Failure:
    return Failure(document=document, kind=error.kind, message=f"{place}: {error}", path=place)
