"""Installs what the servers need: llama.cpp's into this environment, LiteLLM into one of its own within it.

    python -m tests.servers.install

What has no wheel for this Python or machine is left out, and why is kept for the tests, which are then skipped with it.
Any other trouble ends with pip's own exit code. LiteLLM may be missing for any reason, the time that it takes included.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

LITELLM = Path(sys.prefix) / "litellm"
_HERE = Path(__file__).resolve().parent
_OPTIONS = ("--only-binary", ":all:", "--no-deps", "--require-hashes")
_PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *_OPTIONS)
_NO_WHEEL = ("No matching distribution found", "is not a supported wheel")
_NO_NETWORK = ("Retrying (", "Connection", "Temporary failure in name resolution", "timed out")
_LITELLM_LIMIT_S = 60.0


def missing(requirements: str) -> str | None:
    """Why what this file lists is not there; None if it is."""
    kept = _kept(requirements)
    why, _, text = kept.read_text(encoding="utf-8").partition("\n") if kept.exists() else ("", "", "")
    if text != _text(requirements):
        return f"{requirements} is not installed: make test-servers does it"
    return why or None


def main() -> int:
    """Install both, where that was not done; gives the exit code."""
    if not _is_kept("requirements.txt"):
        why, code = _from_wheel("requirements.txt")
        if code:
            return code
        _keep("requirements.txt", why)
    # Whatever kept LiteLLM out may have passed.
    if missing("litellm.txt"):
        _keep("litellm.txt", _litellm())
    for requirements in ("requirements.txt", "litellm.txt"):
        if trouble := missing(requirements):
            sys.stdout.write(f"skipping what needs {requirements}: {trouble}\n")
    return 0


def _from_wheel(requirements: str) -> tuple[str, int]:
    """Why there is no wheel of it for this machine; pip's exit code where that is not the reason."""
    command = [*_PIP, "-r", str(_HERE / requirements)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return "", 0
    if any(words in done.stdout for words in _NO_WHEEL) and not any(words in done.stdout for words in _NO_NETWORK):
        python = ".".join(map(str, sys.version_info[:2]))
        return f"no wheel for Python {python} on this machine: {_reason(done.stdout)}", 0
    sys.stderr.write(done.stdout)
    return "", done.returncode


def _litellm() -> str:
    """Install LiteLLM; why it could not be, or nothing."""
    why, code = _from_wheel("uv.txt")
    if why or code:
        return why or "uv cannot be installed"
    venv.create(LITELLM, clear=True)
    python = str(LITELLM / "bin" / "python")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, *_OPTIONS]
    try:
        done = subprocess.run(
            [*command, "-r", str(_HERE / "litellm.txt")],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LITELLM_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return f"not installed within {_LITELLM_LIMIT_S:g} s"
    return "" if done.returncode == 0 else _reason(done.stdout)


def _reason(said: str) -> str:
    """The line that tells most."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no reason given"])[-1]


def _kept(requirements: str) -> Path:
    return Path(sys.prefix) / f".servers-{requirements}"


def _text(requirements: str) -> str:
    return (_HERE / requirements).read_text(encoding="utf-8")


def _is_kept(requirements: str) -> bool:
    kept = _kept(requirements)
    return kept.exists() and kept.read_text(encoding="utf-8").partition("\n")[2] == _text(requirements)


def _keep(requirements: str, why: str) -> None:
    line = why.replace("\n", " ")
    _kept(requirements).write_text(f"{line}\n{_text(requirements)}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
