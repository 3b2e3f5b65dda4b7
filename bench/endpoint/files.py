"""Files that clients upload and batches write."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

_BOUNDARY = re.compile(rb'boundary="?([^";]+)')
_NAME = re.compile(rb'[; ]name="([^"]*)"')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it is kept."""

    id: str
    data: bytes
    name: str
    purpose: str
    created: int = field(default_factory=lambda: int(time.time()))

    def shown(self) -> dict[str, Any]:
        """The file as the API describes it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.data),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


class Files:
    """All files there are, by their ids."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._made = 0

    def add(self, data: bytes, name: str, purpose: str) -> File:
        """Keep a file under an id of its own."""
        self._made += 1
        file = File(id=f"file-{self._made:06}", data=data, name=name, purpose=purpose)
        self._files[file.id] = file
        return file

    def upload(self, body: bytes, content_type: bytes) -> File:
        """Keep the file of a multipart form; ValueError if there is none in it."""
        boundary = _BOUNDARY.search(content_type)
        if boundary is None:
            raise ValueError("a file is uploaded as multipart/form-data")
        purpose, found = "batch", None
        for part in body.split(b"--" + boundary[1])[1:-1]:
            head, _, data = part.partition(b"\r\n\r\n")
            data = data.removesuffix(b"\r\n")
            name = _NAME.search(head)
            if name and name[1] == b"purpose":
                purpose = data.decode("utf-8", "replace")
            elif name and name[1] == b"file":
                found = data, _FILE_NAME.search(head)
        if found is None:
            raise ValueError("the form has no field called file")
        data, file_name = found
        return self.add(data, file_name[1].decode("utf-8", "replace") if file_name else "upload", purpose)

    def get(self, id_: str) -> File | None:
        """The file of that id, None if there is none."""
        return self._files.get(id_)

    def delete(self, id_: str) -> bool:
        """Forget a file; False if there is none of that id."""
        return self._files.pop(id_, None) is not None

    def listed(self) -> list[dict[str, Any]]:
        """All files, the newest first."""
        return [file.shown() for file in reversed(self._files.values())]
