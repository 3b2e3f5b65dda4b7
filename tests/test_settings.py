import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from extract.errors import ConfigError
from extract.settings import FALLBACKS, VARIABLES, Origin, Settings, resolve
from tests.settings_said import KEY, write


@pytest.fixture
def folder(tmp_path):
    """A repository's root, so that no file above it is found."""
    (tmp_path / ".git").mkdir()
    return tmp_path


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
