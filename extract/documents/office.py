"""PDF and Word files, read by the libraries of the extra `files`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extract.documents.part import Part
from extract.errors import InputError

# pypdf warns of each small flaw of a PDF; a user can do nothing about them.
logging.getLogger("pypdf").addHandler(logging.NullHandler())


def pdf(path: Path) -> Part:
    """The report of a PDF."""
    try:
        from pypdf import PdfReader
    except ImportError as error:
        raise _missing("PDF") from error
    try:
        with path.open("rb") as file:
            text = "\n".join(page.extract_text() for page in PdfReader(file).pages)
    except OSError:
        raise
    except Exception as error:  # whatever a broken or locked PDF makes pypdf stumble over
        raise _broken("PDF", error) from error
    if not text.strip():
        raise InputError("is a PDF without text, perhaps scanned; run OCR on it first", kind="empty")
    return Part(text=text)


def docx(path: Path) -> Part:
    """The report of a Word file, with the text of its tables."""
    try:
        from docx import Document
    except ImportError as error:
        raise _missing("Word") from error
    try:
        with path.open("rb") as file:
            text = "\n".join(_lines(Document(file)))
    except OSError:
        raise
    except Exception as error:  # whatever a broken archive makes python-docx stumble over
        raise _broken("Word", error) from error
    return Part(text=text)


def _lines(document: Any) -> Iterator[str]:
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            yield from ("\t".join(cell.text for cell in row.cells) for row in block.rows)
        else:
            yield block.text


def _missing(what: str) -> InputError:
    return InputError(f'is a {what} file, which needs an extra: pip install "mahdar[files]"', kind="extra")


def _broken(what: str, error: Exception) -> InputError:
    reason = str(error) or type(error).__name__
    return InputError(
        f"cannot be read as a {what} file ({reason}); save it again, without a password", kind="unreadable"
    )
