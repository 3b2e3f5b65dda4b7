"""Bodies of errors, whatever their shape: what they say is wrong, by which names, with which status."""

from __future__ import annotations

import json
from typing import Any


def parsed(text: str) -> Any:
    """The JSON value of a text; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def error_in(text: str) -> Any:
    """What an error body says is wrong, whatever its shape; None if it is no such body."""
    value = parsed(text)
    if isinstance(value, list) and value:
        # Google puts its error into a list.
        value = value[0]
    if not isinstance(value, dict):
        return None
    if value.get("error"):
        return value["error"]
    return value if value.get("detail") or (value.get("message") and "choices" not in value) else None


def message_of(error: Any) -> str:
    """The sentence of an error."""
    if isinstance(error, dict):
        # OpenRouter says what the provider behind it said beside its own message, which says less.
        about = error.get("metadata")
        raw = about.get("raw") if isinstance(about, dict) else None
        error = error.get("message") or error.get("detail") or error
        if isinstance(error, str) and isinstance(raw, str) and raw:
            return f"{error}: {message_of(error_in(raw)) or raw}"
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False) if error else ""


def names_of(error: Any) -> str:
    """The words by which a program may know the error; they differ everywhere, but some say more than the message."""
    return " ".join(str(error.get(name)) for name in ("code", "type")) if isinstance(error, dict) else ""


def status_of(error: Any) -> int | None:
    """The status that an error names inside a reply of status 200."""
    code = str(error.get("code")) if isinstance(error, dict) else ""
    return int(code) if code.isdecimal() and 400 <= int(code) < 600 else None
