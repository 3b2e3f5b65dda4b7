"""`mahdar probe` against the shape of each server."""

import json
from typing import Any

import pytest

from extract.probe.look import Looks, Page
from extract.probe.server import identify, near
from tests.endpoint import Answer, Asked, Reply, ScriptedEndpoint, streamed, unused_url
from tests.servers_said import (
    LITELLM,
    LLAMA_CPP,
    LM_STUDIO,
    NOTHING,
    NUMBERS,
    OLDER_LITELLM,
    OLLAMA,
    OPENROUTER,
    VLLM,
    Pages,
    error,
    listed,
    said,
    server,
)
from tests.terminal import Ran, mahdar


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def probe(url: str, *arguments: str, **environ: str) -> Ran:
    return mahdar("probe", "--base-url", url, "--prompt", "meeting", *arguments, **environ)


def probed(pages: Pages, *arguments: str, **answers: Any) -> dict[str, Any]:
    """What a probe of such a server finds, and its exit code."""
    with ScriptedEndpoint(server(pages, **answers)) as endpoint:
        ran = probe(endpoint.url, "--json", *arguments)
        asked = [each for each in endpoint.asked if each.body is not None]
    value: dict[str, Any] = json.loads(ran.out)
    return {**value, "code": ran.code, "asked": len(asked)}


@pytest.mark.parametrize(
    ("pages", "model", "name", "version", "context", "how"),
    [
        (OLLAMA, "qwen3:8b", "Ollama", "0.33.0", 16384, "the server says: /api/ps"),
        (LLAMA_CPP, "tiny", "llama.cpp", "b6900-abc", 8192, "the server says: /props"),
        (VLLM, "org/Model-8B", "vLLM", "0.11.0", 32768, "the server says: /v1/models"),
        (LM_STUDIO, "gemma-3-4b", "LM Studio", "", 8192, "the server says: /api/v0/models"),
        (LITELLM, "big", "LiteLLM", "", 128000, "the server says: /model/info"),
        (OLDER_LITELLM, "big", "LiteLLM", "1.40.0", None, ""),
        (OPENROUTER, "a/b", "OpenRouter", "", 131072, "the server says: /v1/models"),
        (NOTHING, "m", "unknown", "", None, ""),
    ],
    ids=["ollama", "llama.cpp", "vllm", "lm studio", "litellm", "older litellm", "openrouter", "unknown"],
)
def test_each_server_is_known_by_what_only_it_says(pages, model, name, version, context, how):
    found = probed(pages, "--model", model)

    assert (found["server"], found["version"]) == (name, version)
    assert (found["context"], found["context_by"]) == (context, how)
    assert (found["code"], found["mode"], found["works"]) == (0, "json_schema", True)
    assert found["asked"] <= 8


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "OpenAI"),
        ("https://mine.openai.azure.com/openai/v1", "Azure"),
        ("https://openrouter.ai/api/v1", "OpenRouter"),
    ],
)
def test_the_well_known_services_are_known_by_their_address(url, name):
    assert identify(url, Looks()).name == name


@pytest.mark.parametrize(
    ("header", "name"),
    [("apim-request-id", "Azure"), ("openai-processing-ms", "OpenAI")],
)
def test_a_service_behind_another_name_is_known_by_its_headers(header, name):
    looks = Looks({"/models": Page(200, {header: "1"}, listed("m"))})

    assert identify("https://gateway.example/v1", looks).name == name


def test_a_page_of_another_shape_is_no_reason_to_fail():
    pages = {"/v1/models": Reply(body="[1, null]"), "/props": Reply(body='"x"'), "/api/version": Reply(body="<html>")}

    found = probed(pages, "--model", "m")

    assert (found["code"], found["server"]) == (0, "unknown")


def test_the_only_model_is_taken_and_of_several_one_has_to_be_chosen():
    alone, several = probed(VLLM), probed(OLLAMA)

    assert (alone["code"], alone["model"]) == (0, "org/Model-8B")
    assert several["code"] == 1
    assert several["faults"] == ["no model was given, and the endpoint lists several: choose one with --model"]


def test_a_model_that_is_not_there_is_told_with_the_names_near_it():
    with ScriptedEndpoint(server(OLLAMA, speed=error(404, "model 'qwen3' not found"))) as endpoint:
        ran = probe(endpoint.url, "--model", "qwen3")

    assert ran.code == 1
    assert "qwen3 is not in the list; did you mean qwen3:8b?" in ran.out
    assert "ollama pull qwen3" in ran.out
    assert ran.out.endswith("verdict     a run would not work\n")


