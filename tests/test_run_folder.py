"""Whose folder a run may take: its own, unfinished or finished, and no other's."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.document import Failure
from extract.errors import ConfigError
from extract.folder import new
from extract.store import RunFolder
from extract.terms import Job
from schemas.meeting import Meeting
from tests.endpoint import unused_url
from tests.invented import REPORT
from tests.terminal import RECORDINGS, SEEDS, mahdar, manifest, replayed, rows, write

JOB: Job = {"model": "m", "options": {"temperature": 0.0, "seed": 1}, "inputs": ["in"]}
FAILURE = Failure(document="x", kind="binary", message="in/x.txt: holds bytes that are no text", path="in/x.txt")


def finished(folder: Path, job: Job | None = None, **told: object) -> Path:
    """A finished run with one failure."""
    with RunFolder(folder, (Meeting,), job=job) as store:
        store.fail(FAILURE)
        store.finish(told)
    return folder


def opened(folder: Path, job: Job | None, *, is_fresh: bool = False) -> None:
    with RunFolder(folder, (Meeting,), job=job, is_fresh=is_fresh):
        pass


def test_a_finished_run_of_another_job_is_refused_with_what_differs(tmp_path):
    finished(tmp_path, JOB)

    with pytest.raises(ConfigError, match=r"holds a run with other settings \(model: m then, n now\).*--fresh"):
        opened(tmp_path, {**JOB, "model": "n"})

    assert rows(tmp_path / "failures.jsonl")


def test_a_finished_run_of_another_job_is_written_over_if_that_is_wished(tmp_path):
    finished(tmp_path, JOB)

    opened(tmp_path, {**JOB, "model": "n"}, is_fresh=True)

    assert rows(tmp_path / "failures.jsonl") == []


def test_a_finished_run_of_the_same_job_is_written_anew(tmp_path):
    finished(tmp_path, JOB)

    finished(tmp_path, JOB)

    assert len(rows(tmp_path / "failures.jsonl")) == 1
    assert manifest(tmp_path)["job"] == JOB


def test_an_option_that_differs_is_named_alone(tmp_path):
    finished(tmp_path, JOB)

    with pytest.raises(ConfigError, match=r"\(options.temperature: 0.0 then, 0.5 now\)"):
        opened(tmp_path, {**JOB, "options": {"temperature": 0.5, "seed": 1}})


def test_of_much_that_differs_a_little_is_named(tmp_path):
    finished(tmp_path, {"inputs": ["a/long/folder/of/reports"] * 9, **dict.fromkeys("abcd", 1)})

    with pytest.raises(ConfigError, match=r"… then, none now; a: 1 then, none now; b: .*, and 3 more") as caught:
        opened(tmp_path, {"model": "m"})

    assert len(str(caught.value)) < len(str(tmp_path)) + 250


def test_of_many_inputs_those_are_named_that_differ(tmp_path):
    finished(tmp_path, {"inputs": ["january", "february", "march"]})

    with pytest.raises(ConfigError, match=r"\(inputs: march then, april now\)"):
        opened(tmp_path, {"inputs": ["january", "february", "april"]})


@pytest.mark.parametrize(
    ("told", "is_same"),
    [({"model": "m", "inputs": ["in"]}, True), ({"model": "m", "inputs": ["on"]}, False), ({}, False)],
    ids=["same", "other inputs", "nothing"],
)
def test_the_manifest_of_an_earlier_version_is_held_against_the_job_as_far_as_it_tells_it(tmp_path, told, is_same):
    finished(tmp_path, **told)

    if is_same:
        opened(tmp_path, JOB)
    else:
        with pytest.raises(ConfigError, match="--fresh"):
            opened(tmp_path, JOB)

    assert (rows(tmp_path / "failures.jsonl") == []) is is_same


def test_what_says_of_no_job_takes_no_folder_from_what_does(tmp_path):
    finished(tmp_path, JOB)

    with pytest.raises(ConfigError, match="one of mahdar run"):
        opened(tmp_path, None)


@pytest.mark.parametrize("text", [None, "{"], ids=["missing", "broken"])
def test_records_without_a_manifest_are_not_written_over(tmp_path, text):
    finished(tmp_path, JOB)
    (tmp_path / "manifest.json").unlink()
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)

    with pytest.raises(ConfigError, match="holds records, and no manifest"):
        opened(tmp_path, JOB)

    assert rows(tmp_path / "failures.jsonl")


def test_the_same_command_writes_the_same_folder_anew_and_another_one_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    replayed()
    before = Path("out/records.jsonl").read_bytes()

    again, other = replayed(), replayed("--prompt", "meeting")
    kept = Path("out/records.jsonl").read_bytes()
    fresh = replayed("--prompt", "meeting", "--fresh")

    assert (again.code, other.code, fresh.code) == (0, 2, 0)
    assert "prompt: events/v2 then, meeting/v1 now" in other.err
    assert "schema" not in other.err
    assert kept == before
    assert {row["type"] for row in rows("out/records.jsonl")} == {"meeting"}


def test_two_runs_of_one_second_get_a_folder_each(tmp_path):
    found = [new(tmp_path / "runs", "20300101T120000-events-v2").name for _ in range(3)]

    assert found == [f"20300101T120000-events-v2{end}" for end in ("", "-2", "-3")]


def test_runs_that_follow_each_other_at_once_keep_what_each_has_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    for _ in range(3):
        mahdar("run", SEEDS, "--replay", RECORDINGS, "--quiet")

    assert len(list(Path("runs").iterdir())) == 3


def test_a_stopped_run_whose_folder_had_a_number_goes_on_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("in", a=f"{REPORT}\na")
    arguments = ("run", "in", "--model", "m", "--prompt", "meeting", "--base-url", unused_url(), "--max-tries", "1")
    mahdar(*arguments)
    (first,) = Path("runs").iterdir()
    first.rename(f"{first}-2")

    ran = mahdar(*arguments)

    assert ran.code == 3
    assert [path.name for path in Path("runs").iterdir()] == [f"{first.name}-2"]


def test_a_place_where_no_folder_can_be_made_is_told_of(tmp_path):
    (tmp_path / "runs").touch()

    with pytest.raises(ConfigError, match=r"runs: cannot be written: .*; choose another with --out DIR"):
        new(tmp_path / "runs", "one")
