"""The errors that end a test, as failures that pytest knows.

pytest reports any other BaseException as a failure too, but when one is raised while a fixture is torn down
the other fixtures of that test stay as they are, and every later test fails with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extract.errors import ReplayMiss
from extract.sockets import NetworkBlocked

if TYPE_CHECKING:
    from _pytest.outcomes import Failed
else:
    Failed = pytest.fail.Exception  # the public name, which a type checker does not take for a class


class Miss(ReplayMiss, Failed):
    """A request that a test makes has no recording."""


class Blocked(NetworkBlocked, Failed):
    """A test wants the network."""
