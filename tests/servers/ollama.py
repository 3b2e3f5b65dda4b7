"""A stand-in for Ollama: its /v1 and the pages of /api that clients look at, with the bodies that Ollama writes.

    python -m tests.servers.ollama --port 11434 [--num-ctx 4096] [--load-delay-s 20] [--thinking] ...

It runs no model. Where Ollama is known to differ from other servers it does the same: a missing model is a 404, a model
is loaded inside the first request, fields it does not know are dropped, and a prompt that is too long is cut without a
word. It was written from Ollama's source (0.33) and from what its users report, not compared with a running one.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Lock
from types import TracebackType
from typing import Any, Literal

from tests.loopback import Loopback
from tests.streams import events

Body = Mapping[str, Any]
Says = Callable[[Body], str | None]

VERSION = "0.33.0"
_PROSE = "Here is what I found in the report: the two ministers met and talked about cooperation."
# Tokens that are kept of the start of a prompt that is cut.
_KEPT = 4
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "ultra", "max")
# The fields of a request that it reads.
_READ = (
    {"model", "messages", "stream", "stream_options", "max_tokens", "seed", "stop", "temperature", "top_p"}
    | {"frequency_penalty", "presence_penalty", "response_format", "tools", "logprobs", "top_logprobs"}
    | {"reasoning", "reasoning_effort"}
)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model that was pulled, and how it behaves; `on_overflow` is "cut" for models on a template of Ollama's own."""

    name: str = "tiny:latest"
    num_ctx: int = 4096
    longest: int = 131_072
    load_delay_s: float = 0.0
    has_tools: bool = True
    thinks: bool = False
    honours_format: bool = True
    answers_in_reasoning: bool = False
    on_overflow: Literal["cut", "error"] = "cut"

    @property
    def capabilities(self) -> list[str]:
        """As /api/show lists them."""
        return ["completion", *(["tools"] if self.has_tools else []), *(["thinking"] if self.thinks else [])]


