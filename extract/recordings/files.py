"""The files of recordings: read whole and checked against their keys, written whole or not at all."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from extract.errors import ConfigError, InputError
from extract.recordings.recording import Recording, dump, parse, safe
from extract.request import Form

SCHEMAS = "schemas"


class Files:
    """The recordings and schemas below a folder; each is read once.

    A file that cannot be read, or no longer has the key or digest it is named by, raises InputError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._recordings: dict[Path, Recording] = {}
        self._forms: dict[Path, Form] = {}

    def load(self, path: Path) -> Recording:
        """The recording in a file."""
        if path not in self._recordings:
            self._recordings[path] = self._parse(path, read(path))
        return self._recordings[path]

    def save(self, path: Path, recording: Recording) -> None:
        """Write a recording and, unless it is there, its schema; ConfigError when that is impossible."""
        value, form = recording.to_json(), recording.request.form
        if parse(json.loads(dump(value)), lambda *_: form).request.key != recording.request.key:
            raise ConfigError(f"{path}: not written: as JSON, the request would read back as another one")
        schema = self._schema_path(form.name, form.digest)
        if not schema.exists():
            write(schema, dump(form.schema))
        write(path, dump(value))
        self._recordings.pop(path, None)

    def form(self, name: str, digest: str) -> Form:
        """The form of a name, its schema read from the file of that digest."""
        path = self._schema_path(name, digest)
        if path not in self._forms:
            form = Form(name, read(path))
            if form.digest != digest:
                raise InputError(
                    f"{path}: the schema was edited: its digest is now {form.digest}; restore it from git",
                    kind="recording",
                )
            self._forms[path] = form
        return self._forms[path]

    def _schema_path(self, name: str, digest: str) -> Path:
        return self.folder / SCHEMAS / f"{safe(name)}-{safe(digest)}.json"

    def _parse(self, path: Path, value: dict[str, Any]) -> Recording:
        try:
            recording, key = parse(value, self.form), value["key"]
            real = recording.request.key
        except KeyError as error:
            raise InputError(f"{path}: not a recording: {error.args[0]!r} is missing", kind="recording") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path}: not a recording: {error}", kind="recording") from error
        if key != real or path.stem[-12:] != real[:12]:
            raise InputError(
                f"{path}: the file was edited: its content no longer has the key {key} (but {real}); restore it from "
                "git, or record it again if another version of mahdar wrote it",
                kind="recording",
            )
        return recording


def read(path: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}", kind="recording") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {error}; restore it from git", kind="recording") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: not a JSON object", kind="recording")
    return value


def write(path: Path, data: bytes) -> None:
    """Write a whole file or none: a reader never sees half of it."""
    draft = path.with_name(f".{uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}; record to another folder") from error
