"""File descriptors: how many connections there is room for. The systems are the tests' own."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from extract import job
from extract.answers import Answers
from extract.client import Client, Endpoint
from extract.descriptors import RESERVE, are_spent, room_for
from extract.document import Document
from extract.documents import read
from extract.errors import EndpointError
from extract.pipeline import Asking, Pipeline
from extract.request import Completion, Label, Request
from extract.store import RunFolder
from tests.client_calls import LABEL, REQUEST
from tests.endpoint import ScriptedEndpoint
from tests.invented import REPORT, prompt
from tests.terminal import rows


@dataclass
class Fake:
    """A system with these limits, ten descriptors open."""

    soft: int
    hard: int
    is_strict: bool = False

    def limits(self) -> tuple[int, int] | None:
        return self.soft, self.hard

    def lift(self, soft: int) -> None:
        if self.is_strict:
            raise ValueError("not permitted")
        self.soft = soft

    def opened(self) -> int:
        return 10


@pytest.mark.parametrize(
    ("system", "room", "soft"),
    [
        (Fake(1024, 4096), 200, 1024),
        (Fake(64, 4096), 200, 10 + RESERVE + 200),
        (Fake(64, 100), 100 - 10 - RESERVE, 100),
        (Fake(64, 64), 64 - 10 - RESERVE, 64),
        (Fake(64, 4096, is_strict=True), 64 - 10 - RESERVE, 64),
        (Fake(20, 20), 1, 20),
    ],
    ids=["enough", "raised as far as needed", "raised as far as allowed", "not raised", "refused", "none left"],
)
def test_there_are_as_many_connections_as_there_is_room_for(system, room, soft):
    assert (room_for(200, system=system), system.soft) == (room, soft)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "is_spent"),
    [
        (OSError(errno.EMFILE, "Too many open files"), True),
        (OSError(errno.ENFILE, "Too many open files in system"), True),
        (caused(ValueError("no"), OSError(errno.EMFILE, "Too many open files")), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (ModuleNotFoundError("No module named 'tenacity'"), False),
    ],
    ids=["of the process", "of the system", "as a cause", "another", "a module that is not there"],
)
def test_it_is_known_when_no_descriptor_was_left(error, is_spent):
    assert are_spent(error) is is_spent


@contextmanager
def none_left() -> Iterator[None]:
    """This process may open nothing more."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Numbers that are free below one that is taken would still be given.
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(8)]
    for descriptor in held[1:]:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[0] + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(held[0])


def test_a_connection_for_which_no_descriptor_is_left_is_no_fault_of_the_endpoint():
    async def go(url: str) -> Completion:
        client = Client(Endpoint(base_url=url, max_tries=1))
        client._connection()
        try:
            with none_left():
                return await client(REQUEST, LABEL)
        finally:
            await client.close()

    with ScriptedEndpoint([]) as endpoint, pytest.raises(EndpointError, match="ulimit -n") as caught:
        asyncio.run(go(endpoint.url))

    assert (caught.value.kind, caught.value.retryable) == ("refused", False)


def test_running_out_of_descriptors_stops_a_run_and_fails_no_document_as_a_bug(tmp_path):
    async def spent(request: Request, label: Label) -> Completion:
        raise OSError(errno.EMFILE, "Too many open files")

    documents = [Document(id=name, text=f"{REPORT}\n{name}") for name in "abcdefgh"]
    with Pipeline(prompt(), Answers(ask=spent), Asking(model="m")) as made, RunFolder(tmp_path, ()) as store:
        tally = job.run(documents, made, store, concurrency=2, watch=lambda result, tally: None)

    assert "raise `ulimit -n`, or lower --concurrency" in (tally.stopped or "")
    assert {row["kind"] for row in rows(tmp_path / "failures.jsonl")} <= {"refused"}


def test_a_report_for_which_no_descriptor_is_left_is_not_unreadable(tmp_path):
    Path(tmp_path, "a.txt").write_text(REPORT, encoding="utf-8")
    list(read([str(tmp_path)]))

    documents = read([str(tmp_path / "a.txt")])
    with none_left(), pytest.raises(EndpointError, match="ulimit -n"):
        list(documents)


def test_an_error_that_is_its_own_cause_is_looked_at_once():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert not are_spent(first)
