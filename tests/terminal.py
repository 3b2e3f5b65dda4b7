"""The command line as tests call it: in this process, away from the settings and the cache of whoever runs them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from extract.cli import main
from tests.endpoint import Answer, Asked, completion
from tests.invented import answer, meeting

ROOT = Path(__file__).resolve().parent.parent
SEEDS = str(ROOT / "seeds")
RECORDINGS = str(ROOT / "evals" / "recordings")

_ABOUT_TERMINALS = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@dataclass(frozen=True)
class Ran:
    """What came of a command line."""

    code: int
    out: str
    err: str


def mahdar(*arguments: str | Path, **environ: str) -> Ran:
    """Run a command line in the working folder; the environment holds `environ` and nothing of the user's."""
    code: Any = None
    with CliRunner(env=_environ(environ)).isolation() as (out, err, _):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
    return Ran(code, out.getvalue().decode(), err.getvalue().decode())


def replayed(*arguments: str | Path, out: Path | str = "out") -> Ran:
    """Run over the seeds with the recorded answers."""
    return mahdar("run", SEEDS, "--replay", RECORDINGS, "--out", out, *arguments)


def live(url: str, *arguments: str | Path, inputs: str | Path = "in", **environ: str) -> Ran:
    """Run over the reports with an endpoint, each request tried once."""
    usual = ("--model", "m", "--prompt", "meeting", "--max-tries", "1", "--out", "out")
    return mahdar("run", inputs, "--base-url", url, *usual, *arguments, **environ)


def of(asked: Asked) -> str:
    """The report that is asked about, by its last line: one letter."""
    found: list[str] = re.findall(r"\n([a-z])\n</report", asked.body["messages"][1]["content"])
    return found[0]


def saying(**replies: Answer) -> Callable[[Asked], Answer]:
    """A script that gives these replies to these reports, and the right one to all others."""
    return lambda asked: replies.get(of(asked), completion(answer(meeting())))


def rows(path: Path | str) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def manifest(folder: Path | str = "out") -> dict[str, Any]:
    """The manifest of a run."""
    value: dict[str, Any] = json.loads(Path(folder, "manifest.json").read_text(encoding="utf-8"))
    return value


def write(folder: Path | str, **texts: str) -> Path:
    """A folder of reports, one a file: its name is the document's id."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        Path(folder, f"{name}.txt").write_text(text, encoding="utf-8")
    return Path(folder)


def _environ(environ: dict[str, str]) -> dict[str, str | None]:
    users = {name: None for name in os.environ if name.startswith(("MAHDAR_", "OPENAI_"))}
    ours = {"XDG_CACHE_HOME": str(Path("cache-of-the-user").resolve()), "COLUMNS": "80", "NO_PROXY": "127.0.0.1"}
    # A script of replies begins with that to the first report, not with that to a question about modes.
    return {**users, **dict.fromkeys(_ABOUT_TERMINALS), **ours, "MAHDAR_MODE": "json_schema", **environ}
