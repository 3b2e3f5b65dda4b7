"""JSON in bytes: orjson where it is installed, else the standard library."""

from __future__ import annotations

import json
from importlib import import_module
from types import ModuleType
from typing import Any


def optional(name: str) -> ModuleType | None:
    """A library that only makes things faster; None if it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


_orjson = optional("orjson")


def loads(data: bytes | str) -> Any:
    """The value that JSON stands for; ValueError if it is none."""
    if _orjson is not None:
        try:
            return _orjson.loads(data)
        except ValueError:
            # It refuses half a surrogate pair, which a shown answer may hold.
            return json.loads(data)
    return json.loads(data)


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    if _orjson is not None:
        try:
            done: bytes = _orjson.dumps(value)
        except TypeError:
            # Half a surrogate pair again.
            return _dumps(value)
        return done
    return _dumps(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _dumps(value: Any) -> bytes:
    return _encode(value).encode("utf-8", "backslashreplace")
