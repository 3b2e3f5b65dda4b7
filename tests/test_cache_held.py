"""Answers that come in a burst are written together, and none is lost that should be there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from extract.cache import Cache
from extract.cache.buffer import Buffer
from extract.cache.disk import Table
from extract.errors import ConfigError
from extract.request import Completion, Form, Label, Request

FORM = Form("events", {"type": "object"})
LABEL = Label(document="d", task="events/v1")


def ask(text: str) -> Request:
    return Request(model="m", messages=({"role": "user", "content": text},), form=FORM)


def said(text: str, finish: str = "stop") -> Completion:
    return Completion(text=text, finish=finish, origin="cache")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table(tmp_path):
    with Cache(tmp_path):
        pass
    return Table(tmp_path)


@pytest.fixture
def buffer(table, clock):
    return Buffer(table, most=3, longest_s=0.2, clock=clock)


def test_a_text_that_comes_after_a_pause_is_written_at_once(table, buffer, clock):
    buffer.add("a", "1")
    clock.now = 0.1
    buffer.add("b", "2")
    clock.now = 0.3

    assert [key for key, _ in table.items()] == ["a"]
    buffer.add("c", "3")
    assert [key for key, _ in table.items()] == ["a", "b", "c"]


def test_texts_of_a_burst_are_written_when_there_are_enough_or_on_flush(table, buffer):
    for key in "abc":
        buffer.add(key, key)
    assert len(table) == 1
    buffer.add("d", "d")
    assert len(table) == 4
    buffer.add("e", "e")
    buffer.flush()
    assert [key for key, _ in table.items()] == list("abcde")


def test_what_waits_is_found_and_the_latest_of_a_key_counts(table, buffer):
    buffer.add("a", "1")
    buffer.add("a", "2")

    assert (buffer.get("a"), table.get("a")) == ("2", "1")
    buffer.flush()
    assert (buffer.get("a"), table.get("a")) == (None, "2")


def test_a_text_whose_writing_fails_is_not_taken_and_those_before_it_wait(table, buffer, clock, monkeypatch):
    buffer.add("a", "1")
    buffer.add("b", "2")
    clock.now = 1

    def fail(texts):
        raise ConfigError("disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(table, "set_many", fail)
        with pytest.raises(ConfigError, match="full"):
            buffer.add("c", "3")
    buffer.flush()

    assert [key for key, _ in table.items()] == ["a", "b"]


def test_a_cache_that_holds_answers_knows_them_and_gives_them_to_others_on_flush(tmp_path):
    with Cache(tmp_path, hold=50) as cache, Cache(tmp_path) as other:
        for number in range(5):
            cache.put(ask(str(number)), said(str(number)), LABEL)

        assert [cache.get(ask(str(number))) for number in range(5)] == [said(str(number)) for number in range(5)]
        assert other.get(ask("4")) is None
        cache.flush()
        assert other.get(ask("4")) == said("4")


def test_what_is_held_is_counted_listed_and_written_on_close(tmp_path):
    with Cache(tmp_path, hold=50) as cache:
        for number in range(5):
            cache.put(ask(str(number)), said("{}"), LABEL)
        assert (len(list(cache.entries())), len(cache)) == (5, 5)
        cache.put(ask("5"), said("{}"), LABEL)

    assert len(Cache(tmp_path)) == 6


def test_many_are_put_at_once_but_for_those_cut_off(tmp_path):
    with Cache(tmp_path) as cache:
        answers = [(ask("1"), said("1"), LABEL), (ask("2"), said("2", "length"), LABEL), (ask("3"), said("3"), LABEL)]

        assert cache.put_many(answers) == 2
        assert (cache.get(ask("1")), cache.get(ask("2")), cache.get(ask("3"))) == (said("1"), None, said("3"))


@pytest.mark.parametrize("hold", [1, 50])
def test_processes_may_share_a_cache(tmp_path, hold):
    code = (
        "import sys; from pathlib import Path; from extract.cache import Cache; "
        "from tests.test_cache_held import ask, said, LABEL\n"
        "me, hold = int(sys.argv[2]), int(sys.argv[3])\n"
        "with Cache(Path(sys.argv[1]), hold=hold) as cache:\n"
        "    for n in range(int(sys.argv[4])):\n"
        "        cache.put(ask(f'{me} {n}'), said(str(n)), LABEL)\n"
        "        assert cache.get(ask(f'{me} {n}')) == said(str(n))\n"
        "        cache.get(ask(f'{(me + 1) % 4} {n}'))\n"
    )
    here = Path(__file__).parent.parent
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(me), str(hold), "100"], cwd=here)
        for me in range(4)
    ]

    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert len(Cache(tmp_path)) == 400
