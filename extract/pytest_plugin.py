"""The pytest plugin: `mahdar_replay` gives a test extractors that answer from recordings.

Every pytest run of an environment that has mahdar imports this file. So it imports nothing that is
slow to load, and does nothing until a test asks for the fixture.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extract.sockets import blocked
from extract.testing.failures import Blocked

if TYPE_CHECKING:
    from extract.testing.session import Session
    from extract.testing.shelf import Replay

_SESSION = pytest.StashKey["Session"]()
_IS_PARTIAL = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --mahdar-record and the two ini options."""
    record = "mahdar_replay: ask the endpoint for answers that are not recorded, and record them"
    parser.getgroup("mahdar").addoption("--mahdar-record", action="store_true", help=record)
    folder = "folder of recordings that mahdar_replay answers from, relative to rootdir"
    parser.addini("mahdar_recordings", folder, type="string", default="recordings")
    unused = "what recordings that no test asked for are: warn or error"
    parser.addini("mahdar_unused", unused, type="string", default="warn")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known; refuse an ini value that means nothing."""
    about = "mahdar(recordings): folder that mahdar_replay answers from, relative to the folder of the test's file"
    config.addinivalue_line("markers", about)
    if (value := config.getini("mahdar_unused")) not in {"warn", "error"}:
        raise pytest.UsageError(f"ini option mahdar_unused: {value!r} is not one of warn, error")


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that part of the tests does not run."""
    for item in items[:1]:
        item.config.stash[_IS_PARTIAL] = True


@pytest.fixture
def mahdar_replay(request: pytest.FixtureRequest) -> Iterator[Replay]:
    """Extractors that answer from recordings; no socket can be used. With --mahdar-record, what is missing is asked.

    `mahdar_replay.extractor(prompt="mytask", prompts="prompts")` is an `extract.Extractor`.
    """
    from extract.testing.shelf import Replay

    shelf = _session(request.config).shelf(_folder(request), request.node)
    shelf.command = f"pytest --mahdar-record {shlex.quote(_typed(request))}"
    guard = nullcontext() if request.config.getoption("--mahdar-record") else blocked(Blocked)
    with guard, closing(Replay(shelf)) as replay:
        yield replay


def _session(config: pytest.Config) -> Session:
    if _SESSION not in config.stash:
        from extract.testing.session import Session

        environ = os.environ if config.getoption("--mahdar-record") else None
        is_partial = config.stash.get(_IS_PARTIAL, False)
        config.stash[_SESSION] = Session(config, fixture="mahdar_replay", environ=environ, is_partial=is_partial)
        config.pluginmanager.register(config.stash[_SESSION], "mahdar-session")
    return config.stash[_SESSION]


def _folder(request: pytest.FixtureRequest) -> Path:
    marker = request.node.get_closest_marker("mahdar")
    if marker is None:
        return request.config.rootpath / str(request.config.getini("mahdar_recordings"))
    if marker.args or set(marker.kwargs) != {"recordings"}:
        pytest.fail('write @pytest.mark.mahdar(recordings="folder"); it takes nothing else', pytrace=False)
    return request.path.parent / Path(marker.kwargs["recordings"])


def _typed(request: pytest.FixtureRequest) -> str:
    """The test as one types it where pytest was called."""
    _, *names = request.node.nodeid.split("::")
    return "::".join([os.path.relpath(request.path, request.config.invocation_params.dir), *names])
