"""Endpoints behind gateways: headers, Azure, OpenRouter, and keys wherever they are kept."""

import asyncio
import json
import shlex
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from extract import compose, hosts
from extract.client import Client, Endpoint
from extract.errors import ConfigError, EndpointError
from extract.request import Completion, Form, Label, Request
from extract.settings import Settings, resolve
from tests.endpoint import ScriptedEndpoint, completion
from tests.invented import REPORT
from tests.terminal import live, mahdar, manifest, saying, write

KEY = "Zq7-planted-key-0123456789"
REQUEST = Request(model="m", messages=({"role": "user", "content": "x"},), form=Form("meeting", {}))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def ask(url: str, **endpoint: Any) -> Completion:
    async def go() -> Completion:
        client = Client(Endpoint(base_url=url, max_tries=1, **endpoint))
        try:
            return await client(REQUEST, Label(document="d", task="meeting/v1"))
        finally:
            await client.close()

    return asyncio.run(go())


def settings(environ: dict[str, str] | None = None, **flags: object) -> Settings:
    return resolve(flags, environ=environ or {}).settings


def refused(environ: dict[str, str] | None = None, **flags: object) -> str:
    with pytest.raises(ConfigError) as caught:
        compose.endpoint(settings(environ, base_url="http://127.0.0.1:9/v1", **flags))
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


@pytest.mark.parametrize(
    ("flags", "environ", "file"),
    [
        ({"headers": ("X-Team=a=b", "x-trace= 1 ")}, {}, ""),
        ({}, {"MAHDAR_HEADERS": '{"X-Team": "a=b", "x-trace": "1"}'}, ""),
        ({}, {}, '[headers]\nX-Team = "a=b"\nx-trace = "1"'),
    ],
    ids=["flags", "variable", "file"],
)
def test_headers_come_as_pairs_as_json_or_as_a_table(flags, environ, file):
    Path("mahdar.toml").write_text(file, encoding="utf-8")

    made = compose.endpoint(settings(environ, base_url="http://127.0.0.1:9/v1", **flags))

    assert made.headers == {"X-Team": "a=b", "x-trace": "1"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((f"X-Team {KEY}",), "there is no = in one of them"),
        ((f"X Team={KEY}",), "a name holds a character"),
        ((f"X-Team={KEY}é",), "a value holds a line break or a letter beyond ASCII"),
        ((f"Host={KEY}",), "host follows from the request"),
        (f"{{{KEY}", "key must be a string"),
        ({"X-Team": [KEY]}, "is not NAME=VALUE or a JSON object"),
        (KEY, "is not NAME=VALUE or a JSON object"),
    ],
    ids=["no sign", "name", "value", "ours", "broken JSON", "list", "text"],
)
def test_a_header_that_cannot_be_sent_is_told_without_its_value(given, reason):
    assert reason in refused(headers=given)


def test_headers_go_with_each_request_and_win_over_ours():
    with ScriptedEndpoint([completion("{}")]) as scripted:
        ask(scripted.url, api_key="ours", headers={"authorization": "Token theirs", "X-Team": "a"})

    sent = scripted.asked[0].headers
    assert (sent["authorization"], sent["x-team"], sent["content-type"]) == ("Token theirs", "a", "application/json")


def test_a_header_can_be_given_again_on_the_command_line():
    write("in", a=f"{REPORT}\na")
    with ScriptedEndpoint(saying()) as scripted:
        ran = live(scripted.url, "--header", "X-One=1", "--header", f"X-Two={KEY}")

    assert ran.code == 0
    assert (scripted.asked[0].headers["x-one"], scripted.asked[0].headers["x-two"]) == ("1", KEY)
    assert manifest()["settings"]["headers"] == {"value": '{"X-One": "***", "X-Two": "***"}', "from": "--header"}


