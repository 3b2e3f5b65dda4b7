"""Writes docs/transcripts anew: commands with real servers and what they print, 80 columns wide.

    python -m tests.servers.transcripts

The servers answer at the addresses that users know them by, so nothing else may listen there. The model is random: what
it says is garbage, what is counted, refused and told is not.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.invented import REPORT, answer, meeting
from tests.servers import install, tiny_model
from tests.servers.litellm import KEY, LiteLLM
from tests.servers.llamacpp import LlamaCpp, Serving
from tests.servers.ollama import Model, Ollama
from tests.servers.process import ROOT

FOLDER = ROOT / "docs" / "transcripts"
_LLAMACPP = "--base-url http://localhost:8080/v1 --model tiny-random"
_OLLAMA = "--base-url http://localhost:11434/v1 --model tiny"
_LITELLM = "--base-url http://localhost:4000/v1"
_LONG = f"{REPORT}\n" + "وأفادت مصادر الوزارة بأن المحادثات تناولت التعاون بين البلدين.\n" * 250
_KEYS = {"MAHDAR_API_KEY": KEY}


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        folder = Path(made)
        model = tiny_model.write(folder / "tiny.gguf")
        Path(ROOT, "runs", "reports").mkdir(parents=True, exist_ok=True)
        Path(ROOT, "runs", "reports", "invented.txt").write_text(REPORT, encoding="utf-8")
        Path(ROOT, "runs", "reports-long").mkdir(exist_ok=True)
        Path(ROOT, "runs", "reports-long", "invented.txt").write_text(_LONG, encoding="utf-8")
        _with_llamacpp(folder, model)
        _with_ollama(folder)
        if install.missing("litellm.txt") is None:
            _with_litellm(folder, model)


def _with_llamacpp(folder: Path, model: Path) -> None:
    def serving(context: int = 32_768, slots: int = 1, api_key: str = "") -> LlamaCpp:
        how = Serving(context=context, slots=slots, api_key=api_key)
        return LlamaCpp(model, folder / "llamacpp.log", how, port=8080)

    with serving(slots=2):
        seeds = f"run seeds/ {_LLAMACPP} --prompt meeting --max-tokens 600"
        _write("llamacpp-probe", f"probe {_LLAMACPP} --no-cache", folder=folder)
        for mode in ("json_schema", "tools"):
            _write(f"llamacpp-{mode}", f"{seeds} --mode {mode} --out runs/{mode}", folder=folder)
        _write("llamacpp-wrong-path", f"{seeds} --out runs/path".replace("/v1", "/v2"), folder=folder)
        late = f"run seeds/001* {_LLAMACPP} --prompt meeting --timeout-s 0.05 --max-tries 1 --no-cache --out runs/late"
        _write("llamacpp-time-out", late, folder=folder)
    _write("llamacpp-not-running", f"{seeds} --out runs/away", folder=folder)
    short = f"run seeds/001* {_LLAMACPP} --prompt meeting --no-cache"
    with serving(context=4096):
        _write("llamacpp-context", f"{short} --out runs/context", folder=folder)
    with serving(context=2048):
        _write("llamacpp-context-of-the-prompt", f"{short} --out runs/short", folder=folder)
    with serving(api_key="the-right-key"):
        _write("llamacpp-key", f"{short} --out runs/key", folder=folder, MAHDAR_API_KEY="another-key")
    with serving() as server:
        command = f"{seeds} --concurrency 1 --max-tries 1 --no-cache --out runs/killed"
        text = _said(command, folder, {}, until="001_", then=server.kill)
        server.start()
        _save("llamacpp-killed-and-taken-up", text + "\n" + _said(command, folder, {}, is_new=False))


def _with_ollama(folder: Path) -> None:
    def said(body: Mapping[str, object]) -> str | None:
        return answer(meeting()) if "meetings" in json.dumps(body) else None

    run = f"run runs/reports {_OLLAMA} --prompt meeting --no-cache"
    cases: dict[str, tuple[Model, str]] = {
        "answers": (Model(num_ctx=16384), run),
        "missing-model": (Model(), run.replace("--model tiny", "--model qwen3:8b")),
        "cut-prompt": (Model(), run.replace("runs/reports", "runs/reports-long")),
        "refused-prompt": (Model(on_overflow="error"), run.replace("runs/reports", "runs/reports-long")),
        "load-delay": (Model(num_ctx=16384, load_delay_s=3), run),
        "load-time-out": (Model(num_ctx=16384, load_delay_s=60), f"{run} --timeout-s 2 --max-tries 1"),
        "no-tools": (Model(num_ctx=16384, has_tools=False), f"{run} --mode tools"),
        "thinking": (Model(num_ctx=16384, thinks=True), run),
        "thinking-refused": (Model(num_ctx=16384), f'{run} --extra \'{{"reasoning_effort": "high"}}\''),
        "format-ignored": (Model(num_ctx=16384, honours_format=False), run),
    }
    for name, (model, command) in cases.items():
        with Ollama(model, says=said, port=11434):
            _write(f"ollama-{name}", f"{command} --out runs/{name}", folder=folder)
    probes: dict[str, tuple[Model, str]] = {
        "probe": (Model(num_ctx=16384, load_delay_s=3, thinks=True), f"probe {_OLLAMA} --no-cache"),
        "probe-missing-model": (Model(), f"probe {_OLLAMA} --no-cache".replace("--model tiny", "--model qwen3:8b")),
        "probe-short-context": (Model(has_tools=False), f"probe {_OLLAMA} --no-cache"),
        "probe-format-ignored": (Model(num_ctx=16384, honours_format=False), f"probe {_OLLAMA} --no-cache"),
    }
    for name, (model, command) in probes.items():
        with Ollama(model, says=said, port=11434):
            _write(f"ollama-{name}", command, folder=folder)


def _with_litellm(folder: Path, model: Path) -> None:
    with LlamaCpp(model, folder / "llamacpp.log", port=8080) as server:
        backends = {tiny_model.NAME: server.url, "dead": "http://127.0.0.1:9/v1"}
        with LiteLLM(folder, backends, port=4000):
            run = f"run seeds/001* {_LITELLM} --prompt meeting --max-tokens 600"
            for name, model_name in (("probe", "tiny-random"), ("probe-dead-server", "dead")):
                _write(f"litellm-{name}", f"probe {_LITELLM} --model {model_name} --no-cache", folder=folder, **_KEYS)
            cases = {"answers": "--model tiny-random", "dead-server": "--model dead --max-tries 1"}
            for name, more in (cases | {"missing-model": "--model nope"}).items():
                _write(f"litellm-{name}", f"{run} {more} --out runs/litellm-{name}", folder=folder, **_KEYS)
            _write("litellm-key", f"{run} --model tiny-random --no-cache --out runs/litellm-key", folder=folder)


def _write(name: str, command: str, *, folder: Path, **environ: str) -> None:
    _save(name, _said(command, folder, environ))


def _save(name: str, text: str) -> None:
    (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


def _said(
    command: str,
    folder: Path,
    environ: Mapping[str, str],
    *,
    until: str = "",
    then: Callable[[], None] | None = None,
    is_new: bool = True,
) -> str:
    """The command as it is typed, what it printed and its exit code; `then` is called when `until` was printed."""
    if is_new and "--out" in command:
        shutil.rmtree(ROOT / command.rpartition("--out ")[2], ignore_errors=True)
    arguments = [sys.executable, "-m", "extract.cli", *_expanded(shlex.split(command))]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAHDAR_", "OPENAI_"))}
    ours = {"COLUMNS": "80", "XDG_CACHE_HOME": str(folder / "cache"), "NO_PROXY": "localhost", "no_proxy": "localhost"}
    process = subprocess.Popen(
        arguments,
        cwd=ROOT,
        env={**kept, **ours, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if then is not None and until in line:
            then()
            then = None
    code = process.wait()
    given = "".join(f"{name}={value} " for name, value in environ.items())
    return f"$ {given}mahdar {command}\n{said}$ echo $?\n{code}\n"


def _expanded(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments as a shell gives them on, patterns filled in."""
    for argument in arguments:
        is_pattern = argument.startswith("seeds/") and "*" in argument
        yield from (str(path.relative_to(ROOT)) for path in sorted(ROOT.glob(argument))) if is_pattern else (argument,)


if __name__ == "__main__":
    main()
