"""`mahdar cache check`: recordings that are edited, unreachable, of several models, or old."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.endpoint import ScriptedEndpoint
from tests.invented import REPORT
from tests.terminal import Ran, mahdar, saying, write

USUAL = ("--prompt", "meeting", "--max-tries", "1", "--no-cache")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


def record(*models: str) -> None:
    """Record the answers of models to one report."""
    write("in", a=f"{REPORT}\na")
    with ScriptedEndpoint(saying()) as endpoint:
        for model in models:
            ran = mahdar("record", "in", "--to", "kept", "--base-url", endpoint.url, "--model", model, *USUAL)
            assert ran.code == 0, ran.err


def check(*arguments: str) -> Ran:
    return mahdar("cache", "check", "in", "--recordings", "kept", *arguments)


def only(pattern: str) -> Path:
    (path,) = Path("kept").glob(pattern)
    return path


def test_recordings_that_are_all_asked_for_are_well():
    record("large")

    ran = check("--strict")

    assert (ran.code, ran.out) == (0, "1 recording in kept: 0 doubts\n")


def test_a_recording_that_nothing_asks_for_is_told_and_fails_only_when_strict():
    record("large")
    write("in", a=f"{REPORT}\nb")

    ran = check()

    assert ran.code == 0
    assert "warning: kept/meeting/v1/a--" in ran.out
    assert "asks for it any more" in ran.out
    assert check("--strict").code == 1


def test_a_recording_that_was_edited_is_an_error():
    record("large")
    path = only("meeting/v1/*.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"model": "large"', '"model": "small"', 1))

    ran = check()

    assert ran.code == 1
    assert "error: " in ran.out
    assert "the file was edited" in ran.out


def test_several_models_in_one_prompt_are_told():
    record("large", "small")

    assert "warning: meeting/v1: recorded with several models: large, small" in check().out


def test_old_recordings_are_told_with_the_day_of_the_oldest():
    record("large")
    path = only("meeting/v1/*.json")
    value = json.loads(path.read_text(encoding="utf-8"))
    value["recorded"]["time"] = "2020-02-03T00:00:00Z"
    path.write_text(json.dumps(value), encoding="utf-8")

    assert "warning: 1 recording older than 30 days, the oldest of 2020-02-03" in check("--max-age-days", "30").out


def test_a_prompt_that_is_gone_is_told():
    record("large")
    path = only("meeting/v1/*.json")
    value = json.loads(path.read_text(encoding="utf-8"))
    value["task"] = "gone/v1"
    home = Path("kept/gone/v1")
    home.mkdir(parents=True)
    path.unlink()
    (home / path.name).write_text(json.dumps(value), encoding="utf-8")

    ran = check()

    assert ran.code == 0
    assert "warning: gone/v1: " in ran.out


def test_the_recordings_of_the_labelled_documents_are_well():
    ran = mahdar("cache", "check", "--max-age-days", "36500")

    assert ran.code == 0, ran.out
    assert ran.out.endswith(": 0 doubts\n"), ran.out
