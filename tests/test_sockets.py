"""While the guard holds, no IP socket of the process reaches anybody; event loops still work."""

import asyncio
import socket
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from extract.sockets import NetworkBlocked, blocked

UDP = socket.SOCK_DGRAM
needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets here")


@pytest.fixture
def server():
    """The address of a server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()


def connect(address: Any) -> Any:
    with socket.socket() as client:
        client.connect(address)
        return client.getpeername()


def test_a_connection_to_loopback_is_refused_while_blocked_and_works_before_and_after(server):
    assert connect(server) == server

    with blocked(), pytest.raises(NetworkBlocked, match=f"127.0.0.1:{server[1]}: the network is blocked"):
        connect(server)

    assert connect(server) == server


@pytest.mark.parametrize(
    ("attempt", "named"),
    [
        pytest.param(lambda: socket.socket().connect(("192.0.2.1", 80)), "192.0.2.1:80", id="connect"),
        pytest.param(lambda: socket.socket().connect_ex(("192.0.2.1", 80)), "192.0.2.1:80", id="connect_ex"),
        pytest.param(
            lambda: socket.create_connection(("example.invalid", 80)), "example.invalid", id="create_connection"
        ),
        pytest.param(lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)), "2001:db8::1:80", id="IPv6"),
        pytest.param(lambda: socket.socket(type=UDP).sendto(b"", ("192.0.2.1", 53)), "192.0.2.1:53", id="sendto"),
        pytest.param(
            lambda: socket.socket(type=UDP).sendmsg([b""], [], 0, ("192.0.2.1", 53)), "192.0.2.1:53", id="sendmsg"
        ),
        pytest.param(lambda: socket.socket(type=UDP).sendmsg([b""]), "its peer", id="sendmsg to peer"),
        pytest.param(lambda: socket.getaddrinfo("example.invalid", 80), "example.invalid", id="getaddrinfo"),
        pytest.param(lambda: socket.gethostbyname("example.invalid"), "example.invalid", id="gethostbyname"),
        pytest.param(lambda: socket.gethostbyaddr("192.0.2.1"), "192.0.2.1", id="gethostbyaddr"),
        pytest.param(lambda: socket.getnameinfo(("192.0.2.1", 80), 0), "192.0.2.1:80", id="getnameinfo"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_way_to_the_network_is_refused_by_name(attempt, named):
    with blocked(), pytest.raises(NetworkBlocked) as caught:
        attempt()

    assert f" {named}: the network is blocked" in str(caught.value)


def test_an_event_loop_runs_while_blocked():
    async def work() -> int:
        return await asyncio.to_thread(lambda: 1)

    with blocked():
        assert asyncio.run(work()) == 1


def test_a_pair_of_sockets_can_talk_while_blocked():
    with blocked():
        one, other = socket.socketpair()
        with one, other:
            one.sendall(b"hello")

            assert other.recv(5) == b"hello"


def test_the_pair_that_is_made_over_loopback_where_there_are_no_unix_sockets_is_let_through(server):
    standard = types.ModuleType("socket")
    exec("def _fallback_socketpair(client, address): client.connect(address)", vars(standard))

    with socket.socket() as client, blocked():
        vars(standard)["_fallback_socketpair"](client, server)

        assert client.getpeername() == server


@needs_unix
def test_a_unix_socket_connects_while_blocked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a Unix socket must be short
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as client, blocked():
        listening.bind("s")
        listening.listen()
        client.connect("s")

        assert client.getpeername() == "s"


def test_a_socket_may_listen_while_blocked():
    with blocked(), socket.create_server(("127.0.0.1", 0)) as listening:
        assert listening.getsockname()[1] > 0


def test_other_threads_are_held_too(server):
    with ThreadPoolExecutor(1) as threads, blocked(), pytest.raises(NetworkBlocked):
        threads.submit(connect, server).result()


def test_the_guard_holds_until_the_outermost_block_is_left(server):
    with blocked():
        with blocked():
            pass

        with pytest.raises(NetworkBlocked):
            connect(server)


def test_the_guard_is_lifted_when_the_block_fails(server):
    with pytest.raises(ZeroDivisionError), blocked():
        raise ZeroDivisionError

    assert connect(server) == server


def test_a_caller_may_choose_the_error(server):
    class OwnError(NetworkBlocked):
        pass

    with blocked(OwnError), pytest.raises(OwnError):
        connect(server)


def test_openai_neither_tries_again_nor_hides_the_guard(server):
    openai = pytest.importorskip("openai")
    waits: list[float] = []
    with openai.OpenAI(base_url=f"http://127.0.0.1:{server[1]}/v1", api_key="none") as client:
        client._sleep_for_retry = lambda **options: waits.append(0)

        with blocked(), pytest.raises(NetworkBlocked):
            client.models.list()

    assert waits == []


def test_other_audit_events_pass():
    with blocked():
        sys.audit("mahdar.test", "anything")
