"""mahdar show."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract.cli import runs
from extract.cli.cells import clean
from extract.cli.runs import Report
from extract.runfiles import read_manifest

if TYPE_CHECKING:
    from extract.cli.highlight import Passage, Range
    from extract.cli.page import Bidi, Page

PARTLY_FAILED = 1

# What JSON leaves as it is, and a terminal obeys: C1 controls, bidi controls, half surrogate pairs.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@click.command("show")
@click.argument("doc")
@click.option(
    "--run", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Run folder  [default: newest in runs/]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the rows of the report as JSON.")
@click.option("--no-text", is_flag=True, help="Leave the report's text out.")
@click.option("--full", is_flag=True, help="Print all of the text, long parts without evidence too.")
@click.option(
    "--bidi",
    type=click.Choice(["auto", "terminal", "visual"]),
    default="auto",
    show_default=True,
    help="Who puts right-to-left text in order: the terminal, or this command.",
)
def command(doc: str, *, folder: Path | None, as_json: bool, no_text: bool, full: bool, bidi: Bidi) -> int:
    """Print one report of a run with its records, their evidence marked in its text.

    DOC is the id of a report, the beginning of one, or the path of a file. A passage bears the
    numbers of the records that it proves; without colour it stands in ⟦1 brackets 1⟧.
    """
    folder = folder or runs.newest()
    report = runs.find(doc, folder)
    if as_json:
        click.echo(_json(report, folder))
        return 0
    from extract.cli.page import Page

    page = Page(bidi)
    _heading(page, report, read_manifest(folder))
    if not no_text and report.problem is None:
        _text(page, report, is_full=full)
    _records(page, report)
    _failures(page, report)
    if no_text or report.problem is None:
        return 0
    click.echo(f"mahdar: the text is not shown: {clean(report.problem)}", err=True)
    return PARTLY_FAILED


def _json(report: Report, folder: Path) -> str:
    rows = {
        "document": report.id,
        "run": str(folder),
        "records": list(report.records),
        "failures": list(report.failures),
    }
    text = json.dumps(rows, ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _heading(page: Page, report: Report, manifest: Mapping[str, Any]) -> None:
    document = report.document
    page.line([(report.id, "bold")])
    about = {
        "published": document and document.published,
        "source": document and document.source,
        "prompt": manifest.get("prompt", {}).get("name"),
        "model": manifest.get("model"),
    }
    for label, value in about.items():
        if value:
            page.field(label, [(str(value), "")], indent=0)
    page.line()


def _text(page: Page, report: Report, *, is_full: bool) -> None:
    """The report, with its evidence marked and long parts without any left out."""
    from extract.cli import highlight

    assert report.document is not None  # noqa: S101  a report without one has a problem
    text = report.document.text
    proofs = highlight.passages(text, report.records)
    values = [found for row in report.records for found in highlight.ranges(text, row["values"])]
    left_out = [] if is_full else highlight.hidden(text, proofs, page.width)
    shown = 0
    for start, end in [*left_out, (len(text), len(text))]:
        _stretch(page, text, (shown, start), proofs, values)
        shown = end
        if start < end:
            page.paragraph([(f"… {end - start:,} characters left out, --full shows them …", "dim")])
    page.line()


def _stretch(page: Page, text: str, part: Range, proofs: Sequence[Passage], values: Sequence[Range]) -> None:
    """Print a range of the text by paragraphs; an ellipsis shows where it cuts one."""
    from extract.cli import highlight, marks
    from extract.cli.cells import Cell, is_right_to_left

    start, last = part
    was_blank = True
    for paragraph in text[start:last].split("\n"):
        end = start + len(paragraph)
        if paragraph.strip():
            whole = text[text.rfind("\n", 0, start) + 1 : end]
            pieces = marks.marked(text, highlight.segments(start, end, proofs, values), is_coloured=page.is_coloured)
            before = "… " if start == part[0] and start and text[start - 1] != "\n" else ""
            after = " …" if end == last and end < len(text) and text[end] != "\n" else ""
            page.paragraph([(before, "dim"), *pieces, (after, "dim")], is_rtl=is_right_to_left(map(Cell, whole)))
        elif not was_blank:
            page.line()
        was_blank = not paragraph.strip()
        start = end + 1


def _records(page: Page, report: Report) -> None:
    from extract.cli import fields, marks

    for number, row in enumerate(report.records, start=1):
        record = row["record"]
        about = [record[name] for name in ("status", "mention") if record.get(name)]
        head = marks.label(number, is_coloured=page.is_coloured)
        page.line([head, (f" {row['type']}", "bold"), ("".join(f", {word}" for word in about), "")])
        page.paragraph([(record.get("summary", ""), "italic")], indent=4)
        for label, pieces in fields.fields(row):
            page.field(label, pieces)
        for grounding in row["evidence"]:
            tail = [(", in the tail of other articles", fields.WRONG)] if grounding.get("in_tail") else []
            page.field("evidence", [fields.match(grounding), *tail])
            page.paragraph([(grounding["text"], "")], indent=6)
        page.line()
    if not report.records:
        page.line([("no records", "bold")])


def _failures(page: Page, report: Report) -> None:
    from extract.cli import fields

    for row in report.failures:
        page.line([("failure", fields.WRONG), (f" {row['kind']}", "bold")])
        page.paragraph([(row["message"], "")], indent=4)
        if row.get("path"):
            page.field("path", [(row["path"], "")])
