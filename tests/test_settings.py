import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from extract.errors import ConfigError
from extract.settings import FALLBACKS, VARIABLES, Origin, Settings, resolve

KEY = "Zq7-planted-key-0123456789"


@pytest.fixture
def folder(tmp_path):
    """A repository's root, so that no file above it is found."""
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def message(folder: Path, flags: dict[str, object] | None = None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(flags, environ=environ or {}, folder=folder)
    return str(caught.value)


FLAG = Origin("flag", "--model")
VARIABLE = Origin("environment", "MAHDAR_MODEL")
MAHDAR_TOML = Origin("file", "mahdar.toml")
PYPROJECT = Origin("file", "pyproject.toml [tool.mahdar]")
DEFAULT = Origin("default", "default")


@pytest.mark.parametrize(
    ("layers", "expected", "origin"),
    [
        (["flag", "variable", "mahdar.toml", "pyproject.toml"], "from-flag", FLAG),
        (["variable", "mahdar.toml", "pyproject.toml"], "from-variable", VARIABLE),
        (["mahdar.toml", "pyproject.toml"], "from-mahdar", MAHDAR_TOML),
        (["pyproject.toml"], "from-pyproject", PYPROJECT),
        ([], None, DEFAULT),
    ],
    ids=["flag", "environment", "mahdar.toml", "pyproject.toml", "default"],
)
def test_the_first_layer_that_gives_a_value_wins(folder, layers, expected, origin):
    flags = {"model": "from-flag" if "flag" in layers else None}
    environ = {"MAHDAR_MODEL": "from-variable"} if "variable" in layers else {}
    if "mahdar.toml" in layers:
        write(folder / "mahdar.toml", 'model = "from-mahdar"')
    if "pyproject.toml" in layers:
        write(folder / "pyproject.toml", '[tool.mahdar]\nmodel = "from-pyproject"')

    resolved = resolve(flags, environ=environ, folder=folder)

    assert resolved.settings.model == expected
    assert resolved.origins["model"] == origin
    assert resolved.given("model") == (origin != DEFAULT)


def test_layers_are_mixed_value_by_value(folder):
    write(folder / "mahdar.toml", "seed = 7")
    write(folder / "pyproject.toml", "[tool.mahdar]\nseed = 1\nconcurrency = 9")

    settings = resolve({"model": "m"}, environ={"MAHDAR_MODE": "tools"}, folder=folder).settings

    assert (settings.model, settings.mode, settings.seed, settings.concurrency) == ("m", "tools", 7, 9)


@pytest.mark.parametrize("value", ["", "  "], ids=["empty", "spaces"])
def test_an_empty_variable_counts_as_not_given(folder, value):
    resolved = resolve(environ={"MAHDAR_MODEL": value, "OPENAI_BASE_URL": value}, folder=folder)

    assert not resolved.given("model")
    assert not resolved.given("base_url")


def test_a_value_that_equals_its_default_is_given_all_the_same(folder):
    resolved = resolve({"max_reasks": 2}, environ={}, folder=folder)

    assert resolved.settings.max_reasks == Settings().max_reasks
    assert resolved.given("max_reasks")


def test_the_environment_is_looked_up_at_the_time_of_the_call(folder, monkeypatch):
    monkeypatch.setenv("MAHDAR_MODEL", "set-later")
    monkeypatch.chdir(folder)

    assert resolve().settings.model == "set-later"


def test_address_and_key_fall_back_to_the_variables_of_openai(folder):
    environ = {"OPENAI_BASE_URL": "https://api.test/v1", "OPENAI_API_KEY": KEY}

    resolved = resolve(environ=environ, folder=folder)

    assert resolved.settings.base_url == "https://api.test/v1"
    assert resolved.settings.api_key == SecretStr(KEY)
    assert {name: resolved.origins[name].where for name in FALLBACKS} == FALLBACKS


def test_our_own_variables_win_over_those_of_openai(folder):
    environ = {"OPENAI_BASE_URL": "https://theirs.test/v1", "MAHDAR_BASE_URL": "http://ours.test/v1"}

    resolved = resolve(environ=environ, folder=folder)

    assert resolved.settings.base_url == "http://ours.test/v1"
    assert resolved.origins["base_url"].where == "MAHDAR_BASE_URL"


def test_the_fall_backs_belong_to_the_environment_and_win_over_files(folder):
    write(folder / "mahdar.toml", 'base_url = "http://file.test/v1"')

    resolved = resolve(environ={"OPENAI_BASE_URL": "http://variable.test/v1"}, folder=folder)

    assert resolved.settings.base_url == "http://variable.test/v1"


def test_every_setting_has_a_variable_and_a_description():
    missing = [name for name, field in Settings.model_fields.items() if not field.description]

    assert missing == []
    assert VARIABLES["timeout_s"] == "MAHDAR_TIMEOUT_S"


def test_the_nearest_file_above_the_working_folder_is_read(folder):
    write(folder / "mahdar.toml", 'model = "far"')
    write(folder / "a" / "mahdar.toml", 'model = "near"')
    (folder / "a" / "b").mkdir()

    resolved = resolve(environ={}, folder=folder / "a" / "b")

    assert resolved.settings.model == "near"
    assert resolved.origins["model"] == Origin("file", str(Path("../mahdar.toml")))


def test_a_mahdar_toml_further_up_wins_over_a_nearer_pyproject(folder):
    write(folder / "mahdar.toml", 'model = "mahdar"')
    write(folder / "a" / "pyproject.toml", '[tool.mahdar]\nmodel = "pyproject"')

    assert resolve(environ={}, folder=folder / "a").settings.model == "mahdar"


def test_only_the_nearest_pyproject_counts_even_without_our_table(folder):
    write(folder / "pyproject.toml", '[tool.mahdar]\nmodel = "far"')
    write(folder / "a" / "pyproject.toml", "[tool.other]\nx = 1")

    assert resolve(environ={}, folder=folder / "a").settings.model is None


def test_the_search_does_not_leave_a_repository(folder):
    write(folder / "mahdar.toml", 'model = "outside"')
    (folder / "repository" / ".git").mkdir(parents=True)

    assert resolve(environ={}, folder=folder / "repository").settings.model is None


def test_the_search_does_not_go_above_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("USERPROFILE", str(folder / "home"))
    write(folder / "mahdar.toml", 'model = "above"')
    write(folder / "home" / "pyproject.toml", "[tool.mahdar]\nseed = 3")
    (folder / "home" / "work").mkdir()

    settings = resolve(environ={}, folder=folder / "home" / "work").settings

    assert (settings.model, settings.seed) == (None, 3)


def test_a_file_with_a_byte_order_mark_is_read(folder):
    (folder / "mahdar.toml").write_bytes(b'\xef\xbb\xbfmodel = "m"\r\n')

    assert resolve(environ={}, folder=folder).settings.model == "m"


def test_a_path_in_a_file_counts_from_the_folder_of_the_file(folder):
    write(folder / "mahdar.toml", 'prompts = "mine"\nreplay = "/elsewhere"')
    (folder / "a").mkdir()

    settings = resolve(environ={}, folder=folder / "a").settings

    assert (settings.prompts, settings.replay) == (folder / "mine", Path("/elsewhere"))


def test_a_path_in_a_flag_or_variable_counts_from_the_working_folder(folder):
    write(folder / "mahdar.toml", "")
    (folder / "a").mkdir()

    settings = resolve({"out": Path("run")}, environ={"MAHDAR_REPLAY": "rec"}, folder=folder / "a").settings

    assert (settings.out, settings.replay) == (folder / "a" / "run", folder / "a" / "rec")


def test_a_tilde_in_a_path_is_the_home_folder(folder):
    write(folder / "mahdar.toml", 'cache = "~/answers"')

    assert resolve(environ={}, folder=folder).settings.cache == Path.home() / "answers"


def test_answers_are_kept_in_the_cache_folder_of_the_user_by_default(folder):
    resolved = resolve(environ={}, folder=folder)

    assert resolved.settings.cache is not None
    assert resolved.settings.cache.is_absolute()
    assert "mahdar" in resolved.settings.cache.parts


LIMITS = ["prices", "max_cost", "max_total_tokens"]


@pytest.mark.parametrize("name", ["temperature", "max_tokens", "seed", "cache", "replay", "prompts", "out", *LIMITS])
@pytest.mark.parametrize("layer", ["flag", "environment", "file"])
def test_the_word_none_takes_a_value_away(folder, name, layer):
    write(folder / "mahdar.toml", f'{name} = "none"' if layer == "file" else "")
    flags = {name: "none"} if layer == "flag" else {}
    environ = {VARIABLES[name]: "None"} if layer == "environment" else {}

    resolved = resolve(flags, environ=environ, folder=folder)

    assert getattr(resolved.settings, name) is None
    assert resolved.given(name)


def test_the_word_none_is_a_path_too(folder):
    assert resolve({"cache": Path("none")}, environ={}, folder=folder).settings.cache is None


@pytest.mark.parametrize(
    ("flags", "environ", "file"),
    [
        ({"extra": {"top_k": 5, "stop": ["x"]}}, {}, ""),
        ({}, {"MAHDAR_EXTRA": ' {"top_k": 5, "stop": ["x"]} '}, ""),
        ({}, {}, '[extra]\ntop_k = 5\nstop = ["x"]'),
    ],
    ids=["mapping", "JSON", "table"],
)
def test_further_fields_come_as_mapping_as_json_or_as_table(folder, flags, environ, file):
    write(folder / "mahdar.toml", file)

    resolved = resolve(flags, environ=environ, folder=folder)

    assert resolved.settings.extra == {"top_k": 5, "stop": ["x"]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("http://localhost:11434//", "http://localhost:11434"),
        (" https://api.test/v1 ", "https://api.test/v1"),
        ("https://api.test/v1/?version=2", "https://api.test/v1?version=2"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
    ids=["slash", "slashes", "spaces", "query", "IPv6"],
)
def test_an_address_loses_its_trailing_slash_and_nothing_else(folder, given, expected):
    assert resolve({"base_url": given}, environ={}, folder=folder).settings.base_url == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"base_url": "http://localhost:11434/v1/"}, "localhost:11434/v1"),
        ({"base_url": "https://user:p@ss@api.test/v1/?key=1#x"}, "api.test/v1"),
        ({"base_url": "http://[::1]:8000/v1"}, "[::1]:8000/v1"),
        ({"base_url": "http://localhost/v1", "endpoint": "ours"}, "ours"),
        ({"base_url": "http://localhost/v1", "endpoint": ""}, ""),
        ({}, ""),
    ],
    ids=["plain", "credentials and query", "IPv6", "label", "empty label", "no address"],
)
def test_the_endpoint_label_is_the_bare_address_unless_one_is_given(folder, flags, expected):
    assert resolve(flags, environ={}, folder=folder).settings.endpoint_label == expected