def test_the_configuration_shows_names_of_headers_and_no_value_and_no_command():
    ran = mahdar("config", "--header", f"X-Team={KEY}", "--api-key-command", f"printf {KEY}")

    assert 'headers                {"X-Team": "***"}  (--header)' in ran.out
    assert "api_key_command        ***  (--api-key-command)" in ran.out
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize(
    ("base_url", "flags", "is_azure"),
    [
        ("https://mine.openai.azure.com/openai/deployments/d?api-version=2024-10-21", {}, True),
        ("https://mine.services.ai.azure.com/openai/v1", {}, True),
        ("https://gateway.example/openai/deployments/d", {"azure": True}, True),
        ("https://mine.openai.azure.com/openai/v1", {"azure": False}, False),
        ("https://openai.azure.com.example/v1", {}, False),
        ("https://api.openai.com/v1", {}, False),
    ],
)
def test_azure_is_known_by_its_host_or_by_the_flag(base_url, flags, is_azure):
    assert compose.endpoint(settings(base_url=base_url, **flags)).is_azure is is_azure


def test_azure_gets_its_key_in_a_header_of_its_own_and_the_version_in_the_query():
    with ScriptedEndpoint([completion("{}")]) as scripted:
        base = scripted.url.removesuffix("/v1") + "/openai/deployments/mine?api-version=2024-10-21"
        ask(base, api_key=KEY, is_azure=True)

    asked = scripted.asked[0]
    assert asked.path == "/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    assert (asked.headers["api-key"], asked.headers.get("authorization")) == (KEY, None)


@pytest.mark.parametrize("text", ["yes", "perhaps", "2"])
def test_a_switch_is_on_off_or_left_to_the_address(text):
    if text == "yes":
        assert settings({"MAHDAR_AZURE": text}).azure is True
        assert settings({"MAHDAR_AZURE": "auto"}).azure is None
        return
    with pytest.raises(ConfigError, match=r"MAHDAR_AZURE: '.*' is not true or false or the word 'auto'"):
        settings({"MAHDAR_AZURE": text})


def test_the_routing_of_openrouter_goes_through_extra():
    write("in", a=f"{REPORT}\na")
    routing = {"provider": {"require_parameters": True, "order": ["x"]}}
    with ScriptedEndpoint(saying()) as scripted:
        live(scripted.url, "--extra", json.dumps(routing))

    assert scripted.asked[0].body["provider"] == routing["provider"]


@pytest.mark.parametrize(
    "reply",
    [
        {"error": {"message": "Insufficient credits", "code": 402}},
        {"choices": [{"error": {"message": "Insufficient credits", "code": 402}, "message": {"content": ""}}]},
    ],
    ids=["in the reply", "in the choice"],
)
def test_an_error_of_openrouter_inside_a_200_is_no_answer(reply):
    with ScriptedEndpoint([reply]) as scripted, pytest.raises(EndpointError) as caught:
        ask(scripted.url)

    assert (caught.value.kind, caught.value.retryable) == ("quota", False)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["plain", "line break", "line break of Windows"])
def test_a_key_is_read_from_a_file_without_the_line_break_that_follows_it(end):
    Path("key").write_bytes(f"{KEY}{end}".encode())

    assert compose.endpoint(settings(base_url="http://h/v1", api_key_file="key")).api_key == KEY


def test_a_key_is_what_a_command_prints_and_the_command_runs_once():
    script = "import pathlib; p = pathlib.Path('ran'); p.write_text(p.read_text() + 'x' if p.exists() else 'x')"
    command = shlex.join([sys.executable, "-c", f"{script}; print({KEY!r})"])
    made = settings(base_url="http://h/v1", api_key_command=command)

    assert [compose.endpoint(made).api_key, compose.secrets(made)[0]] == [KEY, KEY]
    assert Path("ran").read_text() == "x"


def python(script: str) -> str:
    return shlex.join([sys.executable, "-c", script])


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"api_key_file": "gone"}, "gone cannot be read: No such file or directory"),
        ({"api_key_file": "empty"}, "empty: no key there, it is empty"),
        ({"api_key_file": "two"}, "two: no key there: there is a space, a line break"),
        ({"api_key_command": python(f"import sys; print({KEY!r}); sys.exit({KEY!r})")}, "ended with code 1"),
        ({"api_key_command": python(f"print({KEY!r}, 1)")}, "no key there: there is a space"),
        ({"api_key_command": python("pass")}, "no key there, it is empty"),
        ({"api_key_command": f"no-such-program {KEY}"}, "api_key_command: no-such-program cannot be run: No such file"),
        ({"api_key_command": f"'{KEY}"}, "a quotation mark that does not end"),
    ],
    ids=["no file", "empty file", "two lines", "exit code", "two words", "nothing", "no program", "quotation mark"],
)
def test_a_key_that_is_not_to_be_had_says_what_failed_and_not_what_was_printed(flags, reason):
    Path("empty").write_text("\n")
    Path("two").write_text(f"{KEY}\n{KEY}\n")

    assert reason in refused(**flags)


