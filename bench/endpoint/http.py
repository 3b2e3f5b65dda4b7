"""The little of HTTP/1.1 that JSON APIs use: requests with a content-length, replies with one, kept connections."""

from __future__ import annotations

from typing import NamedTuple

END_OF_HEAD = b"\r\n\r\n"
LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 1 << 30

JSON = b"application/json"
_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    411: b"Length Required",
    413: b"Content Too Large",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}


class BadRequest(Exception):  # noqa: N818  it is the name of the status
    """What came is no request that can be answered; the connection has to be closed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Head(NamedTuple):
    """The head of a request; `length` is that of its body, `expects` whether the client waits to be told to send it."""

    method: str
    path: str
    length: int
    content_type: bytes
    keep_alive: bool
    expects: bool


def read_head(data: bytes) -> Head:
    """The head of a request, without the empty line; BadRequest says what is wrong with it."""
    line, _, rest = data.partition(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
        raise BadRequest(400, "the first line is not METHOD PATH HTTP/1.1")
    headers = dict(map(_header, rest.split(b"\r\n"))) if rest else {}
    if b"transfer-encoding" in headers:
        raise BadRequest(411, "send the body with a content-length")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > LONGEST_BODY:
        raise BadRequest(413 if length.isdigit() else 400, f"content-length cannot be {length.decode('latin-1')}")
    connection = headers.get(b"connection", b"").lower()
    return Head(
        method=parts[0].decode("latin-1"),
        path=parts[1].partition(b"?")[0].decode("latin-1"),
        length=int(length),
        content_type=headers.get(b"content-type", b""),
        keep_alive=connection == b"keep-alive" if parts[2] == b"HTTP/1.0" else connection != b"close",
        expects=b"expect" in headers,
    )


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip()


def reply_head(status: int, length: int, headers: bytes = b"", content_type: bytes = JSON) -> bytes:
    """The head of a reply, with the empty line; `headers` are whole lines."""
    first = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n%s\r\n"
    return first % (status, _REASONS.get(status, b"-"), content_type, length, headers)
