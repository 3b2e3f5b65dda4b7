"""`mahdar record`: real answers, re-asks included, kept so that a replay needs no endpoint, and no key in them."""

import json
import re
from pathlib import Path

import pytest

from extract.recordings import Recordings
from tests.endpoint import Asked, Reply, ScriptedEndpoint, completion, unused_url
from tests.invented import NOT_THERE, REPORT, answer, meeting
from tests.terminal import Ran, mahdar, manifest, of, rows, saying, write

RIGHT = completion(answer(meeting()))
WRONG = completion(answer(meeting(NOT_THERE)))
KEY = "made-up-key-0123456789abcdef"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in a folder of two reports."""
    monkeypatch.chdir(tmp_path)
    write("in", a=f"{REPORT}\na", b=f"{REPORT}\nb")


def record(url: str, *arguments: str, inputs: str = "in", **environ: str) -> Ran:
    """Record the answers of an endpoint, asking nothing of the cache."""
    usual = ("--model", "m", "--prompt", "meeting", "--max-tries", "1", "--no-cache")
    return mahdar("record", inputs, "--to", "kept", "--base-url", url, *usual, *arguments, **environ)


def replay(*arguments: str) -> Ran:
    return mahdar("run", "in", "--replay", "kept", "--prompt", "meeting", "--out", "out", *arguments)


def kept() -> list[tuple[str, int]]:
    """Document and attempt of each recording."""
    files = (json.loads(path.read_text(encoding="utf-8")) for path in Path("kept/meeting").rglob("*.json"))
    return sorted((file["document"], file["attempt"]) for file in files)


def wrong_at_first(asked: Asked) -> dict[str, object]:
    """An invented quote in the first answer about a, the right one at the second ask."""
    return WRONG if of(asked) == "a" and len(asked.body["messages"]) == 2 else RIGHT


def test_first_asks_and_re_asks_are_recorded():
    with ScriptedEndpoint(wrong_at_first) as endpoint:
        ran = record(endpoint.url)

    assert (ran.code, ran.out) == (0, "3 new recordings in kept/, which held 0 before\n")
    assert kept() == [("a", 1), ("a", 2), ("b", 1)]
    assert Recordings(Path("kept")).check() == []


def test_what_each_document_took_is_said_on_stderr():
    with ScriptedEndpoint(wrong_at_first) as endpoint:
        ran = record(endpoint.url)

    first, problem, second = ran.err.splitlines()
    assert (first, second) == ("  a: live, live", "  b: live")
    assert problem.startswith("    asked again or left: meetings[0].evidence[0]: ")


def test_what_is_recorded_is_not_asked_again():
    with ScriptedEndpoint(wrong_at_first) as endpoint:
        record(endpoint.url)
        ran = record(endpoint.url)

    assert len(endpoint.asked) == 3
    assert (ran.code, ran.out) == (0, "0 new recordings in kept/, which held 3 before\n")


def test_only_what_is_missing_is_asked():
    with ScriptedEndpoint(wrong_at_first) as endpoint:
        record(endpoint.url, inputs="in/b.txt")
        ran = record(endpoint.url)

    assert list(map(of, endpoint.asked)) == ["b", "a", "a"]
    assert ran.out == "2 new recordings in kept/, which held 1 before\n"


def test_a_recorded_run_replays_with_the_endpoint_gone():
    with ScriptedEndpoint(wrong_at_first) as endpoint:
        record(endpoint.url)

    ran = replay()

    assert ran.code == 0
    assert "answers: 3 recorded; 1 document asked again;" in ran.out
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a", "b"]
    assert manifest()["model"] == "m"


def test_answers_that_the_cache_knows_are_recorded_without_asking():
    with ScriptedEndpoint(saying()) as endpoint:
        cached = ("--base-url", endpoint.url, "--model", "m", "--prompt", "meeting")
        mahdar("run", "in", *cached, "--out", "out")
        ran = mahdar("record", "in", "--to", "kept", *cached)

    assert len(endpoint.asked) == 2
    assert ran.out == "2 new recordings in kept/, which held 0 before\n"


def test_recording_asks_even_where_a_settings_file_says_to_replay():
    Path("mahdar.toml").write_text('replay = "elsewhere"\n')

    with ScriptedEndpoint(saying()) as endpoint:
        ran = record(endpoint.url)

    assert (ran.code, kept()) == (0, [("a", 1), ("b", 1)])


def test_an_answer_that_is_never_right_is_recorded_as_it_is():
    with ScriptedEndpoint(saying(a=completion("prose"))) as endpoint:
        ran = record(endpoint.url, "--max-reasks", "0")

    assert (ran.code, kept()) == (0, [("a", 1), ("b", 1)])
    assert replay("--max-reasks", "0").code == 1


def test_a_document_whose_re_ask_failed_is_told_of_since_it_cannot_be_replayed():
    def fails_later(asked: Asked) -> Reply | dict[str, object]:
        again = len(asked.body["messages"]) > 2
        return Reply(status=500, body={"error": "out of memory"}) if again else wrong_at_first(asked)

    with ScriptedEndpoint(fails_later) as endpoint:
        ran = record(endpoint.url)

    assert (ran.code, kept()) == (1, [("a", 1), ("b", 1)])
    assert re.search(r"^  failed: a: server: .*out of memory", ran.err, re.MULTILINE)


def test_a_document_that_cannot_be_read_is_told_of_and_the_others_are_recorded():
    Path("in/a.txt").write_bytes(b"")

    with ScriptedEndpoint(saying()) as endpoint:
        ran = record(endpoint.url)

    assert (ran.code, kept()) == (1, [("b", 1)])
    assert "  failed: a: empty: in/a.txt: is empty" in ran.err


def test_a_hopeless_fault_ends_the_recording_and_what_is_there_is_counted():
    refused = Reply(status=401, body={"error": {"message": "Invalid API Key"}})

    with ScriptedEndpoint(saying(b=refused)) as endpoint:
        ran = record(endpoint.url, "--concurrency", "1")

    assert (ran.code, ran.out) == (3, "1 new recording in kept/, which held 0 before\n")
    assert ran.err.endswith("(status 401)\nnothing more was asked\n")


def test_an_endpoint_that_does_not_run_leaves_no_recordings():
    ran = record(unused_url())

    assert (ran.code, Path("kept").exists()) == (3, False)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "MAHDAR_API_KEY"])
def test_a_report_that_holds_the_key_in_use_is_not_recorded_and_the_key_not_shown(name):
    write("in", a=f"{REPORT}\n{KEY}\na")

    with ScriptedEndpoint(saying()) as endpoint:
        ran = record(endpoint.url, **{name: KEY})

    assert ran.code == 2
    assert "not recorded: the call for document 'a', task meeting/v1 holds the API key in use" in ran.err
    assert KEY not in ran.err + ran.out
    assert [path for path in Path("kept").rglob("*") if path.is_file() and KEY in path.read_text("utf-8")] == []


def test_a_report_that_holds_anybodys_key_is_not_recorded():
    write("in", a=f"{REPORT}\nghp_{'a1' * 18}\na")

    with ScriptedEndpoint(saying()) as endpoint:
        ran = record(endpoint.url)

    assert ran.code == 2
    assert "holds a GitHub token in request.messages[1].content" in ran.err
    assert "ghp_" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["in", "--to", "kept"], "no endpoint"),
        (["in", "--to", "kept", "--base-url", "http://localhost:1/v1"], "no model"),
        (["nowhere", "--to", "kept"], "no such file or folder"),
        (["in"], "Missing option '--to'"),
        (["in", "--to", "in/a.txt"], "is a file"),
    ],
    ids=["endpoint", "model", "input", "no folder", "a file"],
)
def test_what_is_missing_is_named_and_nothing_written(arguments, said):
    ran = mahdar("record", *arguments)

    assert ran.code == 2
    assert said in ran.err
    assert not Path("kept").exists()
