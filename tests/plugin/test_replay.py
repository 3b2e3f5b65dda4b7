"""The fixture `mahdar_replay` answers from recordings; what it lacks it says, or records."""

import json
import re
import shutil
from pathlib import Path

import pytest

from extract.testing import session, shelf  # noqa: F401  or every run of pytester would import all below them anew
from tests.endpoint import ScriptedEndpoint, completion
from tests.plugin.conftest import EXTRACTOR, NOTHING, OTHER, PROMPT, run

pytest_plugins = ["pytester"]

CALL = {
    "evidence": ["spoke by telephone on 4 May 2031"],
    "summary": "The defence ministers of Norway and Estonia spoke by telephone.",
    "mention": "focus",
    "status": "held",
    "format": "call",
    "date": {"text": "4 May 2031", "start": "2031-05-04", "end": "2031-05-04", "basis": "explicit"},
    "participants": [
        {
            "name": None,
            "role": "defence ministers",
            "role_code": "defence_minister",
            "country": code,
            "part": "participant",
        }
        for code in ("NOR", "EST")
    ],
}


def test_what_was_recorded_is_replayed_when_the_endpoint_is_gone(project, monkeypatch):
    with ScriptedEndpoint([NOTHING]) as endpoint:
        monkeypatch.setenv("MAHDAR_BASE_URL", endpoint.url)
        monkeypatch.setenv("MAHDAR_MODEL", "little")
        recording = run(project, "--mahdar-record")

    replaying = run(project)

    recording.assert_outcomes(passed=2)
    recording.stdout.fnmatch_lines(["1 recording in recordings/ is new", "  recordings/visits/v1/text--*.json"])
    replaying.assert_outcomes(passed=2)
    assert len(endpoint.asked) == 1


def test_the_page_on_testing_shows_what_works(pytester, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    paths = ("prompts/calls/v1.md", "tests/test_calls.py")
    for path, text in zip(paths, re.findall(r"```(?:jinja|python)\n(.*?)```", page, re.DOTALL), strict=True):
        (pytester.path / path).parent.mkdir(parents=True)
        (pytester.path / path).write_text(text, encoding="utf-8")
    answer = {"meetings": [CALL]}
    with ScriptedEndpoint([completion(json.dumps(answer))]) as endpoint:
        monkeypatch.setenv("MAHDAR_BASE_URL", endpoint.url)
        monkeypatch.setenv("MAHDAR_MODEL", "qwen3:8b")
        run(pytester, "--mahdar-record").assert_outcomes(passed=1)

    run(pytester).assert_outcomes(passed=1)


def test_only_what_is_missing_is_recorded(project, endpoint):
    run(project, "--mahdar-record")
    project.makepyfile(test_other=OTHER)

    run(project, "--mahdar-record").assert_outcomes(passed=3)

    asked = [asked.body["messages"][-1]["content"] for asked in endpoint.asked]
    assert asked == ["The mayor stayed at home.", "The mayor slept."]


def test_a_changed_prompt_fails_the_tests_that_use_it_and_no_others(replayed):
    prompt = replayed.path / "prompts" / "visits" / "v1.md"
    prompt.write_text(PROMPT.replace("every visit", "each visit"), encoding="utf-8")

    result = run(replayed)

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*/recordings: no recording of document 'text', task visits/v1, attempt 1*",
            "*nearest recording*",
            "*messages?0? (system): 1 line changed",
            "to record it: pytest --mahdar-record test_visits.py::test_a_report_without_a_visit",
        ]
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_miss_in_a_fixture_is_an_error_of_its_test_alone(project, when):
    ask = f'{EXTRACTOR}("Not recorded.")'
    project.makepyfile(
        test_visits=f"""
        import pytest

        @pytest.fixture
        def asking(mahdar_replay):
            {ask if when == "before" else "pass"}
            yield
            {ask if when == "after" else "pass"}

        def test_that_asks(asking): pass
        def test_that_does_not(): pass
        def test_whose_sockets_are_free():
            import socket
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()
        """
    )

    result = run(project)

    result.assert_outcomes(errors=1, passed=2 if when == "before" else 3)
    result.stdout.fnmatch_lines(["to record it: pytest --mahdar-record test_visits.py::test_that_asks"])


def test_a_miss_can_be_expected(project):
    project.makepyfile(
        test_visits=f"""
        import pytest
        from extract.errors import ReplayMiss

        def test_visits(mahdar_replay):
            with pytest.raises(ReplayMiss, match="no recordings at all"):
                {EXTRACTOR}("Not recorded.")
        """
    )

    run(project).assert_outcomes(passed=1)


def test_the_command_names_the_test_as_seen_from_where_pytest_was_called(project, monkeypatch):
    project.makeini("[pytest]")
    (project.path / "unit").mkdir()
    shutil.move(project.path / "test_visits.py", project.path / "unit")
    monkeypatch.chdir(project.path / "unit")

    result = run(project)

    result.stdout.fnmatch_lines(["to record it: pytest --mahdar-record test_visits.py::test_a_*"])


def test_the_environment_does_not_change_a_replay(replayed, monkeypatch):
    others = {"MODEL": "other", "TEMPERATURE": "1", "MODE": "tools", "PROMPT": "events", "MAX_REASKS": "x"}
    for name, value in others.items():
        monkeypatch.setenv(f"MAHDAR_{name}", value)
    monkeypatch.setenv("OPENAI_BASE_URL", "not an address")

    run(replayed).assert_outcomes(passed=2)


def test_what_the_environment_says_of_prompts_does_not_change_what_is_recorded(project, endpoint, monkeypatch):
    monkeypatch.setenv("MAHDAR_PROMPTS", "nowhere")
    monkeypatch.setenv("MAHDAR_REPLAY", "nowhere")
    monkeypatch.setenv("MAHDAR_MAX_REASKS", "0")

    run(project, "--mahdar-record").assert_outcomes(passed=2)

    assert len(endpoint.asked) == 1


def test_sockets_are_blocked_in_tests_with_the_fixture_and_in_no_others(pytester, endpoint):
    pytester.makepyfile(
        f"""
        from urllib.request import urlopen

        def test_with(mahdar_replay):
            urlopen("{endpoint.url}")

        def test_without():
            assert urlopen("{endpoint.url}")
        """
    )

    result = run(pytester)

    result.stdout.fnmatch_lines(["*127.0.0.1*: the network is blocked here*"])
    result.assert_outcomes(failed=1, passed=1)


def test_a_replay_works_inside_an_event_loop(replayed):
    replayed.makepyfile(
        test_visits=f"""
        import asyncio

        def test_visits(mahdar_replay):
            extractor = {EXTRACTOR}
            assert asyncio.run(extractor.extract("The mayor slept.")).attempts
        """
    )

    run(replayed).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("level", "status"), [("warn", pytest.ExitCode.OK), ("error", pytest.ExitCode.TESTS_FAILED)], ids=["warn", "error"]
)
def test_recordings_that_no_test_asked_for_are_named(replayed, level, status):
    replayed.makeini(f"[pytest]\nmahdar_unused = {level}")

    result = run(replayed)

    result.assert_outcomes(passed=2)
    assert result.ret == status
    result.stdout.fnmatch_lines(["1 recording in recordings/ was not used", "  recordings/visits/v1/text--*.json"])
