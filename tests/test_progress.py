"""What is told of a run while it goes, by a clock that is set by hand. All reports are invented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from extract import job
from extract.answers import Answers
from extract.budget import Budget
from extract.cli.progress import Progress, _one_line
from extract.document import Document, Failure
from extract.pipeline import Asking, Extraction, Load, Pipeline
from extract.request import Completion, Label, Request
from extract.store import RunFolder
from extract.tally import Tally
from tests.invented import REPORT, answer, meeting, prompt
from tests.terminal import rows

WAITING = Load(waiting=4)
FAILED = Failure(document="a", kind="timeout", message="no answer in 60 s")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(tmp_path: Path, clock: Clock) -> Iterator[Progress]:
    with shown(tmp_path, clock) as made:
        yield made


def shown(folder: Path, clock: Clock, **how: Any) -> Progress:
    """The progress of a run of which all requests wait."""
    return Progress(
        folder,
        load=lambda: WAITING,
        cost=lambda tally: Budget("m").to_json(tally.spent),
        total=100,
        clock=clock,
        **how,
    )


def ticks(progress: Progress, clock: Clock, *, until: float) -> None:
    """Time passes and nothing is finished."""
    while clock.now < until:
        clock.now += 0.5
        progress.tick()


def test_an_outage_is_told_every_ten_seconds(tmp_path, clock, progress, capsys):
    progress.begin(Tally())
    ticks(progress, clock, until=25)

    assert capsys.readouterr().err == "0 of 100 documents, 4 waiting\n" * 2
    logged = rows(tmp_path / "log.jsonl")
    assert [row["event"] for row in logged] == ["begin", "progress", "progress"]
    assert [(row["waiting"], row["seconds"]) for row in logged[1:]] == [(4, 10.0), (4, 20.0)]


def test_a_program_is_told_of_an_outage_too(tmp_path, clock, capsys):
    with shown(tmp_path, clock, is_json=True) as progress:
        progress.begin(Tally())
        ticks(progress, clock, until=10)

    said = capsys.readouterr()
    assert [json.loads(line)["event"] for line in said.out.splitlines()] == ["begin", "progress"]
    assert said.err == ""


def test_a_quiet_run_says_nothing_in_an_outage(tmp_path, clock, capsys):
    with shown(tmp_path, clock, is_quiet=True) as progress:
        progress.begin(Tally())
        ticks(progress, clock, until=100)

    assert capsys.readouterr() == ("", "")


def test_a_long_run_prints_a_line_a_minute_and_logs_as_often_as_before(tmp_path, clock, progress, capsys):
    progress.begin(Tally())
    ticks(progress, clock, until=590)
    capsys.readouterr()
    ticks(progress, clock, until=1190)

    assert len(capsys.readouterr().err.splitlines()) == 10
    assert len(rows(tmp_path / "log.jsonl")) == 1 + 119


def test_documents_that_were_done_before_are_in_the_first_line(clock, progress, capsys):
    progress.begin(Tally(documents=40))
    ticks(progress, clock, until=10)

    assert capsys.readouterr().err == "going on: 40 documents done before\n40 of 100 documents, 4 waiting\n"


def test_what_fails_after_a_stop_is_in_the_log_and_does_not_drown_the_reason(tmp_path, progress, capsys):
    progress.update(FAILED, Tally(documents=1, failed=1))
    progress.update(replace(FAILED, document="b"), Tally(documents=2, failed=2, stopped="too dear"))

    assert capsys.readouterr().err == "  failed: a: timeout: no answer in 60 s\n"
    assert [row["document"] for row in rows(tmp_path / "log.jsonl") if row["event"] == "failed"] == ["a", "b"]


def test_of_each_kind_of_failure_the_first_ten_are_named_and_all_are_logged(tmp_path, progress, capsys):
    tally = Tally()
    for number in range(30):
        progress.update(replace(FAILED, document=f"r{number}"), tally)
    progress.update(replace(FAILED, kind="empty"), tally)

    said = capsys.readouterr().err.splitlines()
    assert said[9:] == [
        "  failed: r9: timeout: no answer in 60 s",
        "  failed: more of kind timeout, which are counted from here on; failures.jsonl has all",
        "  failed: a: empty: no answer in 60 s",
    ]
    assert len(rows(tmp_path / "log.jsonl")) == 31


def test_the_number_after_an_arabic_id_stays_behind_it(progress, capsys):
    for name in ("report-1", "تقرير-1"):
        progress.update(Extraction(document=Document(id=name, text=REPORT), prompt="meeting/v1"), Tally(documents=1))

    assert capsys.readouterr().err == "    1  report-1: no records\n    1  تقرير-1\u200e: no records\n"


def test_a_line_for_each_of_the_first_documents_only(progress, capsys):
    for number in range(1, 40):
        result = Extraction(document=Document(id=f"r{number}", text=REPORT), prompt="meeting/v1")
        progress.update(result, Tally(documents=number))

    assert len(capsys.readouterr().err.splitlines()) == 5


def extract(folder: Path, ask: Any, tick: Any) -> Tally:
    """A run over two reports."""
    items = [Document(id=name, text=f"{REPORT}\n{name}") for name in "ab"]
    with (
        Pipeline(prompt(), Answers(ask=ask), Asking(model="m")) as made,
        RunFolder(folder, made.prompt.records) as store,
    ):
        return job.run(items, made, store, concurrency=2, watch=lambda result, tally: None, tick=tick)


def test_a_run_ticks_while_nothing_is_answered(tmp_path):
    ticked = 0
    is_enough = asyncio.Event()

    def tick() -> None:
        nonlocal ticked
        ticked += 1
        if ticked == 3:
            is_enough.set()

    async def ask(request: Request, label: Label) -> Completion:
        await is_enough.wait()
        return Completion(text=answer(meeting()))

    assert extract(tmp_path, ask, tick).documents == 2


def test_a_fault_of_who_is_ticked_ends_the_run(tmp_path):
    async def ask(request: Request, label: Label) -> Completion:
        await asyncio.Event().wait()
        raise AssertionError

    def tick() -> None:
        raise BrokenPipeError("the reader has left")

    with pytest.raises(BrokenPipeError, match="the reader has left"):
        extract(tmp_path, ask, tick)


@pytest.mark.parametrize("line", ["x" * 200, "خبر " * 60, "short"])
def test_the_live_line_is_one_line_whatever_the_terminal_is_as_wide_as(line):
    shown = _one_line(line, 80)

    assert cell_len(shown) <= 77
    assert shown == line or shown.endswith("…")
