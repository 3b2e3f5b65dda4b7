"""Which modes are truly enforced, and what a run does where the mode is left to that."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract import Extractor
from extract.probe import kept
from extract.probe.found import Found
from extract.probe.modes import judge
from extract.request import Completion
from tests.endpoint import SILENT, Answer, Asked, Reply, ScriptedEndpoint, completion
from tests.invented import OSLO, REPORT, answer, meeting
from tests.servers_said import FORM, NOTHING, NUMBERS, called, error, kind_of, said, server
from tests.terminal import RECORDINGS, SEEDS, live, mahdar, manifest, write

RIGHT = answer(meeting())
# Nothing is enforced: the form is not looked at.
BLIND = said("Blue.")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("in", a=f"{REPORT}\na")


def reports(**modes: Answer) -> Callable[[Asked], Answer]:
    """An endpoint that answers about reports rightly, and about modes like this."""
    asked_about = server(NOTHING, **modes)
    return lambda asked: completion(RIGHT) if _of_a_report(asked) else asked_about(asked)


def _of_a_report(asked: Asked) -> bool:
    return asked.body is not None and len(asked.body["messages"]) > 1


def auto(url: str, *arguments: str, **environ: str) -> Any:
    return live(url, *arguments, **{"MAHDAR_MODE": "", **environ})


def tried(endpoint: ScriptedEndpoint) -> list[str]:
    """What was asked, in order."""
    return ["report" if _of_a_report(asked) else kind_of(asked.body) for asked in endpoint.asked]


@pytest.mark.parametrize(
    ("mode", "text", "finish", "outcome"),
    [
        ("json_schema", FORM, "stop", "enforced"),
        ("json_schema", "Blue", "stop", "ignored"),
        ("json_schema", '{"colour": "blue", "is_day": true}', "stop", "ignored"),
        ("json_schema", '{"colour": "qx7-lantern"}', "stop", "ignored"),
        ("json_schema", "", "length", "cut"),
        ("tools", FORM, "tool_calls", "enforced"),
        ("json", "The sky is blue.", "stop", "ignored"),
        ("json", '{"sky": "blue"}', "stop", "enforced"),
        ("json", '{"sky": "bl', "length", "enforced"),
        ("json", '```json\n{"sky": "blue"}\n```', "stop", "ignored"),
        ("md_json", f"```json\n{FORM}\n```", "stop", "followed"),
        ("md_json", "blue", "stop", "ignored"),
        ("md_json", '{"colour": "blue", "is_day": true}', "stop", "followed"),
    ],
)
def test_only_an_answer_that_could_not_be_guessed_shows_that_a_mode_is_enforced(mode, text, finish, outcome):
    assert judge(mode, Completion(text=text, finish=finish)).outcome == outcome


@pytest.mark.parametrize(
    ("modes", "chosen", "asked"),
    [
        ({}, "json_schema", ["json_schema"]),
        ({"json_schema": BLIND}, "tools", ["json_schema", "tools"]),
        ({"json_schema": error(400, "response_format is not supported")}, "tools", ["json_schema", "tools"]),
        (
            {"json_schema": BLIND, "tools": error(400, "m does not support tools")},
            "json",
            ["json_schema", "tools", "json"],
        ),
        (
            {"json_schema": BLIND, "tools": BLIND, "json": Reply(status=400, body={"error": "response_format?"})},
            "md_json",
            ["json_schema", "tools", "json"],
        ),
    ],
)
def test_a_run_uses_the_first_mode_that_is_enforced_and_the_next_run_asks_nothing(modes, chosen, asked):
    with ScriptedEndpoint(reports(**modes)) as endpoint:
        first = auto(endpoint.url)
        of_first = tried(endpoint)
        again = auto(endpoint.url, "--out", "again")

        assert (first.code, again.code) == (0, 0), first.err
        assert of_first == [*asked, "report"]
        assert tried(endpoint) == of_first
    assert f"mode {chosen}: found out by asking" in first.err
    assert manifest()["mode"] == manifest("again")["mode"] == chosen


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error(401, "Invalid API Key"), "Invalid API Key"),
        (error(404, "model 'm' not found"), "ollama pull m"),
        (error(500, ""), "see the server's log"),
        (SILENT, "no answer within"),
    ],
    ids=["key", "model", "server", "time-out"],
)
def test_a_fault_that_is_not_the_modes_is_the_runs_and_nothing_else_is_tried(reply, reason):
    with ScriptedEndpoint(reports(json_schema=reply)) as endpoint:
        ran = auto(endpoint.url, "--timeout-s", "0.3")

        assert tried(endpoint) == ["json_schema"]
    assert ran.code == 3
    assert reason in ran.err
    assert not Path("out").exists()


def test_a_mode_that_is_given_is_not_questioned():
    with ScriptedEndpoint(reports()) as endpoint:
        ran = auto(endpoint.url, "--mode", "md_json")

        assert tried(endpoint) == ["report"]
    assert (ran.code, manifest()["mode"]) == (0, "md_json")


def test_without_a_cache_every_run_asks():
    with ScriptedEndpoint(reports()) as endpoint:
        for out in ("one", "two"):
            auto(endpoint.url, "--no-cache", "--out", out)

        assert tried(endpoint) == ["json_schema", "report"] * 2


def test_what_a_probe_found_is_what_runs_and_plans_use():
    with ScriptedEndpoint(reports(json_schema=BLIND)) as endpoint:
        probe = mahdar("probe", "--base-url", endpoint.url, "--model", "m", "--json", MAHDAR_MODE="")
        before = len(endpoint.asked)
        ran = auto(endpoint.url)
        usual = ("--base-url", endpoint.url, "--model", "m", "--prompt", "meeting")
        plan = mahdar("plan", "in", *usual, MAHDAR_MODE="")

        assert [_of_a_report(asked) for asked in endpoint.asked[before:]] == [True]
    assert json.loads(probe.out)["mode"] == manifest()["mode"] == "tools"
    assert ran.code == 0
    assert "1 answered already" in plan.out
    assert plan.err == ""


def test_a_plan_asks_nobody_and_says_which_mode_it_assumes():
    with ScriptedEndpoint(reports()) as endpoint:
        plan = mahdar("plan", "in", "--base-url", endpoint.url, "--model", "m", MAHDAR_MODE="")

        assert endpoint.asked == []
    assert "mode json_schema is assumed" in plan.err


def test_a_probe_is_kept_until_the_server_has_another_version_or_is_asked_afresh():
    version = {"version": "1"}
    script = server({"/api/version": version})
    with ScriptedEndpoint(script) as endpoint:
        asked = []
        for fresh in ([], [], ["--fresh"], []):
            mahdar("probe", "--base-url", endpoint.url, "--model", "m", *fresh)
            asked.append(sum(each.body is not None for each in endpoint.asked))
        version["version"] = "2"
        ran = mahdar("probe", "--base-url", endpoint.url, "--model", "m")
        asked.append(sum(each.body is not None for each in endpoint.asked))

    assert asked == [7, 7, 14, 14, 21]
    assert "Ollama 2" in ran.out


def test_what_is_older_than_seven_days_is_found_out_anew():
    now = datetime.now(UTC)
    for days, is_known in ((6.9, True), (7.1, False)):
        time = (now - timedelta(days=days)).isoformat()
        kept.save(Path("cache"), Found(address="host/v1", model="m", time=time, mode="tools"))

        found = kept.load(Path("cache"), "https://me:secret@host/v1?k=v", "m")

        assert (found is not None) is is_known
    assert kept.load(Path("cache"), "https://host/v1", "other") is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"modes": 1, "speed": 0, "time": "x"}', "\ufeff", '{"modes": {"a": {}}}']
)
def test_a_kept_file_that_cannot_be_read_is_none(text):
    kept.save(Path("cache"), Found(address="host/v1", model="m", time=datetime.now(UTC).isoformat(), mode="tools"))
    (path,) = Path("cache/endpoints").iterdir()
    path.write_text(text, encoding="utf-8")

    assert kept.load(Path("cache"), "http://host/v1", "m") is None


def test_nothing_secret_is_kept_or_printed():
    key = "sk-proj-0123456789abcdefghij"
    echoed = said(f"{NUMBERS} {key}")
    with ScriptedEndpoint(server(NOTHING, speed=echoed, tools=said(key))) as endpoint:
        url = endpoint.url.replace("://", "://me:hunter2hunter2@")
        shown = mahdar("probe", "--base-url", url, "--model", "m", "--api-key", key, "--cache", "cache")
    (path,) = Path("cache/endpoints").iterdir()

    assert shown.code == 0
    for secret in (key, "hunter2"):
        assert secret not in path.read_text(encoding="utf-8") + shown.out + shown.err


@pytest.mark.parametrize("given", [[], ["--mode", "auto"]], ids=["default", "given"])
def test_a_replay_takes_the_mode_of_its_recordings(given):
    ran = mahdar("run", SEEDS, "--replay", RECORDINGS, "--out", "out", *given, MAHDAR_MODE="")

    assert ran.code == 0
    assert manifest()["mode"] == "json_schema"


def test_recordings_are_made_in_the_mode_that_was_found_and_replayed_in_it():
    with ScriptedEndpoint(reports(json_schema=BLIND)) as endpoint:
        usual = ("--base-url", endpoint.url, "--model", "m", "--prompt", "meeting", "--max-tries", "1")
        made = mahdar("record", "in", "--to", "kept", *usual, MAHDAR_MODE="")
    replayed = mahdar("run", "in", "--replay", "kept", "--prompt", "meeting", "--out", "out", MAHDAR_MODE="")

    assert (made.code, replayed.code) == (0, 0)
    assert manifest()["mode"] == "tools"


def extractor(url: str) -> Extractor:
    return Extractor(base_url=url, model="m", prompt="meeting/v1", cache="none", max_tries=1, warm_up=False)


def test_an_extractor_finds_the_mode_out_once_for_all_that_are_asked_at_once():
    async def go(url: str) -> list[Any]:
        async with extractor(url) as made:
            return await asyncio.gather(*(made.extract(REPORT, name=name) for name in "abc"))

    with ScriptedEndpoint(reports(json_schema=called("{}"))) as endpoint:
        found = asyncio.run(go(endpoint.url))

        assert tried(endpoint) == ["json_schema", "tools", *["report"] * 3]
    assert [each.records[0].record.evidence[0] for each in found] == [OSLO] * 3


def test_a_document_of_an_extractor_fails_where_the_mode_cannot_be_found_out():
    replies: list[Answer] = [error(401, "Invalid API Key"), said(FORM), completion(RIGHT)]
    with ScriptedEndpoint(replies) as endpoint, extractor(endpoint.url) as made:
        failed, right = made(REPORT), made(REPORT)

    assert [failure.kind for failure in failed.failures] == ["key"]
    assert not right.failures
