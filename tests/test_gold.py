"""The labelled documents, and what is said of a label that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals import gold
from extract.errors import InputError

TEXT = """---
published: 2031-05-04
story: s
split: test
tags: call, planned
invented: yes
---
The ministers of Norway and Peru met in Lima on 3 May 2031.
"""
MEETING = {
    "type": "meeting",
    "evidence": ["The ministers of Norway and Peru met in Lima"],
    "mention": "focus",
    "status": "held",
    "format": "in_person",
    "date": {"text": "3 May 2031", "start": "2031-05-03", "end": "2031-05-03", "basis": "explicit"},
    "place": {"text": "Lima", "city": "Lima", "country": "PER"},
    "participants": [
        {"name": None, "role_code": "defence_minister", "country": "NOR", "part": "visitor", "aliases": ["minister"]},
        {"name": None, "role_code": "defence_minister", "country": "PER", "part": "host"},
    ],
}


def write(folder: Path, *records: dict[str, Any], **head: Any) -> Path:
    """A gold folder with one invented document."""
    for name in ("documents", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "documents" / "one.md").write_text(TEXT, encoding="utf-8")
    label = {"document": "one", "published": None, "tail_quote": None, "records": list(records), **head}
    (folder / "labels" / "one.json").write_text(json.dumps(label), encoding="utf-8")
    return folder


def problems(folder: Path) -> list[str]:
    [document] = gold.load(folder)
    return list(gold.check(document))


def test_the_labels_of_the_project_are_without_fault():
    assert [problem for document in gold.load() for problem in gold.check(document)] == []


def test_every_document_of_the_project_that_is_no_seed_says_that_it_is_invented():
    texts = {path.name: path.read_text(encoding="utf-8") for path in (gold.FOLDER / "documents").glob("*-*.md")}

    assert texts
    assert [name for name, text in texts.items() if "\ninvented: yes\n" not in text.split("---")[1]] == []


def test_no_story_is_told_in_both_splits():
    splits: dict[str, set[str]] = {}
    for document in gold.load():
        splits.setdefault(document.story, set()).add(document.split)

    assert [story for story, found in splits.items() if len(found) > 1] == []


def test_a_label_is_loaded_with_what_its_document_says_of_itself(tmp_path):
    [document] = gold.load(write(tmp_path, MEETING))

    assert (document.id, document.story, document.split, document.tags) == ("one", "s", "test", ("call", "planned"))
    assert document.document.published == "2031-05-04"
    assert [record.type for record in document.records] == ["meeting"]
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evidence": ["The ministers of Norway and Chile met"]}, "evidence[0]: not verbatim in the text"),
        ({"place": {"text": "Quito", "city": "Quito", "country": "ECU"}}, "place.text: not in the text: 'Quito'"),
        ({"date": {"text": None, "start": "2031-02-30", "end": None, "basis": "explicit"}}, "that month has no day 30"),
        ({"status": "meeting"}, "status: Input should be"),
        ({"colour": "red"}, "unknown fields colour"),
        ({"type": "parade"}, "unknown schema 'parade'"),
    ],
    ids=["quote", "value", "date", "code", "field", "type"],
)
def test_a_label_that_is_wrong_is_told_where(tmp_path, change, said):
    found = problems(write(tmp_path, {**MEETING, **change}))

    assert any(said in problem for problem in found), found


def test_a_record_that_is_labelled_twice_is_told(tmp_path):
    found = problems(write(tmp_path, MEETING, {**MEETING, "summary": "Again."}))

    assert found == ["one: records[1]: the same record twice"]


def test_a_question_mark_leaves_a_field_out(tmp_path):
    [document] = gold.load(write(tmp_path, {**MEETING, "forum": "?"}))

    assert "forum" not in document.records[0].fields


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not a label"), ('{"document": "one"}', "not a label"), ('{"records": [{}]}', "not a label")],
    ids=["no JSON", "no records", "no type"],
)
def test_a_file_that_is_no_label_is_named(tmp_path, text, said):
    write(tmp_path, MEETING)
    (tmp_path / "labels" / "one.json").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=said):
        gold.load(tmp_path)


def test_a_label_without_its_document_is_named(tmp_path):
    write(tmp_path, MEETING)
    (tmp_path / "labels" / "two.json").write_text("{}", encoding="utf-8")

    with pytest.raises(InputError, match="there is no document 'two'"):
        gold.load(tmp_path)
