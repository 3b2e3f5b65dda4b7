"""The cache: folders and rows of another hand are refused, and nothing in them is run."""

import os
import pickle
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from extract.cache import Cache
from extract.errors import ConfigError
from tests.cached import ANSWER, LABEL, NOON, ask, line


def plant(folder: Path, **columns: object) -> None:
    """Change the only row of a cache as another program could."""
    with sqlite3.connect(folder / "cache.db") as database:
        for name, value in columns.items():
            database.execute(f"UPDATE Cache SET {name} = ?", (value,))
    database.close()


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.fixture
def cache(tmp_path):
    with Cache(tmp_path / "cache", clock=lambda: NOON) as opened:
        yield opened


@pytest.mark.parametrize(
    "columns",
    [{"mode": 4, "value": True}, {"mode": 4, "value": None, "filename": "../payload"}, {"raw": 0, "key": True}],
    ids=["value", "file", "key"],
)
def test_a_pickled_row_is_refused_and_not_run(tmp_path, columns):
    witness, folder = tmp_path / "witness", tmp_path / "cache"
    payload = pickle.dumps(Payload(witness))
    (tmp_path / "payload").write_bytes(payload)
    with Cache(folder) as cache:
        cache.put(ask(), ANSWER, LABEL)
    plant(folder, **{name: payload if value is True else value for name, value in columns.items()})

    with Cache(folder) as cache, pytest.raises(ConfigError, match="not plain text") as caught:
        assert cache.get(ask()) or cache.info()

    assert str(folder) in str(caught.value)
    assert "delete it" in str(caught.value)
    assert not witness.exists()
    pickle.loads(payload)  # the payload was a real one
    assert witness.exists()


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_a_row_that_names_a_file_is_not_read_and_the_file_stays(tmp_path, mode):
    folder = tmp_path / "cache"
    (tmp_path / "elsewhere").write_text(line(), encoding="utf-8")
    with Cache(folder) as cache:
        cache.put(ask(), ANSWER, LABEL)
    plant(folder, mode=mode, value=None, filename="../elsewhere")

    with Cache(folder) as cache:
        with pytest.raises(ConfigError, match="not plain text"):
            cache.get(ask())
        cache.put(ask(), ANSWER, LABEL)

        assert cache.get(ask()) is not None
    assert (tmp_path / "elsewhere").exists()


def test_a_row_of_another_hand_is_named(tmp_path):
    with Cache(tmp_path) as cache:
        cache.put(ask(), ANSWER, LABEL)
    plant(tmp_path, value='{"completion": 1}')

    with Cache(tmp_path) as cache, pytest.raises(ConfigError, match=f"entry {ask().key} was not written by mahdar"):
        cache.get(ask())


def test_settings_in_the_database_do_not_count(tmp_path):
    with Cache(tmp_path) as cache:
        cache.put(ask(), ANSWER, LABEL)
    with sqlite3.connect(tmp_path / "cache.db") as database:
        for name, value in [("eviction_policy", "least-recently-stored"), ("size_limit", 1), ("disk_surplus", 1)]:
            database.execute("INSERT OR REPLACE INTO Settings VALUES (?, ?)", (name, value))
    database.close()

    with Cache(tmp_path) as cache:
        for number in range(20):
            cache.put(ask(str(number)), ANSWER, LABEL)

        assert len(cache) == 21


def test_a_cache_of_a_newer_version_is_left_alone(tmp_path):
    (tmp_path / "mahdar-cache.json").write_text('{"format": 2}', encoding="utf-8")

    with pytest.raises(
        ConfigError, match=r"newer mahdar \(format 2, this one reads 1\): update mahdar or use .* --cache"
    ):
        Cache(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mahdar-cache.json"]


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"format": "1"}', "\xff"])
def test_a_marker_that_says_nothing_is_refused(tmp_path, marker):
    (tmp_path / "mahdar-cache.json").write_text(marker, encoding="latin-1")

    with pytest.raises(ConfigError, match=r"mahdar-cache\.json"):
        Cache(tmp_path)


def test_a_folder_of_something_else_is_no_cache(tmp_path):
    (tmp_path / "report.txt").touch()

    with pytest.raises(ConfigError, match=r"it is no cache.*--cache DIR.*--no-cache"):
        Cache(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_hidden_files_do_not_make_a_folder_something_else(tmp_path):
    (tmp_path / ".gitkeep").touch()

    with Cache(tmp_path) as cache:
        assert len(cache) == 0


def test_a_name_that_diskcache_would_expand_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ELSEWHERE", "x")

    with pytest.raises(ConfigError, match="holds a variable"):
        Cache(tmp_path / "$ELSEWHERE")


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_named_with_a_cure(tmp_path, name):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"cannot be used.*--cache DIR.*--no-cache") as caught:
        Cache(tmp_path / name)

    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop this user")
def test_a_folder_without_permission_is_named_with_a_cure(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(ConfigError, match=r"Permission denied.*--no-cache"):
        Cache(tmp_path)


@pytest.mark.parametrize("damage", [b"no database at all" * 100, None], ids=["other content", "a folder"])
def test_a_database_that_is_none_is_refused(tmp_path, damage):
    (tmp_path / "mahdar-cache.json").write_text('{"format": 1}', encoding="utf-8")
    if damage is None:
        (tmp_path / "cache.db").mkdir()
    else:
        (tmp_path / "cache.db").write_bytes(damage)

    with pytest.raises(ConfigError, match=r"(not a database|unable to open).*--cache DIR.*--no-cache"):
        Cache(tmp_path)


def test_a_write_that_fails_is_reported(cache):
    cache.put(ask("1"), ANSWER, LABEL)
    with sqlite3.connect(cache.folder / "cache.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON Cache BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    database.close()

    with pytest.raises(ConfigError, match=r"disk is full.*--no-cache"):
        cache.put(ask("2"), ANSWER, LABEL)

    assert cache.get(ask("1")) is not None
