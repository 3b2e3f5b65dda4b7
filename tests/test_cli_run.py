"""`mahdar run` as its users see it: what it prints, and what it leaves behind."""

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from extract import prompt
from tests.endpoint import Reply, ScriptedEndpoint, completion
from tests.invented import NOT_THERE, REPORT, answer, meeting
from tests.terminal import RECORDINGS, SEEDS, live, mahdar, manifest, replayed, rows, saying, write

IDS = [path.stem for path in sorted(Path(SEEDS).glob("*.txt"))]
TABLES = {"agreements.csv", "exercises.csv", "meetings.csv"}
FILES = {"records.jsonl", "failures.jsonl", "documents.jsonl", "manifest.json", "log.jsonl", *TABLES}
KEY = "sk-test-0123456789abcdef0123"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


def test_a_run_leaves_all_its_files(tmp_path):
    ran = replayed()

    assert ran.code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


def test_the_listing_has_every_seed_in_order():
    ran = replayed()

    assert [line.split()[0] for line in ran.out.splitlines() if line[:3].isdecimal()] == IDS


def test_the_listing_fits_80_columns_and_ends_no_line_in_blanks():
    lines = replayed().out.partition("\n5 documents")[0].splitlines()

    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_summary_counts_what_is_in_the_files():
    summary = replayed().out

    types = [row["type"] for row in rows("out/records.jsonl")]
    counts = ", ".join(f"{types.count(kind)} {kind}s" for kind in ("agreement", "exercise", "meeting"))
    assert re.search(rf"^5 documents in \d+\.\d s: {counts}; no failures$", summary, re.MULTILINE)
    assert manifest()["counts"]["records"] == {kind: types.count(kind) for kind in sorted(set(types))}


def test_progress_goes_to_stderr_a_line_for_each_document():
    ran = replayed()

    assert [line.split()[1].rstrip(":") for line in ran.err.splitlines()] == IDS
    assert "(recording)" not in ran.out


def test_quiet_prints_nothing_when_nothing_failed():
    ran = replayed("--quiet")

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_without_out_a_run_gets_a_folder_of_its_own_below_runs():
    mahdar("run", SEEDS, "--replay", RECORDINGS, "--quiet")

    (folder,) = Path("runs").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}-events-v2", folder.name)
    assert {path.name for path in folder.iterdir()} == FILES


@pytest.mark.parametrize("arguments", [[], ["--concurrency", "1"], ["--concurrency", "50"]], ids=["again", "1", "50"])
def test_a_run_over_the_same_answers_writes_the_same_bytes(arguments):
    replayed(out="first")

    replayed(*arguments, out="second")

    for name in FILES - {"manifest.json", "log.jsonl"}:
        assert Path("second", name).read_bytes() == Path("first", name).read_bytes()


def test_the_manifest_says_what_was_asked_and_with_what():
    replayed()

    made = manifest()
    loaded = prompt.load("events/v2")
    assert made["inputs"] == [SEEDS]
    assert made["prompt"] == {
        "name": "events/v2",
        "digest": loaded.digest,
        "records": ["meeting", "exercise", "agreement"],
    }
    assert made["schema"] == loaded.form.digest == rows("out/records.jsonl")[0]["schema"]
    assert made["versions"]["python"] == sys.version.split()[0]
    assert made["versions"]["pydantic"] == version("pydantic")


def test_the_manifest_says_where_each_setting_came_from():
    replayed("--max-reasks", "1", "--quiet")

    settings = manifest()["settings"]
    assert settings["max_reasks"] == {"value": "1", "from": "--max-reasks"}
    assert settings["concurrency"] == {"value": "adaptive", "from": "default"}


@pytest.mark.parametrize("name", ["MAHDAR_API_KEY", "OPENAI_API_KEY"])
def test_no_file_of_a_run_holds_the_key(reports, name):
    with ScriptedEndpoint(saying()) as endpoint:
        ran = live(endpoint.url, **{name: KEY})

    assert endpoint.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert ran.code == 0
    assert [path for path in Path().rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []
    assert manifest()["settings"]["api_key"] == {"value": "…0123", "from": name}


def test_a_live_run_says_that_it_asked(reports):
    with ScriptedEndpoint(saying()) as endpoint:
        ran = live(endpoint.url)

    assert ran.code == 0
    assert "answers: 3 asked now; 0 documents asked again; 30 tokens in, 15 out" in ran.out


def test_what_was_answered_once_is_not_asked_again(reports):
    with ScriptedEndpoint(saying()) as endpoint:
        live(endpoint.url)
        first = Path("out/records.jsonl").read_bytes()
        ran = live(endpoint.url)

    assert len(endpoint.asked) == 3
    assert "answers: 3 cached;" in ran.out
    assert Path("out/records.jsonl").read_bytes() == first


def test_without_the_cache_everything_is_asked_again_and_nothing_kept(reports, tmp_path):
    with ScriptedEndpoint(saying()) as endpoint:
        live(endpoint.url, "--no-cache")
        live(endpoint.url, "--no-cache")

    assert len(endpoint.asked) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (completion("I could not find any events."), "prose", "the answer holds no JSON object"),
        (completion(answer(meeting())[:-40], finish="length"), "truncated", "raise --max-tokens"),
        (completion("[]"), "form", "the answer is a list; give one JSON object"),
        (completion(""), "empty", "the answer is empty"),
        (completion("<html><body>Log in</body></html>"), "html", "the answer is a web page"),
        (completion(answer(meeting(NOT_THERE))), "ungrounded", "none of its quotes stands in the report"),
        (Reply(body="<html>Log in</html>"), "not_json", "It usually ends in /v1"),
        (Reply(status=500, body={"error": "out of memory"}), "server", "out of memory"),
    ],
    ids=["prose", "truncated", "list", "empty", "html in the answer", "invented", "web page", "server error"],
)
def test_an_answer_that_is_none_fails_its_document_and_no_other(reports, reply, kind, reason):
    with ScriptedEndpoint(saying(b=reply)) as endpoint:
        ran = live(endpoint.url, "--max-reasks", "0", "--no-cache")

    (failure,) = rows("out/failures.jsonl")
    assert (ran.code, failure["document"], failure["kind"]) == (1, "b", kind)
    assert reason.lower() in failure["message"].lower()
    assert [row["document"] for row in rows("out/records.jsonl")] == ["a", "c"]


