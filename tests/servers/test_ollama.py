"""Runs with the stand-in for Ollama: what is said where it behaves unlike other servers."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.invented import REPORT, answer, meeting
from tests.servers.ollama import Model, Ollama
from tests.servers.runs import failures, run
from tests.terminal import Ran, manifest, rows, write

pytestmark = pytest.mark.servers

# Longer than 4,096 tokens together with the prompt, whatever counts them.
LONG = f"{REPORT}\n" + "وأفادت مصادر الوزارة بأن المحادثات تناولت التعاون بين البلدين.\n" * 250


def says(body: Mapping[str, Any]) -> str | None:
    """The right answer about the invented report."""
    return answer(meeting()) if "meetings" in json.dumps(body) else None


def asked(ollama: Ollama, *more: str | Path, text: str = REPORT, model: str = "tiny") -> Ran:
    """A run over one report."""
    return run(ollama.url, *more, inputs=write("in", a=text), model=model)


def fetched(ollama: Ollama, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """What a page of it says."""
    data = None if body is None else json.dumps(body).encode()
    url = ollama.url.removesuffix("/v1") + path
    with build_opener(ProxyHandler({})).open(Request(url, data), timeout=10) as reply:
        return json.loads(reply.read())


def test_a_model_that_was_pulled_answers():
    with Ollama(Model(num_ctx=16384), says=says) as ollama:
        ran = asked(ollama)

    assert (ran.code, failures()) == (0, {})
    assert [row["record"]["status"] for row in rows("out/records.jsonl")] == ["held"]
    assert manifest()["counts"]["tokens"]["prompt"] > 1_000


def test_its_pages_tell_version_models_and_contexts():
    with Ollama(Model(num_ctx=16384, thinks=True, has_tools=False), says=says) as ollama:
        before = fetched(ollama, "/api/ps")
        asked(ollama)

        assert fetched(ollama, "/api/version") == {"version": "0.33.0"}
        assert [model["name"] for model in fetched(ollama, "/api/tags")["models"]] == ["tiny:latest"]
        assert before == {"models": []}
        assert [model["context_length"] for model in fetched(ollama, "/api/ps")["models"]] == [16384]
        shown = fetched(ollama, "/api/show", {"model": "tiny"})
    assert shown["model_info"]["llama.context_length"] == 131_072
    assert shown["parameters"].split() == ["num_ctx", "16384"]
    assert shown["capabilities"] == ["completion", "thinking"]


def test_a_model_that_was_not_pulled_ends_the_run_with_the_command_that_pulls_it():
    with Ollama() as ollama:
        ran = asked(ollama, model="qwen3:8b")

    assert ran.code == 3
    assert "model 'qwen3:8b' not found" in ran.err
    assert "ollama pull qwen3:8b" in ran.err


def test_a_prompt_that_was_cut_without_a_word_is_a_failure_that_tells_the_cure():
    with Ollama(Model(num_ctx=4096), says=says) as ollama:
        ran = asked(ollama, text=LONG)

    assert [message["role"] for message in ollama.seen[0]["messages"]] == ["user"]
    assert ran.code == 1
    assert set(failures().values()) == {"truncated_prompt"}
    assert "OLLAMA_CONTEXT_LENGTH=" in ran.err


def test_a_report_that_is_refused_as_too_long_is_asked_in_parts():
    with Ollama(Model(num_ctx=4096, on_overflow="error"), says=says) as ollama:
        ran = asked(ollama, text=LONG)

    assert (ran.code, failures()) == (0, {})
    assert len(rows("out/records.jsonl")) == 1
    assert len(ollama.seen) > 2


def test_a_model_that_is_loaded_first_is_waited_for():
    started = time.monotonic()
    with Ollama(Model(num_ctx=16384, load_delay_s=1.5), says=says) as ollama:
        ran = asked(ollama)

    assert (ran.code, failures()) == (0, {})
    assert time.monotonic() - started > 1.5


def test_a_time_out_while_a_model_is_loaded_tells_of_the_loading():
    with Ollama(Model(num_ctx=16384, load_delay_s=30), says=says) as ollama:
        ran = asked(ollama, "--timeout-s", "0.5")

    assert ran.code in (1, 3)
    assert "no answer within 0.5 s" in ran.err
    assert "load" in ran.err


@pytest.mark.parametrize("mode", ["json_schema", "tools"])
def test_a_streamed_answer_is_that_in_one_piece_with_its_tokens_counted(mode: str):
    with Ollama(Model(num_ctx=16384, thinks=True), says=says) as ollama:
        asked(ollama, "--mode", mode, "--no-cache")
        ran = asked(ollama, "--mode", mode, "--no-cache", "--stream", "--out", "streamed")

    first, second = (manifest(folder)["counts"]["tokens"] for folder in ("out", "streamed"))
    assert (ran.code, first) == (0, second)
    assert rows("out/records.jsonl") == rows("streamed/records.jsonl")
    assert ["stream" in body for body in ollama.seen] == [False, True]


def test_a_model_that_loads_longer_than_an_answer_may_take_has_a_time_of_its_own():
    with Ollama(Model(num_ctx=16384, load_delay_s=1.0), says=says) as ollama:
        ran = asked(ollama, "--timeout-s", "0.5", "--first-token-timeout-s", "60")

    assert (ran.code, failures()) == (0, {})
    assert ollama.seen[-1]["stream"] is True


def test_a_model_without_tools_is_told_of_with_the_mode_that_it_has():
    with Ollama(Model(num_ctx=16384, has_tools=False), says=says) as ollama:
        ran = asked(ollama, "--mode", "tools")

    assert ran.code in (1, 3)
    assert "registry.ollama.ai/library/tiny:latest does not support tools; use --mode json_schema" in ran.err


def test_a_model_with_tools_calls_one():
    with Ollama(Model(num_ctx=16384), says=says) as ollama:
        ran = asked(ollama, "--mode", "tools")

    assert (ran.code, failures()) == (0, {})


@pytest.mark.parametrize("in_reasoning", [False, True], ids=["beside its answer", "in place of its answer"])
def test_a_thinking_model_may_say_its_thoughts(in_reasoning: bool):
    with Ollama(Model(num_ctx=16384, thinks=True, answers_in_reasoning=in_reasoning), says=says) as ollama:
        ran = asked(ollama)

    assert (ran.code, failures()) == (0, {})
    assert len(rows("out/records.jsonl")) == 1


def test_thoughts_can_be_turned_off():
    with Ollama(Model(num_ctx=16384, thinks=True), says=says) as ollama:
        asked(ollama, "--extra", '{"reasoning_effort": "none"}')

    assert ollama.seen[-1]["reasoning_effort"] == "none"


def test_thoughts_of_a_model_that_has_none_are_an_option_to_leave_out():
    with Ollama(Model(num_ctx=16384), says=says) as ollama:
        ran = asked(ollama, "--extra", '{"reasoning_effort": "high"}')

    assert ran.code in (1, 3)
    assert '"tiny" does not support thinking; leave it out' in ran.err


def test_the_field_think_is_dropped_as_others_that_it_does_not_know():
    with Ollama(Model(num_ctx=16384), says=says) as ollama:
        ran = asked(ollama, "--extra", '{"think": true, "num_ctx": 8192}')

    assert ran.code == 0
    assert not {"think", "num_ctx"} & set(ollama.seen[-1])


def test_a_format_that_is_ignored_is_asked_for_again_and_then_a_failure():
    with Ollama(Model(num_ctx=16384, honours_format=False)) as ollama:
        ran = asked(ollama)

    assert ran.code == 1
    assert set(failures().values()) == {"prose"}
    assert manifest()["counts"]["reasked_documents"] == 1
