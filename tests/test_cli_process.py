"""`mahdar` as a process: signals, pipes, terminals, a full disk, and what it takes the time to load."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from threading import Event
from typing import IO

import pytest

from tests.endpoint import SILENT, Answer, Asked, Reply, ScriptedEndpoint
from tests.invented import REPORT
from tests.terminal import RECORDINGS, ROOT, SEEDS, of, rows, saying, write


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


def command(*arguments: str) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "extract.cli", *arguments]


def outside(**environ: str) -> dict[str, str]:
    """The environment of a process of its own, which finds this code and none of the user's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAHDAR_", "OPENAI_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(Path.cwd()), "MAHDAR_MODE": "json_schema", **environ}


def run(*arguments: str, stdout: IO[str] | int = PIPE, stderr: int = PIPE) -> subprocess.CompletedProcess[str]:
    """What came of a process of its own, in a terminal 200 columns wide."""
    environ = outside(TERM="xterm", COLUMNS="200")
    return subprocess.run(arguments, check=False, env=environ, stdout=stdout, stderr=stderr, text=True)


def everything(descriptor: int) -> str:
    """What was written to a terminal whose other end is closed."""
    parts = []
    try:
        while part := os.read(descriptor, 100_000):
            parts.append(part)
    except OSError:
        pass  # so Linux says that there is no more
    return b"".join(parts).decode()


def test_replay_loads_neither_openai_nor_instructor_nor_an_event_loop():
    script = (
        "import sys; from extract.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'openai', 'instructor', 'aiohttp', 'asyncio', 'ssl', 'diskcache'} & {*sys.modules}))"
    )
    arguments = ["run", SEEDS, "--replay", RECORDINGS, "--quiet"]

    done = run(sys.executable, "-c", script, *arguments)

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from extract.cli import main\n"
        "try: main(['run', '--help'])\n"
        "finally: print(sorted({'openai', 'aiohttp', 'scipy', 'pandas', 'jinja2', 'diskcache'} & {*sys.modules}))"
    )

    done = run(sys.executable, "-c", script)

    assert done.stdout.endswith("\n[]\n")


def started(url: str) -> subprocess.Popen[str]:
    """A run over three reports, one at a time."""
    write("in", a=f"{REPORT}\na", b=f"{REPORT}\nb", c=f"{REPORT}\nc")
    arguments = ["--base-url", url, "--model", "m", "--prompt", "meeting", "--concurrency", "1", "--out", "out"]
    return subprocess.Popen(command("run", "in", *arguments), env=outside(), stderr=PIPE, text=True)


def line(process: subprocess.Popen[str], text: str) -> None:
    """Wait until the process says this."""
    assert process.stderr
    while text not in (said := process.stderr.readline()):
        assert said, f"it ended without saying {text!r}"


def test_ctrl_c_finishes_what_is_in_flight_and_begins_nothing_more():
    is_asked, may_answer = Event(), Event()

    def script(asked: Asked) -> Answer:
        if of(asked) == "b":
            is_asked.set()
            may_answer.wait(20)
        return saying()(asked)

    with ScriptedEndpoint(script) as endpoint:
        process = started(endpoint.url)
        assert is_asked.wait(20)
        process.send_signal(signal.SIGINT)
        line(process, "finishing what is in flight; Ctrl-C again stops at once")
        may_answer.set()
        _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    assert said.endswith(
        "mahdar: interrupted\nstopped after 2 of 3 documents, see out/; the same command goes on from there\n"
    )
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a", "b"]
    assert [of(asked) for asked in endpoint.asked] == ["a", "b"]


def test_ctrl_c_waits_for_no_pause_that_an_endpoint_asks_for():
    is_asked = Event()

    def script(asked: Asked) -> Answer:
        is_asked.set()
        return Reply(status=429, headers={"Retry-After": "100"}, body="")

    with ScriptedEndpoint(script) as endpoint:
        process = started(endpoint.url)
        assert is_asked.wait(20)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    assert said.endswith("mahdar: interrupted\nnothing was extracted\n")


def test_a_second_ctrl_c_ends_a_run_at_once_and_keeps_what_was_done():
    is_asked = Event()

    def script(asked: Asked) -> Answer:
        if of(asked) == "b":
            is_asked.set()
            return SILENT
        return saying()(asked)

    with ScriptedEndpoint(script) as endpoint:
        process = started(endpoint.url)
        assert is_asked.wait(20)
        # The next report is asked about before the answer on the one before it is looked at.
        line(process, "a: 1 meeting")
        process.send_signal(signal.SIGINT)
        line(process, "finishing what is in flight")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert process.returncode == 130
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a"]


def test_the_same_command_goes_on_after_a_kill_and_asks_nothing_twice():
    is_asked = Event()

    def script(asked: Asked) -> Answer:
        if of(asked) == "b" and not is_asked.is_set():
            is_asked.set()
            return SILENT
        return saying()(asked)

    with ScriptedEndpoint(script) as endpoint:
        process = started(endpoint.url)
        assert is_asked.wait(20)
        process.kill()
        process.communicate(timeout=20)
        again = started(endpoint.url)
        again.communicate(timeout=20)

    assert again.returncode == 0
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a", "b", "c"]
    assert [of(asked) for asked in endpoint.asked] == ["a", "b", "b", "c"]


