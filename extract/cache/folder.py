"""The folder of a cache: created for one user, told from any other folder by a marker file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

from extract.errors import ConfigError

FORMAT = 1
MARKER = "mahdar-cache.json"


def prepare(folder: Path) -> None:
    """Make `folder` a cache folder, or see that it is one; ConfigError says why it cannot be."""
    if os.path.expandvars(folder) != str(folder):
        _refuse(folder, "its name holds a variable, which diskcache would expand")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
        if names and MARKER not in names:
            _refuse(folder, f"it is not empty and has no {MARKER}, so it is no cache")
        if not names:
            _mark(folder)
        _check_format(folder)
    except OSError as error:
        _refuse(folder, error.strerror or str(error), error)


def _mark(folder: Path) -> None:
    # Whoever opens the folder at the same moment sees no marker or a whole one.
    draft = folder / f".{uuid4().hex}.tmp"
    draft.write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")
    draft.replace(folder / MARKER)


def _check_format(folder: Path) -> None:
    try:
        found = json.loads((folder / MARKER).read_bytes())["format"]
    except (ValueError, LookupError, TypeError) as error:
        _refuse(folder, f"its {MARKER} cannot be read", error)
    if found == FORMAT:
        return
    if isinstance(found, int) and found > FORMAT:
        raise ConfigError(
            f"cache folder {folder} was written by a newer mahdar (format {found}, this one reads {FORMAT}): "
            "update mahdar or use another folder with --cache DIR"
        )
    _refuse(folder, f"its {MARKER} names no known format ({found!r})")


def _refuse(folder: Path, reason: str, error: Exception | None = None) -> NoReturn:
    raise ConfigError(
        f"cache folder {folder} cannot be used: {reason}; use another one with --cache DIR, or none with --no-cache"
    ) from error
