"""Documents read from what a user names: files, folders and glob patterns."""

from __future__ import annotations

from extract.documents.counting import count
from extract.documents.duplicates import Duplicates
from extract.documents.encoding import decode
from extract.documents.formats import SUFFIXES
from extract.documents.metadata import Metadata
from extract.documents.reading import read

__all__ = ["SUFFIXES", "Duplicates", "Metadata", "count", "decode", "read"]
