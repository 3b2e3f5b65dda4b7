"""Runs of the command line with a real server, and what is looked at afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.endpoint import unused_url
from tests.servers.tiny_model import NAME
from tests.terminal import SEEDS, Ran, mahdar, rows

DEAD = unused_url()
# Why a document of which a random model says something may fail.
GARBAGE = frozenset({"invalid", "ungrounded", "truncated", "broken", "prose", "empty", "several", "form"})


def arguments(url: str, *more: str | Path, inputs: str | Path = SEEDS, model: str = NAME) -> Sequence[str | Path]:
    """The command line of a run: meetings only, short answers, one re-ask, every request tried once, into out/."""
    usual = ("--prompt", "meeting", "--mode", "json_schema", "--max-tokens", "400", "--max-reasks", "1")
    return ("run", inputs, "--base-url", url, "--model", model, *usual, "--max-tries", "1", "--out", "out", *more)


def run(url: str, *more: str | Path, inputs: str | Path = SEEDS, model: str = NAME) -> Ran:
    """Such a run, in this process."""
    return mahdar(*arguments(url, *more, inputs=inputs, model=model))


def failures(folder: str = "out") -> dict[str, str]:
    """The kind of each document's last failure."""
    return {row["document"]: row["kind"] for row in rows(f"{folder}/failures.jsonl")}
