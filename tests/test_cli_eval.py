"""The commands of the judge, on the seeds' recorded answers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from evals import damage, gate, gold, ledger, runs
from extract import prompt
from extract.cli import cli

SEEDS = "000_f581808483c91766,001_5c8391c0744fe983,002_b698ec5bf731fd75,003_5ac99b40c3dd131a,004_b33e9bbd004f8ce6"


def call(*arguments: object, code: int = 0) -> str:
    ran = CliRunner().invoke(cli, [str(each) for each in arguments], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    assert (ran.return_value or 0) == code, ran.output
    return ran.output


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("eval") / "events"
    call("eval", "run", "--prompt", "events/v1", "--docs", SEEDS, "--out", folder, "--no-ledger")
    return folder


def test_a_run_over_recorded_answers_is_scored_without_an_endpoint(run):
    shown = call("eval", "rescore", run)

    assert "events/v1: 5 documents, 5 with records" in shown
    assert "quotes 43, in the report 43" in shown


def test_scoring_twice_prints_the_same(run):
    assert call("eval", "rescore", run) == call("eval", "rescore", run)


def test_the_gate_lets_a_run_pass_that_is_its_own_baseline(run, tmp_path):
    call("eval", "accept", run, "--baseline", tmp_path / "base.json")

    shown = call("eval", "gate", run, "--baseline", tmp_path / "base.json")

    assert shown.startswith("**Scores: pass**")


def test_the_gate_stops_a_run_that_lost_records(run, tmp_path):
    call("eval", "accept", run, "--baseline", tmp_path / "base.json")
    worse = tmp_path / "worse"
    shutil.copytree(run, worse)
    kept = (worse / "records.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[::3]
    (worse / "records.jsonl").write_text("".join(kept), encoding="utf-8")

    shown = call("eval", "gate", worse, "--baseline", tmp_path / "base.json", code=1)

    assert shown.startswith("**Scores: regression**")
    assert "F1 may have dropped" in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no baseline"), ('{"split": "dev", "gold": "0", "documents": []}', "another gold")],
    ids=["none", "of other labels"],
)
def test_the_gate_says_when_it_cannot_judge(run, tmp_path, content, said):
    if content:
        (tmp_path / "base.json").write_text(content, encoding="utf-8")

    shown = call("eval", "gate", run, "--baseline", tmp_path / "base.json", code=2)

    assert shown.startswith("**Scores: cannot judge**")
    assert said in shown


def test_a_run_is_kept_in_the_ledger_once(run, tmp_path):
    documents, made = gold.load(), runs.load(run)

    first = ledger.add(made, documents, tmp_path / "ledger.jsonl")
    ledger.add(made, documents, tmp_path / "ledger.jsonl")

    assert ledger.read(tmp_path / "ledger.jsonl") == [first]
    assert first["prompt"] == "events/v1"


def test_the_ledger_counts_the_looks_at_the_test_split(run, tmp_path):
    about = json.loads((run / runs.EVALUATION).read_text(encoding="utf-8"))
    seen = tmp_path / "seen"
    shutil.copytree(run, seen)
    (seen / runs.EVALUATION).write_text(json.dumps({**about, "split": "test"}), encoding="utf-8")

    for _ in range(3):
        ledger.add(runs.load(seen), gold.load(), tmp_path / "ledger.jsonl")

    assert ledger.looks(tmp_path / "ledger.jsonl") == 3


def test_a_run_compared_with_itself_differs_in_nothing(run):
    shown = call("eval", "diff", run, run)

    assert "F1 +0.000" in shown
    assert "0 documents better, 0 worse, 5 the same" in shown


def test_a_case_shows_gold_beside_prediction(run):
    shown = call("eval", "show", run, "003_5ac99b40c3dd131a")

    assert "agreement [2024-09 EGY TUR]: aligned" in shown
    assert "COR" in shown


def test_the_matrix_tests_each_run_against_the_first(run):
    lines = call("eval", "matrix", run, run).splitlines()

    assert lines[0] == "5 documents, split dev, model relay"
    assert lines[-1].endswith("+0.000, too few documents to test")


def test_the_report_is_one_file_that_asks_for_nothing_else(run, tmp_path):
    call("eval", "report", run, "-o", tmp_path / "report.html")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<details id=") == 5
    assert 'dir="auto"' in page


def test_the_report_opens_in_a_browser(run, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser here")
    call("eval", "report", run, "-o", tmp_path / "report.html")

    shown = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            (tmp_path / "report.html").as_uri() + "#003_5ac99b40c3dd131a",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert '<details id="003_5ac99b40c3dd131a" open="">' in shown.stdout


def test_damages_are_all_accounted_for():
    few = [document for document in gold.load() if document.id in ("002_b698ec5bf731fd75", "ar-104")]

    lines = damage.table(damage.assess(few, prompt.load("events/v1"))).splitlines()

    shares = {line[:34].strip(): [int(part) for part in line[40:].split() if part.isdigit()] for line in lines[1:]}
    assert shares["one invented, false quote"] == [0, 100, 0, 0]
    assert all(98 <= sum(row) <= 102 for row in shares.values() if row)


def test_a_name_that_is_no_labelled_document_is_refused(tmp_path):
    with pytest.raises(Exception, match="no labels for nobody"):
        call("eval", "run", "--docs", "nobody", "--out", tmp_path / "run")


def test_the_baseline_is_made_of_sums_by_story(run):
    made = gate.baseline(runs.load(run), gold.load())

    assert len(made["stories"]) == 5
