"""The way to an endpoint: keys in headers, proxies, certificates."""

import shutil
import ssl
import subprocess

import pytest

from tests.endpoint import ScriptedEndpoint, completion, unused_url
from tests.wire import KEY, WHOLE, ask, fault, wire


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


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
