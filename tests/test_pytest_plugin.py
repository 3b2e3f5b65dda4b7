"""The fixture `mahdar_replay` answers a user's tests from recordings; what it lacks it says, or records."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from extract.testing import session, shelf  # noqa: F401  or every run of pytester would import all below them anew
from tests.endpoint import ScriptedEndpoint, completion

pytest_plugins = ["pytester"]

PROMPT = """\
+++
records = ["meeting"]
why = "A user's own."
+++
{% block system %}
List every visit of a mayor.
{% endblock %}
{% block user %}
{{ text }}
{% endblock %}
"""
EXTRACTOR = 'mahdar_replay.extractor(prompt="visits", prompts="prompts")'
TESTS = f"""
def test_a_report_without_a_visit(mahdar_replay):
    assert {EXTRACTOR}("The mayor stayed at home.").records == ()

def test_that_needs_no_model():
    pass
"""
OTHER = f"""
def test_another_report(mahdar_replay):
    assert {EXTRACTOR}("The mayor slept.").records == ()
"""
NOTHING = completion('{"meetings": []}')
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
HEAVY = ("openai", "instructor", "pydantic", "jinja2", "httpx2", "diskcache", "extract.testing.shelf")


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Run pytest on the project, without hypothesis, whose last word alone takes a second."""
    return pytester.runpytest_inprocess("-p", "no:hypothesispytest", *args)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No setting of this machine, and no proxy between a test and its endpoint."""
    for name in list(os.environ):
        if name.startswith(("MAHDAR_", "OPENAI_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MAHDAR_CACHE", "none")
    # What is recorded begins with the first report, not with a question about modes.
    monkeypatch.setenv("MAHDAR_MODE", "json_schema")


@pytest.fixture
def project(pytester):
    """A project with a prompt of its own, a test that uses it and one that does not."""
    prompt = pytester.path / "prompts" / "visits" / "v1.md"
    prompt.parent.mkdir(parents=True)
    prompt.write_text(PROMPT, encoding="utf-8")
    pytester.makepyfile(test_visits=TESTS)
    return pytester


@pytest.fixture
def endpoint(monkeypatch):
    """An endpoint that finds no visit in any report; the environment names it."""
    with ScriptedEndpoint(lambda asked: NOTHING) as endpoint:
        monkeypatch.setenv("MAHDAR_BASE_URL", endpoint.url)
        monkeypatch.setenv("MAHDAR_MODEL", "little")
        yield endpoint


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The recordings of both reports, made once."""
    root = tmp_path_factory.mktemp("recorded")
    (root / "prompts" / "visits").mkdir(parents=True)
    (root / "prompts" / "visits" / "v1.md").write_text(PROMPT, encoding="utf-8")
    with ScriptedEndpoint(lambda asked: NOTHING) as endpoint:
        environ = {"MAHDAR_BASE_URL": endpoint.url, "MAHDAR_MODEL": "little", "MAHDAR_CACHE": "none"}
        environ["MAHDAR_MODE"] = "json_schema"
        folder = shelf.Shelf(root / "recordings", root=root, environ=environ)
        with folder.extractor({"prompt": "visits", "prompts": "prompts", "endpoint": "lab"}) as extractor:
            extractor("The mayor stayed at home.")
            extractor("The mayor slept.")
    return root / "recordings"


