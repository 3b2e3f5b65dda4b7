"""Which recordings are told as unused, which folders are chosen, and what is not recorded."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from extract.testing import session, shelf  # noqa: F401  or every run of pytester would import all below them anew
from tests.plugin.conftest import EXTRACTOR, OTHER, TESTS, run

pytest_plugins = ["pytester"]

HEAVY = ("openai", "instructor", "aiohttp", "pydantic", "jinja2", "httpx2", "diskcache", "extract.testing.shelf")


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
