"""How long a request is tried. Time is the tests' own."""

from __future__ import annotations

import asyncio

import pytest
from tenacity import AsyncRetrying, Future, RetryCallState

from extract.errors import EndpointError
from extract.pace import Pace
from extract.patience import Patience


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def tried(kind: str, tries: int = 1, *, passed: float = 0.0, pause: float | None = None) -> RetryCallState:
    """A request that has failed so often, the last time for this reason; the first time was so many seconds ago."""
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.attempt_number = tries
    future = Future(tries)
    future.set_exception(EndpointError("no", kind=kind, retryable=True, retry_after_s=pause))
    state.outcome, state.outcome_timestamp = future, state.start_time + passed
    return state


def fails(patience: Patience, *requests: int, kind: str = "dropped") -> None:
    for request in requests:
        patience.failed(request, kind)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def patience(clock: Clock) -> Patience:
    """Of an endpoint that has answered."""
    patience = Patience(5, clock=clock)
    patience.heard()
    patience.answered()
    return patience


def test_one_request_that_fails_has_its_tries(patience, clock):
    fails(patience, 1, 1, 1, 1, 1)
    clock.now += 60

    assert not patience.is_enough(tried("dropped", 4))
    assert patience.is_enough(tried("dropped", 5))


def test_an_endpoint_that_answers_nobody_is_waited_for(patience, clock):
    fails(patience, 1, 2)
    clock.now += 30

    assert not patience.is_enough(tried("dropped", 40))
    assert patience.pause(tried("dropped", 40)) <= 5


def test_any_answer_ends_the_waiting(patience, clock):
    fails(patience, 1, 2)
    clock.now += 30
    patience.answered()

    assert patience.is_enough(tried("dropped", 40))


def test_an_endpoint_is_not_waited_for_without_end(patience, clock):
    fails(patience, *range(10))
    clock.now += 300

    assert patience.is_enough(tried("dropped", 2))
    assert patience.is_lost


def test_a_few_documents_that_break_a_server_are_not_the_end_of_a_run(patience, clock):
    fails(patience, 1, 2, 3)
    clock.now += 1000

    assert not patience.is_lost


def test_an_endpoint_that_has_never_answered_is_not_waited_for(clock):
    patience = Patience(5, clock=clock)
    patience.heard()
    fails(patience, 1, 2, kind="server")
    clock.now += 30

    assert patience.is_enough(tried("server", 5))


def test_in_a_storm_there_are_more_tries(patience):
    for request in range(300):
        if request % 3:
            patience.answered()
        else:
            fails(patience, request, kind="server")

    assert not patience.is_enough(tried("server", 8))
    assert patience.is_enough(tried("server", 20))


def test_who_wants_one_try_has_one(clock):
    assert Patience(1, clock=clock).is_enough(tried("rate"))


@pytest.mark.parametrize(
    ("passed", "pause", "is_enough"),
    [(0, 1800, False), (0, 1801, True), (1400, 300, False), (1600, 300, True), (1700, None, False), (1800, None, True)],
)
def test_a_rate_is_waited_for_as_long_as_a_request_has_time_left(patience, passed, pause, is_enough):
    assert patience.is_enough(tried("rate", 3, passed=passed, pause=pause)) is is_enough


def test_who_is_refused_again_and_again_comes_back_more_and_more_slowly(patience):
    assert [patience.pause(tried("rate", tries, pause=0.01)) for tries in (1, 2, 3, 4, 20)] == [0.01, 0.05, 0.1, 0.2, 1]
    assert patience.pause(tried("rate", 20, pause=7)) == 7


def fault(kind: str, pause: float | None = None) -> EndpointError:
    return EndpointError("no", kind=kind, retryable=True, retry_after_s=pause)


def test_a_rate_that_nobody_gets_past_is_no_fault_of_a_document(patience, clock):
    clock.now += 1700

    assert patience.verdict(fault("rate", 300), 1700) == "quota"
    patience.answered()
    assert patience.verdict(fault("rate", 300), 1700) == "rate"


def test_a_server_that_is_shut_for_everybody_is_no_fault_of_a_document(patience, clock):
    clock.now += 1200

    assert patience.verdict(fault("server", 300), 1200) == "refused"
    assert patience.verdict(fault("server"), 1200) == "server"
    assert patience.verdict(fault("server", 300), 4) == "server"


def test_an_endpoint_is_away_for_as_long_as_it_says(patience, clock):
    for request in range(10):
        patience.failed(request, "server", 600)
    clock.now += 400

    assert not patience.is_enough(tried("server", 40, passed=400, pause=600))
    clock.now += 200
    assert patience.is_enough(tried("server", 40, passed=600, pause=600))


def test_who_waits_for_an_endpoint_that_is_away_is_woken_by_an_answer():
    async def go() -> int:
        pace = Pace(concurrency=2)
        hoping = asyncio.ensure_future(pace.rest(1000, or_answer=True))
        resting = asyncio.ensure_future(pace.rest(1000))
        await asyncio.sleep(0)
        pace.answered({}, 0.1)
        await hoping
        waiting = pace.waiting
        resting.cancel()
        return waiting

    assert asyncio.run(go()) == 1
