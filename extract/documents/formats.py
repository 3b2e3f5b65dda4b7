"""The formats of files: what each ending is read by."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from extract.documents import markdown, office, parquet, rows, webpage
from extract.documents.encoding import decode
from extract.documents.part import STDIN, Flaw, Part
from extract.documents.rows import IsDone
from extract.errors import InputError

# A UTF-8 character has 4 bytes at most; twice that leaves room for mark-up.
BYTES_PER_CHAR = 8


def parts(path: Path, *, max_chars: int | None, is_done: IsDone = lambda _: False) -> Iterator[Part | Flaw]:
    """The reports of a file, in order; raises InputError or OSError when the file cannot be read."""
    if str(path) == STDIN:
        yield from rows.stdin(is_done)
        return
    suffix, size = path.suffix.lower(), _size(path)
    if suffix not in SUFFIXES:
        raise InputError(f"has an ending that is not read; convert it to one of {', '.join(SUFFIXES)}", kind="format")
    if not size:
        raise InputError("is empty; remove it, or save the report again", kind="empty")
    if suffix in _STREAMS:
        yield from _STREAMS[suffix](path, is_done)
    elif suffix in _PACKED:
        # Their size says nothing: most of it may be pictures.
        yield _PACKED[suffix](path)
    else:
        _refuse_long(size, max_chars)
        yield _TEXTS[suffix](path.read_bytes())


def holds_many(path: Path) -> bool:
    """Whether a file may hold several reports."""
    return str(path) == STDIN or path.suffix.lower() in _STREAMS


def _size(path: Path) -> int:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise InputError("is a folder that may not be listed; check its permissions", kind="unreadable")
    if not stat.S_ISREG(status.st_mode):
        # Opening a pipe would wait for ever.
        message = "is a device or a pipe; give - to read JSON lines from a pipe, or save its content to a file"
        raise InputError(message, kind="unreadable")
    return status.st_size


def _refuse_long(size: int, max_chars: int | None) -> None:
    if max_chars is not None and size > BYTES_PER_CHAR * max_chars:
        message = f"has {size:,} bytes, too many for {max_chars:,} characters; raise --max-chars, or split the report"
        raise InputError(message, kind="too_long")


def _plain(data: bytes) -> Part:
    return Part(text=decode(data))


_TEXTS: Mapping[str, Callable[[bytes], Part]] = {
    ".txt": _plain,
    ".md": markdown.read,
    ".html": webpage.read,
    ".htm": webpage.read,
}
_STREAMS: Mapping[str, Callable[[Path, IsDone], Iterator[Part | Flaw]]] = {
    ".jsonl": rows.jsonl,
    ".csv": rows.table,
    ".parquet": parquet.rows,
}
_PACKED: Mapping[str, Callable[[Path], Part]] = {".pdf": office.pdf, ".docx": office.docx}

SUFFIXES = (*_TEXTS, *_STREAMS, *_PACKED)
