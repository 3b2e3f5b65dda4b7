"""Connections as they are: stale, broken, redirected, through a proxy, over TLS."""

import asyncio
import gzip
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import pytest

from extract import sockets
from extract.client import Client, Endpoint
from extract.errors import EndpointError
from extract.request import Completion, Form, Label, Request
from tests.endpoint import Reply, ScriptedEndpoint, completion, cut, unused_url

REQUEST = Request(model="m", messages=({"role": "user", "content": "x"},), form=Form("meeting", {}))
LABEL = Label(document="d", task="meeting/v1")
KEY = "sk-test-abcdefghijklmnop1234"
SAID = json.dumps(completion("{}")).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(SAID), SAID)

# What is done with a request: bytes to write; then the connection is closed if the flag says so.
Step = tuple[bytes, bool]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


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


def test_connections_are_kept_and_used_again():
    with wire(lambda number, index: (WHOLE, False)) as server:
        ask(server.url, times=3)

    assert [number for number, _ in server.requests] == [0, 0, 0]


def test_a_connection_that_the_server_closed_meanwhile_is_no_try():
    # The second request goes out on the first connection, which ends without a byte.
    with wire(lambda number, index: (b"", True) if (number, index) == (0, 1) else (WHOLE, False)) as server:
        ask(server.url, times=2)

    assert [number for number, _ in server.requests] == [0, 0, 1]


def test_a_new_connection_that_ends_without_a_word_is_a_try():
    with wire(lambda number, index: (b"", True)) as server:
        assert fault(server.url).kind == "dropped"

    assert len(server.requests) == 1


def test_a_fresh_connection_after_a_stale_one_is_the_last_of_its_try():
    with wire(lambda number, index: (b"", True) if number or index else (WHOLE, False)) as server:
        assert fault(server.url, times=2).kind == "dropped"

    assert [number for number, _ in server.requests] == [0, 0, 1]


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\nContent-Le", WHOLE[:-5]], ids=["headers", "body"])
def test_a_reply_that_had_begun_is_not_asked_for_again_at_once(part):
    with wire(lambda number, index: (part, True) if index else (WHOLE, False)) as server:
        assert fault(server.url, times=2).kind == "dropped"

    assert len(server.requests) == 2


def test_what_is_no_http_is_a_connection_that_broke_off_and_shows_no_query():
    with wire(lambda number, index: (b"SSH-2.0-OpenSSH_9\r\n\r\n", True)) as server:
        found = fault(f"{server.url}?key=s3cret")

    assert (found.kind, found.retryable) == ("dropped", True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_the_same_host_is_followed_with_all_that_was_sent(status):
    moved = Reply(status=status, headers={"Location": "/api/v1/chat/completions"})
    with ScriptedEndpoint([moved, completion("{}")]) as scripted:
        ask(f"{scripted.url}?api-version=1")

    first, second = scripted.asked
    assert (second.path, second.body) == ("/api/v1/chat/completions?api-version=1", first.body)
    assert second.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("host", ["127.0.0.2", "example.org", "127.0.0.1:1"])
def test_a_redirect_to_a_stranger_is_told_and_not_followed(host):
    location = f"http://s3cret:s3cret@{host}/v1/chat/completions?token={KEY}"
    with ScriptedEndpoint([Reply(status=307, headers={"Location": location})]) as scripted:
        found = fault(scripted.url)

    assert (found.kind, found.retryable) == ("path", False)
    assert f"sends the request on to http://{host}/v1, and the key would go there too" in str(found)


def test_a_redirect_in_a_circle_ends():
    with ScriptedEndpoint(lambda asked: Reply(status=308, headers={"Location": asked.path})) as scripted:
        assert fault(scripted.url).kind == "path"

    assert len(scripted.asked) == 5


def test_a_status_of_a_redirect_without_an_address_is_a_fault_of_its_own():
    with ScriptedEndpoint([Reply(status=302)]) as scripted:
        assert fault(scripted.url).status == 302


def test_a_body_that_is_compressed_is_read():
    with ScriptedEndpoint([Reply(body=gzip.compress(SAID), headers={"Content-Encoding": "gzip"})]) as scripted:
        assert ask(scripted.url)[0].text == "{}"


def test_a_compressed_body_that_is_broken_is_a_connection_that_broke_off():
    with ScriptedEndpoint([Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})]) as scripted:
        assert fault(scripted.url).kind == "dropped"


def test_a_body_that_is_no_utf8_is_no_completion():
    with ScriptedEndpoint([Reply(body=b'{"choices": "\xff\xfe"}')]) as scripted:
        assert fault(scripted.url).kind == "not_json"


