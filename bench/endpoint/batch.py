"""One batch: its lines, what came of each, and how the API describes it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.endpoint.codec import dumps, loads

_WINDOW_S = 24 * 3600
# The API calls the time of an end by the end's name.
_OVER = ("completed", "failed", "expired", "cancelled")


class Line(NamedTuple):
    """A request of a batch."""

    id: str
    body: Any


def read_lines(data: bytes) -> tuple[list[Line], list[str]]:
    """The requests of a batch's file, and what is wrong with its lines."""
    lines: dict[str, Line] = {}
    errors = []
    for number, row in enumerate(filter(bytes.strip, data.split(b"\n")), 1):
        try:
            value = loads(row)
            line = Line(str(value["custom_id"]), value["body"])
        except (ValueError, LookupError, TypeError):
            errors.append(f"line {number} is not JSON with custom_id, method, url and body")
            continue
        if line.id in lines:
            errors.append(f"line {number}: the custom_id {line.id!r} is used twice")
        lines[line.id] = line
    return list(lines.values()), errors


@dataclass(slots=True, kw_only=True)
class Batch:
    """A batch as far as it is done."""

    id: str
    input_file: str
    asked: Mapping[str, Any]
    status: str = "validating"
    total: int = 0
    output_file: str | None = None
    error_file: str | None = None
    results: list[bytes] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _times: dict[str, int] = field(default_factory=lambda: {"created_at": int(time.time())})

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _OVER

    def move(self, status: str) -> None:
        """Go on to another status."""
        self.status = status
        self._times[f"{status}_at"] = int(time.time())

    def answer(self, line: Line, body: bytes) -> None:
        """Take the reply to a line."""
        self.results.append(_row(self.id, line, _response(200, body), None))

    def refuse(self, line: Line, status: int, error: Mapping[str, Any]) -> None:
        """Take an error as the reply to a line."""
        self.errors.append(_row(self.id, line, _response(status, dumps(error)), None))

    def expire(self, line: Line) -> None:
        """Note that the time was over before a line had its turn."""
        message = "This request could not be executed before the completion window expired."
        self.errors.append(_row(self.id, line, b"null", {"code": "batch_expired", "message": message}))

    def shown(self) -> dict[str, Any]:
        """The batch as the API describes it."""
        created = self._times["created_at"]
        wrong = [{"code": "invalid_request", "message": said, "line": None, "param": None} for said in self.refusals]
        times = ("in_progress", "finalizing", *_OVER, "cancelling")
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.asked["endpoint"],
            "errors": {"object": "list", "data": wrong} if wrong else None,
            "input_file_id": self.input_file,
            "completion_window": self.asked.get("completion_window", "24h"),
            "status": self.status,
            "output_file_id": self.output_file,
            "error_file_id": self.error_file,
            "created_at": created,
            **{f"{name}_at": self._times.get(f"{name}_at") for name in times},
            "expires_at": created + _WINDOW_S,
            "request_counts": {"total": self.total, "completed": len(self.results), "failed": len(self.errors)},
            "metadata": self.asked.get("metadata"),
        }


def _response(status: int, body: bytes) -> bytes:
    return b'{"status_code":%d,"request_id":"req_1","body":%s}' % (status, body)


def _row(batch: str, line: Line, response: bytes, error: Mapping[str, str] | None) -> bytes:
    name = dumps(f"{batch}-{line.id}")
    return b'{"id":%s,"custom_id":%s,"response":%s,"error":%s}\n' % (name, dumps(line.id), response, dumps(error))