class _Refused(Exception):  # noqa: N818  a reply, no fault of ours
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Ollama(Loopback):
    """The stand-in, a context manager. `seen` are the requests as the models were shown them, after any cut.

    `says` gives the text of an answer where the format is honoured; where it gives none, that is the smallest value of
    the schema. `url` is its base URL, with /v1 at the end.
    """

    def __init__(self, *models: Model, says: Says | None = None, port: int = 0) -> None:
        self.models = {model.name: model for model in models or (Model(),)}
        self.seen: list[dict[str, Any]] = []
        self.loaded: set[str] = set()
        self._says = says
        self._ids = count()
        self._lock = Lock()
        self._loading = Lock()
        self._is_over = Event()
        super().__init__(_Server(self, port))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        super().__exit__(kind, error, trace)

    def page(self, path: str) -> Body | str | None:
        """What a GET is answered with."""
        details = {"family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"}
        pages: dict[str, Body | str] = {
            "/": "Ollama is running",
            "/api/version": {"version": VERSION},
            "/api/tags": {"models": [{"name": name, "model": name, "details": details} for name in self.models]},
            "/api/ps": {
                "models": [
                    {"name": name, "model": name, "context_length": self.models[name].num_ctx}
                    for name in sorted(self.loaded)
                ]
            },
            "/v1/models": {
                "object": "list",
                "data": [
                    {"id": name, "object": "model", "created": 1700000000, "owned_by": "library"}
                    for name in self.models
                ],
            },
        }
        return pages.get(path)

    def show(self, asked: Body) -> tuple[int, Body]:
        """What /api/show answers; its errors are a text, not an object."""
        model = self._named(str(asked.get("model") or asked.get("name") or ""))
        if model is None:
            return 404, {"error": f"model '{asked.get('model')}' not found"}
        return 200, {
            "parameters": f"num_ctx                        {model.num_ctx}",
            "details": {"family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"},
            "model_info": {"general.architecture": "llama", "llama.context_length": model.longest},
            "capabilities": model.capabilities,
        }

    def chat(self, asked: Body, client: socket.socket) -> tuple[int, Body]:
        """What /v1/chat/completions answers."""
        try:
            return 200, self._completion(asked, client)
        except _Refused as refused:
            kind = {400: "invalid_request_error", 404: "not_found_error"}.get(refused.status, "api_error")
            error = {"message": str(refused), "type": kind, "param": None, "code": None}
            return refused.status, {"error": error}

    def _completion(self, asked: Body, client: socket.socket) -> Body:
        model = self._checked(asked)
        self._load(model, client)
        body = {name: value for name, value in asked.items() if name in _READ and value is not None}
        prompt, body["messages"] = _fitted(body["messages"], body.get("tools"), model)
        with self._lock:
            self.seen.append(body)
            number = next(self._ids) % 999
        message, finish = self._message(body, model)
        completion = _tokens(json.dumps(message, ensure_ascii=False))
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1700000000,
            "model": asked["model"],
            "system_fingerprint": "fp_ollama",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": usage,
        }

    def _checked(self, asked: Body) -> Model:
        """The model that is asked; _Refused as Ollama refuses."""
        if not asked.get("messages"):
            raise _Refused(400, "[] is too short - 'messages'")
        for message in asked["messages"]:
            if message.get("content") is None and not message.get("tool_calls"):
                raise _Refused(400, "invalid message content type: <nil>")
        effort = _effort(asked)
        if effort and effort not in _EFFORTS:
            known = ", ".join(f'"{word}"' for word in _EFFORTS[1:])
            raise _Refused(400, f'invalid reasoning value: "{effort}" (must be {known}, or "none")')
        if not asked.get("model"):
            raise _Refused(400, "model is required")
        model = self._named(asked["model"])
        if model is None:
            raise _Refused(404, f"model '{asked['model']}' not found")
        if effort not in ("", "none") and not model.thinks:
            raise _Refused(400, f'"{asked["model"]}" does not support thinking')
        if asked.get("tools") and not model.has_tools:
            raise _Refused(400, f"registry.ollama.ai/library/{model.name} does not support tools")
        return model

    def _named(self, name: str) -> Model | None:
        return self.models.get(name) or self.models.get(f"{name}:latest")

    def _load(self, model: Model, client: socket.socket) -> None:
        """Load the model inside the request; a client that leaves meanwhile has it begin anew at the next one."""
        with self._loading:
            if model.name in self.loaded:
                return
            left = model.load_delay_s
            while left > 0 and not self._is_over.wait(min(left, 0.05)):
                left -= 0.05
                if _has_left(client):
                    raise _Refused(499, "request canceled")
            self.loaded.add(model.name)

    def _message(self, body: Body, model: Model) -> tuple[dict[str, Any], str]:
        """What the model says, and why it stopped."""
        text = self._text(body, model)
        message: dict[str, Any] = {"role": "assistant", "content": text}
        finish = "stop"
        if body.get("tools"):
            function = {"name": body["tools"][0]["function"]["name"], "arguments": text}
            calls = [{"id": "call_1", "index": 0, "type": "function", "function": function}]
            message, finish = {"role": "assistant", "content": "", "tool_calls": calls}, "tool_calls"
        if model.thinks and _effort(body) != "none":
            message["reasoning"] = "First I look for who met whom."
            if model.answers_in_reasoning:
                message |= {"content": "", "reasoning": text}
        longest = body.get("max_tokens")
        if longest is not None and _tokens(text) > longest:
            message["content"], finish = text[: 4 * longest], "length"
        return message, finish

    def _text(self, body: Body, model: Model) -> str:
        schema = _schema(body)
        if schema is None or not model.honours_format:
            return _PROSE
        said = self._says(body) if self._says is not None else None
        return json.dumps(smallest(schema), ensure_ascii=False) if said is None else said


