"""The tables of a run: CSV that spreadsheets and programs read alike, and in which nothing is run."""

import csv
from pathlib import Path
from typing import Any

import pytest

from extract.document import Document
from extract.journal import Appender
from extract.tables import Table, harmless
from extract.validate import GroundedRecord, Grounding
from schemas import Record
from schemas.agreement import Agreement
from schemas.exercise import Exercise
from schemas.meeting import Meeting
from tests import records

REPORT = Document(id="تقرير-1", text="-", published="2024-05-03")
BASE = {Meeting: records.meeting, Exercise: records.exercise, Agreement: records.agreement}


def table(folder: Path, *rows: GroundedRecord, kind: type[Record] = Meeting, document: Document = REPORT) -> Path:
    """The file of a table with these rows."""
    file = Appender(folder / "table.csv")
    made = Table(file, kind)
    for row in rows:
        made.append(document, row)
    file.flush()
    file.close()
    return folder / "table.csv"


def grounded(kind: type[Record] = Meeting, *, in_tail: bool = False, **changes: Any) -> GroundedRecord:
    """A record with two quotes, one of them grounded."""
    from extract.ground import Span

    record = kind.model_validate(BASE[kind](**changes))
    span = Span(start=0, end=8, match="verbatim", score=100.0)
    evidence = (
        Grounding(path="evidence[0]", text="the two ministers met", span=span, in_tail=in_tail),
        Grounding(path="evidence[1]", text="in Oslo on Friday", span=None),
    )
    return GroundedRecord(record=record, evidence=evidence, values=())


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_begins_with_the_mark_by_which_excel_knows_utf_8(tmp_path):
    assert table(tmp_path).read_bytes().startswith(b"\xef\xbb\xbfdocument,published,")


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (
            Meeting,
            "evidence summary mention status format date_text date_start date_end date_approximate date_basis "
            "place_text place_city place_country participants forum forum_session topics about_countries outcomes",
        ),
        (
            Exercise,
            "evidence summary mention status name series edition date_text date_start date_end date_approximate "
            "date_basis place_text place_city place_country forces domains focus activities",
        ),
        (
            Agreement,
            "evidence summary mention status kind title date_text date_start date_end date_approximate date_basis "
            "parties signatories count topics product",
        ),
    ],
    ids=["meetings", "exercises", "agreements"],
)
def test_a_date_and_a_place_take_a_column_for_each_of_their_parts(tmp_path, kind, columns):
    header = table(tmp_path, kind=kind).read_text(encoding="utf-8-sig").strip().split(",")

    assert header == ["document", "published", *columns.split(), "quotes_found", "in_tail"]


def test_a_row_says_of_which_report_it_is_and_how_far_it_was_borne_out(tmp_path):
    (row,) = cells(table(tmp_path, grounded(in_tail=True)))

    assert (row["document"], row["published"]) == ("تقرير-1", "2024-05-03")
    assert (row["quotes_found"], row["in_tail"]) == ("1 of 2", "True")


def test_the_parts_of_a_date_and_a_place_stand_in_their_columns(tmp_path):
    when = {"text": "3 May", "start": "2024-05-03", "end": "2024-05-03", "approximate": True, "basis": "publication"}

    (row,) = cells(table(tmp_path, grounded(date=when, place={"text": "أوسلو", "city": "Oslo", "country": "NOR"})))

    assert [row[f"date_{name}"] for name in when] == ["3 May", "2024-05-03", "2024-05-03", "True", "publication"]
    assert [row[f"place_{name}"] for name in ("text", "city", "country")] == ["أوسلو", "Oslo", "NOR"]


def test_what_a_record_does_not_state_is_an_empty_cell(tmp_path):
    (row,) = cells(table(tmp_path, grounded(), document=Document(id="a", text="-")))

    empty = ("published", "date_start", "place_city", "forum", "forum_session", "topics")
    assert [row[name] for name in empty] == [""] * len(empty)


def test_a_list_is_one_cell(tmp_path):
    forces = [records.side("NOR", part="host"), records.side("PRT", name="البحرية", part="participant")]

    (row,) = cells(table(tmp_path, grounded(Exercise, forces=forces, domains=["sea", "air"]), kind=Exercise))

    assert (row["forces"], row["domains"]) == ("NOR; البحرية (PRT)", "sea; air")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_is_a_formula(start):
    assert harmless(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["a=1", "2024-05-03", " =1", "'=1", "ب=1", ""])
def test_a_cell_that_no_spreadsheet_calculates_stays_as_it_is(text):
    assert harmless(text) == text


def test_formulas_are_defused_in_every_column(tmp_path):
    dangerous = Document(id="=cmd()", text="-", published="2024-05-03")

    (row,) = cells(table(tmp_path, grounded(summary="@SUM(A1)", forum="+1"), document=dangerous))

    assert (row["document"], row["summary"], row["forum"]) == ("'=cmd()", "'@SUM(A1)", "'+1")


def test_of_a_list_only_what_begins_the_cell_counts(tmp_path):
    first = grounded(evidence=["=HYPERLINK(1)", "the ministers met"])
    second = grounded(evidence=["the ministers met", "=HYPERLINK(1)"])

    rows = cells(table(tmp_path, first, second))

    assert [row["evidence"] for row in rows] == [
        "'=HYPERLINK(1); the ministers met",
        "the ministers met; =HYPERLINK(1)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines",
        "two\r\nlines",
        'he said "no", and left',
        "a, b; c",
        "line\u2028separator",
        "استقبل «الوزير»، نظيره",
    ],
    ids=["newline", "carriage return", "quotes", "separators", "U+2028", "Arabic"],
)
def test_whatever_a_cell_holds_is_read_back_whole(tmp_path, text):
    path = table(tmp_path, grounded(summary=text), grounded())

    with path.open(encoding="utf-8-sig", newline="") as file:
        header, first, second = csv.reader(file)

    assert first[header.index("summary")] == text
    assert len(first) == len(second) == len(header)
