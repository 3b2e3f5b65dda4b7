"""Settings from files, and what is said of wrong ones."""

from pathlib import Path

import pytest

from extract.errors import ConfigError
from extract.settings import resolve

KEY = "Zq7-planted-key-0123456789"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def message(folder: Path, flags: dict[str, object] | None = None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(flags, environ=environ or {}, folder=folder)
    return str(caught.value)
