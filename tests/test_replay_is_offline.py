"""A replay needs no network, no key and no library that is only for asking."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Aborts at whatever a socket is made or used for, name look-ups too, and at the end says what was imported.
GUARDED = """
import sys

def hear(event, args):
    if event.startswith("socket."):
        raise SystemExit(f"the network was wanted: {event}")

sys.addaudithook(hear)
from extract.cli import main
try:
    main(sys.argv[1:])
finally:
    print("modules:", *sorted(sys.modules), file=sys.stderr)
"""


def guarded(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command line in a process without a network, without a key and without settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAHDAR_", "OPENAI_"))}
    command = [sys.executable, "-c", GUARDED, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environ)


def imported(done: subprocess.CompletedProcess[str], names: set[str]) -> set[str]:
    """Which of these modules a process imported."""
    return names & set(done.stderr.partition("modules:")[2].split())


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    out = tmp_path_factory.mktemp("run") / "out"
    return guarded("run", "seeds", "--replay", "evals/recordings", "--out", str(out))


@pytest.fixture(scope="module")
def help_() -> subprocess.CompletedProcess[str]:
    return guarded("--help")


def test_the_seeds_are_replayed_without_a_socket(replay):
    assert replay.returncode == 0, replay.stderr
    assert "no failures" in replay.stdout


def test_a_replay_imports_nothing_that_only_asking_needs(replay):
    unwanted = {"openai", "instructor", "aiohttp", "httpx2", "tenacity", "asyncio", "diskcache", "trafilatura"}

    assert imported(replay, unwanted) == set()


def test_a_socket_would_have_been_noticed(tmp_path):
    asked = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--cache", "none", "--out", str(tmp_path))
    done = guarded("run", "seeds", *asked)

    assert "the network was wanted: socket." in done.stderr


def test_help_needs_no_network(help_):
    assert help_.returncode == 0
    assert "Commands:" in help_.stdout


def test_help_imports_none_of_the_libraries_behind_the_commands(help_):
    heavy = {"pydantic", "jinja2", "openai", "instructor", "rich", "diskcache", "asyncio"}

    assert imported(help_, heavy) == set()


def test_what_was_imported_is_seen(replay):
    assert imported(replay, {"pydantic", "jinja2", "extract"}) == {"pydantic", "jinja2", "extract"}
