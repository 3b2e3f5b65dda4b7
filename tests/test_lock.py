"""One writer for a folder, whatever the moment at which another one comes or goes."""

from __future__ import annotations

import pytest

from extract.errors import ConfigError
from extract.lock import Lock

fcntl = pytest.importorskip("fcntl")


def test_a_second_writer_is_told_who_is_there(tmp_path):
    first = Lock(tmp_path)

    with pytest.raises(ConfigError, match=r"another mahdar \(process \d+\) is writing there"):
        Lock(tmp_path)
    first.release()
    Lock(tmp_path).release()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("has_successor", [False, True], ids=["nobody came", "another came first"])
def test_a_lock_that_was_let_go_while_it_was_being_taken_is_held_by_one(tmp_path, monkeypatch, has_successor):
    first, between = Lock(tmp_path), []
    flock = fcntl.flock

    def late(file: int, how: int) -> None:
        # Between the opening of the file and its taking, its holder removes it.
        monkeypatch.undo()
        first.release()
        if has_successor:
            between.append(Lock(tmp_path))
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    if has_successor:
        with pytest.raises(ConfigError, match="another mahdar"):
            Lock(tmp_path)
    else:
        between.append(Lock(tmp_path))

    with pytest.raises(ConfigError, match="another mahdar"):
        Lock(tmp_path)
    assert len(between) == 1
