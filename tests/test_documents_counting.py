"""How many documents there are, before any is read. All reports are invented."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.document import Document
from extract.documents import count, read

TEXTS = ["وصل الوزير إلى أوسلو", "a,b", 'he said "yes" and\nleft', "one\ntwo\r\nthree", "آخر خبر"]


def table(path: Path, texts: list[str], *, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([f"r{number}", text] for number, text in enumerate(texts))])
    return path


def documents(path: Path) -> int:
    return sum(isinstance(item, Document) for item in read([path]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1256"])
def test_rows_of_csv_are_counted_and_not_lines(tmp_path, encoding):
    path = table(tmp_path / "a.csv", TEXTS * 100, encoding=encoding)

    assert count([path]) == documents(path) == 500


def test_quotes_that_meet_the_end_of_a_block_count_as_elsewhere(tmp_path):
    path = table(tmp_path / "a.csv", ['"\n' * 700_000, "x\n\ny" * 300_000, "z"])

    assert count([path]) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text\none\ntwo", 2),
        ("text\none\ntwo\n", 2),
        ("text\n", 0),
        ('text\na 5" gun\nb\nc\n', 3),
    ],
    ids=["no last end", "last end", "header alone", "a quote that is never closed"],
)
def test_rows_of_csv(tmp_path, text, expected):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")

    assert count([tmp_path]) == expected


def test_rows_of_parquet_are_told_by_its_footer(tmp_path):
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "a.parquet")

    assert count([tmp_path]) == len(TEXTS)


def test_a_last_line_without_an_end_is_a_line(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in TEXTS), encoding="utf-8")

    assert count([tmp_path]) == documents(tmp_path) == len(TEXTS)


def test_all_files_of_a_folder_count(tmp_path):
    table(tmp_path / "a.csv", TEXTS)
    (tmp_path / "b.txt").write_text("one", encoding="utf-8")
    (tmp_path / "c.parquet").write_text("this is no Parquet file", encoding="utf-8")
    (tmp_path / "d.csv").write_bytes(b"\x00\x01\x02")
    os.mkfifo(tmp_path / "e.jsonl")

    assert count([tmp_path]) == len(TEXTS) + 4


def test_nobody_knows_how_much_comes_on_standard_input(tmp_path):
    table(tmp_path / "a.csv", TEXTS)

    assert count(["-", tmp_path]) is None


def test_inputs_that_give_nothing_have_no_count():
    assert count(["nowhere"]) is None
