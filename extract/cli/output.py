"""What a run prints: its records, a few lines each, and a summary."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from extract.job import Tally
from extract.pipeline import Extraction
from extract.validate import GroundedRecord
from schemas import Record

# A listing of more would be no overview any more.
MAX_DOCUMENTS = 25

_ORIGINS = {"recording": "recorded", "cache": "cached", "live": "asked now"}


def listing(extractions: Sequence[Extraction], tally: Tally) -> None:
    """Print the records of the first documents: ● is the report's own news, ○ what it refers to."""
    console = Console(highlight=False)
    for extraction in extractions:
        document = extraction.document
        about = ", ".join(filter(None, (document.published, document.source)))
        console.print()
        heading = Text.assemble((document.id, "bold"), (f"  {about}" if about else "", "dim"))
        console.print(heading, no_wrap=True, overflow="ellipsis")
        for grounded in extraction.records:
            console.print(_line(grounded), no_wrap=True, overflow="ellipsis")
            for line in textwrap.wrap(grounded.record.summary, max(console.width - 4, 20)):
                console.print(Text(f"    {line}", style="dim"), no_wrap=True)
        if not extraction.records:
            console.print("  no records", style="dim")
    if tally.documents > len(extractions) and len(extractions) == MAX_DOCUMENTS:
        console.print(f"… and {tally.documents - len(extractions)} more documents in the files below")
    console.print()


def summary(tally: Tally, folder: Path, seconds: float) -> None:
    """Print the counts of a run and where its files are."""
    records = ", ".join(counted(number, name) for name, number in sorted(tally.records.items())) or "no records"
    failed = f"{counted(tally.failed, 'document')} with failures" if tally.failed else "no failures"
    click.echo(f"{counted(tally.documents, 'document')} in {seconds:.1f} s: {records}; {failed}")
    answers = ", ".join(f"{number} {_ORIGINS[origin]}" for origin, number in sorted(tally.origins.items()))
    tokens = f"{tally.prompt_tokens:,} tokens in, {tally.completion_tokens:,} out"
    click.echo(f"answers: {answers or 'none'}; {counted(tally.reasked, 'document')} asked again; {tokens}")
    click.echo(f"quotes:  {_shares(tally.quotes)}")
    click.echo(f"values:  {_shares(tally.values)}")
    for document, first in tally.duplicates.items():
        click.echo(f"same text: {document} is {first} again")
    click.echo(f"files:   {shown(folder)}/: {', '.join(sorted(path.name for path in folder.iterdir()))}")


def counted(number: int, name: str) -> str:
    """A number with its noun: 1 meeting, 2 meetings."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def shown(path: Path) -> str:
    """A path as short as it can be said from the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _line(grounded: GroundedRecord) -> str:
    record = grounded.record
    mark = "●" if record.mention == "focus" else "○"
    kind = f"{type(record).__name__.lower()} {getattr(record, 'status', '')}"
    tail = "(in the tail) " if grounded.in_tail else ""
    return f"  {mark} {kind:<24} {_date(record):<23} {tail}{', '.join(_details(record))}"


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
