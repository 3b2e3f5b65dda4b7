"""`mahdar probe` of the servers themselves: what they are taken for, and what is said of them."""

import json
from typing import Any

import pytest

from tests.servers.litellm import CONTEXT, KEY, LiteLLM
from tests.servers.llamacpp import LlamaCpp
from tests.servers.ollama import Model, Ollama
from tests.servers.tiny_model import NAME
from tests.terminal import mahdar

pytestmark = pytest.mark.servers


def probed(url: str, *more: str, model: str = NAME) -> dict[str, Any]:
    """What a probe finds, and its exit code."""
    ran = mahdar("probe", "--base-url", url, "--model", model, "--no-cache", "--json", *more)
    value: dict[str, Any] = json.loads(ran.out)
    return {**value, "code": ran.code}


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {mode: tried["outcome"] for mode, tried in found["modes"].items()}


def test_llamacpp_says_its_context_and_slots_and_enforces_all_but_the_prompt(llamacpp: LlamaCpp):
    found = probed(llamacpp.url)

    assert (found["code"], found["server"], found["known_by"]) == (0, "llama.cpp", "/props")
    assert (found["context"], found["slots"], found["is_listed"]) == (32_768, 2, True)
    assert outcomes(found) | {"md_json": ""} == {
        **dict.fromkeys(("json_schema", "tools", "json"), "enforced"),
        "md_json": "",
    }
    assert found["use"]["mode"] == "json_schema"
    assert found["usage"] == "counted, believable"


def test_llamacpp_with_a_key_is_known_without_it(small: LlamaCpp):
    found = probed(small.url, "--api-key", "the-wrong-key")

    assert (found["code"], found["server"], found["mode"]) == (1, "llama.cpp", None)
    assert "Invalid API Key; set OPENAI_API_KEY or MAHDAR_API_KEY" in found["faults"][0]


def test_a_context_that_the_prompt_does_not_fit_into_is_told(small: LlamaCpp):
    found = probed(small.url, "--api-key", "the-right-key")

    assert (found["code"], found["works"], found["context"]) == (1, False, 2048)


def test_litellm_is_not_taken_for_the_server_behind_it(litellm: LiteLLM):
    found = probed(litellm.url, "--api-key", KEY)

    assert (found["code"], found["server"], found["mode"]) == (0, "LiteLLM", "json_schema")
    assert NAME in found["models"]
    assert (found["context"], found["context_by"]) == (CONTEXT, "the server says: /model/info")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dead", "does the server behind this proxy run?"),
        ("absent", "model 'absent' not found"),
        ("nope", "Invalid model name passed in model=nope"),
    ],
)
def test_what_is_wrong_behind_litellm_is_told(litellm: LiteLLM, name: str, said: str):
    found = probed(litellm.url, "--api-key", KEY, model=name)

    assert (found["code"], found["server"]) == (1, "LiteLLM")
    assert said in found["faults"][0]


def test_a_model_of_ollama_shows_its_context_its_thoughts_and_its_load_time():
    with Ollama(Model(num_ctx=16384, thinks=True, load_delay_s=1.5)) as ollama:
        found = probed(ollama.url, model="tiny")

    assert (found["code"], found["server"], found["version"]) == (0, "Ollama", "0.33.0")
    assert (found["context"], found["context_by"]) == (16384, "the server says: /api/ps")
    assert found["thinking"] == "in the field reasoning"
    assert found["speed"]["first_s"] - found["speed"]["second_s"] > 1


def test_a_model_of_ollama_without_tools_and_one_that_was_not_pulled_are_told():
    with Ollama(Model(has_tools=False)) as ollama:
        without, missing = probed(ollama.url, model="tiny"), probed(ollama.url, model="qwen3:8b")

    assert outcomes(without)["tools"] == "refused"
    assert (missing["code"], missing["is_listed"]) == (1, False)
    assert "ollama pull qwen3:8b" in missing["faults"][0]


def test_a_model_of_ollama_that_honours_no_format_is_found_out():
    with Ollama(Model(num_ctx=16384, honours_format=False)) as ollama:
        found = probed(ollama.url, model="tiny")

    assert (found["code"], found["works"]) == (1, False)
    assert set(outcomes(found).values()) == {"ignored"}
