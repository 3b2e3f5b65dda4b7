"""The servers, started once for all tests that ask them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import install, tiny_model
from tests.servers.litellm import LiteLLM
from tests.servers.llamacpp import LlamaCpp, Serving
from tests.servers.ollama import Model, Ollama
from tests.servers.runs import DEAD


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder, away from the keys of whoever runs it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MAHDAR_", "OPENAI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the tiny model; skips where llama.cpp's server cannot be had."""
    if why := install.missing("requirements.txt"):
        pytest.skip(why)
    return tiny_model.write(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture(scope="session")
def llamacpp(model: Path) -> Iterator[LlamaCpp]:
    """llama.cpp with two slots and all the context that is needed."""
    with LlamaCpp(model, model.with_name("two.log"), Serving(slots=2)) as server:
        yield server


@pytest.fixture(scope="session")
def small(model: Path) -> Iterator[LlamaCpp]:
    """llama.cpp with a short context, and a key."""
    with LlamaCpp(model, model.with_name("small.log"), Serving(context=2048, api_key="the-right-key")) as server:
        yield server


@pytest.fixture
def brittle(model: Path, tmp_path: Path) -> Iterator[LlamaCpp]:
    """llama.cpp for one test alone, which may kill it and start it again."""
    with LlamaCpp(model, tmp_path / "server.log") as server:
        yield server


@pytest.fixture(scope="session")
def litellm(llamacpp: LlamaCpp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLM]:
    """LiteLLM before llama.cpp, before a server that does not run and before Ollama's stand-in."""
    if why := install.missing("litellm.txt"):
        pytest.skip(f"no LiteLLM: {why}")
    with Ollama(Model(name="pulled:latest")) as ollama:
        backends = {tiny_model.NAME: llamacpp.url, "dead": DEAD, "absent": ollama.url}
        with LiteLLM(tmp_path_factory.mktemp("litellm"), backends) as server:
            yield server
