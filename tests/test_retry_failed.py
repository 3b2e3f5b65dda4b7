"""`mahdar run --retry-failed`: the documents that failed, and no others, asked as they were asked before."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from tests.endpoint import Asked, ScriptedEndpoint, completion
from tests.invented import REPORT
from tests.terminal import ROOT, Ran, live, mahdar, manifest, of, rows, saying, write


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


PROSE = completion("I could not find any events.")


def failed_once(endpoint: ScriptedEndpoint, *arguments: str) -> None:
    """A run in `out` of which b has failed."""
    ran = live(endpoint.url, "--max-reasks", "0", "--no-cache", *arguments)
    assert ran.code == 1


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_what_is_tried_again_is_not_written_over_the_run_that_it_is_read_from(reports, way):
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint)
        before = Path("out/records.jsonl").read_bytes()
        environ = {"MAHDAR_OUT": "out"} if way == "environment" else {}
        if way == "file":
            Path("mahdar.toml").write_text('out = "out"\n')
        flags = ["--out", "in/../out"] if way == "flag" else []
        ran = mahdar("run", "--retry-failed", "out", "--fresh", *flags, **environ)

    assert ran.code == 2
    assert "--retry-failed reads this run, and its records would be lost" in ran.err
    assert Path("out/records.jsonl").read_bytes() == before
    assert [row["document"] for row in rows("out/failures.jsonl")] == ["b"]


def tried_again(run: str = "out", *arguments: str, **environ: str) -> Ran:
    return mahdar(
        "run", "--retry-failed", run, "--out", "again", "--no-cache", "--max-tries", "1", *arguments, **environ
    )


def bodies(asked: list[Asked], name: str) -> list[object]:
    return [each.body for each in asked if of(each) == name]


EVERYTHING = [
    *("--temperature", "0.7", "--max-tokens", "99", "--seed", "5", "--extra", '{"top_p": 0.5}'),
    *("--reasoning-effort", "none", "--context", "9000", "--published", "2021-03-04", "--source", "Coast Gazette"),
    *("--language", "ar", "--max-chars", "9000"),
]


@pytest.mark.parametrize(
    "arguments", [EVERYTHING, ["--temperature", "none", "--max-tokens", "none"], []], ids=["all", "none", "defaults"]
)
def test_what_is_tried_again_is_asked_as_it_was_asked_before(reports, arguments):
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint, *arguments)
        Path("mahdar.toml").write_text("temperature = 0.2\nmax_reasks = 3\n")
        ran = tried_again()

    first, second = bodies(endpoint.asked, "b")
    assert ran.code == 1
    assert first == second
    assert len(endpoint.asked) == 4
    job = {name: value for name, value in manifest("again")["job"].items() if name != "retry_of"}
    assert job == {name: value for name, value in manifest()["job"].items() if name != "retry_of"}


def test_what_the_user_says_now_counts(reports):
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint, *EVERYTHING)
        tried_again("out", "--temperature", "0.1", "--source", "Hill Herald", "--model", "n")

    body = endpoint.asked[-1].body
    assert (body["temperature"], body["model"], body["max_tokens"]) == (0.1, "n", 99)
    assert "Hill Herald" in body["messages"][1]["content"]


def test_a_prompt_of_ones_own_is_found_again_in_the_version_that_was_used(reports):
    copytree(ROOT / "prompts", "mine")
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint, "--prompts", "mine")
        text = Path("mine/meeting/v1.md").read_text(encoding="utf-8")
        Path("mine/meeting/v2.md").write_text(text.replace("parent: null", "parent: v1"), encoding="utf-8")
        tried_again()

    first, second = bodies(endpoint.asked, "b")
    assert first == second
    assert manifest("again")["prompt"]["name"] == "meeting/v1"


def test_inputs_are_found_from_another_folder(reports, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint)
        monkeypatch.chdir(tmp_path / "elsewhere")
        tried_again("../out")
        shown = mahdar("show", "a", "--run", "../out")

    assert [row["document"] for row in rows("again/failures.jsonl")] == ["b"]
    assert bodies(endpoint.asked, "b")[0] == bodies(endpoint.asked, "b")[1]
    assert shown.code == 0


def test_what_came_on_the_standard_input_is_asked_for_once_more(reports):
    made = {"inputs": ["-"], "prompt": {"name": "meeting/v1"}, "settings": {}}
    Path("out").mkdir()
    Path("out/manifest.json").write_text(json.dumps(made))
    Path("out/failures.jsonl").write_text('{"document": "stdin:1", "kind": "prose"}\n')

    ran = tried_again()

    assert ran.code == 2
    assert "out: its reports came on the standard input, which cannot be read again; give them once more" in ran.err


def many(*rows_: dict[str, str]) -> None:
    """Invented reports in one file."""
    Path("in").mkdir()
    lines = (json.dumps({"text": f"{REPORT}\n{number}", **row}) for number, row in zip("abc", rows_, strict=False))
    Path("in/many.jsonl").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("folder", [".", "elsewhere"])
def test_a_document_whose_id_another_one_has_is_tried_again_and_the_other_is_not(tmp_path, monkeypatch, folder):
    many({"id": "same"}, {"id": "same"}, {"id": "good"})
    Path("elsewhere").mkdir()
    with ScriptedEndpoint(saying()) as endpoint:
        live(endpoint.url, "--no-cache")
        monkeypatch.chdir(tmp_path / folder)
        run = str(Path(tmp_path, "out"))
        before = len(endpoint.asked)
        unmended = tried_again(run)
        told, asked = rows("again/failures.jsonl"), len(endpoint.asked)
        text = Path(tmp_path, "in/many.jsonl").read_text(encoding="utf-8")
        head, _, tail = text.rpartition('"same"')
        Path(tmp_path, "in/many.jsonl").write_text(f'{head}"mended"{tail}', encoding="utf-8")
        mended = tried_again(run)

    assert (unmended.code, mended.code) == (1, 0)
    assert [(row["document"], row["kind"]) for row in told] == [("same", "duplicate_id")]
    assert (before, asked) == (2, 2)
    assert [row["document"] for row in rows("again/records.jsonl")] == ["mended"]


def test_a_date_that_is_none_makes_no_document_tried_again(tmp_path):
    many({"id": "a", "date": "soon"}, {"id": "b"})
    with ScriptedEndpoint(saying(b=PROSE)) as endpoint:
        failed_once(endpoint)
        ran = tried_again()

    assert ran.code == 1
    assert [row["document"] for row in rows("again/failures.jsonl")] == ["b"]
    assert rows("again/records.jsonl") == []


def test_a_run_of_which_dates_alone_failed_has_nothing_to_be_tried_again(tmp_path):
    many({"id": "a", "date": "soon"})
    with ScriptedEndpoint(saying()) as endpoint:
        failed_once(endpoint)
        ran = tried_again()

    assert (ran.code, len(endpoint.asked)) == (2, 1)
    assert "out: no document failed there" in ran.err
