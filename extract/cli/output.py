"""What a run prints: a table of its records, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from extract.job import Tally
from extract.pipeline import Extraction
from schemas import Record

# A table of more would be no table any more.
MAX_DOCUMENTS = 25

_ORIGINS = {"recording": "recorded", "cache": "cached", "live": "asked now"}


def table(extractions: Sequence[Extraction], tally: Tally) -> None:
    """Print the records of the first documents."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    shown.add_column("Record", no_wrap=True)
    shown.add_column("Date", no_wrap=True, max_width=22)
    shown.add_column("What", ratio=1)
    for extraction in extractions:
        document = extraction.document
        about = ", ".join(filter(None, (document.published, document.source)))
        shown.add_section()
        shown.add_row(
            Text(document.id[:17], style="bold"), Text(about, style="dim"), Text(_counted(extraction), style="dim")
        )
        for grounded in extraction.records:
            record = grounded.record
            mark = " (tail)" if grounded.in_tail else ""
            kind = f"  {type(record).__name__.lower()}\n  {getattr(record, 'status', '')}{mark}"
            shown.add_row(kind, _date(record), Text.assemble(_who(record), "\n", (record.summary, "dim")))
    console = Console(highlight=False)
    console.print(shown)
    if tally.documents > len(extractions) and len(extractions) == MAX_DOCUMENTS:
        console.print(f"… and {tally.documents - len(extractions)} more documents in the files below")


def summary(tally: Tally, folder: Path, seconds: float) -> None:
    """Print the counts of a run and where its files are."""
    records = ", ".join(f"{number} {name}s" for name, number in sorted(tally.records.items())) or "no records"
    failed = f"{tally.failed} documents with failures" if tally.failed else "no failures"
    click.echo(f"{tally.documents} documents in {seconds:.1f} s: {records}; {failed}")
    answers = ", ".join(f"{number} {_ORIGINS[origin]}" for origin, number in sorted(tally.origins.items()))
    tokens = f"{tally.prompt_tokens:,} tokens in, {tally.completion_tokens:,} out"
    click.echo(f"answers: {answers or 'none'}; {tally.reasked} documents asked again; {tokens}")
    click.echo(f"quotes:  {_shares(tally.quotes)}")
    click.echo(f"values:  {_shares(tally.values)}")
    for document, first in tally.duplicates.items():
        click.echo(f"same text: {document} is {first} again")
    click.echo(f"files:   {folder}/ ({', '.join(sorted(path.name for path in folder.iterdir()))})")


def _shares(matches: Counter[str]) -> str:
    total = sum(matches.values())
    names = {"verbatim": "verbatim", "folded": "folded", "fuzzy": "fuzzy", "none": "not in the report"}
    return f"{total}: " + ", ".join(f"{matches[key]} {name}" for key, name in names.items()) if total else "none"


def _counted(extraction: Extraction) -> str:
    records, failures = len(extraction.records), len(extraction.failures)
    return f"{records} records" + (f", {failures} failures" if failures else "")


def _date(record: Record) -> str:
    when = record.when
    return str(when).replace("/", "/\n") if when.start or when.end else "unresolved"


def _who(record: Record) -> str:
    return "; ".join(_details(record))


def _details(record: Record) -> Iterator[str]:
    """The sides, then what tells this record from others of its type."""
    for name in ("participants", "forces", "parties"):
        sides = [str(side) for side in getattr(record, name, [])]
        if sides:
            yield ", ".join(sides)
    count = getattr(record, "count", 1)
    if count > 1:
        yield f"{count} in one bundle"
    place = getattr(record, "place", None)
    if place is not None:
        yield str(place)
