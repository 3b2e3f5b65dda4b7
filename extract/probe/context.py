"""How many tokens a model's context has, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extract.probe.look import ABOUT_MODELS, Looks
from extract.request import Form, Request

_SAYS = "the server says"
_ERROR = "learned from an error"
_IN_ERRORS = (
    re.compile(r'"n_ctx\\?"\s*:\s*(\d+)'),
    re.compile(r"maximum context(?: length)?\D{0,40}?(\d[\d,]*)", re.IGNORECASE),
    re.compile(r"context (?:size|length|window)\D{0,40}?(\d[\d,]*)", re.IGNORECASE),
)
# Longer than any context there is.
_TOO_LONG = 100_000_000
# Models that answer anyway, and for as long as they are let: asking these for too long an answer tells nothing. One of
# them may stand behind LiteLLM.
_PATIENT = frozenset({"Ollama", "llama.cpp", "LM Studio", "LiteLLM"})


def said(looks: Looks, listed: Mapping[str, Any] | None, model: str) -> tuple[int | None, str]:
    """The context that the server says the model has, and where it does."""
    props, meta = looks.good("/props").get("default_generation_settings"), (listed or {}).get("meta")
    studio = _of(looks.good("/api/v0/models").get("data"), "id", model)
    proxied = _of(looks.good(ABOUT_MODELS).get("data"), "model_name", model) or {}
    sources: tuple[tuple[str, Any, str], ...] = (
        ("/props", props, "n_ctx"),
        ("/v1/models", meta, "n_ctx"),
        ("/v1/models", listed, "max_model_len"),
        ("/api/v0/models", studio, "loaded_context_length"),
        ("/v1/models", listed, "context_length"),
        (ABOUT_MODELS, proxied.get("model_info"), "max_input_tokens"),
        ("/api/ps", loaded(looks, model), "context_length"),
    )
    for where, value, name in sources:
        if isinstance(value, Mapping) and _is_size(size := value.get(name)):
            return size, f"{_SAYS}: {where}"
    return None, ""


def loaded(looks: Looks, model: str) -> Mapping[str, Any] | None:
    """What Ollama says of a model that is loaded now."""
    models = looks.good("/api/ps").get("models")
    return _of(models, "name", model) or _of(models, "name", f"{model}:latest")


def in_error(text: str) -> tuple[int | None, str]:
    """The context that an error tells."""
    for pattern in _IN_ERRORS:
        # The number that was asked for may stand there too.
        if (match := pattern.search(text)) and (size := int(match[1].replace(",", ""))) < _TOO_LONG:
            return size, _ERROR
    return None, ""


def question(server: str, model: str, options: Mapping[str, Any]) -> Request | None:
    """A request for an answer longer than any context, which a server that checks it refuses; None if it is no use."""
    names = [name for name in ("max_tokens", "max_completion_tokens") if name in options]
    if server in _PATIENT or not names:
        return None
    longer = {**options, **dict.fromkeys(names, _TOO_LONG)}
    messages = ({"role": "user", "content": "Say the word yes."},)
    return Request(model=model, messages=messages, form=Form("", {}), mode="md_json", options=longer)


def _of(models: object, name: str, wanted: str) -> Mapping[str, Any] | None:
    listed = models if isinstance(models, list) else []
    return next((model for model in listed if isinstance(model, dict) and model.get(name) == wanted), None)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
