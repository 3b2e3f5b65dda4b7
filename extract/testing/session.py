"""What the tests of a pytest session asked of recordings, and what of these nobody asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from extract.testing.shelf import Shelf

SHOWN = 10


class Session:
    """A plugin that is registered when the first test asks for the fixture, and reports when the last is done.

    With `environ` the tests record, see Shelf; `is_partial` says that some tests were deselected.
    """

    def __init__(
        self, config: pytest.Config, *, fixture: str, environ: Mapping[str, str] | None, is_partial: bool
    ) -> None:
        self._config = config
        self._fixture = fixture
        self._environ = environ
        self._is_partial = is_partial
        self._shelves: dict[Path, Shelf] = {}
        self._users: set[str] = set()
        self._passed: set[str] = set()
        self._lines: list[str] = []

    def shelf(self, folder: Path, item: pytest.Item) -> Shelf:
        """The folder's shelf, one for all tests."""
        self._users.add(item.nodeid)
        if folder not in self._shelves:
            self._shelves[folder] = Shelf(folder, root=self._config.rootpath, environ=self._environ)
        return self._shelves[folder]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note who came to the end of a test, and so has asked for all that it asks for."""
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Find the new and the unused recordings; with mahdar_unused = error the latter fail the session."""
        if hasattr(self._config, "workerinput"):
            return  # one of several processes (pytest-xdist) does not know what the others used
        is_error = self._config.getini("mahdar_unused") == "error"
        self._lines = [*self._told("new", "is new", "are new")] if self._environ is not None else []
        if not self._is_whole(session):
            self._lines += ["unused recordings: not checked, as not all tests ran and passed"] if is_error else []
            return
        unused = [*self._told("unused", "was not used", "were not used")]
        self._lines += unused
        if unused and is_error and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what was found, if anything."""
        if self._lines:
            terminalreporter.section("mahdar")
        for line in self._lines:
            terminalreporter.write_line(line)

    def _told(self, what: str, one: str, many: str) -> Iterator[str]:
        for folder, shelf in sorted(self._shelves.items()):
            if paths := shelf.unused() if what == "unused" else shelf.new():
                count = f"1 recording in {self._short(folder)}/ {one}"
                yield count if len(paths) == 1 else f"{len(paths)} recordings in {self._short(folder)}/ {many}"
                yield from self._listed(paths)

    def _listed(self, paths: Sequence[Path]) -> list[str]:
        rest = [f"  and {len(paths) - SHOWN} more"] if len(paths) > SHOWN else []
        return [f"  {self._short(path)}" for path in paths[:SHOWN]] + rest

    def _short(self, path: Path) -> str:
        return os.path.relpath(path, self._config.invocation_params.dir)

    def _is_whole(self, session: pytest.Session) -> bool:
        """Whether every test that there is ran, and those that use recordings came to their end."""
        users = {item.nodeid for item in session.items if self._fixture in getattr(item, "fixturenames", ())}
        return not self._is_partial and covers_project(self._config) and users | self._users <= self._passed


def covers_project(config: pytest.Config) -> bool:
    """Whether the command line asks for all tests: testpaths or, without these, rootdir."""
    is_ignoring = any(arg.startswith("--ignore") for arg in config.invocation_params.args)
    if is_ignoring or config.getoption("lf", default=False):
        return False
    if config.args_source is config.ArgsSource.TESTPATHS:
        return True
    asked = {(config.invocation_params.dir / arg).resolve() for arg in config.args}
    places = [config.rootpath / place for place in config.getini("testpaths")] or [config.rootpath]
    return all(asked & {place.resolve(), *place.resolve().parents} for place in places)