@pytest.fixture
def replayed(project, recorded):
    """The project with its recordings: one that its test asks for, and one more."""
    shutil.copytree(recorded, project.path / "recordings")
    return project


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
    page = (Path(__file__).parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
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


def test_recordings_of_tasks_that_were_not_used_are_not_named(replayed):
    shutil.copytree(replayed.path / "recordings" / "visits" / "v1", replayed.path / "recordings" / "visits" / "v0")

    result = run(replayed)

    result.stdout.no_fnmatch_line("*visits/v0*")


def test_nothing_is_said_when_all_recordings_were_used(replayed):
    replayed.makepyfile(test_other=OTHER)

    result = run(replayed)

    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*= mahdar =*")


@pytest.mark.parametrize(
    "args",
    [["-k", "report"], ["test_visits.py"], ["--lf"], ["--ignore=test_other.py"], ["-x"], ["--deselect=test_other.py"]],
    ids=["some by name", "one file", "last failed", "one ignored", "up to a failure", "one deselected"],
)
def test_unused_recordings_are_not_looked_for_when_not_all_tests_run(replayed, args):
    replayed.makeini("[pytest]\nmahdar_unused = error")
    failing = "def test_that_fails():\n    assert False\n" if args == ["-x"] else ""
    replayed.makepyfile(test_other=OTHER + failing)

    result = run(replayed, *args)

    result.stdout.no_fnmatch_line("*not used*")
    result.stdout.fnmatch_lines(["unused recordings: not checked, as not all tests ran and passed"])


def test_unused_recordings_are_not_looked_for_when_a_test_that_uses_some_is_skipped(replayed):
    replayed.makepyfile(test_other="import pytest\n@pytest.mark.skip" + OTHER)

    result = run(replayed)

    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.no_fnmatch_line("*not used*")


def test_naming_the_folder_of_all_tests_is_a_whole_run(replayed):
    replayed.makeini("[pytest]\ntestpaths = unit")
    (replayed.path / "unit").mkdir()
    shutil.move(replayed.path / "test_visits.py", replayed.path / "unit")

    result = run(replayed, "unit")

    result.stdout.fnmatch_lines(["1 recording in recordings/ was not used"])


def test_one_of_several_processes_does_not_judge_what_is_unused(replayed):
    replayed.makeini("[pytest]\nmahdar_unused = error")
    replayed.makeconftest("def pytest_configure(config): config.workerinput = {}")

    result = run(replayed)

    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*not used*")


def test_an_unknown_level_is_a_usage_error(pytester):
    pytester.makeini("[pytest]\nmahdar_unused = loud")

    result = run(pytester)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*mahdar_unused: 'loud' is not one of warn, error"])


def test_the_folder_can_be_chosen_for_all_tests(replayed):
    replayed.makeini("[pytest]\nmahdar_recordings = data/answers")
    (replayed.path / "data").mkdir()
    shutil.move(replayed.path / "recordings", replayed.path / "data" / "answers")

    run(replayed).assert_outcomes(passed=2)


def test_the_folder_can_be_chosen_for_one_test_beside_its_file(replayed):
    (replayed.path / "unit").mkdir()
    shutil.move(replayed.path / "recordings", replayed.path / "unit" / "mine")
    replayed.makepyfile(
        **{
            "unit/test_mine": f"""
            import pytest
            from pathlib import Path

            @pytest.mark.mahdar(recordings="mine")
            def test_mine(mahdar_replay):
                assert mahdar_replay.folder == Path(__file__).parent / "mine"
                assert {EXTRACTOR}("The mayor slept.").attempts
            """
        }
    )

    run(replayed, "unit", "--strict-markers").assert_outcomes(passed=1)


def test_a_marker_that_says_something_else_is_refused(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.mahdar(recording="mine")
        def test_mine(mahdar_replay): pass
        """
    )

    result = run(pytester)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['write @pytest.mark.mahdar(recordings="folder")*'])


@pytest.mark.parametrize("setting", ["replay", "out"])
def test_a_test_cannot_choose_what_the_fixture_chooses(project, setting):
    project.makepyfile(test_visits=f"def test_visits(mahdar_replay): mahdar_replay.extractor({setting}='elsewhere')")

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ConfigError: replay and out are no settings of mahdar_replay*"])


def test_recording_without_an_endpoint_says_how_to_name_one(project):
    result = run(project, "--mahdar-record")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*ConfigError: no endpoint: *MAHDAR_BASE_URL*"])


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [("MODEL", "great", "model: 'little' -> 'great'"), ("TEMPERATURE", "1", "options.temperature: 0.0 -> 1.0")],
    ids=["model", "option"],
)
def test_what_a_replay_would_not_find_is_not_recorded(replayed, endpoint, monkeypatch, variable, value, named):
    monkeypatch.setenv("MAHDAR_ENDPOINT", "lab")
    monkeypatch.setenv(f"MAHDAR_{variable}", value)

    result = run(replayed, "--mahdar-record")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"*not recorded: a replay asks visits/v1 as its recordings*{named}*"])
    assert endpoint.asked == []


def test_a_second_model_is_recorded_beside_the_first_when_tests_name_their_models(replayed, endpoint, monkeypatch):
    monkeypatch.setenv("MAHDAR_ENDPOINT", "lab")
    named = TESTS.replace('"prompts")', '"prompts", model="great")')
    replayed.makepyfile(test_visits=named, test_other=OTHER.replace('"prompts")', '"prompts", model="little")'))
    run(replayed, "--mahdar-record").assert_outcomes(passed=3)

    run(replayed).assert_outcomes(passed=3)

    assert [asked.body["model"] for asked in endpoint.asked] == ["great"]


def test_a_document_that_holds_the_key_is_not_recorded(project, endpoint, monkeypatch):
    monkeypatch.setenv("MAHDAR_API_KEY", "Zq7-planted-key-0123456789")
    project.makepyfile(test_visits=f"def test_visits(mahdar_replay): {EXTRACTOR}('Zq7-planted-key-0123456789')")

    result = run(project, "--mahdar-record")

    result.assert_outcomes(failed=1)
    assert not list((project.path / "recordings").rglob("*.json"))


def heavy_after(code: str, folder: Path) -> tuple[str, str]:
    """What a program prints, and which of the heavy modules it has imported in the end."""
    code += f"\nimport sys; print('heavy:', *sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    printed, _, heavy = done.stdout.rpartition("heavy:")
    return printed, heavy.strip()


def test_importing_the_plugin_imports_nothing_heavy(tmp_path):
    assert heavy_after("import extract.pytest_plugin", tmp_path) == ("", "")


def test_a_session_that_does_not_use_the_fixture_imports_nothing_heavy_and_says_nothing(pytester):
    pytester.makepyfile(test_any="def test_something(): pass")

    printed, heavy = heavy_after("import pytest; pytest.main(['-q', '-pno:hypothesispytest'])", pytester.path)

    assert "1 passed" in printed
    assert (heavy, "mahdar" in printed) == ("", False)