def test_a_key_is_taken_without_the_line_break_that_follows_it(folder):
    settings = resolve(environ={"MAHDAR_API_KEY": KEY + "\n"}, folder=folder).settings

    assert settings.api_key == SecretStr(KEY)


ADDRESS = "an address such as http://localhost:11434/v1"
NOT_HTTP = "write http:// or https:// and then a host, without spaces"


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


def test_rows_tell_every_setting_its_value_and_its_origin(folder):
    flags = {"temperature": "none", "extra": {"لغة": "ar"}}

    rows = resolve(flags, environ={"MAHDAR_TIMEOUT_S": "30"}, folder=folder).rows()

    assert [name for name, _, _ in rows] == list(Settings.model_fields)
    assert ("temperature", "none", "--temperature") in rows
    assert ("extra", '{"لغة": "ar"}', "--extra") in rows
    assert ("timeout_s", "30.0", "MAHDAR_TIMEOUT_S") in rows
    assert ("mode", "auto", "default") in rows


@pytest.mark.parametrize(
    ("key", "seen"), [(KEY, KEY[-4:]), ("short", "")], ids=["last four letters", "nothing of a short one"]
)
def test_rows_mask_the_key(folder, key, seen):
    shown = {name: value for name, value, _ in resolve({"api_key": key}, environ={}, folder=folder).rows()}["api_key"]

    assert shown not in {"", "none"}
    assert shown.endswith(seen)
    assert len(set(shown) & set(key)) <= len(seen)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"http://user:{KEY}@host/v1", "http://***@host/v1"),
        (f"http://{KEY}@host/v1", "http://***@host/v1"),
        (f"http://user:a@{KEY}@host/v1", "http://***@host/v1"),
        (f"http://host/v1?key={KEY}", "http://host/v1?***"),
        ("http://host/v1", "http://host/v1"),
    ],
    ids=["password", "user", "password with @", "query", "nothing secret"],
)
def test_rows_mask_what_is_secret_in_an_address(folder, address, expected):
    resolved = resolve({"base_url": address}, environ={}, folder=folder)

    assert ("base_url", expected, "--base-url") in resolved.rows()


