"""The formats of files: plain text, Markdown, JSONL, CSV, PDF and Word."""

from __future__ import annotations

import io
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from extract.document import Document, Failure
from extract.documents import read


def only(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> Any:
    (document,) = several(tmp_path, name, content, **options)
    return document


def several(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> list[Any]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read([path], **options))


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "cp1256"])
def test_a_text_is_read_in_its_encoding(tmp_path, codec):
    assert only(tmp_path, "a.txt", "وصل الوفد إلى المرفأ\r\n".encode(codec)).text == "وصل الوفد إلى المرفأ\n"


def test_front_matter_becomes_metadata(tmp_path):
    front = 'date: 2021-03-04\nsource: "Coast: Gazette"\nlang: en\ntitle: A visit\nid: v1\ntags:\n  - sea'

    document = only(tmp_path, "a.md", f"---\n{front}\n---\nText.\n")

    assert (document.id, document.text) == ("v1", "A visit\n\nText.\n")
    assert (document.published, document.source, document.language) == ("2021-03-04", "Coast: Gazette", "en")


@pytest.mark.parametrize(
    "page",
    [
        "# Title\n\nText *as it is*.\n",
        "---\nProse between rules.\n---\nMore.\n",
        "---\nauthor: x\n---\nText",
        "---\nsource: x\n",
    ],
    ids=["none", "rules", "nothing we know", "open"],
)
def test_markdown_without_front_matter_stays_as_it_is(tmp_path, page):
    assert only(tmp_path, "a.md", page).text == page


def test_a_title_that_the_text_begins_with_is_not_repeated(tmp_path):
    assert only(tmp_path, "a.md", "---\ntitle: A visit\n---\n# A  visit\n\nText").text == "# A  visit\n\nText"


def test_a_title_alone_is_no_report(tmp_path):
    assert only(tmp_path, "a.md", "---\ntitle: A visit\n---\n\n").kind == "empty"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"text": "x"}, Document(id="a:1", text="x")),
        ({"body": "x", "id": 7, "date": "2021-03-04T10:00"}, Document(id="7", text="x", published="2021-03-04")),
        ({"content": " x\n", "outlet": "s", "lang": "tr"}, Document(id="a:1", text=" x\n", source="s", language="tr")),
        ({"text": "x", "link": "u", "url": None, "title": "T"}, Document(id="a:1", text="T\n\nx", url="u")),
        ({"text": "T and x", "title": "T"}, Document(id="a:1", text="T and x")),
        ({"text": "cut \ud83d pair"}, Document(id="a:1", text="cut \ufffd pair")),
    ],
    ids=["text", "body", "content", "title", "title in text", "half a surrogate"],
)
def test_a_line_of_jsonl_is_a_document_under_any_of_its_names(tmp_path, row, expected):
    document = only(tmp_path, "a.jsonl", json.dumps(row))

    assert document.path == str(tmp_path / "a.jsonl:1")
    assert [getattr(document, f) for f in Document.__slots__[:-1]] == [
        getattr(expected, f) for f in Document.__slots__[:-1]
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{broken", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'["a"]', "no JSON object"),
        (b'{"title": "t"}', "no text"),
        (b'{"text": " "}', "no text"),
        (b'{"text": {"x": 1}}', "no text"),
        ('{"text": "وصل"}'.encode("cp1256"), "encoding"),
    ],
    ids=["syntax", "depth", "list", "no text", "blank text", "object as text", "other encoding"],
)
def test_a_bad_line_amid_jsonl_is_a_failure_and_the_others_go_on(tmp_path, line, told):
    good = '{"text": "وصل الوفد"}'.encode()

    first, bad, last = several(tmp_path, "a.jsonl", b"\n".join([good, line, b"", good]))

    assert [first.id, bad.document, last.id] == ["a:1", "a:2", "a:4"]
    assert (bad.kind, bad.path) == ("row", str(tmp_path / "a.jsonl:2"))
    assert told in bad.message
    assert bad.message.startswith(f"{bad.path}: ")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
def test_jsonl_is_read_in_its_encoding(tmp_path, codec):
    rows = '{"text": "وصل الوفد"}\n{"text": "غادر الوفد"}\n'

    assert [item.text for item in several(tmp_path, "a.jsonl", rows.encode(codec))] == ["وصل الوفد", "غادر الوفد"]


def test_a_character_where_the_sample_ends_is_not_taken_for_another_encoding(tmp_path):
    short = '{"text": "x"}\n'
    long = '{"text": "' + "x" * (65_536 - 1 - len(short) - len('{"text": "')) + 'é"}\n'

    assert several(tmp_path, "a.jsonl", short + long)[1].text.endswith("xé")


def test_one_long_json_value_is_refused_once(tmp_path):
    failure = only(tmp_path, "a.jsonl", '[\n  {"text": "x"},\n  {"text": "y"}\n]\n')

    assert failure.kind == "format"
    assert "one object a line" in failure.message


