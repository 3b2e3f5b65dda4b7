"""What happens in a run, as JSON lines: in its folder, and on stdout for a program."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

LOG = "log.jsonl"


class Events:
    """Writes each event to the log in the run folder, and if `is_json` on stdout."""

    def __init__(self, folder: Path, *, is_json: bool) -> None:
        self._is_json = is_json
        # Unbuffered: what could not be written is not tried again when the file is closed.
        self._log = (folder / LOG).open("ab", buffering=0)

    def add(self, name: str, **values: Any) -> None:
        """Write an event, with the time in UTC."""
        row = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": name, **values}
        line = json.dumps(row, ensure_ascii=False, default=str)
        # A full disk must not end a run for the sake of its log: what matters of it is told elsewhere.
        with suppress(OSError):
            self._log.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        if self._is_json:
            click.echo(line)

    def close(self) -> None:
        """Close the log."""
        self._log.close()
