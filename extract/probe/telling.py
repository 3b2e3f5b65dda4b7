"""What the pages of an endpoint tell before a model is asked, and what is left to be said after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract.errors import EndpointError
from extract.probe import kept, modes, server
from extract.probe.found import Found, now
from extract.probe.look import MODELS, Looks

if TYPE_CHECKING:
    from extract.client import Endpoint


def looked(endpoint: Endpoint, looks: Looks, model: str | None) -> tuple[Found, Mapping[str, Any] | None]:
    """What is known before anything is asked of a model, and what the list says of the model."""
    about, listed = server.identify(endpoint.base_url, looks), server.models(looks)
    names = tuple(entry["id"] for entry in listed) if listed is not None else None
    model = model or (names[0] if names and len(names) == 1 else None)
    found = Found(
        address=kept.address_of(endpoint.base_url),
        model=model or "",
        time=now(),
        server=about.name,
        version=about.version,
        known_by=about.known_by,
        models=names,
        slots=server.slots(looks),
    )
    if model is None:
        there = "the endpoint lists several" if names else "the endpoint lists none"
        return replace(found, faults=(f"no model was given, and {there}: choose one with --model",)), None
    entry = server.entry(listed, model)
    return replace(found, is_listed=None if listed is None else entry is not None), entry


def fault_of(error: EndpointError, found: Found) -> str:
    """An error as a line, with the names near one that is not there."""
    names = server.near(found.model, found.models or ()) if error.kind == "model" else []
    # A proxy lists names that the server behind it need not have.
    near = [name for name in names if name != found.model]
    return f"{error}; near that name: {', '.join(near)}" if near else str(error)


def unknown_of(found: Found) -> list[str]:
    """What was looked for and not found."""
    unknown = []
    if found.server == server.UNKNOWN:
        unknown.append("which server it is: neither headers nor pages tell")
    elif not found.version and found.server not in ("OpenAI", "Azure", "OpenRouter"):
        unknown.append("the server's version")
    if found.models is None:
        unknown.append(f"which models there are: {MODELS} lists none")
    if found.context is None and not found.faults:
        unknown.append("the context length: the server does not say, and no error told it")
    if found.server == "Ollama" and not found.faults:
        unknown.append("whether it refuses a prompt that is too long or cuts it without a word")
        unknown.append(
            "how many requests it answers at a time: OLLAMA_NUM_PARALLEL says, and --concurrency 2 suits one"
        )
    cut = [mode for mode, tried in found.modes.items() if tried.outcome == "cut"]
    if cut:
        unknown.append(f"whether {', '.join(cut)} is enforced: the answer met the limit of {modes.LONGEST} tokens")
    return unknown
