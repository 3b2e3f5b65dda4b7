"""JSONL and CSV: files of many reports, read as a stream."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TextIO

from extract.documents.encoding import SAMPLE, detect
from extract.documents.metadata import NAMES, given, named
from extract.documents.part import Flaw, Part
from extract.errors import InputError

_TEXT_KEYS = ", ".join(NAMES["text"])
# A row that begins with its id, in letters that need no decoding.
_ID_FIRST = re.compile(r'\s*\{"id":\s*"([^"\\]+)"')
_ESCAPED = re.compile("[\udc80-\udcff]")
_BLOCK = 1 << 20
_LARGEST_FIELD = 2**31 - 1  # what a C long holds on every system


IsDone = Callable[[str], bool]


def jsonl(path: Path, is_done: IsDone) -> Iterator[Part | Flaw]:
    """The reports of a JSONL file, one object a line; of one that is done by its id, an empty part stands for it."""
    yield from _reports(objects(path, is_done), is_done)


def stdin(is_done: IsDone) -> Iterator[Part | Flaw]:
    """The reports that come as JSON lines on the standard input, in UTF-8; each is given as soon as it is there."""
    lines = (line.decode("utf-8", "surrogateescape") for line in _own_stdin())
    yield from _reports(
        ((number, _object(line, number)) for number, line in enumerate(lines, start=1) if line.strip()), is_done
    )


def _own_stdin() -> BinaryIO:
    """The standard input, by a handle of our own where it is a real one.

    Whoever waits for its next line holds the lock of the handle; Python's own would then keep the program from ending.
    """
    try:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except (OSError, ValueError):
        return sys.stdin.buffer


def _reports(records: Iterable[tuple[int, Mapping[str, object] | Flaw]], is_done: IsDone) -> Iterator[Part | Flaw]:
    for number, record in records:
        if isinstance(record, Flaw):
            yield record
        elif isinstance(name := record.get("id"), str) and is_done(name):
            # A job that goes on passes over what it has done; its text need not be cleaned for that.
            yield Part(text="", id=name, number=number)
        else:
            yield part(record, number, "line")


def objects(path: Path, is_done: IsDone = lambda _: False) -> Iterator[tuple[int, Mapping[str, object] | Flaw]]:
    """The lines of a JSONL file with their numbers; blank lines are passed over, of a done one only its id is read."""
    with _open(path, newline=None) as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1 and line.strip() in {"[", "{"}:
                raise InputError("is one long JSON value; write one object a line (jq -c)", kind="format")
            if (first := _ID_FIRST.match(line)) and is_done(first[1]):
                yield number, {"id": first[1]}
            elif not line.isspace():
                yield number, _object(line, number)


def table(path: Path, _: IsDone) -> Iterator[Part | Flaw]:
    """The reports of a CSV file; the header is row 1, as in a spreadsheet."""
    csv.field_size_limit(_LARGEST_FIELD)
    with _open(path, newline="") as lines:
        header = lines.readline()
        delimiter = max(",;\t", key=lambda sign: len(_known(_split(header, sign))))
        names = _split(header, delimiter)
        if header.strip() and "text" not in _known(names):
            message = f"has no column {_TEXT_KEYS}; its first row is {', '.join(names)!r}: name the columns there"
            raise InputError(message, kind="format")
        yield from _rows(csv.reader(lines, delimiter=delimiter), names)


def count_lines(path: Path) -> int:
    """How many lines a JSONL file has, blank ones too."""
    ends, last = 0, b"\n"
    with path.open("rb") as lines:
        while block := lines.read(_BLOCK):
            ends, last = ends + block.count(b"\n"), block
    return ends + (not last.endswith(b"\n"))


def count_rows(path: Path) -> int:
    """How many rows a CSV file has below its header, about: ends of lines outside of quotes."""
    ends, outside, quotes, last = 0, 0, 0, "\n"
    with _open(path, newline="") as lines:
        while block := lines.read(_BLOCK):
            pieces = block.split('"')
            outside += "".join(pieces[quotes % 2 :: 2]).count("\n")
            ends += block.count("\n")
            quotes, last = quotes + len(pieces) - 1, block
    # A quote that is never closed is a letter among others, and which ends are within quotes cannot be told.
    counted = ends if quotes % 2 else outside
    return max(0, counted + (not last.endswith("\n")) - 1)


def _rows(reader: Iterable[list[str]], names: list[str]) -> Iterator[Part | Flaw]:
    for number, cells in enumerate(reader, start=2):
        if _ESCAPED.search("".join(cells)):
            yield Flaw(number=number, message=_encoding("row"))
        elif any(cell.strip() for cell in cells):
            yield part(dict(zip(names, cells, strict=False)), number, "row")


def _open(path: Path, *, newline: str | None) -> TextIO:
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    # Up to the end of a line, so that no character is cut in two.
    codec = _codec(head if len(head) < SAMPLE else head[: head.rfind(b"\n") + 1] or head)
    # Bytes that do not fit are kept as lone surrogates, so that only their own line is lost;
    # the wide encodings cannot do that.
    errors = "replace" if codec.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return path.open(encoding=codec, errors=errors, newline=newline)


def _codec(head: bytes) -> str:
    try:
        return detect(head)
    except InputError:
        # Rows that begin as JSON are rows: a line of garbage among them is one line lost, not the file.
        if head.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            return "utf-8"
        raise


def _object(line: str, number: int) -> Mapping[str, object] | Flaw:
    if _ESCAPED.search(line):
        return Flaw(number=number, message=_encoding("line"))
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        return Flaw(number=number, message=f"this line is not JSON ({reason}); correct or remove it")
    if not isinstance(record, dict):
        return Flaw(number=number, message='this line is no JSON object; write it as {"text": ...}')
    return record


def part(record: Mapping[str, object], number: int, what: str) -> Part | Flaw:
    """The report in a line or row, known by its number, or why it holds none."""
    values = named(record)
    if "text" not in values:
        return Flaw(
            number=number, message=f"this {what} has no text (looked for {_TEXT_KEYS}); add it or remove the {what}"
        )
    return Part(
        text=values["text"],
        title=values.get("title"),
        id=values.get("id"),
        metadata=given(values),
        number=number,
    )


def _encoding(what: str) -> str:
    return f"this {what} is in another encoding than the start of the file; save the file as UTF-8"


def _split(header: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]


def _known(names: Iterable[str]) -> dict[str, str]:
    return named({name: name for name in names})
