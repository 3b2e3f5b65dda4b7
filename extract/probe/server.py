"""Which server answers, by its address, its headers and what only it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import Any

from extract import hosts
from extract.probe.look import ALIVE, MODELS, Looks

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Server:
    """A server's name and version ("" if it does not say), and by what it was known."""

    name: str
    version: str = ""
    known_by: str = ""


def identify(base_url: str, looks: Looks) -> Server:
    """The server behind an address; the name is "unknown" where nothing tells."""
    told = chain(_by_address(base_url), _by_pages(looks), _by_list(looks), _by_headers(looks))
    return next(told, Server(UNKNOWN))


def _by_address(base_url: str) -> Iterator[Server]:
    host = hosts.host_of(base_url)
    if hosts.is_openai(base_url):
        yield Server("OpenAI", known_by="its address")
    if hosts.is_azure(base_url):
        yield Server("Azure", known_by="its address")
    if host == "openrouter.ai" or host.endswith(".openrouter.ai"):
        yield Server("OpenRouter", known_by="its address")


def _by_pages(looks: Looks) -> Iterator[Server]:
    # A proxy repeats what the servers behind it say, so its own header comes first.
    if version := looks.header("x-litellm-version"):
        yield Server("LiteLLM", version, "the header x-litellm-version")
    # Newer ones have that header on answers alone.
    if ALIVE in looks.pages and looks.pages[ALIVE].good == "I'm alive!":
        yield Server("LiteLLM", known_by=ALIVE)
    props = looks.good("/props")
    if "default_generation_settings" in props:
        yield Server("llama.cpp", _text(props.get("build_info")), "/props")
    if looks.header("server").lower() == "llama.cpp":
        yield Server("llama.cpp", known_by="the header Server")
    if version := _text(looks.good("/api/version").get("version")):
        yield Server("Ollama", version, "/api/version")
    if isinstance(looks.good("/api/v0/models").get("data"), list):
        yield Server("LM Studio", known_by="/api/v0/models")


_OWNERS = {"llamacpp": "llama.cpp", "vllm": "vLLM", "library": "Ollama", "organization_owner": "LM Studio"}


def _by_list(looks: Looks) -> Iterator[Server]:
    listed = models(looks) or []
    version = _text(looks.good("/version").get("version"))
    owners = {str(model.get("owned_by", "")).lower() for model in listed}
    if len(owners) == 1 and (owner := min(owners)) in _OWNERS:
        yield Server(_OWNERS[owner], version, f"owned_by {owner!r} in its list of models")
    if version and any("max_model_len" in model for model in listed):
        yield Server("vLLM", version, "max_model_len in its list of models")
    if any("pricing" in model and "context_length" in model for model in listed):
        yield Server("OpenRouter", known_by="the prices in its list of models")


def _by_headers(looks: Looks) -> Iterator[Server]:
    if looks.header("apim-request-id") or looks.header("x-ms-region"):
        yield Server("Azure", known_by="its headers")
    if looks.header("openai-version") or looks.header("openai-processing-ms"):
        yield Server("OpenAI", known_by="its headers")


def models(looks: Looks) -> list[Mapping[str, Any]] | None:
    """What /models lists; None if it lists nothing that can be read."""
    found = looks.pages[MODELS].good if MODELS in looks.pages else None
    listed = found.get("data") if isinstance(found, dict) else found
    if not isinstance(listed, list):
        return None
    return [model for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str)]


def slots(looks: Looks) -> int | None:
    """How many requests llama.cpp answers at a time; None of others."""
    found = looks.good("/props").get("total_slots")
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def entry(listed: list[Mapping[str, Any]] | None, model: str) -> Mapping[str, Any] | None:
    """What the list says of a model; Ollama's names may lack the tag ":latest"."""
    names = (model, f"{model}:latest")
    return next((found for found in listed or () if found["id"] in names), None)


def near(model: str, names: tuple[str, ...]) -> list[str]:
    """Names that may have been meant, the nearest first, at most three."""
    whole = {name.lower(): name for name in reversed(names)}
    wanted = model.lower()
    close = get_close_matches(wanted, whole, n=3, cutoff=0.6)
    # A family without its size, a name without its vendor.
    parts = [name for name in whole if wanted.split(":")[0] in name or name.split(":")[0] in wanted]
    return [whole[name] for name in dict.fromkeys([*close, *parts])][:3]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
