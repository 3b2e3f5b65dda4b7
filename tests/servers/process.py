"""A server in a process of its own: started, waited for, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from tests.loopback import ON_LOOPBACK

ROOT = Path(__file__).resolve().parents[2]
# A proxy that this machine may need for the world outside knows nothing of our loopback.
_DIRECT = build_opener(ProxyHandler({}))


class Process:
    """A context manager that starts a server, waits until `ready` answers 200, and ends it; `log` is what it writes."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        ready: str,
        patience_s: float = 60.0,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._command, self._log, self._ready = command, log, ready
        self._patience_s = patience_s
        self._environ = environ or {}
        self._patched = patch.dict("os.environ", ON_LOOPBACK)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._patched.start()
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._patched.stop()

    def start(self) -> None:
        """Start it, again too, and wait until it answers; RuntimeError with its last words if it never does."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**os.environ, **self._environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + self._patience_s
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{self._command[2]} is not ready (exit code {self._process.poll()}):\n{said}")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it as it wishes to be ended, or by force."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _answers(self) -> bool:
        try:
            with _DIRECT.open(self._ready, timeout=5) as reply:
                return bool(reply.status == 200)
        except (URLError, OSError):
            return False


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
