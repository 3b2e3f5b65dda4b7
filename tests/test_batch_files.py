"""`mahdar batch export` and `import`: the same lines as files."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.batch_api import EXPIRED, BatchServer, good, refused, submit
from tests.endpoint import unused_url
from tests.invented import REPORT
from tests.terminal import Ran, live, mahdar, manifest, rows, write

URL = unused_url()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def reports() -> Path:
    """Three invented reports, a, b and c, which all tell of one meeting."""
    return write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})


def export(*more: str) -> Ran:
    usual = ("--base-url", URL, "--model", "m", "--prompt", "meeting", "--to", "requests.jsonl")
    return mahdar("batch", "export", "in", *usual, *more)


def results(*values: dict[str, Any]) -> None:
    """A file of results: each of the values for one exported request."""
    keys = [row["custom_id"] for row in rows("requests.jsonl")]
    lines = [json.dumps({"id": "vllm-1", "custom_id": key, **value}) for key, value in zip(keys, values, strict=False)]
    Path("results.jsonl").write_text("\n".join(lines) + "\n")


def take(place: str = "requests.jsonl") -> Ran:
    return mahdar("batch", "import", "results.jsonl", "--for", place)


def test_an_export_and_its_results_make_a_run_that_asks_nobody():
    assert export().code == 0
    results(good(), good(), good())

    ran = take()

    assert ran.code == 0
    assert "3 done" in ran.out
    assert live(URL).code == 0
    assert manifest()["counts"]["answers_from"] == {"cache": 3}


def test_an_export_has_the_lines_of_a_submission():
    with BatchServer() as server:
        submit(server.url, "--endpoint", "here")
        lines = server.batches[0].lines

    export("--endpoint", "here")

    assert rows("requests.jsonl") == lines


def test_errors_of_vllm_are_noted():
    export()
    too_long = {"message": "This model's maximum context length is 8192 tokens", "code": 400, "type": "BadRequestError"}
    results(
        {"response": {"status_code": 400, "request_id": "r"}, "error": too_long},
        {"response": {"status_code": 400, "request_id": "r"}, "error": {"error": too_long}},
        good(),
    )

    ran = take()

    assert ran.code == 1
    assert [row["kind"] for row in rows("requests.failed.jsonl")] == ["context", "context"]
    assert "1 done, 0 to be asked again, 2 without an answer" in ran.out


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (EXPIRED, "expired"),
        (refused(500, "no"), "server"),
        ({"response": {"status_code": 200, "body": '{"choices": [{"mess'}, "error": None}, "not_json"),
        ({"response": None, "error": None}, "not_json"),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, "not_json"),
        ({"response": {"status_code": "200", "body": None}, "error": "lost"}, "not_json"),
    ],
    ids=["expired", "refused", "half a body", "nothing", "no choice", "odd"],
)
def test_a_result_without_an_answer_is_noted_by_its_kind(value, kind):
    export()
    results(value)

    take()

    assert {row["document"]: row["kind"] for row in rows("requests.failed.jsonl")}["a"] == kind


def test_results_are_taken_for_the_folder_of_a_submission_too():
    with BatchServer() as server:
        server.status = "in_progress"
        submit(server.url, "--endpoint", URL.removeprefix("http://"))
        export()
        results(good(), good(), good())

        ran = take("batch")

    assert "3 new answers in the cache" in ran.out
    assert "3 done" in ran.out


def test_an_export_leaves_out_what_is_known():
    export()
    results(good())
    take()

    ran = export()

    assert len(rows("requests.jsonl")) == 2
    assert "documents  3: 1 answered already" in ran.out


def test_an_export_writes_over_no_file_of_somebody():
    Path("requests.jsonl").write_text("mine\n")

    ran = export()

    assert ran.code == 2
    assert Path("requests.jsonl").read_text() == "mine\n"


def test_the_file_of_an_export_ends_in_jsonl():
    ran = mahdar("batch", "export", "in", "--base-url", URL, "--model", "m", "--to", "requests.txt")

    assert ran.code == 2
    assert "ends in .jsonl" in ran.err
