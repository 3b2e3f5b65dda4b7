"""Runs with llama.cpp's own server: what it enforces, counts and refuses, and what is said of it."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from extract import Extractor
from extract.request import Completion
from tests.invented import REPORT
from tests.servers import tiny_model
from tests.servers.llamacpp import LlamaCpp
from tests.servers.runs import GARBAGE, arguments, failures, run
from tests.servers.tiny_model import NAME
from tests.terminal import ROOT, SEEDS, manifest, rows, write

pytestmark = pytest.mark.servers

IDS = sorted(path.stem for path in Path(SEEDS).glob("*.txt"))
LETTERS = "abcd"
BRIEF = ("--concurrency", "1", "--max-reasks", "0")
ONE_SEED = Path(SEEDS) / "001_5c8391c0744fe983.txt"


def test_equal_shapes_give_equal_models_of_less_than_two_megabytes(tmp_path: Path):
    first, second = tiny_model.write(tmp_path / "first"), tiny_model.write(tmp_path / "second")

    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 2_000_000


@pytest.mark.parametrize("mode", ["json_schema", "tools"])
def test_an_answer_has_the_form_that_was_asked_for(llamacpp: LlamaCpp, mode: str):
    with Extractor(
        base_url=llamacpp.url, model=NAME, prompt="meeting", mode=mode, max_tokens=400, max_reasks=1, cache=None
    ) as extractor:
        extraction = extractor(ONE_SEED.read_text(encoding="utf-8"))

    first = extraction.attempts[0].completion
    answer = json.loads(first.text)
    assert list(answer) == ["published", "tail_quote", "meetings"]
    assert [list(meeting)[:2] for meeting in answer["meetings"]] == [["evidence", "summary"]]
    assert first.finish == {"json_schema": "stop", "tools": "tool_calls"}[mode]
    assert first.model == NAME
    assert (first.usage.prompt or 0) > 4_000
    assert (first.usage.completion or 0) > 50


@pytest.mark.parametrize("mode", ["json_schema", "tools"])
def test_a_streamed_answer_is_that_in_one_piece(llamacpp: LlamaCpp, mode: str):
    first, second = (_completion(llamacpp, mode, stream=stream) for stream in (False, True))

    assert second == first
    assert (first.usage.completion or 0) > 50


def _completion(server: LlamaCpp, mode: str, *, stream: bool) -> Completion:
    """The first answer about a seed, but for what differs from one time to the next."""
    usual: dict[str, Any] = {"prompt": "meeting", "max_tokens": 400, "max_reasks": 0, "seed": 7, "cache": "none"}
    with Extractor(base_url=server.url, model=NAME, mode=mode, stream=stream, **usual) as extractor:
        extraction = extractor(ONE_SEED.read_text(encoding="utf-8"))
    got = extraction.attempts[0].completion
    return replace(got, latency_s=None, usage=replace(got.usage, cached=None))


@pytest.mark.parametrize("mode", ["json_schema", "tools"])
def test_a_run_over_the_seeds_ends_with_named_failures_and_counts_its_tokens(llamacpp: LlamaCpp, mode: str):
    ran = run(llamacpp.url, "--mode", mode)

    counts = manifest()["counts"]
    failed = failures()
    assert ran.code == (1 if failed else 0)
    assert "Traceback" not in ran.err
    assert set(failed.values()) <= GARBAGE
    assert counts["documents"] == len(IDS)
    assert sorted({*failed, *(row["document"] for row in rows("out/records.jsonl"))}) == IDS
    assert counts["reasked_documents"] > 0
    assert counts["attempts"] == len(IDS) + counts["reasked_documents"]
    assert counts["tokens"]["prompt"] > 4_000 * len(IDS)
    assert counts["tokens"]["completion"] > 50 * len(IDS)


def test_two_slots_answer_two_requests_at_a_time(llamacpp: LlamaCpp):
    run(llamacpp.url, "--concurrency", "2", "--max-reasks", "0")

    told = manifest()
    assert told["counts"]["documents"] == len(IDS)
    assert told["counts"]["latency_s"] > 1.2 * told["seconds"]


def test_the_same_run_again_is_answered_from_the_cache(llamacpp: LlamaCpp):
    run(llamacpp.url, inputs=ONE_SEED)

    again = run(llamacpp.url, "--fresh", "--out", "again", inputs=ONE_SEED)

    assert again.code == 1
    assert set(manifest("again")["counts"]["answers_from"]) == {"cache"}


def test_a_context_that_the_prompt_alone_exceeds_is_told_once_with_its_cure_and_ends_a_run(small: LlamaCpp):
    ran = run(small.url, "--api-key", "the-right-key", "--concurrency", "1")

    (failure,) = rows("out/failures.jsonl")
    assert ran.code == 3
    assert "nothing was extracted" in ran.err
    assert failure["message"] in ran.err
    assert re.search(
        r"the prompt alone is longer than the model's context: .* request \(3\d{3} tokens\) exceeds the available "
        r"context size \(2048 tokens\).*OLLAMA_CONTEXT_LENGTH=16384 ollama serve, or llama-server --ctx-size 16384",
        failure["message"],
    )
    assert "--max-tokens" not in failure["message"]


def test_a_stated_context_that_the_prompt_alone_exceeds_is_told_before_anything_is_asked(small: LlamaCpp):
    ran = run(small.url, "--api-key", "the-wrong-key", "--context", "1024")

    assert ran.code == 3
    assert "a context of 1,024 tokens has no room for a report beside the prompt" in ran.err
    assert "--context 16384" in ran.err


def test_a_wrong_key_ends_a_run_and_is_not_shown(small: LlamaCpp):
    ran = run(small.url, "--api-key", "the-wrong-key-1234")

    assert ran.code == 3
    assert "Invalid API Key; set OPENAI_API_KEY or MAHDAR_API_KEY" in ran.err
    assert "nothing was extracted" in ran.err
    assert "the-wrong-key-1234" not in ran.out + ran.err


def test_a_wrong_path_ends_a_run_with_a_hint(llamacpp: LlamaCpp):
    ran = run(llamacpp.url.replace("/v1", "/v2"))

    assert ran.code == 3
    assert "File Not Found; is --base-url right? It usually ends in /v1 (status 404)" in ran.err


def test_a_server_that_does_not_run_ends_a_run(llamacpp: LlamaCpp, brittle: LlamaCpp):
    brittle.stop()

    ran = run(brittle.url)

    assert ran.code == 3
    assert "is the server running, and is --base-url right?" in ran.err


def test_an_answer_that_takes_too_long_is_a_time_out(llamacpp: LlamaCpp):
    ran = run(llamacpp.url, "--timeout-s", "0.05", "--no-cache", inputs=ONE_SEED)

    assert ran.code in (1, 3)
    assert "no answer within 0.05 s" in ran.err


def test_a_name_that_no_model_has_is_answered_all_the_same(llamacpp: LlamaCpp):
    ran = run(llamacpp.url, model="no-such-model", inputs=ONE_SEED)

    assert ran.code == 1
    assert set(failures().values()) <= GARBAGE


def test_a_run_whose_server_was_killed_is_taken_up_when_it_is_there_again(brittle: LlamaCpp):
    code, said = _killed_after_one(brittle, "--max-tries", "1")
    stopped = re.search(
        r"stopped after (\d)(?: of \d)? documents?, see out/; the same command goes on from there", said
    )
    assert code == 3
    assert stopped, said

    brittle.start()
    again = run(brittle.url, *BRIEF, inputs="in")

    counts = manifest()["counts"]
    assert again.code == 1
    assert (counts["documents"], counts["resumed_documents"]) == (len(LETTERS), int(stopped[1]))
    # The one that was asked when the server died may have failed, as one that breaks a server would.
    assert set(failures().values()) <= GARBAGE | {"dropped"}


@pytest.mark.parametrize("how", ["--no-stream", "--stream"])
def test_a_server_that_is_killed_and_started_again_is_waited_for(brittle: LlamaCpp, how: str):
    code, said = _killed_after_one(brittle, "--max-tries", "5", how, starts_again=True)

    assert code == 1, said
    assert manifest()["counts"]["documents"] == len(LETTERS)
    assert set(failures().values()) <= GARBAGE


def _killed_after_one(server: LlamaCpp, *more: str, starts_again: bool = False) -> tuple[int, str]:
    """Run over four reports, kill the server when the first is done; gives exit code and stderr."""
    write("in", **{letter: f"{REPORT}\n{letter}" for letter in LETTERS})
    given = [str(argument) for argument in arguments(server.url, *BRIEF, *more, "--json", inputs="in")]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(Path.cwd())}
    process = subprocess.Popen(
        [sys.executable, "-m", "extract.cli", *given], env=environ, stdout=PIPE, stderr=PIPE, text=True
    )
    assert process.stdout
    while '"document": "a"' not in (line := process.stdout.readline()):
        assert line, process.communicate()
    server.kill()
    if starts_again:
        server.start()
    _, said = process.communicate(timeout=100)
    return process.returncode, said