def test_an_error_that_is_no_utf8_is_shown_as_far_as_it_can_be():
    with ScriptedEndpoint([Reply(status=500, body=b"gate\xe9 closed")]) as scripted:
        assert "closed" in str(fault(scripted.url))


def test_an_answer_that_trickles_in_has_the_time_of_one_answer():
    with wire(lambda number, index: (WHOLE[:-5], False) if index == 0 else None) as server:
        found = fault(server.url, timeout_s=0.2)

    assert (found.kind, found.retryable) == ("timeout", True)


@pytest.mark.parametrize("sent", [WHOLE[:-5], WHOLE[: WHOLE.index(b"\r\n\r\n") + 4]], ids=["in the body", "headers"])
def test_an_answer_that_begins_and_stops_has_the_time_of_one_answer_from_then_on(sent):
    with wire(lambda number, index: (sent, False) if index == 0 else None) as server:
        found = fault(server.url, first_token_timeout_s=30, timeout_s=0.1)

    assert (found.kind, found.retryable) == ("timeout", True)
    assert "the answer began, and was not whole within 0.1 s more" in str(found)


def test_an_answer_that_does_not_begin_has_a_time_of_its_own():
    with wire(lambda number, index: None) as server:
        found = fault(server.url, first_token_timeout_s=0.1, timeout_s=30)

    assert (found.kind, found.retryable) == ("timeout", True)
    assert "no answer within 0.1 s; a model that is still loading needs longer" in str(found)


def test_an_answer_in_time_is_read_whichever_times_are_given():
    with wire(lambda number, index: (WHOLE, False)) as server:
        assert ask(server.url, first_token_timeout_s=30, timeout_s=20)[0].text == "{}"


@pytest.mark.parametrize("value", ["a\nX: y", "é", "\x00"], ids=["line break", "accent", "null"])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(value):
    found = fault("http://127.0.0.1:9/v1", headers={"X-Team": f"{KEY}{value}"})

    assert (found.kind, found.retryable, "X-Team" in str(found)) == ("key", False, True)


@pytest.mark.parametrize("headers", [{"X-Team": "s3cret"}, {"api-key": "s3cret"}])
def test_no_header_goes_to_a_stranger(headers):
    moved = Reply(status=307, headers={"Location": "http://127.0.0.2/v1/chat/completions"})
    with ScriptedEndpoint([moved]) as scripted:
        assert fault(scripted.url, headers=headers).kind == "path"

    assert len(scripted.asked) == 1


def test_a_connection_that_takes_too_long_is_no_slow_answer():
    # Nothing comes back on the TLS handshake, which is a part of connecting.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        found = fault(f"https://127.0.0.1:{deaf.getsockname()[1]}/v1?key=s3cret", connect_timeout_s=0.1)

    assert found.kind == "refused"
    assert "no connection (none within 0.1 s)" in str(found)


def test_the_time_of_an_answer_may_end_before_there_is_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        found = fault(f"https://127.0.0.1:{deaf.getsockname()[1]}/v1", timeout_s=0.1)

    assert "no connection (none within 0.1 s)" in str(found)


def test_a_name_that_nobody_has_is_no_connection(monkeypatch):
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    found = fault("http://reader:s3cret@nowhere.example/v1")

    assert (found.kind, found.retryable) == ("refused", True)
    assert "no connection (Name or service not known)" in str(found)


@pytest.mark.parametrize("key", [f"{KEY}\nX: y", f"{KEY}é", f"{KEY}\x00"], ids=["line break", "accent", "null"])
def test_a_key_that_no_header_can_hold_is_told_without_it(key):
    found = fault("http://127.0.0.1:9/v1", api_key=key)

    assert (found.kind, found.retryable) == ("key", False)


def test_credentials_of_the_address_go_in_a_header_in_place_of_the_key():
    with ScriptedEndpoint([completion("{}")]) as scripted:
        ask(scripted.url.replace("http://", "http://reader:p%40ss@"))

    assert scripted.asked[0].headers["authorization"] == "Basic cmVhZGVyOnBAc3M="
    assert "@" not in scripted.asked[0].headers["host"]


