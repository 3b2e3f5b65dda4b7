"""Settings that cannot be used, or should not be: what is said of each."""

import os

import pytest
from pydantic import SecretStr

from extract.settings import VARIABLES, resolve
from tests.settings_said import KEY, message, write

ADDRESS = "an address such as http://localhost:11434/v1"
NOT_HTTP = "write http:// or https:// and then a host, without spaces"


@pytest.fixture
def folder(tmp_path):
    """A repository's root, so that no file above it is found."""
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("concurrency", "many", "'many' is not a whole number from 1 to 1000 or the word 'adaptive'"),
        ("concurrency", "0", "'0' is not a whole number from 1 to 1000 or the word 'adaptive'"),
        ("max_reasks", "11", "'11' is not a whole number from 0 to 10"),
        ("max_tries", "1.5", "'1.5' is not a whole number from 1 up"),
        ("max_chars", "0", "'0' is not a whole number from 1 up"),
        ("max_cost", "0", "'0' is not a number above 0 and up to 1,000,000,000 or the word 'none'"),
        ("max_cost", "9" * 23, f"'{'9' * 23}' is not a number above 0 and up to 1,000,000,000 or the word 'none'"),
        ("max_tokens", "0", "'0' is not a whole number from 1 up or the word 'none'"),
        ("seed", "x", "'x' is not a whole number or the word 'none'"),
        ("temperature", "-1", "'-1' is not a number from 0 up or the word 'none'"),
        ("temperature", "inf", "'inf' is not a number from 0 up or the word 'none'"),
        ("timeout_s", "0", "'0' is not a number above 0"),
        ("connect_timeout_s", "soon", "'soon' is not a number above 0"),
        ("mode", "jsn", "'jsn' is not one of auto, json_schema, tools, json, md_json"),
        ("extra", "{a", "the value is not a JSON object: key must be a string at line 1 column 2"),
        ("extra", '{"a": NaN}', "the value is not a JSON object: expected value at line 1 column 7"),
        ("extra", "[1]", "the value is not a JSON object"),
        ("base_url", "localhost/v1", f"'localhost/v1' is not {ADDRESS}: {NOT_HTTP}"),
        ("base_url", "http://", f"'http://' is not {ADDRESS}: {NOT_HTTP}"),
        ("base_url", "http://h:port", f"'http://h:port' is not {ADDRESS}: {NOT_HTTP}"),
        (
            "base_url",
            "http://h/v1/chat/completions/",
            f"'http://h/v1/chat/completions/' is not {ADDRESS}: drop /chat/completions at its end",
        ),
        (
            "api_key",
            "two words",
            "the value is not a key: there is a space, a line break or a letter beyond ASCII in it",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_variable_and_what_is_allowed(folder, name, value, expected):
    assert message(folder, environ={VARIABLES[name]: value}) == f"{VARIABLES[name]}: {expected}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("concurrency = true", "concurrency: 'True' is not a whole number from 1 to 1000 or the word 'adaptive'"),
        ("model = 5", "model: '5' is not a text"),
        ('model = ["m"]', "model: the value is not a text"),
        ('prompt = ""', "prompt: '' is not a text"),
        ("cache = 5", "cache: '5' is not a path or the word 'none'"),
        ('extra = "top_k"', "extra: the value is not a JSON object: expected ident at line 1 column 2"),
        ("extra = {day = 2024-01-01}", "extra: the value is not a JSON object"),
        ("api_key = 5", "api_key: the value is not a key"),
    ],
    ids=["truth value", "number", "list", "empty", "no path", "no JSON", "date", "no key"],
)
def test_a_wrong_value_in_a_file_is_named_with_file_and_key(folder, line, expected):
    write(folder / "mahdar.toml", line)

    assert message(folder) == f"mahdar.toml: {expected}"


def test_a_wrong_flag_is_named_as_it_is_typed(folder):
    assert message(folder, {"max_reasks": -1}) == "--max-reasks: '-1' is not a whole number from 0 to 10"


def test_the_limit_of_all_tokens_has_a_flag_that_nobody_takes_for_the_length_of_an_answer(folder):
    assert message(folder, {"max_total_tokens": 0}).startswith("--max-total-tokens: '0' is not a whole number from 1")


def test_a_wrong_fall_back_is_named_by_the_variable_that_was_set(folder):
    assert message(folder, environ={"OPENAI_BASE_URL": "h"}).startswith("OPENAI_BASE_URL: 'h' is not an address")


def test_all_wrong_values_are_told_at_once(folder):
    lines = message(folder, {"seed": "x"}, {"MAHDAR_MODE": "y", "MAHDAR_MODEL": "m"}).splitlines()

    assert [line.partition(":")[0] for line in lines] == ["MAHDAR_MODE", "--seed"]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("mahdar.toml", "modle = 1", "mahdar.toml: unknown key 'modle'; did you mean 'model'?"),
        ("mahdar.toml", "zzz = 1", "mahdar.toml: unknown key 'zzz'"),
        (
            "pyproject.toml",
            "[tool.mahdar]\nbase-url = 1",
            "pyproject.toml [tool.mahdar]: unknown key 'base-url'; did you mean 'base_url'?",
        ),
        (
            "pyproject.toml",
            "[tool]\nmahdar = 1",
            "pyproject.toml [tool.mahdar]: not a table; write settings below this heading, one a line",
        ),
        (
            "mahdar.toml",
            "seed = 1\nmodel = m",
            "mahdar.toml: not readable as TOML in UTF-8: Invalid value (at line 2, column 9)",
        ),
    ],
    ids=["near key", "strange key", "dash", "no table", "syntax"],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(folder, file, text, expected):
    write(folder / file, text)

    assert message(folder) == expected


def test_a_file_in_another_encoding_is_named(folder):
    (folder / "mahdar.toml").write_bytes('model = "م"'.encode("cp1256"))

    assert message(folder).startswith("mahdar.toml: not readable as TOML in UTF-8: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(folder):
    write(folder / "mahdar.toml", "seed = 1")
    (folder / "mahdar.toml").chmod(0)

    assert message(folder).startswith("mahdar.toml: not readable as TOML in UTF-8: ")


def test_an_unknown_variable_of_ours_is_a_warning(folder):
    environ = {"MAHDAR_TIMEOUT": "5", "MAHDAR_MODEL": "m", "HOME": "x"}

    resolved = resolve(environ=environ, folder=folder)

    expected = "environment: unknown variable 'MAHDAR_TIMEOUT'; did you mean 'MAHDAR_TIMEOUT_S'?"
    assert resolved.warnings == (expected,)


@pytest.mark.parametrize(
    ("file", "heading", "where"),
    [("mahdar.toml", "", "mahdar.toml"), ("pyproject.toml", "[tool.mahdar]\n", "pyproject.toml [tool.mahdar]")],
    ids=["mahdar.toml", "pyproject.toml"],
)
def test_a_key_in_a_file_is_taken_with_a_warning(folder, file, heading, where):
    write(folder / file, f'{heading}api_key = "{KEY}"')

    resolved = resolve(environ={}, folder=folder)

    assert resolved.settings.api_key == SecretStr(KEY)
    warning = f"{where}: api_key: a key in a file that may be committed: use the environment"
    assert resolved.warnings == (warning,)
