"""llama.cpp's own OpenAI server, out of the wheel xllamacpp, on the tiny model: a process of its own on loopback.

python -m tests.servers.llamacpp MODEL --port 8081 [--context 4096] [--slots 1] [--api-key KEY]
"""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import Process, free_port
from tests.servers.tiny_model import NAME


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How it is started: the tokens of each slot, the requests that it takes at once, the key that it wants."""

    context: int = 32_768
    slots: int = 1
    api_key: str = ""


class LlamaCpp(Process):
    """The server; a context manager that waits until it is ready. `url` is its base URL, with /v1 at the end."""

    def __init__(self, model: Path, log: Path, serving: Serving | None = None, *, port: int | None = None) -> None:
        serving = serving or Serving()
        self.port = port or free_port()
        options = ["--port", str(self.port), "--context", str(serving.context), "--slots", str(serving.slots)]
        options += ["--api-key", serving.api_key] if serving.api_key else []
        command = [sys.executable, "-m", "tests.servers.llamacpp", str(model), *options]
        super().__init__(command, log=log, ready=f"http://127.0.0.1:{self.port}/health")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/v1"


def _serve() -> None:
    import xllamacpp

    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--context", type=int, default=4096)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--api-key", action="append", default=[])
    given = parser.parse_args()

    wanted = xllamacpp.CommonParams()
    wanted.model.path = given.model
    wanted.model_alias = {NAME}
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = given.port
    wanted.n_ctx = given.context * given.slots
    wanted.n_parallel = given.slots
    wanted.n_gpu_layers = 0
    # Several would wait for one another on a machine that has other work.
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    wanted.api_keys = given.api_key
    wanted.use_jinja = True
    wanted.ctx_shift = False
    wanted.fit_params = False
    wanted.ui = False
    wanted.verbosity = 1
    # It blocks these signals in its own threads: what arrives meanwhile is taken here.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server = xllamacpp.Server(wanted)
    signal.sigwait(signals)
    del server


if __name__ == "__main__":
    _serve()
