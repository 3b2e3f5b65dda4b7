"""`mahdar schemas` and `mahdar prompts`: what there is, what it costs, and each as a model is shown it."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner, Result

import schemas
from extract import prompt
from extract.cli import cli
from extract.errors import ConfigError
from extract.notation import json_schema, notation

TRIAL = """+++
records = ["meeting"]
parent = "trial/v0"
why = "A trial of our own."
+++
{% block system %}Find every {{ wanted }}.{% endblock %}
{% block user %}{{ text }}{% endblock %}
"""


@pytest.fixture
def mahdar(tmp_path, monkeypatch):
    """Run a command line where no setting of the user is in force."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAHDAR_PROMPTS", raising=False)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="mahdar")

    return run


@pytest.mark.parametrize(
    ("arguments", "names"),
    [(["schemas"], [*schemas.names(), "all"]), (["prompts"], prompt.names())],
    ids=["schemas", "prompts"],
)
def test_a_list_has_one_entry_for_each_with_its_sizes(mahdar, arguments, names):
    result = mahdar(*arguments)

    entries = re.findall(r"^(\S+)(?: +[\d,]+)+   \S", result.stdout, re.MULTILINE)
    assert (result.exit_code, entries) == (0, names)


@pytest.mark.parametrize(
    "arguments", [["schemas"], ["prompts"], ["schemas", "--help"], ["prompts", "--help"]], ids=" ".join
)
def test_a_list_fits_a_window_of_a_hundred_columns(mahdar, arguments):
    lines = mahdar(*arguments).stdout.splitlines()

    assert [line for line in lines if len(line) > 100] == []


def test_a_long_meaning_goes_on_below_itself(mahdar):
    lines = mahdar("prompts").stdout.splitlines()
    start = lines[0].index("records; why")

    below = [line for line in lines[1:-1] if line.startswith(" ")]

    assert below
    assert [line for line in below if len(line) - len(line.lstrip()) != start] == []


@pytest.mark.parametrize("arguments", [["schemas", "meeting"], ["schemas", "meeting", "--notation"]], ids=" ".join)
def test_a_record_type_is_printed_as_types(mahdar, arguments):
    answer = schemas.answer_type([schemas.get("meeting")])

    assert mahdar(*arguments).stdout == notation(json_schema(answer)) + "\n"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["schemas", "meeting", "--json"], ["meeting"]),
        (["schemas", "all", "--json"], schemas.names()),
        (["schemas", "--json"], schemas.names()),
    ],
    ids=["one", "all", "no name"],
)
def test_a_json_schema_is_printed_as_it_is_sent(mahdar, arguments, names):
    answer = schemas.answer_type([schemas.get(name) for name in names])

    assert json.loads(mahdar(*arguments).stdout) == json_schema(answer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["schemas", "parade"], "unknown schema 'parade'; there are: agreement, exercise, meeting, all"),
        (["prompts", "parade"], f"unknown prompt 'parade'; there are: {', '.join(prompt.names())}"),
        (["prompts", "--prompts", "nowhere"], "no such folder; --prompts names a folder of prompts"),
    ],
    ids=["schema", "prompt", "folder"],
)
def test_an_unknown_name_is_a_mistake_of_the_user(mahdar, arguments, message):
    result = mahdar(*arguments)

    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)


def test_a_prompt_is_printed_as_a_model_is_shown_it(mahdar):
    shown = mahdar("prompts", "events").stdout

    assert re.findall(r"^--- (\w+)$", shown, re.MULTILINE) == ["system", "user"]
    assert prompt.load("events").system("json_schema") in shown
    assert "(the report stands here)" in shown


def test_a_prompt_is_printed_for_the_mode_that_is_asked_for(mahdar):
    loaded = prompt.load("events")

    assert loaded.notation not in mahdar("prompts", "events", "--mode", "tools").stdout


def test_prompts_of_a_users_folder_are_listed_with_their_parent(mahdar, tmp_path):
    (tmp_path / "mine" / "trial").mkdir(parents=True)
    (tmp_path / "mine" / "trial" / "v1.md").write_text(TRIAL, encoding="utf-8")

    shown = mahdar("prompts", "--prompts", "mine").stdout

    assert re.search(r"^trial/v1 .* meeting; A trial of our own\. \(after trial/v0\)$", shown, re.MULTILINE)
