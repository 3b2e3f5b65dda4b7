"""`mahdar batch submit`: what is sent, once, whatever happens on the way."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from bench.reports import report
from bench.serve import Running
from extract.batch import state as states
from tests.batch_api import KEY, BatchServer, collect, good, letter, refused, said, submit
from tests.endpoint import ScriptedEndpoint, completion
from tests.invented import NOT_THERE, REPORT, answer, meeting
from tests.terminal import live, mahdar, manifest, rows, write

PRICES = '["m"]\ninput = 100\noutput = 100\nbatch = 0.5\n'


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


@pytest.fixture
def server():
    with BatchServer() as running:
        yield running


def test_after_a_batch_a_run_asks_for_nothing(reports, server):
    assert submit(server.url).code == 0
    assert collect().code == 0

    ran = live(server.url)

    assert ran.code == 0
    assert manifest()["counts"]["answers_from"] == {"cache": 3}
    assert not [request for request in server.requests if "chat" in request]


def test_a_batch_of_the_mock_endpoint_fills_the_cache():
    write("in", **{f"r{i}": report(i) for i in range(6)})
    with Running(batch_seconds=0.0, p_schema=0.4) as running:
        for more in ((), ("--reask",)):
            assert submit(running.url, *more).code == 0
            assert collect().code == 0

        ran = live(running.url)

        assert ran.code == 0
        assert manifest()["counts"]["answers_from"] == {"cache": 6 + running.stats()["reasks"]}
        assert running.stats()["requests"] == 0


def test_a_line_has_the_body_that_is_sent_live(reports, server):
    submit(server.url)
    with ScriptedEndpoint(lambda _: completion(answer(meeting()))) as endpoint:
        live(endpoint.url, "--no-cache", "--concurrency", "1")

    lines = server.batches[0].lines
    assert [line["body"] for line in lines] == [asked.body for asked in endpoint.asked]
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    assert all(len(line["custom_id"]) == 32 and int(line["custom_id"], 16) for line in lines)


def test_the_next_run_has_the_mode_that_was_assumed_whatever_the_endpoint_enforces(reports, server):
    submit(server.url, MAHDAR_MODE="")
    collected = collect()

    [command] = [line for line in collected.out.splitlines() if "mahdar run" in line]
    ran = mahdar("run", *shlex.split(command.partition("mahdar run ")[2]), "--out", "out", MAHDAR_MODE="")

    assert ran.code == 0
    assert manifest()["counts"]["answers_from"] == {"cache": 3}


def test_what_is_cached_is_not_submitted(reports, server):
    write("other", a=f"{REPORT}\na")
    submit(server.url, inputs="other")
    collect()

    ran = submit(server.url)

    assert [letter(line["body"]) for line in server.batches[1].lines] == ["b", "c"]
    assert "documents  3: 1 answered already" in ran.out


def test_what_is_under_way_is_not_submitted_again(reports, server):
    server.status = "in_progress"
    submit(server.url)

    ran = submit(server.url)

    assert len(server.batches) == 1
    assert "3 in batches that are under way" in ran.out


@pytest.mark.parametrize("limits", [("--batch-lines", "2"), ("--batch-mb", "0.025")], ids=["lines", "size"])
def test_requests_are_split_by_the_limits(limits, reports, server):
    ran = submit(server.url, *limits)

    assert ran.code == 0
    assert [len(batch.lines) for batch in server.batches] == [2, 1]
    assert len(set(server.sent())) == 3


def test_a_line_that_no_file_may_hold_is_told_with_its_document(reports, server):
    ran = submit(server.url, "--batch-mb", "0.001")

    assert ran.code == 2
    assert "document 'a' makes a line of" in ran.err
    assert server.batches == []


@pytest.mark.parametrize("late", [False, True], ids=["before it acts", "before it replies"])
@pytest.mark.parametrize("at", range(4))
def test_a_submission_that_breaks_off_anywhere_sends_everything_once(at, late, reports, server):
    server.dies_in, server.dies_late = at, late

    broken = submit(server.url, "--batch-lines", "2")
    again = submit(server.url, "--batch-lines", "2")

    assert (broken.code, again.code) == (3, 0)
    assert [len(batch.lines) for batch in server.batches] == [2, 1]
    assert len(set(server.sent())) == 3
    assert collect().code == 0
    assert live(server.url).code == 0
    assert manifest()["counts"]["answers_from"] == {"cache": 3}


def test_a_file_that_was_uploaded_is_not_uploaded_again(reports, server):
    server.dies_in, server.dies_late = 0, True

    submit(server.url)
    submit(server.url)

    assert server.requests == ["POST /v1/files", "GET /v1/files", "POST /v1/batches"]


def test_a_submission_that_was_killed_while_it_wrote_begins_that_part_anew(reports, server):
    Path("batch").mkdir()
    submit(server.url)
    state = states.load(Path("batch"))
    state.parts.clear()
    state.save()
    Path("batch/part-0001.jsonl.tmp").write_bytes(b'{"half')

    assert submit(server.url).code == 0

    assert [len(batch.lines) for batch in server.batches] == [3, 3]
    assert not list(Path("batch").glob("*.tmp"))


def test_a_folder_of_another_job_is_refused(reports, server):
    submit(server.url)

    ran = submit(server.url, "--temperature", "1")

    assert ran.code == 2
    assert "batches of another job (options:" in ran.err


def test_a_folder_of_other_files_is_refused(reports, server):
    write("batch", a="mine")

    ran = submit(server.url)

    assert ran.code == 2
    assert "holds other files than batches" in ran.err


def test_invalid_answers_are_asked_again_in_a_next_batch(reports, server):
    wrong = answer(meeting(NOT_THERE))
    server.results = lambda line: said(wrong) if letter(line["body"]) == "b" and _is_first(line) else good()
    submit(server.url)
    first = collect()

    submit(server.url, "--reask")
    second = collect()

    assert "2 done, 1 to be asked again" in first.out
    assert "mahdar batch submit in" in first.out
    assert "3 done, 0 to be asked again" in second.out
    assert [len(batch.lines) for batch in server.batches] == [3, 1]
    assert rows("batch/part-0002.keys.jsonl")[0] | {"key": ""} == {
        "key": "",
        "document": "b",
        "task": "meeting/v1",
        "attempt": 2,
    }
    live(server.url)
    assert manifest()["counts"]["answers_from"] == {"cache": 4}


def test_without_reask_an_invalid_answer_is_left_to_the_run(reports, server):
    server.results = lambda _: said(answer(meeting(NOT_THERE)))
    submit(server.url)
    collect()

    ran = submit(server.url)

    assert "3 answered already" in ran.out
    assert len(server.batches) == 1


def test_the_estimate_is_at_the_price_of_a_batch(reports, server):
    Path("prices.toml").write_text(PRICES)
    plan = mahdar("plan", "in", "--base-url", server.url, "--model", "m", "--prompt", "meeting", "--json")

    ran = submit(server.url)

    cost = float(json.loads(plan.out)["first"]["cost"])
    assert f"about {cost / 2:.4f} USD (0.5 of the live price; " in ran.out


def test_without_a_price_the_cost_is_unknown(reports, server):
    assert "cost unknown: no price is known for 'm'" in submit(server.url).out


def test_the_key_goes_to_the_endpoint_and_into_no_file(reports, server, tmp_path):
    server.results = lambda _: refused(401, f"Incorrect API key provided: {KEY}")
    printed = [submit(server.url), collect()]

    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {KEY}"}
    held = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []
    assert KEY not in "".join(ran.out + ran.err for ran in printed)


def test_a_key_in_an_option_is_not_written_down(reports, server):
    ran = submit(server.url, "--extra", json.dumps({"user": KEY}))

    assert ran.code == 2
    assert KEY not in ran.err
    assert not Path("batch/batch.json").exists()


def test_a_password_in_the_address_is_sent_and_not_kept(reports, server):
    url = server.url.replace("http://", "http://reader:hunter2secret@")

    assert submit(url).code == 0

    assert server.headers[0]["authorization"].startswith("Basic ")
    assert "hunter2secret" not in Path("batch/batch.json").read_text()


def test_stdin_is_refused_since_inputs_are_read_again(server):
    assert submit(server.url, inputs="-").code == 2


def test_without_a_cache_there_is_no_batch(reports, server):
    ran = submit(server.url, "--no-cache")

    assert ran.code == 2
    assert "name its folder with --cache DIR" in ran.err


def test_an_endpoint_without_batches_is_told_of(reports):
    with BatchServer() as server:
        ran = submit(server.url.removesuffix("/v1") + "/api/v2/x")

    assert ran.code == 3
    assert "mahdar batch export" in ran.err


def test_an_endpoint_that_does_not_run_is_told_of(reports, server):
    with BatchServer() as other:
        url = other.url

    ran = submit(url)

    assert ran.code == 3
    assert "is the server running" in ran.err


def _is_first(line: dict[str, Any]) -> bool:
    return len(line["body"]["messages"]) == 2