def test_a_netrc_file_changes_nothing(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    with ScriptedEndpoint([completion("{}")]) as scripted:
        ask(scripted.url)

    assert scripted.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_asked(monkeypatch, name):
    with wire(lambda number, index: (WHOLE, False)) as server:
        if name == "HTTP_PROXY":
            monkeypatch.delenv("REQUEST_METHOD", raising=False)
        monkeypatch.setenv(name, f"http://me:s3cret@127.0.0.1:{server.port}")
        ask("http://somewhere.example/v1")

    _, data = server.requests[0]
    assert data.startswith(b"POST http://somewhere.example/v1/chat/completions HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6czNjcmV0" in data


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "127.0.0.1:{port}"])
def test_no_proxy_is_asked_for_what_is_exempt(monkeypatch, exempt):
    with wire(lambda number, index: (WHOLE, False)) as server:
        monkeypatch.setenv("http_proxy", unused_url())
        monkeypatch.setenv("no_proxy", exempt.format(port=server.port))

        assert ask(server.url)[0].text == "{}"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "the proxy answered 407"),
        (b"", "no connection ("),
    ],
    ids=["not let through", "closed"],
)
def test_a_proxy_that_makes_no_connection_is_told_without_its_password(monkeypatch, answer, message):
    with wire(lambda number, index: (answer, True)) as server:
        monkeypatch.setenv("https_proxy", f"http://me:s3cret@127.0.0.1:{server.port}")
        found = fault("https://somewhere.example/v1")

    assert (found.kind, message in str(found)) == ("refused", True), str(found)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://127.0.0.1:99999", "http://"])
def test_a_proxy_that_cannot_be_used_is_told(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)

    assert "the proxy that the environment names is no HTTP proxy" in str(fault("http://somewhere.example/v1"))


def test_a_proxy_that_does_not_run_is_told(monkeypatch):
    monkeypatch.setenv("http_proxy", unused_url().replace("//", "//me:s3cret@"))

    assert "no connection (the proxy: " in str(fault("http://somewhere.example/v1"))


def test_https_of_a_server_without_it_is_told():
    with ScriptedEndpoint([]) as scripted:
        found = fault(scripted.url.replace("http://", "https://"))

    assert (found.kind, found.retryable) == ("refused", False)
    assert "no connection (TLS: " in str(found)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1", *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


def test_a_certificate_that_nobody_vouches_for_is_told(certificate):
    with wire(lambda number, index: (WHOLE, False), certificate[1]) as server:
        found = fault(server.url.replace("http://", "https://"))

    assert (found.kind, found.retryable) == ("refused", False)
    assert "no connection (TLS: self" in str(found)
    assert server.requests == []


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_that_the_environment_names_is_trusted(monkeypatch, certificate, name):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv(name, str(certificate[0]))

    with wire(lambda number, index: (WHOLE, False), certificate[1]) as server:
        assert ask(server.url.replace("http://", "https://"))[0].text == "{}"


def test_certificates_that_are_not_there_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))

    assert "cannot be read" in str(fault("https://127.0.0.1:9/v1"))


@pytest.mark.parametrize("reply", [completion("{}"), Reply(status=429, headers={"X-RateLimit-Limit": "9"}), "<html>"])
def test_every_reply_is_told_to_who_wants_to_know(reply):
    seen = []

    async def go(url: str) -> None:
        endpoint = Endpoint(base_url=url, max_tries=1)
        client = Client(endpoint, on_reply=lambda status, headers, latency_s: seen.append((status, headers, latency_s)))
        with suppress(EndpointError):
            await client(REQUEST, LABEL)
        await client.close()

    with ScriptedEndpoint([reply]) as scripted:
        asyncio.run(go(scripted.url))

    ((status, headers, latency_s),) = seen
    assert status == (reply.status if isinstance(reply, Reply) else 200)
    assert headers.get("x-ratelimit-limit") == ("9" if status == 429 else None)
    assert 0 < latency_s < 60


def test_no_reply_is_told_where_none_came():
    seen: list[Any] = []

    async def go(url: str) -> None:
        client = Client(Endpoint(base_url=url, max_tries=1), on_reply=lambda *reply: seen.append(reply))
        with suppress(EndpointError):
            await client(REQUEST, LABEL)
        await client.close()

    with ScriptedEndpoint([cut(completion("x" * 1000))]) as scripted:
        asyncio.run(go(scripted.url))

    assert seen == []


def test_the_network_can_be_blocked():
    with sockets.blocked(), pytest.raises(sockets.NetworkBlocked):
        ask("http://127.0.0.1:9/v1")


def test_a_client_that_was_dropped_unclosed_says_nothing(capfd, caplog):
    with ScriptedEndpoint(lambda _: completion("{}")) as scripted:
        client = Client(Endpoint(base_url=scripted.url))
        for _ in range(2):
            asyncio.run(client(REQUEST, LABEL))
        del client

    assert (capfd.readouterr().err, caplog.text) == ("", "")