@pytest.mark.parametrize(
    "flags", [{"api_key": KEY}, {"base_url": f"https://user:{KEY}@host/v1"}], ids=["key", "password in address"]
)
@pytest.mark.parametrize("show", [repr, str], ids=["repr", "str"])
def test_printing_settings_shows_no_secret(folder, flags, show):
    resolved = resolve(flags, environ={}, folder=folder)

    assert KEY not in show(resolved)
    assert KEY not in show(resolved.settings)


@pytest.mark.parametrize(
    "flags",
    [
        {"api_key": f"{KEY} and more"},
        {"api_key": f"{KEY}é"},
        {"api_key": [KEY]},
        {"api_key": KEY, "seed": "x"},
        {"base_url": f"ftp://user:{KEY}@host/v1"},
        {"base_url": f"user:{KEY}@host/v1"},
        {"base_url": f"http://user:a/{KEY}@host/v1"},
        {"base_url": f"http://user:{KEY}@host/v1/chat/completions"},
        {"base_url": f"http://user:{KEY}@ho℀st/v1?x y"},
        {"base_url": f"http://host/v1/chat/completions?key={KEY}"},
        {"base_url": [f"http://user:{KEY}@host/v1"]},
        {"extra": f'{{"headers": {{"x-api-key": "{KEY}"'},
        {"extra": {"x-api-key": {KEY}}},
        {"model": {"api_key": KEY}},
    ],
)
def test_no_secret_is_in_an_error_or_its_traceback(folder, flags):
    with pytest.raises(ConfigError) as caught:
        resolve(flags, environ={}, folder=folder)

    assert KEY not in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("line", [f"api_key = {KEY}", f'api_key = "{KEY}', f'api_key = "{KEY}\udce9"'])
def test_no_secret_is_in_the_error_of_a_broken_file(folder, line):
    (folder / "mahdar.toml").write_bytes(line.encode("utf-8", "surrogateescape"))

    with pytest.raises(ConfigError) as caught:
        resolve(environ={}, folder=folder)

    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_settings_built_without_resolving_hide_a_wrong_value_too():
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"api_key": [KEY]})

    assert KEY not in str(caught.value)


def test_settings_cannot_be_changed(folder):
    settings = resolve(environ={}, folder=folder).settings

    with pytest.raises(ValidationError):
        settings.model = "other"  # type: ignore[misc]  # that is the point


def test_without_a_file_nothing_slow_is_imported(folder):
    code = (
        "import sys, pathlib; from extract.settings import resolve; "
        "resolve({'cache': 'none'}, environ={}, folder=pathlib.Path(sys.argv[1])); "
        "print({'pydantic_settings', 'tomllib', 'platformdirs'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
