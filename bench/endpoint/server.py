"""The server: what all connections share, and which request goes where."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any

from bench.endpoint.batches import Batches
from bench.endpoint.chat import Exchange
from bench.endpoint.codec import loads
from bench.endpoint.completions import Completions
from bench.endpoint.connection import Connection
from bench.endpoint.files import Files
from bench.endpoint.http import Head
from bench.endpoint.options import Options
from bench.endpoint.reading import Reader
from bench.endpoint.run import Run

_MODELS = [{"id": "mock", "object": "model", "created": 1700000000, "owned_by": "bench"}]


class Server:
    """Answers requests; `options` are those that each reset begins from."""

    def __init__(self, options: Options, loop: AbstractEventLoop) -> None:
        self.loop = loop
        self.reader = Reader()
        self.completions = Completions()
        self.files = Files()
        self.batches = Batches(self)
        self.run = Run(options, loop)
        self._options = options

    def handle(self, connection: Connection, head: Head, body: bytes) -> None:
        """Answer a request over its connection."""
        if head.method == "POST" and head.path == "/v1/chat/completions":
            Exchange(self, connection).start(body)
            return
        if head.path.startswith("/v1") and self.run.is_out():
            connection.reset()
            return
        try:
            self._route(connection, head, body)
        except ValueError as error:
            connection.reply_error(400, str(error))

    def _route(self, connection: Connection, head: Head, body: bytes) -> None:
        match head.method, *head.path.strip("/").split("/"):
            case "GET", "stats":
                connection.reply_json(200, self.run.stats())
            case "GET", "asked":
                connection.reply_json(200, {"asked": self.run.asks, "late": self.run.asked_late})
            case "POST", "reset":
                self.run = Run(self._options.with_json(loads(body or b"{}")), self.loop)
                connection.reply_json(200, {"ok": True})
            case "GET", "v1", "models":
                _reply_list(connection, _MODELS)
            case method, "v1", "files", *rest:
                self._route_files(connection, head, body, (method, *rest))
            case method, "v1", "batches", *rest:
                self._route_batches(connection, body, (method, *rest))
            case _:
                _reply_none(connection, head.path)

    def _route_files(self, connection: Connection, head: Head, body: bytes, route: tuple[str, ...]) -> None:
        match route:
            case ("POST",):
                connection.reply_json(200, self.files.upload(body, head.content_type).shown())
            case ("GET",):
                _reply_list(connection, self.files.listed())
            case ("GET", id_) if file := self.files.get(id_):
                connection.reply_json(200, file.shown())
            case ("GET", id_, "content") if file := self.files.get(id_):
                connection.reply(200, file.data, content_type=b"application/octet-stream")
            case ("DELETE", id_) if self.files.delete(id_):
                connection.reply_json(200, {"id": id_, "object": "file", "deleted": True})
            case _:
                _reply_none(connection, head.path)

    def _route_batches(self, connection: Connection, body: bytes, route: tuple[str, ...]) -> None:
        match route:
            case ("POST",):
                connection.reply_json(200, self.batches.create(loads(body)).shown())
            case ("GET",):
                _reply_list(connection, self.batches.listed())
            case ("GET", id_) if batch := self.batches.get(id_):
                connection.reply_json(200, batch.shown())
            case ("POST", id_, "cancel") if batch := self.batches.get(id_):
                self.batches.cancel(batch)
                connection.reply_json(200, batch.shown())
            case _:
                _reply_none(connection, "/".join(("batches", *route[1:])))


def _reply_list(connection: Connection, items: list[dict[str, Any]]) -> None:
    connection.reply_json(200, {"object": "list", "data": items, "has_more": False})


def _reply_none(connection: Connection, path: str) -> None:
    connection.reply_error(404, f"there is nothing at {path} for this method")
