"""Runs as the judge reads them: nothing is scored that was made with another schema, or of other documents."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evals import gold, runs
from extract.errors import InputError
from tests.terminal import RECORDINGS, SEEDS, mahdar

SEED = "003_5ac99b40c3dd131a"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "made"
    ran = mahdar("eval", "run", "--prompt", "events/v1", "--docs", SEED, "--out", folder, "--no-ledger")
    assert ran.code == 0, ran.err
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    shutil.copytree(made, folder)
    return folder


def change(path: Path, old: str, new: str, line: int = 0) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[line] = lines[line].replace(old, new)
    path.write_text("".join(lines), encoding="utf-8")


def test_a_record_of_another_schema_is_named_by_its_line(run):
    digest = runs.load(run).manifest["schema"]
    change(run / "records.jsonl", digest, "0123456789abcdef", line=1)

    with pytest.raises(InputError, match=r"records\.jsonl:2: made with another version of the schema \(0123456789abc"):
        runs.load(run)


def test_a_run_of_another_schema_is_refused_even_without_a_record(run):
    value = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    (run / "manifest.json").write_text(json.dumps({**value, "schema": "0" * 16}), encoding="utf-8")
    (run / "records.jsonl").write_text("", encoding="utf-8")

    with pytest.raises(InputError, match=r"another version of the schema .* run it again: mahdar eval run --prompt"):
        runs.load(run)


def test_record_types_that_are_no_more_are_named(run):
    value = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    value["prompt"]["records"] = ["parade"]
    (run / "manifest.json").write_text(json.dumps(value), encoding="utf-8")

    with pytest.raises(InputError, match="parade"):
        runs.load(run)


def test_a_record_of_a_document_that_was_not_asked_about_is_named_by_its_line(run):
    change(run / "records.jsonl", SEED, "nobody")

    with pytest.raises(InputError, match=r"records\.jsonl:1: 'nobody' is none of the documents"):
        runs.load(run)


def test_a_run_over_documents_without_labels_is_refused(run):
    with pytest.raises(InputError, match=f"there is no gold for {SEED}"):
        runs.load(run).score([each for each in gold.load() if each.id != SEED])


def test_a_run_that_is_no_evaluation_says_how_to_make_one(tmp_path):
    ran = mahdar("run", SEEDS, "--replay", RECORDINGS, "--out", tmp_path / "plain", "--quiet")
    assert ran.code == 0

    with pytest.raises(InputError, match="use mahdar eval run"):
        runs.load(tmp_path / "plain")