def _effort(body: Body) -> str:
    return (body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort") or ""


def _schema(body: Body) -> Any:
    """The schema that the answer is held to; None where it is free."""
    if body.get("tools"):
        return body["tools"][0]["function"].get("parameters") or {}
    wanted = body.get("response_format") or {}
    # A type that it does not know is passed over.
    if wanted.get("type") == "json_object":
        return {}
    return wanted["json_schema"].get("schema") or {} if wanted.get("type") == "json_schema" else None


def smallest(schema: Any, root: Any = None) -> Any:
    """The smallest value that a schema allows, as far as types go; {} for one that says nothing."""
    root = schema if root is None else root
    if "$ref" in schema:
        value: Any = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            value = value[name]
        return smallest(value, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        nulls = [option for option in options if option.get("type") == "null"]
        return smallest((nulls or options)[0], root)
    kind = schema.get("type", "object")
    kind = ("null" if "null" in kind else kind[0]) if isinstance(kind, list) else kind
    if kind == "object":
        needed = schema.get("required", ())
        return {name: smallest(part, root) for name, part in schema.get("properties", {}).items() if name in needed}
    if kind == "array":
        return [smallest(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]
    return {"string": "x" * schema.get("minLength", 0), "integer": 0, "number": 0, "boolean": False}.get(kind)


def _fitted(messages: Sequence[Body], tools: Any, model: Model) -> tuple[int, Sequence[Body]]:
    """The prompt's tokens and its messages, as they are left when they are too many: the oldest go first."""
    for kept in _shorter(messages):
        size = _tokens(_template(kept, tools))
        if size <= model.num_ctx:
            return size, kept
    if model.on_overflow == "error":
        limit = f"({model.num_ctx} tokens), try increasing it"
        raise _Refused(400, f"request ({size} tokens) exceeds the available context size {limit}")
    # Its first few tokens and the last of it: the system's message is gone.
    size = model.num_ctx // 2 + _KEPT
    return size, [{"role": "user", "content": _template(kept, tools)[-4 * (size - _KEPT) :]}]


def _shorter(messages: Sequence[Body]) -> Iterator[list[Body]]:
    for start in range(len(messages)):
        yield [message for message in messages[:start] if message["role"] == "system"] + list(messages[start:])


def _template(messages: Sequence[Body], tools: Any) -> str:
    said = "".join(f"<|{message['role']}|>\n{message.get('content') or ''}\n" for message in messages)
    return (json.dumps(tools) if tools else "") + said


def _tokens(text: str) -> int:
    return -(-len(text) // 4)


def _has_left(client: socket.socket) -> bool:
    readable, _, _ = select.select([client], [], [], 0)
    try:
        return bool(readable) and not client.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, ollama: Ollama, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.ollama = ollama

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client may leave when it likes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        page = self.server.ollama.page(self.path)
        self._send(*((200, page) if page is not None else (404, "404 page not found")))

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            asked = json.loads(data)
        except ValueError:
            self._send(400, {"error": {"message": "unexpected EOF", "type": "invalid_request_error"}})
            return
        if self.path == "/v1/chat/completions":
            status, body = self.server.ollama.chat(asked, self.connection)
            if status == 200 and asked.get("stream"):
                self._stream(body, has_usage=bool((asked.get("stream_options") or {}).get("include_usage")))
            else:
                self._send(status, body)
        elif self.path == "/api/show":
            self._send(*self.server.ollama.show(asked))
        else:
            self._send(404, "404 page not found")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class calls it so
        """Say nothing."""

    def _send(self, status: int, body: Body | str) -> None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        data = text.encode("utf-8", "backslashreplace")
        self.send_response_only(status)
        kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def _stream(self, body: Body, *, has_usage: bool) -> None:
        self.send_response_only(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        # About a token each.
        for part in (*events(body, 4, has_usage=has_usage), b""):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        self.wfile.flush()


def _serve() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=11434)
    parser.add_argument("--model", default="tiny:latest")
    parser.add_argument("--num-ctx", type=int, default=4096)
    parser.add_argument("--load-delay-s", type=float, default=0.0)
    for flag in ("--no-tools", "--thinking", "--ignores-format"):
        parser.add_argument(flag, action="store_true")
    given = parser.parse_args()
    model = Model(
        name=given.model,
        num_ctx=given.num_ctx,
        load_delay_s=given.load_delay_s,
        has_tools=not given.no_tools,
        thinks=given.thinking,
        honours_format=not given.ignores_format,
    )
    with Ollama(model, port=given.port):
        Event().wait()


if __name__ == "__main__":
    _serve()
