"""What ends `mahdar run` before its end, and what it says then."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from extract import prompt
from extract.answers import Answers
from extract.document import Document
from extract.pipeline import Asking, Pipeline
from extract.recordings import Recordings
from tests.endpoint import Reply, ScriptedEndpoint, unused_url
from tests.invented import REPORT, Model, answer, meeting
from tests.terminal import RECORDINGS, ROOT, SEEDS, live, mahdar, manifest, of, replayed, rows, saying, write

IDS = [path.stem for path in sorted(Path(SEEDS).glob("*.txt"))]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


def test_without_an_endpoint_nothing_is_done(reports):
    ran = mahdar("run", "in", "--model", "m", "--out", "out")

    assert ran.code == 2
    assert "no endpoint: give --base-url (http://localhost:11434/v1 for Ollama) or set MAHDAR_BASE_URL" in ran.err
    assert not Path("out").exists()


def test_without_a_model_nothing_is_done(reports):
    ran = mahdar("run", "in", "--base-url", unused_url(), "--out", "out")

    assert (ran.code, ran.err) == (2, "mahdar: no model: give --model NAME or set MAHDAR_MODEL\n")
    assert not Path("out").exists()


def test_an_endpoint_that_does_not_run_ends_the_run(reports):
    url = unused_url()

    ran = live(url)

    assert ran.code == 3
    assert ran.err.startswith(f"mahdar: {url}: no connection (")
    assert "is the server running, and is --base-url right?\nnothing was extracted\n" in ran.err


@pytest.mark.parametrize(
    ("status", "said", "advice"),
    [
        (401, "Invalid API Key", "set OPENAI_API_KEY or MAHDAR_API_KEY to a key of this endpoint"),
        (404, "model 'm' not found", "ollama pull m"),
        (404, "File Not Found", "is --base-url right? It usually ends in /v1"),
        (429, "You exceeded your current quota", "the account has no credit left"),
    ],
    ids=["wrong key", "unknown model", "wrong path", "no credit"],
)
def test_what_no_document_can_get_round_ends_the_run_once_and_says_what_to_do(reports, status, said, advice):
    with ScriptedEndpoint(lambda _: Reply(status=status, body={"error": {"message": said}})) as endpoint:
        ran = live(endpoint.url)

    assert ran.code == 3
    assert ran.err.count(said) == 1
    assert advice in ran.err
    assert ran.out == ""


def test_a_quota_of_a_day_ends_the_run_which_can_be_taken_up(reports):
    used_up = Reply(status=429, headers={"Retry-After": "86400"}, body={"error": {"message": "No more today"}})
    with ScriptedEndpoint(lambda _: used_up) as endpoint:
        stopped = live(endpoint.url, "--endpoint", "here")
    with ScriptedEndpoint(saying()) as endpoint:
        ran = live(endpoint.url, "--endpoint", "here")

    assert (stopped.code, ran.code) == (3, 0)
    assert stopped.err.count("No more today; it asks to wait 24 h, longer than a run waits (status 429)") == 1
    assert sorted(map(of, endpoint.asked)) == ["a", "b", "c"]


def test_a_run_that_was_stopped_says_how_far_it_came_and_keeps_it(reports):
    refused = Reply(status=401, body={"error": {"message": "Invalid API Key"}})

    with ScriptedEndpoint(saying(b=refused)) as endpoint:
        ran = live(endpoint.url, "--concurrency", "1")

    assert ran.code == 3
    assert "\nstopped after 1 of 3 documents, see out/; the same command goes on" in ran.err
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a"]
    assert manifest()["counts"]["stopped"].endswith("(status 401)")


def test_what_was_answered_before_a_stop_is_not_asked_again(reports):
    refused = Reply(status=401, body={"error": {"message": "Invalid API Key"}})
    with ScriptedEndpoint(saying(b=refused)) as endpoint:
        live(endpoint.url, "--concurrency", "1", "--endpoint", "here")

    with ScriptedEndpoint(saying()) as endpoint:
        ran = live(endpoint.url, "--endpoint", "here")

    assert ran.code == 0
    assert "a" not in map(of, endpoint.asked)


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (["--published", "2025-05-11"], [], "published: 2025-05-11 then, none now"),
        ([], ["--source", "Coast Gazette"], "source: none then, Coast Gazette now"),
        (["--language", "ar"], ["--language", "tr"], "language: ar then, tr now"),
        ([], ["--max-chars", "9000"], "max_chars: 400000 then, 9000 now"),
        ([], ["--temperature", "1"], "options.temperature: 0.0 then, 1.0 now"),
    ],
    ids=["day", "outlet", "language", "longest report", "temperature"],
)
def test_a_stopped_run_does_not_go_on_with_another_setting_and_says_which(reports, then, now, said):
    refused = Reply(status=401, body={"error": {"message": "Invalid API Key"}})
    with ScriptedEndpoint(saying(b=refused)) as endpoint:
        live(endpoint.url, "--concurrency", "1", *then)
        ran = live(endpoint.url, "--concurrency", "1", *now)
        again = live(endpoint.url, "--concurrency", "1", *then)

    assert ran.code == 2
    assert f"out: holds an unfinished run with other settings ({said}); finish it with those" in ran.err
    assert again.code == 3
    assert manifest()["job"]["published"] == ("2025-05-11" if "--published" in then else None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "mahdar: nowhere: no such file or folder; check the spelling"),
        (["in", "--prompt", "reports"], "unknown prompt 'reports'"),
        (["in", "--replay", "nowhere"], "nowhere: no such folder; --replay names a folder of recordings"),
        (["in", "--prompts", "nowhere"], "nowhere: no such folder; --prompts names a folder of prompts"),
        (
            ["in", "--concurrency", "0"],
            "--concurrency: '0' is not a whole number from 1 to 1000 or the word 'adaptive'",
        ),
        (["in", "--published", "soon"], "published is 'soon', which is no calendar day"),
        (["in", "--mode", "xml"], "Invalid value for '--mode'"),
        ([], "no input was given; name files, folders or patterns, or - for stdin"),
    ],
    ids=["input", "prompt", "replay", "prompts", "number", "date", "mode", "no input"],
)
def test_what_cannot_be_used_is_named_before_anything_is_done(reports, arguments, said):
    ran = mahdar("run", *arguments, "--out", "out")

    assert ran.code == 2
    assert said in ran.err
    assert not Path("out").exists()


def test_a_prompt_for_an_unknown_record_type_names_those_there_are(reports):
    source = (ROOT / "prompts/meeting/v1.md").read_text(encoding="utf-8")
    Path("mine/visit").mkdir(parents=True)
    Path("mine/visit/v1.md").write_text(source.replace('["meeting"]', '["visit"]'), encoding="utf-8")

    ran = mahdar("run", "in", "--prompts", "mine", "--prompt", "visit", "--base-url", unused_url(), "--model", "m")

    assert ran.code == 2
    assert "unknown schema 'visit'; there are: agreement, exercise, meeting" in ran.err


def test_a_folder_with_other_files_is_not_written_over(reports):
    write("theirs", thesis="mine")

    ran = replayed(out="theirs")

    assert ran.code == 2
    assert "holds other files than a run; choose another with --out DIR" in ran.err
    assert Path("theirs/thesis.txt").read_text() == "mine"


def test_one_changed_character_of_a_prompt_is_a_miss_that_shows_it():
    copytree(ROOT / "prompts", "mine")
    task = Path("mine/_shared/task.md")
    text = task.read_text(encoding="utf-8")
    task.write_text(text.replace("You code", "You Code", 1), encoding="utf-8")

    ran = replayed("--prompts", "mine", "--quiet")

    assert ran.code == 5
    assert f"no recording of document {IDS[0]!r}, task events/v2, attempt 1" in ran.err
    assert "messages[0] (system): 1 line changed" in ran.err
    assert "- You ⟦c⟧ode" in ran.err
    assert "+ You ⟦C⟧ode" in ran.err
    command = re.search(r"to record it: mahdar record (.+)", ran.err)
    assert command
    assert command[1].startswith(f"{SEEDS} --to {RECORDINGS} --prompt events/v2 --prompts ")


def test_a_report_that_was_never_recorded_is_a_miss_that_names_those_there_are(reports):
    ran = mahdar("run", "in", "--replay", RECORDINGS, "--out", "out")

    assert ran.code == 5
    assert f"recorded for events/v2: {', '.join(IDS)}, " in ran.err


def recorded_with(*models: str) -> None:
    """Recordings of the reports by these models."""
    recordings = Recordings(Path("recordings"))
    for model in models:
        for path in sorted(Path("in").iterdir()):
            answers = Answers(ask=Model(answer(meeting())), recordings=recordings, is_recording=True)
            with Pipeline(prompt.load("meeting"), answers, Asking(model=model)) as made:
                made(Document(id=path.stem, text=path.read_text(encoding="utf-8")))


def test_recordings_of_several_models_ask_to_choose_one(reports):
    recorded_with("large", "small")

    ran = mahdar("run", "in", "--replay", "recordings", "--prompt", "meeting", "--out", "out")

    assert ran.code == 2
    assert "meeting/v1 is recorded with several models: large, small; choose one with --model" in ran.err


def test_the_model_that_was_chosen_answers(reports):
    recorded_with("large", "small")

    ran = mahdar("run", "in", "--replay", "recordings", "--prompt", "meeting", "--model", "small", "--out", "out")

    assert (ran.code, manifest()["model"]) == (0, "small")
    assert {row["model"] for row in rows("out/records.jsonl")} == {"small"}


def test_a_limit_says_what_was_used_in_the_end_and_that_it_has_to_be_raised(reports):
    with ScriptedEndpoint(saying()) as endpoint:
        stopped = live(endpoint.url, "--max-total-tokens", "20", "--concurrency", "1", "--endpoint", "here")
        again = live(endpoint.url, "--max-total-tokens", "20", "--concurrency", "1", "--endpoint", "here")
        asked = len(endpoint.asked)
        ran = live(endpoint.url, "--max-total-tokens", "2000", "--endpoint", "here")

    assert (stopped.code, again.code, ran.code) == (3, 3, 0)
    used = 15 * asked
    assert f"stopped at --max-total-tokens 20: {used} used" in stopped.err
    assert "with a higher limit, or none, the same command goes on from there" in stopped.err
    assert again.err.count("used") == 1
    assert f"3 documents ({asked} of them done before)" in ran.out
