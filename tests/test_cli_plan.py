"""`mahdar plan`: what a run would ask, cost and take, before any call."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extract import compose
from extract.cache import Cache
from extract.documents import read
from extract.request import Completion, Label, Usage
from extract.settings import resolve
from tests.endpoint import ScriptedEndpoint, unused_url
from tests.invented import REPORT
from tests.terminal import RECORDINGS, SEEDS, Ran, live, mahdar, saying, write

# What says how a run is watched, ended and taken up again.
OF_A_RUN_ALONE = {"--quiet", "--max-failures", "--retry-failed", "--fresh"}
URL = "http://127.0.0.1:1/v1"
PRICES = '["m"]\ninput = 1.00\noutput = 10.00\n'


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder, with three reports in `in`."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


def plan(*arguments: str | Path, inputs: str = "in", url: str = URL, **environ: str) -> Ran:
    usual = ("--base-url", url, "--model", "m", "--prompt", "meeting", "--cache", "cache", "--concurrency", "4")
    return mahdar("plan", inputs, *usual, *arguments, **environ)


def planned(*arguments: str | Path, **environ: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(plan(*arguments, "--json", **environ).out)
    return value


def lines(ran: Ran) -> dict[str, str]:
    """What is said, by its heading."""
    return {line[:12].strip(): line[12:] for line in ran.out.splitlines()}


def answered(*names: str) -> None:
    """Put an answer to these reports into the cache."""
    resolved = resolve({"base_url": URL, "model": "m", "prompt": "meeting", "cache": "cache"}, environ={})
    with compose.pipeline(resolved) as pipeline, Cache(Path("cache")) as cache:
        for document in read(["in"]):
            if not hasattr(document, "message") and document.id in names:
                said = Completion(text="{}", usage=Usage(prompt=2000, completion=500), latency_s=8.0)
                cache.put(pipeline.request_for(document), said, Label(document=document.id, task="meeting/v1"))


def test_a_plan_is_of_few_lines_and_says_what_is_guessed():
    ran = plan()

    said = lines(ran)
    assert (ran.code, ran.err) == (0, "")
    assert said["plan"] == "meeting/v1, model m"
    assert said["documents"] == "3: 0 answered already"
    assert said["calls"] == "3, and about 1 re-ask (a guess: one for 10 answers)"
    assert said["tokens out"] == "about 6,000 to 8,000 (a guess: 2,000 tokens an answer)"
    assert said["time"] == "unknown: no answer of m to meeting/v1 is cached"
    assert len(said) < 15


def test_cached_answers_are_not_asked_again_and_tell_of_the_others():
    answered("a", "b")

    said = lines(plan())

    assert said["documents"] == "3: 2 answered already"
    assert said["calls"] == "1, and about 0 re-asks (from 2 cached answers)"
    assert said["tokens out"] == "about 500 (from 2 cached answers)"
    assert said["time"] == "8 s, 4 at once (from 2 cached answers)"


def test_where_all_is_known_no_more_is_said():
    answered("a", "b", "c")

    assert list(lines(plan())) == ["plan", "documents", "calls"]


def test_money_comes_from_the_nearest_prices_file():
    Path("prices.toml").write_text(PRICES)

    value = planned("--max-reasks", "0")

    tokens = value["first"]["prompt_tokens"], value["first"]["completion_tokens"]
    assert float(value["first"]["cost"]) == pytest.approx((tokens[0] + 10 * tokens[1]) / 1e6)
    assert lines(plan())["cost"].endswith(f' USD (["m"] in {Path("prices.toml").resolve()})')


def test_without_a_price_the_cost_is_unknown_and_it_is_said_how_to_add_one():
    said = lines(plan())["cost"]

    assert said.startswith("unknown: no price is known for 'm' (there is no prices.toml): add [\"m\"]")
    assert planned()["first"]["cost"] is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--max-total-tokens", "10"], "--max-total-tokens 10 may stop the run: about "),
        (["--max-cost", "0.01"], "--max-cost 0.01 may stop the run: up to 0.0"),
    ],
)
def test_a_limit_that_will_not_do_is_told(arguments, expected):
    Path("prices.toml").write_text(PRICES)

    assert lines(plan(*arguments))["limit"].startswith(expected)


def test_a_limit_that_will_do_is_not_told():
    Path("prices.toml").write_text(PRICES)

    assert "limit" not in lines(plan("--max-total-tokens", "1000000", "--max-cost", "100"))


def test_a_limit_of_cost_without_a_price_is_refused():
    ran = plan("--max-cost", "5")

    assert (ran.code, ran.out) == (2, "")
    assert "--max-cost 5 cannot be kept: no price is known for 'm'" in ran.err


def test_a_broken_file_of_prices_is_told_by_its_name():
    Path("mine.toml").write_text('["m"]\ninput = 1\n')

    ran = plan("--prices", "mine.toml")

    assert (ran.code, ran.out) == (2, "")
    assert 'mine.toml: ["m"]: output is missing' in ran.err


def test_equal_reports_are_asked_once_and_unreadable_ones_not_at_all():
    write("in", d=f"{REPORT}\na", e="  ")

    assert lines(plan())["documents"] == "5: 0 answered already, 1 the same as another, 1 unreadable"
    assert planned("--no-cache")["first"]["calls"] == 4


def test_recorded_answers_are_known_and_a_replay_asks_nobody():
    ran = mahdar("plan", SEEDS, "in", "--replay", RECORDINGS)

    assert lines(ran)["documents"] == "8: 5 answered already, 3 not recorded, and --replay asks nobody"
    assert lines(ran)["calls"] == "0"


def test_a_folder_of_recordings_that_is_not_there_is_told():
    ran = mahdar("plan", SEEDS, "--replay", "nowhere")

    assert (ran.code, ran.out) == (2, "")
    assert "--replay names a folder of recordings" in ran.err


def test_json_holds_every_number_and_what_it_is_based_on():
    value = planned()

    assert value["first"]["calls"] == 3
    assert value["all"]["calls"] == 3 + value["reasks"]
    assert set(value["based_on"]) == {"prompt_tokens", "completion_tokens", "reasks", "cost", "seconds"}


def test_no_call_is_made():
    with ScriptedEndpoint(saying()) as endpoint:
        plan(url=endpoint.url)

    assert endpoint.asked == []


def test_nobody_has_to_be_there():
    assert plan(url=unused_url()).code == 0


def test_a_run_makes_the_calls_that_were_planned():
    answered("a")
    with ScriptedEndpoint(saying()) as endpoint:
        same = ("--cache", "cache", "--endpoint", "127.0.0.1:1/v1")
        before = json.loads(plan(*same, "--json", url=endpoint.url).out)
        live(endpoint.url, *same, "--max-reasks", "0", "--quiet")
        after = json.loads(plan(*same, "--json", url=endpoint.url).out)

    assert before["first"]["calls"] == len(endpoint.asked) == 2
    assert (after["first"]["calls"], after["known"]) == (0, 3)


def test_it_takes_the_options_of_a_run():
    help_of = {name: mahdar(name, "--help").out for name in ("run", "plan")}
    flags = {name: {word for word in text.split() if word.startswith("--")} for name, text in help_of.items()}

    assert {"--prompt", "--max-cost", "--max-total-tokens"} <= flags["run"] & flags["plan"]
    assert flags["run"] - flags["plan"] <= OF_A_RUN_ALONE


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"]], ids=" ".join)
def test_help_loads_no_library_of_the_engine(arguments):
    code = "import sys; from extract.cli import cli; cli.main(sys.argv[1:], standalone_mode=False)"
    show = f"{code}; print({{'openai', 'instructor', 'diskcache', 'jinja2', 'trafilatura'}} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", show, *arguments], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "set()"


def test_of_a_long_report_in_a_short_context_every_part_is_planned_and_none_is_asked_twice():
    write("long", long="\n\n".join(f"{REPORT} {number}" for number in range(120)))
    whole, parts = plan("--json", inputs="long"), plan("--context", "4096", "--json", inputs="long")

    whole_first, parts_first = (json.loads(each.out)["first"] for each in (whole, parts))
    assert whole_first["calls"] == 1
    assert parts_first["calls"] > 4
    # Each part carries the prompt again.
    assert parts_first["prompt_tokens"] > whole_first["prompt_tokens"]
