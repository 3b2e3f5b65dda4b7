"""The key of an endpoint, wherever it is kept: given, in a file, or printed by a command."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from extract.errors import ConfigError

if TYPE_CHECKING:
    from extract.settings import Settings

# A command may have to unlock something; one that waits for an answer never gets it.
_LONGEST_S = 60.0


def key_of(settings: Settings) -> str:
    """The key that the settings give, name the file of, or name the command of; empty if there is none.

    A command is run once, at the first call. Raises ConfigError, which holds nothing of what the file or the
    command said.
    """
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    if settings.api_key_command is not None:
        return _printed(settings.api_key_command.get_secret_value())
    if settings.api_key_file is not None:
        return _read(settings.api_key_file)
    return ""


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"api_key_file: {path} cannot be read: {error.strerror}") from None
    return _checked(data, f"api_key_file: {path}")


@cache
def _printed(command: str) -> str:
    import shlex
    import subprocess

    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise ConfigError("api_key_command: no command, or one with a quotation mark that does not end")
    where = f"api_key_command: {words[0]}"
    try:
        # What it says beside the key may hold the key too.
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST_S, check=False)  # noqa: S603  the user's own command
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{where} did not end within {_LONGEST_S:g} s; it cannot ask anything") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a null character in it"
        raise ConfigError(f"{where} cannot be run: {reason}; it is run without a shell") from None
    if done.returncode:
        raise ConfigError(f"{where} ended with code {done.returncode}; run it by hand to see why")
    return _checked(done.stdout, where)


def _checked(data: bytes, where: str) -> str:
    """The key in what was read, without the line break that follows it."""
    key = data.decode("utf-8-sig", "replace").rstrip("\r\n")
    if not key:
        raise ConfigError(f"{where}: no key there, it is empty")
    if re.search(r"[^!-~]", key):
        raise ConfigError(f"{where}: no key there: there is a space, a line break or a letter beyond ASCII in it")
    return key
