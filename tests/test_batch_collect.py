"""`mahdar batch collect`, `status` and `cancel`: what is made of what comes back."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extract.batch import collect as collecting
from extract.batch.state import Part, State
from tests.batch_api import EXPIRED, KEY, BatchServer, Result, collect, good, letter, refused, said, submit
from tests.invented import REPORT, answer, meeting
from tests.terminal import live, mahdar, manifest, rows, write


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


@pytest.fixture
def server():
    with BatchServer() as running:
        yield running


def giving(**by_letter: Result) -> Callable[[dict[str, Any]], Result]:
    """These results for these reports, the right answer for all others."""
    return lambda line: by_letter.get(letter(line["body"]), good())


def failed(part: str = "part-0001") -> dict[str, tuple[str, bool]]:
    return {row["document"]: (row["kind"], row["may_pass"]) for row in rows(f"batch/{part}.failed.jsonl")}


def submitted(server: BatchServer) -> list[str]:
    return ["".join(letter(line["body"]) for line in batch.lines) for batch in server.batches]


def test_what_expired_is_submitted_again_and_what_was_answered_is_kept(server):
    server.status, server.results = "expired", giving(b=EXPIRED)
    submit(server.url)
    first = collect()

    server.status, server.results = "completed", giving()
    submit(server.url)
    second = collect()

    assert (first.code, second.code) == (1, 0)
    assert failed() == {"b": ("expired", True)}
    assert "2 done, 0 to be asked again, 1 without an answer" in first.out
    assert submitted(server) == ["abc", "b"]
    assert "3 done" in second.out


def test_a_batch_that_expired_without_a_word_about_its_lines_is_submitted_again(server):
    server.status, server.results = "expired", lambda _: None
    submit(server.url)
    collect()

    submit(server.url)

    assert failed() == dict.fromkeys("abc", ("missing", True))
    assert "its batch is expired" in rows("batch/part-0001.failed.jsonl")[0]["message"]
    assert submitted(server) == ["abc", "abc"]


def test_lines_with_errors_are_noted_with_what_to_do(server):
    server.results = giving(
        a=refused(500, "The server had an error"),
        b=refused(400, "This model's maximum context length is 8192 tokens"),
    )
    submit(server.url)

    ran = collect()

    assert ran.code == 1
    assert failed() == {"a": ("server", True), "b": ("context", False)}
    assert "part-0001  2 without an answer: 1 context, 1 server" in ran.out
    assert "use a model with a longer context" in ran.out


def test_what_would_fail_again_is_not_submitted_again(server):
    server.results = giving(b=refused(400, "This model's maximum context length is 8192 tokens"))
    submit(server.url)
    collect()

    ran = submit(server.url)

    assert submitted(server) == ["abc"]
    assert "1 would fail again" in ran.out


def test_what_somebody_can_mend_is_submitted_again(server):
    server.results = giving(b=refused(429, "You exceeded your current quota"))
    submit(server.url)
    collect()

    submit(server.url)

    assert submitted(server) == ["abc", "b"]


def test_a_cut_answer_is_not_kept(server):
    server.results = giving(c=said('{"meetings": [', finish="length"))
    submit(server.url)

    ran = collect()

    assert failed() == {"c": ("cut", False)}
    assert "raise --max-tokens" in ran.out


def test_results_of_others_are_passed_over(server):
    stranger = json.dumps({"custom_id": "0" * 32, **good()}).encode() + b"\n"
    other = json.dumps({"custom_id": 7, **good()}).encode() + b"\n"
    server.results = giving(a=stranger, b=other)
    submit(server.url)

    ran = collect()

    assert "1 line with a custom_id that is not of this job" in ran.out
    assert failed() == {"a": ("missing", True), "b": ("missing", True)}
    assert "1 new answer in the cache" in ran.out
    assert "entries  1\n" in mahdar("cache", "info").out


@pytest.mark.parametrize(
    "line",
    [b'{"custom_id": "abc', b"\xff\xfe\n", b"[]\n", b"7\n", b"[" * 5000 + b"\n"],
    ids=["half", "bytes", "list", "number", "deep"],
)
def test_a_torn_line_costs_only_itself_and_its_file_is_asked_for_anew(line, server):
    server.results = giving(c=line)
    submit(server.url)

    ran = collect()

    assert "2 new answers in the cache" in ran.out
    assert "1 line torn" in ran.out
    assert failed() == {"c": ("missing", True)}
    assert not Path("batch/part-0001.output.jsonl").exists()


def test_a_line_that_comes_twice_counts_once(server):
    server.results = lambda line: (json.dumps({"custom_id": line["custom_id"], **good()}).encode() + b"\n") * 2
    submit(server.url)

    ran = collect()

    assert "3 new answers in the cache" in ran.out
    assert "3 lines told twice" in ran.out


def test_a_good_line_counts_more_than_a_bad_one_before_it(server):
    def both(line):
        bad = {"custom_id": line["custom_id"], **refused(500, "no")}
        return b"".join(json.dumps(row).encode() + b"\n" for row in (bad, {**bad, **good()}))

    server.results = both
    submit(server.url)

    assert collect().code == 0
    assert failed() == {}


def test_collecting_again_changes_nothing_and_asks_for_nothing(server):
    submit(server.url)
    collect()
    before, asked = {path: path.read_bytes() for path in Path("batch").iterdir()}, len(server.requests)

    ran = collect()

    assert ran.code == 0
    assert {path: path.read_bytes() for path in Path("batch").iterdir()} == before
    assert len(server.requests) == asked


def test_a_lost_cache_is_filled_again_from_the_files_that_came(server):
    submit(server.url)
    collect()
    asked = len(server.requests)

    ran = mahdar("batch", "collect", "batch", "--again", "--cache", "new")

    assert "3 new answers in the cache" in ran.out
    assert len(server.requests) == asked


def test_an_answer_that_came_live_meanwhile_stays(server):
    server.status = "in_progress"
    submit(server.url)
    server.finish()
    mahdar("cache", "info")
    key = server.sent()[0]
    row = {
        "key": key,
        "completion": {
            "text": "live",
            "finish": "stop",
            "refusal": None,
            "reasoning": None,
            "model": "m",
            "latency_s": 1,
            "usage": {"prompt": 1, "completion": 1, "cached": None},
        },
        "label": {"document": "a", "task": "meeting/v1", "attempt": 1},
        "model": "m",
        "time": "2025-01-01T00:00:00Z",
    }
    Path("live.jsonl").write_text(json.dumps(row) + "\n")
    mahdar("cache", "import", "live.jsonl")

    ran = collect()

    assert "2 new answers in the cache, 1 known before" in ran.out
    mahdar("cache", "export", "all.jsonl")
    assert {row["key"]: row for row in rows("all.jsonl")}[key]["completion"]["text"] == "live"


def test_a_download_that_breaks_off_is_done_again(server):
    server.results = lambda _: said(answer(meeting(), padding="x" * 5000))
    submit(server.url)
    server.dies_in, server.dies_late = 0, True

    broken = collect()
    again = collect()

    assert (broken.code, again.code) == (3, 0)
    assert "3 new answers in the cache" in again.out


def test_while_a_batch_is_under_way_it_is_left_alone(server):
    server.status = "in_progress"
    submit(server.url)

    ran = mahdar("batch", "collect", "batch", OPENAI_API_KEY=KEY)

    assert ran.code == 0
    assert "next       mahdar batch collect batch" in ran.out
    assert "3 without an answer" in ran.out


def test_a_batch_that_failed_as_a_whole_says_why(server):
    server.status, server.faults = "failed", ["Enqueued token limit reached for m."]
    submit(server.url)
    ran = collect()

    server.status, server.faults = "completed", []
    submit(server.url)

    assert "part-0001  Enqueued token limit reached for m." in ran.out
    assert submitted(server) == ["abc", "abc"]


def test_status_has_a_line_for_each_batch(server):
    server.status = "in_progress"
    submit(server.url, "--batch-lines", "2")

    lines = mahdar("batch", "status", "batch", OPENAI_API_KEY=KEY).out.splitlines()

    assert [line.split()[:3] for line in lines] == [
        ["part-0001", "batch_0", "validating:"],
        ["part-0002", "batch_1", "validating:"],
    ]
    assert "0 of 2 answered" in lines[0]
    assert lines[0].endswith(" old")


def test_a_cancelled_batch_gives_what_it_has(server):
    server.status = "in_progress"
    server.results = giving(c=None)
    submit(server.url)

    ended = mahdar("batch", "cancel", "batch", OPENAI_API_KEY=KEY)
    ran = collect()

    assert "cancelled" in ended.out
    assert "2 new answers in the cache" in ran.out
    assert failed() == {"c": ("missing", True)}


def test_cancelling_gives_up_what_was_never_submitted(server):
    server.dies_in = 0
    submit(server.url)

    assert mahdar("batch", "cancel", "batch", OPENAI_API_KEY=KEY).code == 0
    submit(server.url)

    assert submitted(server) == ["abc"]


def test_waiting_asks_until_all_are_over():
    class Asked:
        def __init__(self) -> None:
            self.left = 3

        async def batch(self, id_: str) -> Any:
            from extract.batch.api import Remote

            self.left -= 1
            return Remote(id=id_, status="in_progress" if self.left else "completed", counts={}, faults=[])

    slept: list[float] = []

    async def sleep(seconds):
        slept.append(seconds)

    state = State(path=Path("batch.json"), job={}, asked={})
    state.parts.append(Part(name="part-0001", requests=1, bytes=1, stage="created", batch_id="b"))

    asyncio.run(collecting.wait(state, Asked(), 30.0, sleep=sleep))  # type: ignore[arg-type]

    assert slept == [30.0, 30.0]
    assert state.parts[0].status == "completed"


def test_the_commands_that_come_next_can_be_run_as_they_stand(server):
    import shlex

    server.results = giving(b=EXPIRED)
    submit(server.url, "--published", "2025-05-11")
    told = [line.removeprefix("next       mahdar ") for line in collect().out.splitlines() if line.startswith("next")]
    server.results = giving()

    assert [command.split()[0] for command in told] == ["batch", "run"]
    assert mahdar(*shlex.split(told[0]), OPENAI_API_KEY=KEY).code == 0
    assert collect().code == 0
    assert submitted(server) == ["abc", "b"]
    assert mahdar(*shlex.split(told[1]), "--out", "out").code == 0
    assert manifest()["counts"]["answers_from"] == {"cache": 3}


def test_a_prompt_that_has_changed_meanwhile_leaves_the_answers_collectable(server):
    submit(server.url)
    path = Path("batch/batch.json")
    state = json.loads(path.read_text())
    state["job"]["prompt_digest"] = "0" * 16
    path.write_text(json.dumps(state))

    ran = collect()

    assert "3 new answers in the cache" in ran.out
    assert "not counted: prompt or settings are others now" in ran.out
    assert live(server.url).code == 0


@pytest.mark.parametrize("text", ["", "{}", '{"mahdar_batch": 9}', "[]"], ids=["empty", "nothing", "newer", "list"])
def test_a_broken_state_is_told_of(text):
    write("batch")
    Path("batch/batch.json").write_text(text)

    ran = collect()

    assert ran.code == 2
    assert "batch.json" in ran.err


def test_a_folder_without_batches_is_told_of():
    write("batch")

    assert "name the folder that `mahdar batch submit` was given" in collect().err


def test_what_a_batch_has_cost_is_told_at_the_price_of_batches(server):
    # Invented prices: 10,000 a million tokens either way, half of it in a batch.
    Path("prices.toml").write_text('["m"]\ninput = 10000\noutput = 10000\nbatch = 0.5\n')
    submit(server.url)

    assert "spent 30 tokens in, 15 out (0.2250 USD at the price of a batch)" in collect().out


def test_what_a_batch_has_cost_is_unknown_where_tokens_or_a_price_are(server):
    submit(server.url)

    assert "(cost unknown)" in collect().out