def test_names_are_near_without_their_vendor_or_their_size():
    assert near("llama3.2", ("qwen3:8b", "llama3.2:1b")) == ["llama3.2:1b"]
    assert near("model-8b", ("org/Model-8B", "other")) == ["org/Model-8B"]
    assert near("zzz", ("qwen3:8b",)) == []


def test_a_server_that_answers_for_any_name_is_found_out():
    found = probed(LLAMA_CPP, "--model", "gpt-5")

    assert (found["code"], found["is_listed"], found["answered_as"]) == (0, False, "scripted")


@pytest.mark.parametrize(
    ("status", "message", "cure"),
    [
        (401, "Invalid API Key", "MAHDAR_API_KEY"),
        (404, "File Not Found", "is --base-url right?"),
        (400, "temperature does not support 0", "--temperature none"),
        (500, "model runner has unexpectedly stopped", "use a smaller model"),
    ],
)
def test_each_failure_is_a_line_with_its_cure(status, message, cure):
    found = probed(NOTHING, "--model", "m", speed=error(status, message))

    assert (found["code"], found["mode"], len(found["faults"])) == (1, None, 1)
    assert cure in found["faults"][0]


def test_nothing_that_answers_ends_with_3():
    url = unused_url()

    text, as_json = probe(url, "--model", "m"), probe(url, "--model", "m", "--json")

    assert (text.code, as_json.code) == (3, 3)
    assert "is the server running, and is --base-url right?" in text.err
    assert json.loads(as_json.out)["works"] is False


def test_a_context_is_learned_from_the_error_to_too_long_an_answer():
    told = error(400, "This model's maximum context length is 16384 tokens. However, you requested 100000025 tokens.")

    found = probed(NOTHING, "--model", "big", context=told)

    assert (found["context"], found["context_by"]) == (16384, "learned from an error")
    assert found["use"]["context"] == 16384


def test_a_context_that_the_prompt_does_not_fit_into_means_that_no_run_would_work():
    pages = {**OLLAMA, "/api/ps": {"models": [{"name": "qwen3:8b", "context_length": 2048}]}}
    with ScriptedEndpoint(server(pages)) as endpoint:
        ran = probe(endpoint.url, "--model", "qwen3:8b")

    assert ran.code == 1
    assert "OLLAMA_CONTEXT_LENGTH=16384 ollama serve" in ran.out


def test_an_option_that_is_refused_is_left_out_and_told_as_a_setting():
    def script(asked):
        if asked.body is not None and "max_tokens" in asked.body:
            return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return server(NOTHING)(asked)

    with ScriptedEndpoint(script) as endpoint:
        ran = probe(endpoint.url, "--model", "o9")

    assert ran.code == 0
    assert "--max-tokens none" in ran.out
    assert "extra = { max_completion_tokens = 4096 }" in ran.out


@pytest.mark.parametrize(
    ("answer", "thinking"),
    [
        (said(f"<think>Hm.</think>{NUMBERS}"), "<think> in the answer itself (taken off)"),
        (said(NUMBERS, reasoning="Hm."), "in the field reasoning"),
        (said(NUMBERS, reasoning_content="Hm."), "in the field reasoning_content"),
        (said(NUMBERS), "none seen"),
    ],
)
def test_thoughts_are_seen_wherever_they_stand(answer, thinking):
    assert probed(NOTHING, "--model", "m", speed=answer)["thinking"] == thinking


@pytest.mark.parametrize(
    ("answer", "streaming", "is_timed"),
    [
        (streamed(said("one, two, three")), "works; first token after ", True),
        (streamed({**said("one, two, three"), "usage": None}), "works, but tokens are not counted; first", True),
        (said("one, two, three"), "nothing of it was streamed", False),
        (error(400, "this endpoint does not stream"), "refused: answers come in one piece", False),
        (error(500, "out of memory"), "failed: http", False),
        (streamed(said("", answer=0)), "unknown: an empty answer", False),
    ],
    ids=["works", "not counted", "ignored", "refused", "fails", "empty"],
)
def test_whether_answers_can_be_streamed_is_found_out(answer, streaming, is_timed):
    def script(asked: Asked) -> Answer:
        return answer if asked.body is not None and asked.body.get("stream") else server(NOTHING)(asked)

    with ScriptedEndpoint(script) as endpoint:
        ran = probe(endpoint.url, "--json", "--model", "m")
        number = sum(each.body is not None for each in endpoint.asked)

    found = json.loads(ran.out)
    assert (ran.code, found["streaming"][: len(streaming)]) == (0, streaming)
    assert (found["first_token_s"] is not None) is is_timed
    assert found["requests"] == number


