"""The LiteLLM proxy in front of other servers, in an environment of its own: its dependencies are not ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.servers.install import LITELLM
from tests.servers.process import Process, free_port

KEY = "sk-invented-for-tests"
# What its configuration says of each model.
CONTEXT = 16_384


class LiteLLM(Process):
    """The proxy; a context manager that waits until it is ready. `backends` are base URLs by the name of a model."""

    def __init__(self, folder: Path, backends: Mapping[str, str], *, port: int | None = None) -> None:
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}/v1"
        config = folder / "litellm.json"
        config.write_text(json.dumps(_config(backends)), encoding="utf-8")
        options = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        super().__init__(
            [str(LITELLM / "bin" / "litellm"), *options],
            log=folder / "litellm.log",
            ready=f"http://127.0.0.1:{port}/health/liveliness",
            # Its imports alone take ten seconds of computing.
            patience_s=120.0,
            environ={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY},
        )


def _config(backends: Mapping[str, str]) -> dict[str, object]:
    # JSON is YAML too.
    models = [
        {
            "model_name": name,
            "litellm_params": {"model": f"openai/{name}", "api_base": url, "api_key": "none", "max_retries": 0},
            "model_info": {"max_input_tokens": CONTEXT},
        }
        for name, url in backends.items()
    ]
    return {"model_list": models, "router_settings": {"num_retries": 0}, "litellm_settings": {"telemetry": False}}
