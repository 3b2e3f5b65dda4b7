"""A guard that refuses the network to the whole process while it holds.

It listens to Python's audit events, so it sees every library that connects, sends or looks a name up
through `socket`, whatever it is built on. A connection that was open before stays open, and other
programs that the process starts are not held.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from socket import AF_INET, AF_INET6
from threading import Lock
from types import FrameType

# Not socket.bind: a socket that listens asks nobody, and who would connect to it is refused.
_CALLS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"})

_lock = Lock()
_holds: list[type[NetworkBlocked]] = []


class NetworkBlocked(BaseException):
    """Something wanted the network while it was blocked.

    A BaseException, as ReplayMiss is: HTTP clients take an OSError for a bad line and openai takes any
    Exception for one; they would try again and then say "Connection error." in place of this.
    """


@contextmanager
def blocked(error: type[NetworkBlocked] = NetworkBlocked) -> Iterator[None]:
    """Refuse IP sockets and name look-ups with `error`, in every thread, until the block is left.

    Unix sockets and socket pairs, of which event loops are made, stay allowed. Blocks may nest.
    """
    with _lock:
        _listen()
        _holds.append(error)
    try:
        yield
    finally:
        with _lock:
            _holds.remove(error)


@cache
def _listen() -> None:
    # Once: an audit hook cannot be removed.
    sys.addaudithook(_hear)


def _hear(event: str, args: tuple[object, ...]) -> None:
    # First of all, since this is called at every import and open() to the end of the process.
    if not _holds or not event.startswith("socket."):
        return
    __tracebackhide__ = True  # pytest then shows the line that wanted the network
    held = _holds[-1:]
    wanted = _wanted(event, args)
    if held and wanted and not _is_pair(sys._getframe(1)):  # noqa: SLF001  the documented way to the caller
        raise held[0](f"{wanted}: the network is blocked here; what is to be asked needs a recording or a fake")


def _wanted(event: str, args: tuple[object, ...]) -> str | None:
    """What an event is about, if the network is wanted for it."""
    if event in _LOOKUPS:
        return f"{event} of {_address(args[0])}" if args[0] is not None else None
    if event in _CALLS and getattr(args[0], "family", None) in {AF_INET, AF_INET6}:
        return f"{event} to {_address(args[1])}"
    return None


def _address(value: object) -> str:
    if isinstance(value, tuple):
        return ":".join(map(str, value[:2]))
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "its peer")


def _is_pair(frame: FrameType | None) -> bool:
    """Whether the standard library makes a socket pair; without Unix sockets it connects one over loopback."""
    names = {"socketpair", "_fallback_socketpair"}
    return frame is not None and frame.f_code.co_name in names and frame.f_globals.get("__name__") == "socket"
