"""`mahdar eval run` over an endpoint: what is asked, what is kept, and what several samples say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.endpoint import ScriptedEndpoint, completion
from tests.invented import REPORT, answer, meeting
from tests.terminal import Ran, mahdar


@pytest.fixture(autouse=True)
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gold folder of one document, its label what a right answer says."""
    monkeypatch.chdir(tmp_path)
    for name in ("documents", "labels"):
        Path("gold", name).mkdir(parents=True)
    front = "---\nid: a\npublished: 2032-05-11\nlanguage: ar\n---\n"
    Path("gold/documents/a.md").write_text(f"{front}{REPORT}\na\n", encoding="utf-8")
    record = {"type": "meeting", **meeting()}
    label = {"document": "a", "published": None, "tail_quote": None, "records": [record]}
    Path("gold/labels/a.json").write_text(json.dumps(label, ensure_ascii=False), encoding="utf-8")


def run(url: str, *arguments: str) -> Ran:
    usual = ("--gold", "gold", "--prompt", "meeting", "--recordings", "kept", "--out", "out", "--no-ledger")
    return mahdar(
        "eval", "run", *usual, "--base-url", url, "--model", "m", "--cache", "none", "--max-tries", "1", *arguments
    )


def test_each_sample_is_asked_once_and_kept_by_its_index():
    with ScriptedEndpoint(lambda _: completion(answer(meeting()))) as endpoint:
        first, again = run(endpoint.url, "--repeat", "3"), run(endpoint.url, "--repeat", "3")

    assert first.code == 0, first.err
    assert len(endpoint.asked) == 3
    assert "sample 3: 1 documents: 0 answered already, 1 calls to make" in first.err
    assert "sample 3: 1 documents: 1 answered already, 0 calls to make" in again.err
    assert first.out == again.out
    assert sorted(path.name for path in Path("out/samples").iterdir()) == ["1", "2"]


def test_samples_that_differ_are_told_with_how_far():
    said = iter([meeting(), meeting(status="planned")])
    with ScriptedEndpoint(lambda _: completion(answer(next(said)))) as endpoint:
        ran = run(endpoint.url, "--repeat", "2")

    assert "documents whose answers differ: 1 of 1 (100%)" in ran.out
    assert "documents right in some samples only: 1: a" in ran.out


def test_one_sample_says_nothing_of_samples():
    with ScriptedEndpoint(lambda _: completion(answer(meeting()))) as endpoint:
        ran = run(endpoint.url)

    assert "samples" not in ran.out
    assert len(endpoint.asked) == 1


def test_a_language_has_its_own_scores():
    with ScriptedEndpoint(lambda _: completion(answer(meeting()))) as endpoint:
        run(endpoint.url)

    lines = mahdar("eval", "rescore", "out", "--gold", "gold", "--by", "language").out.splitlines()

    assert lines[0].startswith("language")
    assert lines[1].startswith("ar")


def test_a_case_that_must_pass_stops_a_run_that_gets_it_wrong():
    path = Path("gold/labels/a.json")
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "must_pass": True}), encoding="utf-8")
    with ScriptedEndpoint(lambda _: completion(answer(meeting()))) as endpoint:
        run(endpoint.url)
    mahdar("eval", "accept", "out", "--gold", "gold", "--baseline", "base.json")
    with ScriptedEndpoint(lambda _: completion(answer(meeting(mention="background")))) as endpoint:
        run(endpoint.url, "--recordings", "others")

    ran = mahdar("eval", "gate", "out", "--gold", "gold", "--baseline", "base.json", "--delta", "1")

    assert ran.code == 1
    assert "- wrong now, and must pass: a" in ran.out
