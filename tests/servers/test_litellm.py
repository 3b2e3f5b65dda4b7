"""Runs through the LiteLLM proxy: what it passes on, and what it makes of faults behind it."""

from pathlib import Path

import pytest

from tests.servers.litellm import KEY, LiteLLM
from tests.servers.runs import GARBAGE, failures, run
from tests.terminal import SEEDS, manifest

pytestmark = pytest.mark.servers

ONE_SEED = Path(SEEDS) / "001_5c8391c0744fe983.txt"


def test_a_run_through_it_ends_as_one_without_it(litellm: LiteLLM):
    ran = run(litellm.url, "--api-key", KEY, inputs=ONE_SEED)

    counts = manifest()["counts"]
    assert ran.code == (1 if failures() else 0)
    assert set(failures().values()) <= GARBAGE
    assert counts["reasked_documents"] == 1
    assert counts["tokens"]["prompt"] > 4_000


def test_a_streamed_run_through_it_counts_its_tokens(litellm: LiteLLM):
    ran = run(litellm.url, "--api-key", KEY, "--stream", "--no-cache", "--max-reasks", "0", inputs=ONE_SEED)

    counts = manifest()["counts"]
    assert ran.code == (1 if failures() else 0)
    assert set(failures().values()) <= GARBAGE
    assert counts["tokens"]["prompt"] > 4_000
    assert counts["tokens"]["completion"] > 50


def test_a_dead_server_behind_it_is_told_of(litellm: LiteLLM):
    ran = run(litellm.url, "--api-key", KEY, model="dead", inputs=ONE_SEED)

    assert ran.code in (1, 3)
    assert "does the server behind this proxy run?" in ran.err


def test_a_model_that_it_does_not_know_ends_a_run(litellm: LiteLLM):
    ran = run(litellm.url, "--api-key", KEY, model="nope", inputs=ONE_SEED)

    assert ran.code == 3
    assert "Invalid model name passed in model=nope" in ran.err


def test_a_wrong_key_ends_a_run(litellm: LiteLLM):
    ran = run(litellm.url, "--api-key", "sk-another-one", inputs=ONE_SEED)

    assert ran.code == 3
    assert "sk-another-one" not in ran.out + ran.err
