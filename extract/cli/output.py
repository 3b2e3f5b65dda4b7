"""What a run prints: its records, a few lines each, and a summary."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import click
from rich.console import Console
from rich.text import Text

import schemas
from extract.cli.cells import clean, short
from extract.job import Tally
from extract.pipeline import Extraction
from extract.validate import GroundedRecord
from schemas import Record

# A listing of more would be no overview any more.
MAX_DOCUMENTS = 25

_ORIGINS = {"recording": "recorded", "cache": "cached", "live": "asked now"}
_INDENT = "    "


@contextmanager
def reader() -> Iterator[None]:
    """Print to a reader who may leave (`| head`): what the run came to still counts, so nothing is raised."""
    try:
        yield
    except BrokenPipeError:
        # What is left in the buffer would be written, and fail, once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def listing(extractions: Sequence[Extraction], tally: Tally) -> None:
    """Print the records of the first documents: ● is the report's own news, ○ what it refers to."""
    console = Console(highlight=False)
    # In one piece: where the reader has gone, rich alone would end the program.
    with console.capture() as shown:
        for extraction in extractions:
            for line in _lines(extraction, console.width):
                line.rstrip()
                # A pipe has no width: what is cut off there is lost to whoever reads on.
                is_cut = console.is_terminal
                console.print(line, no_wrap=True, overflow="ellipsis" if is_cut else "ignore", crop=is_cut)
        if tally.documents > len(extractions) and len(extractions) == MAX_DOCUMENTS:
            console.print(f"\n… and {tally.documents - len(extractions)} more documents in the files below")
    click.echo(shown.get(), color=True)


def summary(tally: Tally, folder: Path, seconds: float, cost: Mapping[str, Any] | None = None) -> None:
    """Print the counts of a run and where its files are."""
    records = ", ".join(counted(number, name) for name, number in sorted(tally.records.items())) or "no records"
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(tally.failures.items()))
    failed = f"failures: {kinds}" if kinds else "no failures"
    before = f" ({tally.resumed:,} of them done before)" if tally.resumed else ""
    _print(f"{counted(tally.documents, 'document')}{before} in {seconds:.1f} s: {records}; {failed}")
    answers = ", ".join(f"{number} {_ORIGINS[origin]}" for origin, number in sorted(tally.origins.items()))
    tokens = f"{tally.prompt_tokens:,} tokens in, {tally.completion_tokens:,} out"
    _print(f"answers: {answers or 'none'}; {counted(tally.reasked, 'document')} asked again; {tokens}")
    for line in _spent(cost or {}):
        _print(line)
    _print(f"quotes:  {_shares(tally.quotes)}")
    _print(f"values:  {_shares(tally.values)}")
    if tally.problems:
        left = ", ".join(f"{number} {name}" for name, number in sorted(tally.problems.items()))
        _print(f"left:    {left} in the answers that count; records that they touch are kept and marked")
    for document, first in tally.duplicates.items():
        click.echo(f"same text: {short(document)} is {short(first)} again")
    if more := tally.repeated - len(tally.duplicates):
        click.echo(f"same text: {counted(more, 'more document')}, {tally.repeated:,} in all")
    _print(
        f"files:   {shown(folder)}/: {', '.join(sorted(path.name for path in folder.iterdir() if path.name[0] != '.'))}"
    )


def _print(line: str) -> None:
    """A line of the summary, on a terminal broken between words below its first column."""
    from textwrap import fill

    if sys.stdout.isatty():
        line = fill(line, max(get_terminal_size().columns, 40), subsequent_indent=" " * 9, break_on_hyphens=False)
    click.echo(line)


def duration(seconds: float) -> str:
    """A time in its two largest units: 3 s, 2 min 5 s, 1 h 40 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    large, small, names = (whole // 60, whole % 60, ("min", "s"))
    if whole >= 3600:
        large, small, names = (whole // 3600, whole % 3600 // 60, ("h", "min"))
    return f"{large} {names[0]} {small} {names[1]}" if small else f"{large} {names[0]}"


def counted(number: int, name: str) -> str:
    """A number with its noun: 1 meeting, 2 meetings."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def shown(path: Path) -> str:
    """A path as short as it can be said from the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


_KINDS = {"first": "first asks", "reask": "re-asks", "failed": "failed", "cached": "cached"}


def _spent(cost: Mapping[str, Any]) -> Iterator[str]:
    """What was spent on each kind of ask, where anything was paid."""
    spent = cost.get("spent", {})
    if not any(spent[kind]["answers"] for kind in spent if kind != "cached"):
        return
    parts = []
    for kind, name in _KINDS.items():
        sums = spent[kind]
        if sums["answers"]:
            money = "cost unknown" if sums["cost"] is None else f"{float(sums['cost']):.4f} {cost['currency']}"
            if kind == "cached":
                money = "nothing now"
            parts.append(f"{name} {sums['prompt']:,} in, {sums['completion']:,} out ({money})")
    yield f"spent:   {'; '.join(parts)}"


def _lines(extraction: Extraction, width: int) -> Iterator[Text]:
    document = extraction.document
    about = ", ".join(map(short, filter(None, (document.published, document.source))))
    yield Text()
    yield Text.assemble((short(document.id), "bold"), "  ", (about, "dim"))
    for grounded in extraction.records:
        yield Text(_line(grounded))
        yield from _wrapped(clean(grounded.record.summary), width)
    if extraction.failures:
        failures = Counter(failure.kind for failure in extraction.failures)
        yield Text(f"  failed: {', '.join(f'{number} {kind}' for kind, number in failures.items())}", style="red")
    elif not extraction.records:
        yield Text("  no records", style="dim")


def _wrapped(text: str, width: int) -> Iterator[Text]:
    from textwrap import wrap

    lines = wrap(text, max(width - len(_INDENT), 20), break_on_hyphens=False)
    return (Text(_INDENT + line, style="dim") for line in lines)


def _line(grounded: GroundedRecord) -> str:
    record = grounded.record
    mark = "●" if record.mention == "focus" else "○"
    kind = f"{schemas.name_of(type(record))} {getattr(record, 'status', '')}"
    tail = "(in the tail) " if grounded.in_tail else ""
    return f"  {mark} {kind:<24} {_date(record):<23} {tail}{', '.join(map(clean, _details(record)))}"


def _date(record: Record) -> str:
    when = record.when
    return str(when) if when.start or when.end else "date unresolved"


def _details(record: Record) -> Iterator[str]:
    """The states on its sides, then what tells this record from others of its type."""
    for name in ("participants", "forces", "parties"):
        countries = dict.fromkeys(side.country for side in getattr(record, name, []) if side.country)
        if countries:
            yield " ".join(countries)
    count = getattr(record, "count", 1)
    if count > 1:
        yield f"{count} in one bundle"
    place = getattr(record, "place", None)
    if place is not None and place.city:
        yield place.city


def _shares(matches: Counter[str]) -> str:
    total = sum(matches.values())
    names = {"verbatim": "verbatim", "folded": "folded", "fuzzy": "fuzzy", "none": "not in the report"}
    return f"{total}: " + ", ".join(f"{matches[key]} {name}" for key, name in names.items()) if total else "none"