def test_a_second_job_in_one_folder_is_refused_with_the_firsts_process():
    is_asked = Event()

    def script(asked: Asked) -> Answer:
        is_asked.set()
        return SILENT

    with ScriptedEndpoint(script) as endpoint:
        first = started(endpoint.url)
        assert is_asked.wait(20)
        second = started(endpoint.url)
        _, said = second.communicate(timeout=20)
        first.kill()
        first.communicate(timeout=20)

    assert second.returncode == 2
    assert f"another mahdar (process {first.pid}) is writing there" in said


def test_a_full_disk_stops_a_run_as_other_faults_do_and_the_same_command_goes_on():
    def no_more_room() -> None:
        # A file may grow no longer than the first report's rows: to a program, that is a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500, resource.RLIM_INFINITY))

    write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})
    arguments = ("run", "in", "--model", "m", "--prompt", "meeting", "--out", "out", "--no-cache", "--quiet")
    with ScriptedEndpoint(saying()) as endpoint:
        command_line = command(*arguments, "--base-url", endpoint.url)
        full = subprocess.run(
            command_line, check=False, env=outside(), capture_output=True, text=True, preexec_fn=no_more_room
        )
        roomy = run(*command_line)

    assert full.returncode == 3
    assert "out: cannot be written: File too large; make room there, and the same command goes on" in full.stderr
    assert roomy.returncode == 0
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a", "b", "c"]


def test_a_reader_who_leaves_does_not_change_what_a_run_came_to():
    arguments = ("run", SEEDS, "--replay", RECORDINGS, "--out", "out")
    process = subprocess.Popen(command(*arguments), env=outside(), stdout=PIPE, stderr=PIPE, text=True)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    said = process.stderr.read()

    assert process.wait(timeout=20) == 0
    assert [line for line in said.splitlines() if "(recording)" not in line] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk at hand")
def test_a_full_disk_under_the_output_is_said_in_one_line():
    arguments = ("run", SEEDS, "--replay", RECORDINGS, "--out", "out")
    with Path("/dev/full").open("w") as full:
        done = run(*command(*arguments), stdout=full)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "mahdar: the output: No space left on device"


def test_on_a_terminal_a_failure_stands_on_a_line_of_its_own():
    Path("in").mkdir()
    Path("in/empty.txt").touch()
    ours, theirs = pty.openpty()

    arguments = ("run", "in", "--replay", RECORDINGS, "--out", "out")
    run(*command(*arguments), stderr=theirs)

    os.close(theirs)
    seen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", everything(ours))
    os.close(ours)
    (line,) = (line for line in re.split(r"[\r\n]+", seen) if "failed:" in line)
    assert line == "  failed: empty: empty: in/empty.txt: is empty; remove it, or save the report again"


def piped(url: str) -> subprocess.Popen[str]:
    """A run over JSON lines from a pipe, which stays open."""
    arguments = ["--base-url", url, "--model", "m", "--prompt", "meeting", "--out", "out"]
    return subprocess.Popen(command("run", "-", *arguments), env=outside(), stdin=PIPE, stderr=PIPE, text=True)


def give(process: subprocess.Popen[str], *names: str) -> None:
    """Write reports into the pipe."""
    assert process.stdin
    for name in names:
        process.stdin.write(json.dumps({"id": name, "text": f"{REPORT}\n{name}"}) + "\n")
    process.stdin.flush()


def test_reports_from_a_pipe_are_asked_about_while_the_next_ones_are_waited_for():
    with ScriptedEndpoint(saying()) as endpoint:
        process = piped(endpoint.url)
        give(process, "a", "b")
        line(process, "b: 1 meeting")
        give(process, "c")
        line(process, "c: 1 meeting")
        process.communicate(timeout=20)

    assert process.returncode == 0
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a", "b", "c"]


def test_ctrl_c_ends_a_run_that_waits_for_its_input():
    with ScriptedEndpoint(saying()) as endpoint:
        process = piped(endpoint.url)
        give(process, "a")
        line(process, "a: 1 meeting")
        process.send_signal(signal.SIGINT)
        assert process.stderr
        said = process.stderr.read()
        process.wait(20)
        process.communicate()

    assert process.returncode == 130
    assert "stopped after 1 document, see out/; the same command goes on from there" in said
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a"]


@pytest.mark.parametrize("concurrency", ["200", "adaptive"])
def test_a_run_that_may_open_few_files_asks_fewer_at_a_time_and_says_so(concurrency):
    write("in", **{f"d{number}": f"{REPORT}\n{'abcdefghij'[number % 10]}" for number in range(150)})
    with ScriptedEndpoint(saying()) as endpoint:
        mahdar = command("run", "in", "--base-url", endpoint.url, "--model", "m", "--prompt", "meeting")
        ran = run("sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *mahdar, "--out", "out", "--concurrency", concurrency)

    assert ran.returncode == 0
    said = re.findall(r"^\d+ requests at a time at most: more files cannot be open", ran.stderr, re.MULTILINE)
    assert len(said) == 1
    assert len({row["document"] for row in rows("out/records.jsonl")}) == 150


def test_a_run_over_a_pipe_is_shown_without_reading_another_one():
    with ScriptedEndpoint(saying()) as endpoint:
        process = piped(endpoint.url)
        give(process, "a")
        process.communicate(timeout=20)
    shown = subprocess.Popen(
        command("show", "a", "--run", "out"), env=outside(), stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True
    )
    # Its standard input stays open.
    shown.wait(20)
    out, err = shown.communicate()

    assert shown.returncode == 1
    assert "meeting, held" in out
    assert "the text is not shown: it came on the standard input, which is not kept" in err
