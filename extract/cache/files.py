"""The file of what is derived from the cached answers."""

from __future__ import annotations

from pathlib import Path

NAME = "derived.sqlite"


def forget(folder: Path) -> None:
    """Remove what was derived: answers were removed from the cache, so nothing may be made of them."""
    for name in (NAME, f"{NAME}-wal", f"{NAME}-shm"):
        (folder / name).unlink(missing_ok=True)
