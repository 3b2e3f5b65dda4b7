"""A scripted OpenAI-compatible endpoint on loopback, for tests of what really goes over the wire."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Literal

from extract.warming import warm_up
from tests.loopback import Loopback
from tests.streams import events

# Events in a tuple are streamed.
Body = Mapping[str, Any] | str | bytes | tuple[bytes, ...]

_WARM_UP = list(warm_up("").messages)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the endpoint does with one request.

    `ends` is "whole" for a reply as it should be, "cut" for a connection that closes in the
    middle of the body, "closed" for one that closes without a word, "silent" for one on which
    nothing comes until the client leaves, "stalled" for a stream of which no more comes until then.
    """

    body: Body = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    ends: Literal["whole", "cut", "closed", "silent", "stalled"] = "whole"


CLOSED = Reply(ends="closed")
SILENT = Reply(ends="silent")


def cut(body: Body) -> Reply:
    """A reply that breaks off in the middle of its body."""
    return Reply(body=body, ends="cut")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that the endpoint got; the names of its headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any


Answer = Reply | Body
Script = Sequence[Answer] | Callable[[Asked], Answer]


def streamed(body: Mapping[str, Any]) -> Reply:
    """A completion as a stream."""
    return Reply(body=events(body))


def completion(text: str | None, finish: str | None = "stop", **message_fields: Any) -> dict[str, Any]:
    """A chat.completion that says `text`; further fields go into its message."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "scripted",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message_fields},
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


class ScriptedEndpoint(Loopback):
    """Gives its replies one after the other, or those of a function of the request; keeps what it was asked.

    A context manager. `url` is its base URL, with /v1 at the end. When the replies are used
    up it answers 400, which nobody tries again. A warm-up is answered beside the script and not kept, but for an
    endpoint that `is_cold`, to which it is a request like any other.
    """

    def __init__(self, script: Script, *, is_cold: bool = False) -> None:
        self.asked: list[Asked] = []
        self._is_cold = is_cold
        self._script = script
        self._lock = Lock()
        super().__init__(_Server(self._reply))

    def _reply(self, asked: Asked) -> Reply:
        if not self._is_cold and asked.body and asked.body.get("messages") == _WARM_UP:
            return Reply(body=completion(""))
        with self._lock:
            number = len(self.asked)
            self.asked.append(asked)
        if callable(self._script):
            answer = self._script(asked)
        elif number < len(self._script):
            answer = self._script[number]
        else:
            answer = Reply(status=400, body={"error": {"message": "the script has no more replies"}})
        return answer if isinstance(answer, Reply) else Reply(body=answer)


def unused_url() -> str:
    """The base URL of an endpoint that does not run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, reply: Callable[[Asked], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client may leave when it likes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.reply(Asked(path=self.path, headers=headers, body=json.loads(data))))

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.reply(Asked(path=self.path, headers=headers, body=None)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class calls it so
        """Say nothing."""

    def _send(self, reply: Reply) -> None:
        self.close_connection = reply.ends != "whole"
        if reply.ends == "silent":
            self.rfile.read(1)
        if reply.ends in ("closed", "silent"):
            return
        if isinstance(reply.body, tuple):
            self._stream(reply.body, reply)
            return
        data = _bytes(reply.body)
        kind = "application/json" if isinstance(reply.body, Mapping) else "text/plain; charset=utf-8"
        self.send_response_only(reply.status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if reply.ends == "cut" else data)
        self.wfile.flush()

    def _stream(self, parts: tuple[bytes, ...], reply: Reply) -> None:
        self.send_response_only(reply.status)
        usual = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
        for name, value in {**usual, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for part in parts:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        if reply.ends == "stalled":
            self.rfile.read(1)
        elif reply.ends == "whole":
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()


def _bytes(body: Mapping[str, Any] | str | bytes) -> bytes:
    if isinstance(body, bytes):
        return body
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")  # half a surrogate pair has only that form in JSON
