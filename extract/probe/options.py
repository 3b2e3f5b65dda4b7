"""Options that an endpoint refuses, and what to send in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extract.errors import EndpointError

_SENT = ("temperature", "max_tokens", "seed", "reasoning_effort")


def cure(error: EndpointError, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The settings to change after this error; empty if no option that was sent is at fault.

    None stands for an option that is not to be sent.
    """
    if error.kind != "option":
        return {}
    said = f"{error.body} {error}".lower()
    if "max_completion_tokens" in said and "max_tokens" in sent:
        return {"max_tokens": None, "extra": {"max_completion_tokens": sent["max_tokens"]}}
    return next(({name: None} for name in _SENT if name in sent and name in said.replace(" ", "_")), {})


def applied(given: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The options with these settings changed."""
    kept = {name: value for name, value in given.items() if name not in changed or changed[name] is not None}
    return {**kept, **changed.get("extra", {})}
