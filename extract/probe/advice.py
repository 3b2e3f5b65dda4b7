"""The settings to use after what was found, as flags and as a settings file; and whether a run would work."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from extract.probe.found import Found
from extract.secrets import is_open
from extract.settings import Settings, flag

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
    chosen |= {"model": found.model, "mode": found.mode, **found.settings}
    return {**chosen, "context": found.context} if found.context is not None else chosen


def flags(chosen: Mapping[str, Any]) -> list[str]:
    """The settings as flags, each with its value."""
    return [f"{flag(name)} {shlex.quote(_word(value))}" for name, value in chosen.items()]


def toml(chosen: Mapping[str, Any]) -> Iterator[str]:
    """The settings as lines of a mahdar.toml."""
    for name, value in chosen.items():
        yield f"{name} = {_toml('none' if value is None else value)}"


def _word(value: Any) -> str:
    return "none" if value is None else json.dumps(value) if isinstance(value, dict) else str(value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    # JSON's texts and numbers are TOML's too.
    return json.dumps(value, ensure_ascii=False)
