"""What was found out, kept in the cache folder: one JSON file for an address and a model, without any secret."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

from extract.cache.folder import prepare
from extract.errors import ConfigError
from extract.probe.found import Found
from extract.settings import ADDRESS

# A server may be updated or started otherwise without anybody's telling.
LONGEST = timedelta(days=7)
FOLDER = "endpoints"
# A model that answered so lately is loaded still: Ollama and LM Studio keep one for five minutes at least.
LATELY_S = 240.0


def address_of(base_url: str) -> str:
    """The address as it is kept: without scheme, credentials and query."""
    match = ADDRESS.fullmatch(base_url)
    return match[2].rstrip("/") if match else ""


def load(cache: Path | None, base_url: str, model: str, now: datetime | None = None) -> Found | None:
    """What is known and not older than seven days, or None; a file that cannot be read is none."""
    if cache is None:
        return None
    address = address_of(base_url)
    # A name too long for a path, a folder in place of a file, a file of another version: nothing is known.
    with suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        found = Found.from_json(json.loads(_path(cache, address, model).read_bytes()))
        age = (now or datetime.now(UTC)) - datetime.fromisoformat(found.time)
        if (found.address, found.model) == (address, model) and timedelta(minutes=-5) <= age <= LONGEST:
            return found
    return None


def save(cache: Path | None, found: Found) -> str | None:
    """Keep it for the next run, in place of what was there; without a cache nothing is kept. Gives what went wrong."""
    if cache is None:
        return None
    path = _path(cache, found.address, found.model)
    try:
        prepare(cache)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_name(f".{uuid4().hex}.tmp")
        draft.write_text(json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        draft.replace(path)
    except (ConfigError, OSError) as error:
        return str(error)
    return None


def answered(cache: Path | None, base_url: str, model: str, at_s: float) -> None:
    """Note when a model last answered, in seconds of the epoch; what goes wrong costs a warm-up and no more."""
    if cache is None:
        return
    path = _path(cache, address_of(base_url), model, "answered")
    with suppress(ConfigError, OSError):
        prepare(cache)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch()
        os.utime(path, (at_s, at_s))


def has_answered_lately(cache: Path | None, base_url: str, model: str, now_s: float | None = None) -> bool:
    """Whether a model is known to have answered in the last four minutes."""
    if cache is None:
        return False
    now_s = time.time() if now_s is None else now_s
    with suppress(OSError, ValueError):
        at_s = _path(cache, address_of(base_url), model, "answered").stat().st_mtime
        return 0 <= now_s - at_s <= LATELY_S
    return False


def _path(cache: Path, address: str, model: str, kind: str = "json") -> Path:
    digest = blake2b(json.dumps([address, model]).encode(), digest_size=16).hexdigest()
    return cache / FOLDER / f"{digest}.{kind}"
