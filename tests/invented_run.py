"""Run folders of invented reports, and what `mahdar show` prints of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from extract.cli.show import command

COLOUR = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
QUOTE = "التقى وزير الدفاع (أحمد) نظيره Smith في 3 مايو"
TEXT = f"عنوان الخبر\nقالت الوزارة إن {QUOTE} وبحثا التعاون."

_ABOUT_TERMINALS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "VTE_VERSION", "KONSOLE_VERSION", "TERM_PROGRAM")

Row = dict[str, Any]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[None]:
    """An empty working folder, and a terminal of which nothing is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for name in _ABOUT_TERMINALS:
            patch.delenv(name, raising=False)
        yield


def grounding(text: str, quote: str, path: str = "evidence[0]", **other: Any) -> Row:
    """The place of a quote's first occurrence, as a run writes it."""
    start = text.find(quote)
    place = {"start": start, "end": start + len(quote), "match": "verbatim", "score": 100.0}
    nowhere = dict.fromkeys(place)
    return {"path": path, "text": quote, **(place if start >= 0 else nowhere), **other}


def row(text: str, *quotes: str, id_: str = "a", values: Sequence[Row] = (), **record: Any) -> Row:
    """A meeting with its quotes grounded."""
    evidence = [grounding(text, quote, f"evidence[{index}]") for index, quote in enumerate(quotes)]
    filled = {"evidence": list(quotes), "summary": "They met.", "mention": "focus", "status": "held", **record}
    return {"document": id_, "type": "meeting", "record": filled, "evidence": evidence, "values": list(values)}


def failure(id_: str = "a", message: str = "no", path: str | None = None) -> Row:
    """A failure's row."""
    return {"document": id_, "kind": "invalid", "message": message, "path": path}


def make(
    texts: Mapping[str, str],
    *rows: Row,
    folder: str = "runs/one",
    failures: Sequence[Row] = (),
    started: str = "2020-01-01T00:00:00+00:00",
) -> None:
    """A run folder of some reports, which lie in `in/`."""
    Path("in").mkdir(exist_ok=True)
    for name, text in texts.items():
        Path("in", f"{name}.txt").write_text(text, encoding="utf-8")
    Path(folder).mkdir(parents=True)
    manifest = {"started": started, "inputs": ["in"], "prompt": {"name": "events/v1"}, "model": "some-model"}
    settings = {"max_chars": {"value": "400000", "from": "default"}}
    Path(folder, "manifest.json").write_text(json.dumps({**manifest, "settings": settings}))
    for name, lines in (("records.jsonl", rows), ("failures.jsonl", failures)):
        Path(folder, name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def show(*arguments: str, **environ: str) -> str:
    """What the command prints on stdout; an error is raised."""
    return invoke(*arguments, **environ).stdout


def invoke(*arguments: str, **environ: str) -> Result:
    """What comes of the command; an error is raised."""
    return CliRunner(env=environ).invoke(command, arguments, standalone_mode=False, catch_exceptions=False)