@pytest.mark.parametrize(
    ("answer", "usage"),
    [
        (said(NUMBERS), "counted, believable"),
        ({**said(NUMBERS), "usage": None}, "not counted"),
        (said(NUMBERS, prompt=0), "not believable: 0 tokens for a question"),
        (said(NUMBERS, answer=2), "not believable: 2 tokens for an answer"),
        (said(NUMBERS, answer=9000), "not believable: 9,000 tokens for an answer"),
    ],
)
def test_counts_of_tokens_are_compared_with_what_was_said(answer, usage):
    assert probed(NOTHING, "--model", "m", speed=answer)["usage"].startswith(usage)


def test_what_is_printed_fits_80_columns_and_is_of_use_as_settings(tmp_path):
    with ScriptedEndpoint(server(VLLM, tools=error(400, "x " * 300 + "tool choice"))) as endpoint:
        ran = probe(endpoint.url, "--model", "org/Model-8B")
        _, _, toml = ran.out.partition("mahdar.toml\n")
        (tmp_path / "mahdar.toml").write_text(toml, encoding="utf-8")
        config = json.loads(mahdar("config", "--json", MAHDAR_MODE="").out)

    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert {name: config[name]["value"] for name in ("model", "mode", "context")} == {
        "model": "org/Model-8B",
        "mode": "json_schema",
        "context": "32768",
    }


def test_a_proxy_whose_server_lacks_the_model_is_not_told_the_same_name():
    pages = {"/v1/models": listed("big", "bigger")}
    found = probed(pages, "--model", "big", speed=error(404, "model 'big' not found"))

    assert found["faults"][0].endswith("near that name: bigger")


def test_a_model_that_keeps_to_no_form_at_all_means_that_no_run_would_work():
    prose = said("The sky is blue.", answer=5)
    answers = dict.fromkeys(("json_schema", "tools", "json", "md_json"), prose)
    with ScriptedEndpoint(server(NOTHING, **answers)) as endpoint:
        ran = probe(endpoint.url, "--model", "m")

    assert ran.code == 1
    assert "no answer had the form asked for" in ran.out
    assert "a run would not work" in ran.out


def test_a_model_that_keeps_to_a_form_that_it_is_shown_will_do():
    prose = said("The sky is blue.", answer=5)
    found = probed(NOTHING, "--model", "m", **dict.fromkeys(("json_schema", "tools", "json"), prose))

    assert (found["code"], found["mode"]) == (0, "md_json")


def test_the_settings_to_use_hold_what_the_probe_was_given_and_no_secret(tmp_path):
    given = (
        "--reasoning-effort",
        "none",
        "--extra",
        '{"top_p": 0.5}',
        "--no-warm-up",
        "--header",
        "X-Team=desk-47110815",
    )
    with ScriptedEndpoint(server(LLAMA_CPP)) as endpoint:
        ran = probe(endpoint.url, "--model", "tiny", *given, "--api-key", "key-for-the-test-1")
        flags, _, toml = ran.out.partition("or as mahdar.toml\n")
        (tmp_path / "mahdar.toml").write_text(toml, encoding="utf-8")
        config = json.loads(mahdar("config", "--json").out)

    assert "--reasoning-effort none" in flags
    assert "--no-warm-up" in flags
    assert "--concurrency 2" in flags
    names = ("reasoning_effort", "extra", "warm_up", "concurrency")
    assert [config[name]["value"] for name in names] == ["none", '{"top_p": 0.5}', "false", "2"]
    assert "desk-4711" not in ran.out
    assert "key-for-the-test" not in ran.out


def test_a_key_among_the_further_fields_is_not_printed():
    with ScriptedEndpoint(server(LLAMA_CPP)) as endpoint:
        ran = probe(endpoint.url, "--model", "tiny", "--extra", '{"user": "sk-proj-%s"}' % ("aB3_" * 10))

    assert ran.code == 0
    assert "sk-proj" not in ran.out


@pytest.mark.parametrize("slots", [0, True, "2", None])
def test_slots_that_are_no_number_are_unknown(slots):
    pages = {**LLAMA_CPP, "/props": {"default_generation_settings": {"n_ctx": 8192}, "total_slots": slots}}

    assert probed(pages, "--model", "tiny")["slots"] is None
