"""`mahdar cache` and `mahdar config`: what is kept, and what is set."""

import json
from pathlib import Path
from typing import Any

import pytest

from extract.settings import Settings
from tests.endpoint import ScriptedEndpoint
from tests.invented import REPORT
from tests.terminal import Ran, live, mahdar, rows, saying, write

KEY = "made-up-key-0123456789abcdef"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


def fill(folder: str = "cache", **environ: str) -> None:
    """Cache the answers of two models to two reports."""
    write("in", a=f"{REPORT}\na", b=f"{REPORT}\nb")
    with ScriptedEndpoint(saying()) as endpoint:
        for model in ("large", "small"):
            live(endpoint.url, "--model", model, "--cache", folder, "--quiet", "--fresh", **environ)


def cache(*arguments: str, folder: str = "cache", **environ: str) -> Ran:
    return mahdar("cache", *arguments, "--cache", folder, **environ)


def listed(folder: str = "cache") -> list[list[str]]:
    """Model, prompt, document and attempt of each entry."""
    return sorted(line.split("\t")[2:6] for line in cache("list", folder=folder).out.splitlines())


def test_info_counts_the_answers_of_each_model():
    fill()

    lines = dict(line.split(maxsplit=1) for line in cache("info").out.splitlines()[:6])

    assert (lines["folder"], lines["entries"]) == (str(Path("cache").resolve()), "4")
    assert lines["oldest"].endswith("Z")
    assert cache("info").out.endswith("model    large: 2\nmodel    small: 2\n")


def test_list_has_a_line_for_each_answer():
    fill()

    lines = [line.split("\t") for line in cache("list").out.splitlines()]

    assert [len(line) for line in lines] == [7] * 4
    assert listed() == [[model, "meeting/v1", name, "1"] for model in ("large", "small") for name in "ab"]


@pytest.mark.parametrize(
    ("arguments", "removed"),
    [
        (["--of-model", "small"], 2),
        (["--of-prompt", "meeting"], 4),
        (["--of-prompt", "events"], 0),
        (["--older-than", "0", "--of-model", "large"], 2),
        (["--older-than", "1"], 0),
    ],
    ids=["model", "prompt", "another prompt", "age and model", "age"],
)
def test_prune_removes_what_meets_all_conditions(arguments, removed):
    fill()

    ran = cache("prune", *arguments)

    assert (ran.code, ran.out) == (0, f"removed {removed} answers\n")
    assert len(listed()) == 4 - removed


def test_prune_without_a_condition_removes_nothing():
    fill()

    ran = cache("prune")

    assert (ran.code, len(listed())) == (2, 4)
    assert "say how old, which model or which task" in ran.err


def test_what_is_exported_can_be_imported_and_answers_there():
    fill()

    exported = cache("export", "answers.jsonl")
    imported = cache("import", "answers.jsonl", folder="other")

    assert (exported.err, imported.out) == ("exported 4 answers\n", "imported 4 answers\n")
    assert listed("other") == listed()
    assert len(rows("answers.jsonl")) == 4


def test_export_to_stdout_is_nothing_but_json():
    fill()

    ran = cache("export", "-")

    assert {json.loads(line)["model"] for line in ran.out.splitlines()} == {"large", "small"}


def test_an_empty_cache_exports_an_empty_file():
    ran = cache("export", "answers.jsonl")

    assert (ran.code, ran.err) == (0, "exported 0 answers\n")
    assert Path("answers.jsonl").read_text() == ""


def test_an_export_that_would_give_the_key_away_is_refused_and_writes_no_file():
    write("in", a=REPORT)
    said = {"choices": [{"message": {"content": f"your key is {KEY}"}}]}
    with ScriptedEndpoint(lambda _: said) as endpoint:
        live(endpoint.url, "--cache", "cache", "--max-reasks", "0", "--quiet")

    ran = cache("export", "answers.jsonl", OPENAI_API_KEY=KEY)

    assert ran.code == 2
    assert "the API key in use" in ran.err
    assert KEY not in ran.err
    assert not Path("answers.jsonl").exists()


def test_importing_what_is_no_export_names_the_line_and_adds_nothing():
    fill()
    cache("export", "answers.jsonl")
    Path("answers.jsonl").write_text(Path("answers.jsonl").read_text() + "{}\n")

    ran = cache("import", "answers.jsonl", folder="other")

    assert ran.code == 2
    assert "answers.jsonl, line 5: not an entry of a cache" in ran.err
    assert listed("other") == []


@pytest.mark.parametrize("arguments", [["info"], ["list"], ["prune", "--older-than", "0"], ["export", "-"]])
def test_a_cache_that_is_none_cannot_be_looked_at(arguments):
    ran = cache(*arguments, folder="none")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "mahdar: no cache: --cache is none; name its folder with --cache DIR\n"


def config(*arguments: str, **environ: str) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(mahdar("config", "--json", *arguments, **environ).out)
    return settings


def test_config_has_every_setting():
    assert list(config()) == list(Settings.model_fields)


def test_config_says_where_each_value_came_from():
    Path("mahdar.toml").write_text('model = "of-the-file"\nmax_reasks = 1\n')

    shown = config("--max-reasks", "3", MAHDAR_CONCURRENCY="9", OPENAI_BASE_URL="http://host/v1", MAHDAR_MODE="")

    names = ("max_reasks", "concurrency", "base_url", "model", "mode")
    assert {name: shown[name] for name in names} == {
        "max_reasks": {"value": "3", "from": "--max-reasks"},
        "concurrency": {"value": "9", "from": "MAHDAR_CONCURRENCY"},
        "base_url": {"value": "http://host/v1", "from": "OPENAI_BASE_URL"},
        "model": {"value": "of-the-file", "from": "mahdar.toml"},
        "mode": {"value": "auto", "from": "default"},
    }


def test_config_as_text_has_a_line_for_each_setting():
    lines = mahdar("config", "--model", "نموذج").out.splitlines()

    assert len(lines) == len(Settings.model_fields)
    assert lines[1].split(maxsplit=1) == ["model", "نموذج  (--model)"]


@pytest.mark.parametrize("json_flag", [[], ["--json"]], ids=["text", "json"])
def test_config_shows_the_end_of_a_key_and_no_more(json_flag):
    shown = mahdar("config", *json_flag, MAHDAR_API_KEY=KEY, MAHDAR_BASE_URL="https://me:word@host/v1?token=1").out

    assert "…cdef" in shown
    assert "https://***@host/v1?***" in shown
    assert KEY[:-4] not in shown
    assert "word" not in shown


def test_a_key_in_a_settings_file_is_warned_of_on_stderr():
    Path("mahdar.toml").write_text(f'api_key = "{KEY}"\n')

    ran = mahdar("config")

    assert "mahdar: warning: mahdar.toml: api_key: a key in a file that may be committed" in ran.err
    assert KEY not in ran.out + ran.err


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant():
    Path("mahdar.toml").write_text('modle = "m"\n')

    ran = mahdar("config")

    assert (ran.code, ran.out) == (2, "")
    assert "unknown key 'modle'; did you mean 'model'?" in ran.err
