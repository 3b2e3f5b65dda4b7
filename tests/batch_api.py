"""A scripted Batch API on loopback: files, batches, and results that a test decides on."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.endpoint.files import Files
from tests.endpoint import completion
from tests.invented import answer, meeting
from tests.loopback import Loopback
from tests.terminal import Ran, mahdar

# What comes of a line: a value without its custom_id, bytes as they stand in the file, or nothing at all.
Result = Any
KEY = "sk-test-0123456789abcdef0123"


def said(text: str, **fields: Any) -> Result:
    """A line with an answer."""
    return {"response": {"status_code": 200, "body": completion(text, **fields)}, "error": None}


def good() -> Result:
    """A line with the right answer about the invented report."""
    return said(answer(meeting()))


def refused(status: int, message: str) -> Result:
    """A line of an error file."""
    return {"response": {"status_code": status, "body": {"error": {"message": message}}}, "error": None}


EXPIRED: Result = {"response": None, "error": {"code": "batch_expired", "message": "This request expired."}}


def letter(body: dict[str, Any]) -> str:
    """The report that a request is about, by its last line."""
    found: list[str] = re.findall(r"\n([a-z])\n</report", body["messages"][1]["content"])
    return found[0]


@dataclass
class Made:
    """A batch as the server keeps it."""

    id: str
    file: str
    metadata: dict[str, str]
    status: str
    lines: list[dict[str, Any]]
    output: str | None = None
    error: str | None = None
    faults: list[str] = field(default_factory=list)
    endpoint: str = ""


class BatchServer(Loopback):
    """A context manager; `results` gives what comes of a line, `status` is that of batches from now on."""

    def __init__(self, results: Callable[[dict[str, Any]], Result] = lambda _: good()) -> None:
        self.results = results
        self.status = "completed"
        self.faults: list[str] = []
        self.files = Files()
        self.batches: list[Made] = []
        self.requests: list[str] = []
        # Paths with their queries, as they were asked for.
        self.targets: list[str] = []
        # So often a file that is asked about is not ready yet, as at Azure; then it is `looked_at`.
        self.pending = 0
        self.looked_at = "processed"
        # The status and the words of every reply, if it does nothing else.
        self.fails: tuple[int, str] | None = None
        # Where the content of a file is, if not here.
        self.moved: str | None = None
        self.headers: list[dict[str, str]] = []
        # It dies at so many requests from now: before it does anything, or before it replies.
        self.dies_in: int | None = None
        self.dies_late = False
        super().__init__(_Server(("127.0.0.1", 0), _Handler))
        self._server.of = self  # type: ignore[attr-defined]

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def sent(self) -> list[str]:
        """Custom ids of all batches, in their order."""
        return [line["custom_id"] for batch in self.batches for line in batch.lines]

    def finish(self, status: str = "completed") -> None:
        """End the batches that are under way."""
        for batch in self.batches:
            if batch.status in ("validating", "in_progress"):
                self._end(batch, status)

    def reply(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, Any]:  # noqa: C901  a line a path
        """Status and value for a request."""
        if self.fails:
            return self.fails[0], {"error": {"message": self.fails[1]}}
        # Behind a proxy it is a whole address.
        parts = re.sub(r"^http://[^/]+", "", path).partition("?")[0].split("/")[2:]
        match method, *parts:
            case "POST", "files":
                return 200, self.files.upload(body, kind.encode()).shown()
            case "GET", "files":
                return 200, {"object": "list", "data": self.files.listed()}
            case "GET", "files", id_, "content" if self.moved:
                return 302, self.moved
            case "GET", "files", id_, "content":
                file = self.files.get(id_)
                return (200, file.data) if file else _none(id_)
            case "GET", "files", id_:
                return self._looked_at(id_)
            case "POST", "batches":
                return 200, self._create(json.loads(body))
            case "GET", "batches":
                return 200, {"object": "list", "data": [self._shown(each) for each in self.batches], "has_more": False}
            case _, "batches", id_, *rest:
                found = next((each for each in self.batches if each.id == id_), None)
                if found is None:
                    return _none(id_)
                if rest and found.status in ("validating", "in_progress"):
                    self._end(found, "cancelled")
                return 200, self._shown(found)
        return _none(path)

    def _looked_at(self, id_: str) -> tuple[int, Any]:
        self.pending -= 1
        file = self.files.get(id_)
        return (
            (200, {**file.shown(), "status": "pending" if self.pending >= 0 else self.looked_at})
            if file
            else _none(id_)
        )

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        file = self.files.get(asked["input_file_id"])
        assert file is not None
        lines = [json.loads(line) for line in file.data.splitlines()]
        made = Made(f"batch_{len(self.batches)}", file.id, asked["metadata"], "validating", lines, faults=self.faults)
        made.endpoint = asked["endpoint"]
        self.batches.append(made)
        if self.status in ("completed", "expired", "cancelled", "failed"):
            self._end(made, self.status)
        return self._shown(made)

    def _end(self, batch: Made, status: str) -> None:
        batch.status = status
        files: dict[str, list[bytes]] = {"output": [], "error": []}
        for line in batch.lines if status != "failed" else ():
            result = self.results(line)
            if result is not None:
                is_good = isinstance(result, bytes) or (result["response"] or {}).get("status_code") == 200
                data = result
                if not isinstance(data, bytes):
                    data = json.dumps({"custom_id": line["custom_id"], **data}).encode() + b"\n"
                files["output" if is_good else "error"].append(data)
        for kind, rows in files.items():
            if rows:
                setattr(batch, kind, self.files.add(b"".join(rows), f"{batch.id}_{kind}.jsonl", "batch_output").id)

    def _shown(self, batch: Made) -> dict[str, Any]:
        errors = {"object": "list", "data": [{"code": "x", "message": said} for said in batch.faults]}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": batch.file,
            "completion_window": "24h",
            "status": batch.status,
            "created_at": 1_700_000_000,
            "metadata": batch.metadata,
            "output_file_id": batch.output,
            "error_file_id": batch.error,
            "errors": errors if batch.faults else None,
            "request_counts": {"total": len(batch.lines), "completed": 0, "failed": 0},
        }


def _none(what: str) -> tuple[int, Any]:
    return 404, {"error": {"message": f"there is no {what}"}}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client may leave when it likes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        of: BatchServer = self.server.of  # type: ignore[attr-defined]
        of.requests.append(f"{self.command} {self.path.partition('?')[0]}")
        of.targets.append(self.path)
        of.headers.append({name.lower(): value for name, value in self.headers.items()})
        is_last = of.dies_in == 0
        if of.dies_in is not None:
            of.dies_in -= 1
        if is_last and not of.dies_late:
            self.close_connection = True
            return
        status, value = of.reply(self.command, self.path, body, self.headers.get("content-type", ""))
        if is_last:
            self.close_connection = True
            return
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response_only(status)
        if status in (302, 307):
            self.send_header("Location", value)
        self.send_header("Content-Type", "application/octet-stream" if isinstance(value, bytes) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    do_GET = do_POST  # noqa: N815  the base class calls it so

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class calls it so
        """Say nothing."""


def submit(url: str, *more: str, inputs: str = "in", **environ: str) -> Ran:
    """Submit the reports."""
    usual = ("--base-url", url, "--model", "m", "--prompt", "meeting", "--max-tries", "1", "--to", "batch")
    return mahdar("batch", "submit", inputs, *usual, *more, **{"OPENAI_API_KEY": KEY, **environ})


def collect(*more: str) -> Ran:
    """Collect them."""
    return mahdar("batch", "collect", "batch", "--wait", "--every", "0", "--max-tries", "1", *more, OPENAI_API_KEY=KEY)
