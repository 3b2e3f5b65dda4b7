"""The settings to use after what was found, as flags and as a settings file; and whether a run would work."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from extract.probe.found import Found
from extract.secrets import is_open, locate
from extract.settings import Settings, typed

# Settings that a probe was given and a run needs as well; of keys and headers nothing is repeated.
_GIVEN = (
    "azure",
    "endpoint",
    "temperature",
    "max_tokens",
    "seed",
    "reasoning_effort",
    "extra",
    "timeout_s",
    "first_token_timeout_s",
    "connect_timeout_s",
    "warm_up",
)
# Tokens of a short report in Arabic and of its answer.
LEAST_REPORT = 1000


def works(found: Found, prompt_tokens: int) -> bool:
    """Whether a run with a prompt of this size would get answers."""
    return found.mode is not None and not found.faults and not is_too_short(found, prompt_tokens) and not is_deaf(found)


def is_deaf(found: Found) -> bool:
    """Whether all modes were tried, and no answer had the form asked for."""
    tried = {tried.outcome for tried in found.modes.values()}
    return "md_json" in found.modes and not tried & {"enforced", "followed", "cut"}


def is_too_short(found: Found, prompt_tokens: int) -> bool:
    """Whether the context is known, and too short for the prompt with a short report and its answer."""
    return found.context is not None and found.context < prompt_tokens + LEAST_REPORT


def to_use(found: Found, settings: Settings) -> dict[str, Any]:
    """Settings by name, those alone that are no defaults; None stands for the word none."""
    chosen: dict[str, Any] = {}
    url = settings.base_url or ""
    # What is secret is not repeated; whoever gave it knows it.
    if is_open(url):
        chosen["base_url"] = url
    chosen |= {"model": found.model, "mode": found.mode, **_given(settings), **found.settings}
    if "extra" in found.settings:
        chosen["extra"] = {**settings.extra, **found.settings["extra"]}
    if locate(chosen.get("extra")):
        del chosen["extra"]
    known = {"context": found.context, "concurrency": found.slots}
    return {**chosen, **{name: value for name, value in known.items() if value is not None}}


def _given(settings: Settings) -> dict[str, Any]:
    """What differs from the defaults."""
    fields, values = Settings.model_fields, {name: getattr(settings, name) for name in _GIVEN}
    return {name: value for name, value in values.items() if value != fields[name].default}


def flags(chosen: Mapping[str, Any]) -> list[str]:
    """The settings as flags, each with its value."""
    return [shlex.join(typed(name, value)) for name, value in chosen.items()]


def toml(chosen: Mapping[str, Any]) -> Iterator[str]:
    """The settings as lines of a mahdar.toml."""
    for name, value in chosen.items():
        yield f"{name} = {_toml('none' if value is None else value)}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    # JSON's texts and numbers are TOML's too.
    return json.dumps(value, ensure_ascii=False)
