"""File descriptors: how many connections the system lets this process have."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from typing import Protocol

# For the files of a run, its cache, names that are looked up, and modules that are imported on the way.
RESERVE = 32
# What to do about it.
SPENT = "the system lets this process open no more files; raise `ulimit -n`, or lower --concurrency"
_SPENT = frozenset({errno.EMFILE, errno.ENFILE})


class System(Protocol):
    """What a system says of descriptors."""

    def limits(self) -> tuple[int, int] | None:
        """How many there may be, and up to how many that may be raised; None where nobody counts."""

    def lift(self, soft: int) -> None:
        """Let there be so many; OSError or ValueError if that is refused."""

    def opened(self) -> int:
        """How many are open."""


class ThisSystem:
    """The system that this process runs on."""

    def limits(self) -> tuple[int, int] | None:
        """The soft and the hard limit of open files."""
        try:
            import resource
        except ImportError:
            return None  # Windows
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = 2**31
        return (most if soft == resource.RLIM_INFINITY else soft), (most if hard == resource.RLIM_INFINITY else hard)

    def lift(self, soft: int) -> None:
        """Raise the soft limit of this process."""
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    def opened(self) -> int:
        """Those that the system lists."""
        for folder in ("/proc/self/fd", "/dev/fd"):
            with suppress(OSError):
                return len(os.listdir(folder))  # noqa: PTH208  only their number
        return 16


def room_for(wanted: int, *, system: System | None = None) -> int:
    """How many of the `wanted` connections there may be, one at least.

    The soft limit of the process is raised towards the hard one, no further than they need.
    """
    system = system or ThisSystem()
    limits = system.limits()
    if limits is None:
        return wanted
    soft, hard = limits
    opened = system.opened()
    needed = min(opened + RESERVE + wanted, hard)
    if needed > soft:
        with suppress(OSError, ValueError):
            system.lift(needed)
            soft = needed
    return max(1, min(wanted, soft - opened - RESERVE))


def are_spent(error: BaseException) -> bool:
    """Whether an error came because no descriptor was left, as far as it or what caused it tells."""
    cause: BaseException | None = error
    # An error that was raised again by what it had caused is a cause of itself.
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        inner = getattr(cause, "os_error", cause)
        if getattr(inner, "errno", None) in _SPENT:
            return True
        # A name that cannot be looked up and a module that is not found do not say why.
        if isinstance(inner, socket.gaierror | ModuleNotFoundError) and not _is_one_left():
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _is_one_left() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno not in _SPENT
    return True
