"""A server that writes bytes as they stand, and clients that ask it."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import pytest

from extract.client import Client, Endpoint
from extract.errors import EndpointError
from extract.request import Completion, Form, Label, Request
from tests.endpoint import completion

REQUEST = Request(model="m", messages=({"role": "user", "content": "x"},), form=Form("meeting", {}))
LABEL = Label(document="d", task="meeting/v1")
KEY = "sk-test-abcdefghijklmnop1234"
SAID = json.dumps(completion("{}")).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(SAID), SAID)

# What is done with a request: bytes to write; then the connection is closed if the flag says so.
Step = tuple[bytes, bool]


class Wire:
    """A server that writes bytes as they stand; `steps` maps connection and request, from 0, to what is done."""

    def __init__(self, step: Callable[[int, int], Step | None], context: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[int, bytes]] = []
        self._step, self._context = step, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def accept(self) -> None:
        with suppress(OSError):
            for number in range(100):
                connection, _ = self._socket.accept()
                self._open.append(connection)
                Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for each in (self._socket, *self._open):
            each.close()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._answer(connection, number)

    def _answer(self, connection: socket.socket, number: int) -> None:
        for index in range(100):
            data = b""
            while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length(data):
                part = connection.recv(65536)
                if not part:
                    return
                data += part
            self.requests.append((number, data))
            step = self._step(number, index)
            if step is None:
                connection.recv(1)
                return
            connection.sendall(step[0])
            if step[1]:
                # The rest of what the client sends is taken, so that it sees an end and not a reset.
                connection.shutdown(socket.SHUT_RDWR)
                return


def _length(data: bytes) -> int:
    lines = data.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    return next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)


@contextmanager
def wire(step: Callable[[int, int], Step | None], context: ssl.SSLContext | None = None) -> Iterator[Wire]:
    server = Wire(step, context)
    Thread(target=server.accept, daemon=True).start()
    try:
        yield server
    finally:
        server.close()


def ask(url: str, times: int = 1, **endpoint: Any) -> list[Completion]:
    async def go() -> list[Completion]:
        client = Client(Endpoint(base_url=url, **{"max_tries": 1, "api_key": KEY, **endpoint}))
        try:
            return [await client(REQUEST, LABEL) for _ in range(times)]
        finally:
            await client.close()

    return asyncio.run(go())


def fault(url: str, times: int = 1, **endpoint: Any) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        ask(url, times, **endpoint)
    shown = f"{caught.value} {caught.value.body} {caught.value.__cause__}"
    assert KEY not in shown
    assert "s3cret" not in shown
    return caught.value
