"""The manifest of a run: what was asked of whom, with what, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import schemas
from extract.job import Tally
from extract.pipeline import Pipeline
from extract.settings import Resolved

LIBRARIES = ("mahdar", "instructor", "openai", "pydantic", "rapidfuzz")


def manifest(
    pipeline: Pipeline, resolved: Resolved, inputs: Sequence[str], tally: Tally, *, started: datetime, seconds: float
) -> dict[str, Any]:
    """The manifest as plain JSON values; it holds no key."""
    asking, prompt = pipeline.asking, pipeline.prompt
    return {
        "mahdar": 1,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "inputs": list(inputs),
        "folder": str(Path.cwd()),
        "prompt": {"name": prompt.name, "digest": prompt.digest, "records": list(map(schemas.name_of, prompt.records))},
        "schema": prompt.form.digest,
        "model": asking.model,
        "endpoint": asking.endpoint,
        "mode": asking.mode,
        "options": dict(asking.options),
        "settings": {name: {"value": value, "from": where} for name, value, where in resolved.rows()},
        "counts": tally.to_json(),
        "versions": {"python": sys.version.split()[0], **{name: _version(name) for name in LIBRARIES}},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
