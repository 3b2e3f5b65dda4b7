"""How fast documents are finished lately, by a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extract.cli.lately import Lately


class Run:
    """A run of which documents are finished when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lately = Lately(clock=lambda: self.now)

    def finish(self, number: int, *, every_s: float, is_live: Callable[[int], bool] = lambda _: True) -> Run:
        """Finish so many documents, one at a time."""
        for each in range(number):
            self.now += every_s
            self.lately.finished(is_live=is_live(each))
        return self

    def known(self, number: int) -> Run:
        """Finish so many documents whose answers are known, at 5,000 a second."""
        return self.finish(number, every_s=0.0002, is_live=lambda _: False)


def near(value: float) -> object:
    return pytest.approx(value, rel=0.25)


def test_before_anything_is_finished_nothing_can_be_told():
    run = Run()
    run.now = 30

    assert (run.lately.per_s, run.lately.left_s(100)) == (0, None)


def test_the_speed_is_that_of_the_last_minute_and_not_of_the_whole_run():
    run = Run().finish(20_000, every_s=0.01).finish(200, every_s=1)

    assert run.lately.per_s == near(1)
    assert run.lately.left_s(600) == near(600)


@pytest.mark.parametrize("known", [30, 50_000])
def test_a_run_that_begins_with_cached_answers_is_not_told_to_be_fast(known):
    run = Run().known(known).finish(30, every_s=1)

    assert run.lately.per_s == near(1)
    assert run.lately.left_s(10_000) == near(10_000)


def test_when_a_burst_is_over_its_speed_is_not_told_any_more():
    run = Run().known(600)
    run.now += 3

    assert (run.lately.per_s, run.lately.left_s(100)) == (0, None)
    assert run.finish(30, every_s=1).lately.left_s(100) == near(100)


def test_cached_answers_after_others_spoil_no_estimate():
    run = Run().finish(100, every_s=1).known(50_000).finish(30, every_s=1)

    assert run.lately.left_s(10_000) == near(10_000)


def test_while_only_cached_answers_are_written_nobody_knows_how_long_the_rest_takes():
    run = Run().known(50_000)

    assert run.lately.left_s(50_000) is None
    assert (run.lately.per_s, run.lately.live_per_s) == (near(5_000), 0)


@pytest.mark.parametrize("one_in", [2, 10, 100])
def test_cached_answers_among_others_make_the_run_as_much_faster_as_they_are_many(one_in):
    run = Run().finish(20_000, every_s=0.01, is_live=lambda number: number % one_in == 0)

    assert run.lately.per_s == near(100)
    assert run.lately.live_per_s == near(100 / one_in)
    assert run.lately.left_s(10_000) == near(100)


def test_an_outage_slows_the_speed_down():
    run = Run().finish(600, every_s=0.1)
    run.now += 300

    assert run.lately.per_s < 0.1


def test_a_model_that_takes_minutes_for_a_document_has_a_speed():
    run = Run().finish(30, every_s=150)

    assert run.lately.left_s(10) == near(1_500)


def test_what_is_remembered_does_not_grow_with_a_run():
    run = Run()
    for _ in range(100):
        run.finish(1_000, every_s=0.01)
        assert run.lately.per_s

    assert len(run.lately._marks) < 100
