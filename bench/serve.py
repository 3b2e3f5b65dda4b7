"""The endpoint as a process of its own, started and asked from a test or a measurement."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch
from urllib.parse import urlsplit

from bench.endpoint.options import Options, flags

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 20.0


class Running:
    """A context manager: `python -m bench.endpoint` with these options, on a port that was free.

    `url` is its base URL, with /v1 at the end. ValueError for options that mean nothing, OSError if it does not
    come up. With `warm` it first makes the answers about so many reports. The process ends when this one does,
    however that ends.
    """

    def __init__(self, *, warm: int = 0, **options: Any) -> None:
        self._warm = warm
        self._patience_s = _PATIENCE_S + warm / 500
        self._options = Options().with_json(options)
        self._process: subprocess.Popen[str] | None = None
        self._environ = patch.dict("os.environ", {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.kill()
            raise
        # A proxy for the world outside knows nothing of this machine's loopback.
        self._environ.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._environ.stop()

    def reset(self, **options: Any) -> None:
        """Begin a new run: nothing is counted, and these options stand in place of those it was started with."""
        self._ask("POST", "/reset", options)

    def stats(self) -> dict[str, Any]:
        """What was counted since the last reset."""
        stats: dict[str, Any] = self._ask("GET", "/stats")
        return stats

    def asked(self) -> dict[str, dict[str, int]]:
        """How often each report was asked first since the last reset, by its token; `late`, long after its answer."""
        asked: dict[str, dict[str, int]] = self._ask("GET", "/asked")
        return asked

    def kill(self) -> None:
        """End the process at once, as a crash would; nothing if it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> None:
        command = [sys.executable, "-m", "bench.endpoint", "--port", "0", "--until-eof", "--warm", str(self._warm)]
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        environ = {**os.environ, "PYTHONPATH": path}
        self._process = subprocess.Popen(  # noqa: S603  our own program
            [*command, *flags(self._options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
        )
        line = self._first_line(self._process)
        if not line.startswith("listening on "):
            raise OSError(f"the endpoint did not come up within {self._patience_s:g} s; what it said is above")
        # It listens before it says so, so there is nothing more to wait for.
        self.url = line.split()[-1]

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        """The first line that it says; empty if it says nothing or ends."""
        assert process.stdout is not None  # noqa: S101  for mypy: it is a pipe
        with DefaultSelector() as selector:
            selector.register(process.stdout, EVENT_READ)
            return process.stdout.readline() if selector.select(self._patience_s) else ""

    def _ask(self, method: str, path: str, value: Any = None) -> Any:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE_S)
        try:
            connection.request(method, path, None if value is None else json.dumps(value))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer["error"]["message"])
        return answer
