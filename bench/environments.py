"""An environment for each library that is measured beside this project: their requirements exclude one another."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent / "requirements"
_FOLDER = REQUIREMENTS.parent.parent / "build" / "bench"
_PATIENCE_S = 900


class MissingError(Exception):
    """An environment that cannot be made; says why."""


def python(name: str | None) -> Path:
    """The interpreter of an environment, which is made if it is not there; None is this project's own."""
    if name is None:
        return Path(sys.executable)
    wanted = REQUIREMENTS / f"{name}.txt"
    folder = _FOLDER / name
    ready, digest = folder / ".ready", sha256(wanted.read_bytes()).hexdigest()
    interpreter = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (ready.exists() and ready.read_text(encoding="utf-8") == digest):
        _make(folder, wanted, interpreter)
        ready.write_text(digest, encoding="utf-8")
    return interpreter


def _make(folder: Path, wanted: Path, interpreter: Path) -> None:
    """Make it with the Python that runs this, else with one that every library takes."""
    reason = ""
    for base in (sys.executable, "python3.12"):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            for command in _commands(base, folder, wanted, interpreter):
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)  # noqa: S603  ours
        except subprocess.CalledProcessError as error:
            reason = reason or _last_line(error.stderr)
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = reason or str(error)
        else:
            return
    shutil.rmtree(folder, ignore_errors=True)
    raise MissingError(reason)


def _commands(base: str, folder: Path, wanted: Path, interpreter: Path) -> list[list[str]]:
    uv = shutil.which("uv")
    if uv is not None:
        return [
            [uv, "venv", "--quiet", "--python", base, str(folder)],
            [uv, "pip", "install", "--quiet", "--python", str(interpreter), "--requirement", str(wanted)],
        ]
    return [
        [base, "-m", "venv", str(folder)],
        [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)],
    ]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"
