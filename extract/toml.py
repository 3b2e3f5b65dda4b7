"""TOML files of the user: found upwards from a folder, read, and unknown names told with what may be meant."""

from __future__ import annotations

import os
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path


def nearest(folder: Path, filename: str) -> Path | None:
    """The file in the folder or the nearest above it, no higher than a repository's root or the home folder."""
    # Unlike Path's, this expanduser raises nothing if there is no home.
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111
    for place in (folder, *folder.parents):
        if (place / filename).is_file():
            return place / filename
        if place == home or (place / ".git").exists():
            break
    return None


def read(path: Path, *, number: type[float | Decimal] = float) -> dict[str, object]:
    """The file's values, fractions as `number`; ValueError says why it cannot be read, and holds nothing of it."""
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=number)
    except (OSError, ValueError) as error:
        # Not chained: a decoding error carries the whole file, in which a key may stand.
        raise ValueError(f"not readable as TOML in UTF-8: {error}") from None


def unknown(kind: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """What to say of each name that is not known, with the nearest that is."""
    return [f"unknown {kind} {name!r}{_hint(name, list(known))}" for name in names if name not in known]


def _hint(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    # Letters that changed places come first: "modle" is "model" rather than "mode".
    near = sorted(get_close_matches(name, known), key=lambda other: sorted(other) != sorted(name))
    return f"; did you mean {near[0]!r}?" if near else ""
