"""Mahdar: news reports in, structured and grounded records of defence diplomacy out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extract.document import Document, Failure
    from extract.extractor import Extractor
    from extract.pipeline import Extraction

__all__ = ["Document", "Extraction", "Extractor", "Failure"]

_HOMES = {
    "Document": "extract.document",
    "Failure": "extract.document",
    "Extraction": "extract.pipeline",
    "Extractor": "extract.extractor",
}


def __getattr__(name: str) -> Any:
    """The public names, each imported when first used: `mahdar --help` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'extract' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