def test_a_failed_document_is_named_on_stderr_even_when_quiet(reports):
    with ScriptedEndpoint(saying(b=completion("prose"))) as endpoint:
        ran = live(endpoint.url, "--max-reasks", "0", "--quiet")

    assert ran.err == "  failed: b: prose: the answer holds no JSON object: 'prose'\n"


def test_a_failed_document_is_not_said_to_have_no_records(reports):
    with ScriptedEndpoint(saying(b=completion("prose"))) as endpoint:
        ran = live(endpoint.url, "--max-reasks", "0")

    assert "\nb\n  failed: 1 prose\n" in ran.out
    assert "3 documents in" in ran.out
    assert "; failures: 1 prose\n" in ran.out
    assert "no records" not in ran.out + ran.err


def test_a_bad_date_beside_a_report_is_a_failure_of_that_one_document(reports):
    Path("in/documents.jsonl").write_text('{"file": "a.txt", "published": "soon"}\n')

    with ScriptedEndpoint(saying()) as endpoint:
        ran = live(endpoint.url)

    assert ran.code == 1
    assert "3 documents in" in ran.out
    assert "; failures: 1 metadata\n" in ran.out


def test_what_a_model_says_does_not_steer_the_terminal(reports):
    said = completion(answer(meeting(summary="\x1b[2JMinisters met.\x07")))

    with ScriptedEndpoint(saying(b=said)) as endpoint:
        ran = live(endpoint.url)

    assert "Ministers met." in ran.out
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", ran.out + ran.err) == []


def test_a_long_id_is_cut_on_the_screen_and_whole_in_the_files():
    names = ["خبر" * 30_000, "x" * 100_000, "y" * 100_000]
    Path("in.jsonl").write_text("".join(json.dumps({"id": name, "text": REPORT}) + "\n" for name in names))

    with ScriptedEndpoint([*[completion(answer(meeting()))] * 2, completion("prose")]) as endpoint:
        ran = live(endpoint.url, "--max-reasks", "0", "--no-cache", "--concurrency", "1", inputs="in.jsonl")

    assert [row["document"] for row in rows("out/records.jsonl")] == names[:2]
    assert [row["document"] for row in rows("out/failures.jsonl")] == names[2:]
    assert max(map(len, (ran.out + ran.err).splitlines())) < 300


def test_a_document_without_any_event_is_told_apart_from_one_that_is_lost(reports):
    with ScriptedEndpoint(saying(b=completion(answer()), c=completion("prose"))) as endpoint:
        live(endpoint.url, "--max-reasks", "1")

    tokens = {"prompt": 10, "completion": 5}
    twice = {"prompt": 20, "completion": 10}
    here, there = {"answers_from": {"live": 1}}, {"answers_from": {"live": 2}}
    assert rows("out/documents.jsonl") == [
        {"document": "a", "records": 1, "failures": 0, "attempts": 1, "tokens": tokens, **here},
        {"document": "b", "records": 0, "failures": 0, "attempts": 1, "tokens": tokens, **here},
        {"document": "c", "records": 0, "failures": 1, "attempts": 2, "tokens": twice, **there},
    ]


def test_what_came_of_a_document_says_that_its_answer_was_known(reports):
    with ScriptedEndpoint(saying()) as endpoint:
        live(endpoint.url)
        live(endpoint.url)

    assert [row["answers_from"] for row in rows("out/documents.jsonl")] == [{"cache": 1}] * 3


def test_the_same_text_twice_is_told_of(reports):
    write("in", d=f"{REPORT}\na")

    with ScriptedEndpoint(saying()) as endpoint:
        ran = live(endpoint.url)

    assert "same text: d is a again\n" in ran.out
    assert "more document" not in ran.out


def test_of_many_equal_reports_a_few_are_named():
    write("in", **{f"r{number:03}": REPORT for number in range(40)})

    with ScriptedEndpoint(lambda _: completion(answer(meeting()))) as endpoint:
        ran = live(endpoint.url)

    said = [line for line in ran.out.splitlines() if line.startswith("same text: ")]
    assert said[4:] == ["same text: r005 is r000 again", "same text: 34 more documents, 39 in all"]


@pytest.mark.parametrize(
    "shown",
    ["--model TEXT", "--temperature NUMBER", "--max-tokens N", "--extra JSON", "--cache DIR", "--mode [auto|"],
)
def test_help_says_what_an_option_takes(shown):
    ran = mahdar("run", "--help")

    assert ran.code == 0
    assert f"  {shown}" in ran.out


def test_what_a_run_cost_is_not_forgotten_when_its_folder_is_written_anew(reports):
    with ScriptedEndpoint(saying()) as endpoint:
        for _ in range(3):
            live(endpoint.url)

    value = manifest()
    assert [run["cost"]["answers"] for run in value["earlier"]] == [3, 0]
    assert all(run["started"] for run in value["earlier"])
    assert value["cost"]["total"]["answers"] == 0
