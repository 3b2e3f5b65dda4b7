"""Extraction from Python: one object, made of the same settings as the command line's."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from extract import compose, settings
from extract.document import Document, Failure
from extract.documents.encoding import clean
from extract.documents.metadata import day
from extract.errors import ConfigError
from extract.pipeline import Extraction, Pipeline
from extract.settings import Settings

if TYPE_CHECKING:
    from instructor.core.hooks import Hooks


class Extractor:
    """Turns a document into an extraction.

    Keyword arguments are the settings of `mahdar run` (prompt, model, base_url, api_key, mode,
    cache, replay, ...); what is not given comes from the environment and the settings files.
    A call takes a Document, or a text with `published`, `source` and `name` (its id) beside it; the
    coroutine `extract` takes the same. Raises ConfigError or InputError when made of settings
    that cannot work; a document that fails is an Extraction with failures, never an exception.
    """

    def __init__(self, *, hooks: Hooks | None = None, **flags: Any) -> None:
        if unknown := sorted(flags.keys() - Settings.model_fields.keys()):
            raise ConfigError(f"unknown setting {unknown[0]!r}; there are: {', '.join(Settings.model_fields)}")
        resolved = settings.resolve(flags)
        self.settings = resolved.settings
        self._pipeline = compose.pipeline(resolved, hooks=hooks)

    @classmethod
    def over(cls, pipeline: Pipeline, settings: Settings) -> Self:
        """An Extractor over a pipeline that the caller has put together of these settings."""
        extractor = cls.__new__(cls)
        extractor.settings = settings
        extractor._pipeline = pipeline  # noqa: SLF001  its own
        return extractor

    def __call__(
        self,
        document: Document | str,
        *,
        name: str = "text",
        published: str | None = None,
        source: str | None = None,
    ) -> Extraction:
        """The extraction of one document; inside a running event loop, await `extract` instead."""
        given = _document(document, name, published, source)
        return self._too_long(given) or self._pipeline(given)

    async def extract(
        self,
        document: Document | str,
        *,
        name: str = "text",
        published: str | None = None,
        source: str | None = None,
    ) -> Extraction:
        """The extraction of one document, inside an event loop."""
        given = _document(document, name, published, source)
        return self._too_long(given) or await self._pipeline.extract(given)

    def _too_long(self, document: Document) -> Extraction | None:
        """The failure of a document of more characters than `max_chars`; None for any other."""
        size, limit = len(document.text), self.settings.max_chars
        if size <= limit:
            return None
        message = f"has {size:,} characters, more than {limit:,}; raise max_chars, or split the report"
        failure = Failure(document=document.id, kind="too_long", message=message, path=document.path)
        return Extraction(document=document, prompt=self._pipeline.prompt.name, failures=(failure,))

    def close(self) -> None:
        """Close the connections; an Extractor is also a context manager that does so."""
        self._pipeline.close()

    async def aclose(self) -> None:
        """Close the connections, inside an event loop."""
        await self._pipeline.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _document(document: Document | str, name: str, published: str | None, source: str | None) -> Document:
    if isinstance(document, Document):
        return document
    return Document(id=name, text=clean(document), published=day(published) if published else None, source=source)
