"""Pacing: slots, rests and wakes, on an event loop and with the tests' own clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from extract.errors import Interrupted
from extract.pace import Pace
from extract.slots import Slots


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def answered(slots: Slots, *latencies: float) -> int:
    """The number of slots after as many full rounds of answers, each of one latency."""
    for latency in latencies:
        for _ in range(slots.number):
            slots.answered(latency)
    return slots.number


def test_slots_double_while_answers_come_as_fast_as_before():
    assert answered(Slots(None), 0.2, 0.2, 0.21) == 32


def test_slots_never_grow_beyond_the_largest_number():
    assert answered(Slots(None), *[0.2] * 20) == 256


def test_a_server_that_takes_one_request_at_a_time_gets_few():
    slots = Slots(None)
    for _ in range(12):
        answered(slots, 0.5 * slots.number)  # they wait for each other

    assert slots.number <= 6


def test_a_number_that_was_given_stays():
    slots = Slots(7)
    answered(slots, 0.2, 5.0)
    slots.refused()

    assert slots.number == 7


def on_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 10))


def test_where_it_is_known_how_many_a_server_answers_at_a_time_a_run_begins_with_that():
    assert Slots(None, first=2).number == 2
    assert Slots(None, first=1_000).number == 256
    assert Slots(7, first=2).number == 7


def test_no_more_are_in_flight_than_there_are_slots():
    async def work() -> None:
        pace, most, gate = Pace(concurrency=3), 0, asyncio.Barrier(3)

        async def one() -> None:
            nonlocal most
            async with pace.slot():
                most = max(most, pace.in_flight)
                await gate.wait()

        await asyncio.gather(*(one() for _ in range(9)))
        assert most == 3
        assert pace.in_flight == 0

    on_loop(work)


def test_who_rests_leaves_the_slot_to_others():
    async def work() -> None:
        pace, rests = Pace(concurrency=1), asyncio.Event()

        async def refused() -> None:
            async with pace.slot():
                pass
            rests.set()
            await pace.rest(30)

        resting = asyncio.ensure_future(refused())
        await rests.wait()
        async with pace.slot():
            assert pace.in_flight == 1
        assert pace.waiting == 1
        assert pace.places(1) == 3
        pace.hurry()
        with pytest.raises(Interrupted):
            await resting

    on_loop(work)


def test_who_waits_for_a_slot_is_interrupted_when_there_is_no_time_left():
    async def work() -> None:
        pace = Pace(concurrency=1)
        async with pace.slot():
            waiting = asyncio.ensure_future(_held(pace))
            while not pace.queued:
                await asyncio.sleep(0)
            pace.hurry()
            with pytest.raises(Interrupted):
                await waiting

    on_loop(work)


async def _held(pace: Pace) -> None:
    async with pace.slot():
        pass


def test_a_task_that_is_cancelled_while_it_waits_takes_no_slot():
    async def work() -> None:
        pace = Pace(concurrency=1)
        async with pace.slot():
            waiting = asyncio.ensure_future(_held(pace))
            while not pace.queued:
                await asyncio.sleep(0)
            waiting.cancel()
        async with pace.slot():
            assert pace.in_flight == 1

    on_loop(work)


def test_a_rate_that_headers_tell_is_kept():
    pace = Pace(concurrency=100)
    pace.answered(
        {
            "x-ratelimit-limit-requests": "100",
            "x-ratelimit-remaining-requests": "50",
            "x-ratelimit-reset-requests": "500ms",
        },
        0.1,
    )

    assert pace.rate == pytest.approx(99, abs=1)


def test_who_waits_for_a_rate_goes_in_turn_and_as_soon_as_it_is_raised():
    async def work() -> None:
        clock, went = Clock(), list[int]()
        pace = Pace(concurrency=10, clock=clock)

        def told(limit: int) -> None:
            left = limit // 2
            names = ("limit", "remaining", "reset")
            values = (str(limit), str(left), "30s")
            pace.answered(
                {f"x-ratelimit-{name}-requests": value for name, value in zip(names, values, strict=True)}, 0.1
            )

        async def one(number: int) -> None:
            async with pace.slot():
                went.append(number)

        told(60)
        async with pace.slot():
            pass
        asking = [asyncio.ensure_future(one(number)) for number in range(5)]
        while pace.paced < 5:
            await asyncio.sleep(0)
        assert went == []
        told(60_000)
        clock.now += 600
        for future in [*pace._resting]:
            future.set_result(None)
        await asyncio.gather(*asking)
        assert went == [0, 1, 2, 3, 4]

    on_loop(work)


def test_who_stands_in_line_for_a_rate_is_interrupted_when_there_is_no_time_left():
    async def work() -> None:
        pace = Pace(concurrency=10, rpm=1)
        async with pace.slot():
            pass
        asking = [asyncio.ensure_future(_held(pace)) for _ in range(3)]
        while pace.paced < 3:
            await asyncio.sleep(0)
        asking[1].cancel()
        pace.hurry()
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(end) for end in ends] == [Interrupted, asyncio.CancelledError, Interrupted]
        assert pace.in_flight == 0

    on_loop(work)


def test_without_a_rate_nothing_is_said():
    assert Pace(concurrency=1).rate is None


def test_who_is_held_back_by_a_rate_is_neither_in_flight_nor_refused():
    async def work() -> None:
        pace = Pace(concurrency=4, rpm=1)
        tasks = [asyncio.ensure_future(_held(pace)) for _ in range(3)]
        resting = asyncio.ensure_future(pace.rest(1000))
        while pace.paced < 2 or not pace.waiting:
            await asyncio.sleep(0)
        assert (pace.in_flight, pace.waiting, pace.paced) == (0, 1, 2)
        pace.hurry()
        await asyncio.gather(*tasks, resting, return_exceptions=True)
        assert (pace.in_flight, pace.waiting, pace.paced) == (0, 0, 0)

    on_loop(work)