def test_no_file_may_name_a_command():
    Path("mahdar.toml").write_text(f'api_key_command = "printf {KEY}"', encoding="utf-8")

    assert refused() == "mahdar.toml: api_key_command: no file may name a command: set MAHDAR_API_KEY_COMMAND"


@pytest.mark.parametrize(
    ("flags", "environ", "file", "used"),
    [
        ({"api_key": "a-flag"}, {"MAHDAR_API_KEY_FILE": "f"}, "", "api_key"),
        ({"api_key_file": "f"}, {"MAHDAR_API_KEY": "a-variable"}, "", "api_key_file"),
        ({"api_key_command": "c"}, {"OPENAI_API_KEY": "theirs"}, "", "api_key_command"),
        ({}, {"OPENAI_API_KEY": "theirs"}, 'api_key_file = "f"', "api_key_file"),
        ({}, {"MAHDAR_API_KEY": "a-variable"}, 'api_key_file = "f"', "api_key"),
        ({}, {"OPENAI_API_KEY": "theirs"}, "", "api_key"),
    ],
)
def test_of_several_places_for_a_key_the_nearest_to_the_user_counts(flags, environ, file, used):
    Path("mahdar.toml").write_text(file, encoding="utf-8")

    made = settings(environ, **flags)

    assert [name for name in ("api_key", "api_key_file", "api_key_command") if getattr(made, name)] == [used]


@pytest.mark.parametrize(
    ("base_url", "environ", "is_sent"),
    [
        ("https://api.openai.com/v1", {}, True),
        ("https://eu.api.openai.com/v1", {}, True),
        ("http://localhost:11434/v1", {}, True),
        ("http://127.0.0.5:1/v1", {}, True),
        ("http://[::1]:8000/v1", {}, True),
        ("https://gateway.example/other", {"OPENAI_BASE_URL": "https://Gateway.example/v1"}, True),
        ("https://openrouter.ai/api/v1", {}, False),
        ("https://api.openai.com.example/v1", {}, False),
        ("https://api.openai.com@example.org/v1", {}, False),
        ("http://localhost.example/v1", {"OPENAI_BASE_URL": "https://gateway.example/v1"}, False),
        ("http://192.168.1.5:11434/v1", {}, False),
    ],
)
def test_the_key_of_openai_goes_to_openai_to_its_base_url_and_to_this_machine_alone(base_url, environ, is_sent):
    resolved = resolve({"base_url": base_url}, environ={"OPENAI_API_KEY": KEY, **environ})

    assert (resolved.settings.api_key is not None) is is_sent
    assert bool(resolved.warnings) is not is_sent
    assert all("set MAHDAR_API_KEY or --api-key" in text and KEY not in text for text in resolved.warnings)


def test_a_key_of_ours_goes_wherever_the_user_says():
    resolved = resolve({"base_url": "https://x.example/v1"}, environ={"MAHDAR_API_KEY": KEY, "OPENAI_API_KEY": "o"})

    assert resolved.settings.api_key is not None
    assert resolved.settings.api_key.get_secret_value() == KEY
    assert resolved.warnings == ()


def test_a_key_that_is_not_sent_is_told_on_stderr():
    ran = mahdar("config", "--base-url", "https://x.example/v1", OPENAI_API_KEY=KEY)

    assert ran.err.startswith("mahdar: warning: OPENAI_API_KEY is not sent to x.example")


@pytest.mark.parametrize("url", ["", "http://[::1", "x", "http://"])
def test_what_is_no_address_belongs_to_nobody(url):
    assert not any(ask(url) for ask in (hosts.is_loopback, hosts.is_openai, hosts.is_azure, hosts.is_hosted))


def test_an_endpoint_shows_no_secret_when_printed():
    made = Endpoint(base_url=f"http://me:{KEY}@h/v1", api_key=KEY, headers={"X-Team": KEY})

    assert KEY not in repr(made)