def test_each_row_has_the_limit_of_its_own(tmp_path):
    rows = '{"text": "xxxxxxxxxxx"}\n' + '{"text": "short"}\n' * 100

    bad, *good = several(tmp_path, "a.jsonl", rows, max_chars=10)

    assert (bad.document, bad.kind) == ("a:1", "too_long")
    assert len(good) == 100


@pytest.mark.parametrize(("name", "line"), [("a.jsonl", '{"text": "x"}\n'), ("a.csv", "x\n")])
def test_rows_are_streamed(tmp_path, name, line):
    path = tmp_path / name
    path.write_text("text\n" * (name == "a.csv") + line * 100_000)

    found = read([path])

    assert len(list(islice(found, 2))) == 2
    path.write_text("")
    assert len(list(found)) < 99_000


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", "\n\n"), ("a.csv", "text,id\n"), ("b.csv", "\n")])
def test_a_file_of_no_rows_is_empty(tmp_path, name, text):
    assert only(tmp_path, name, text).kind == "empty"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
def test_a_table_is_read_whatever_delimits_it(tmp_path, delimiter, codec):
    rows = [["ID", "Text", "date", "outlet"], ["r1", '"وصل الوفد;\nثم, ""غادر"""', "2021-03-04", "الساحل"]]

    document = only(tmp_path, "a.csv", "\r\n".join(map(delimiter.join, rows)).encode(codec))

    assert (document.id, document.text) == ("r1", 'وصل الوفد;\nثم, "غادر"')
    assert (document.published, document.source) == ("2021-03-04", "الساحل")


def test_rows_of_a_table_are_numbered_as_in_a_spreadsheet(tmp_path):
    first, bad, last = several(tmp_path, "a.csv", "text,source\nx,s\n,s\n\ny\n")

    assert [first.id, bad.document, last.id] == ["a:2", "a:3", "a:5"]
    assert (bad.kind, "no text" in bad.message) == ("row", True)


def test_a_bad_row_amid_a_table_is_a_failure_and_the_others_go_on(tmp_path):
    good = "وصل الوفد\n".encode()

    found = several(tmp_path, "a.csv", b"text\n" + good + "غادر\n".encode("cp1256") + good)

    assert [type(item) for item in found] == [Document, Failure, Document]


def test_a_huge_field_is_read(tmp_path):
    assert len(only(tmp_path, "a.csv", "id;text\n1;" + "x" * 300_000).text) == 300_000


def test_a_table_without_a_column_of_text_says_what_it_has(tmp_path):
    failure = only(tmp_path, "a.csv", "id,words\n1,x\n")

    assert failure.kind == "format"
    assert "id, words" in failure.message


def minimal_pdf(text: str) -> bytes:
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(data),
    )


def locked_pdf() -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(minimal_pdf("Secret"))))
    writer.encrypt("word", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_pdf_is_read(tmp_path):
    assert only(tmp_path, "a.pdf", minimal_pdf("The frigate arrived."), max_chars=20).text == "The frigate arrived."


@pytest.mark.parametrize(
    ("content", "kind"),
    [(minimal_pdf(""), "empty"), (b"%PDF-1.4 broken", "unreadable"), (locked_pdf(), "unreadable"), (b"", "empty")],
    ids=["scanned", "broken", "locked", "no bytes"],
)
def test_a_pdf_without_text_is_a_failure(tmp_path, content, kind):
    assert only(tmp_path, "a.pdf", content).kind == kind


def test_a_word_file_is_read_with_its_tables(tmp_path):
    from docx import Document as Word

    word, stream = Word(), io.BytesIO()
    word.add_paragraph("وصل الوفد.")
    for cell, text in zip(word.add_table(1, 2).rows[0].cells, ["سفينة", "نور"], strict=True):
        cell.text = text
    word.add_paragraph("ثم غادر.")
    word.save(stream)

    assert only(tmp_path, "a.docx", stream.getvalue()).text == "وصل الوفد.\nسفينة\tنور\nثم غادر."


def test_a_broken_word_file_is_a_failure(tmp_path):
    assert only(tmp_path, "a.docx", b"PK\x03\x04 broken").kind == "unreadable"


@pytest.mark.parametrize(("name", "library"), [("a.pdf", "pypdf"), ("a.docx", "docx")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(sys.modules, library, None)

    failure = only(tmp_path, name, b"x")

    assert failure.kind == "extra"
    assert 'needs an extra: pip install "mahdar[files]"' in failure.message


def test_a_line_of_garbage_in_jsonl_is_one_line_lost_not_the_file(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"id": "a", "text": "one"}\n\x00\x01\x02\xff\xfe\x03 garbage\n{"id": "b", "text": "two"}\n')

    found = list(read([path]))

    assert [each.id for each in found if isinstance(each, Document)] == ["a", "b"]
    assert [each.kind for each in found if isinstance(each, Failure)] == ["row"]
