"""How many requests are on their way at once, against endpoints in a time of the tests' own."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

import pytest

from extract.slots import Slots

LATENCY_S, REFUSAL_S = 0.1, 0.005
# Whether a request is refused, of which the endpoint knows how many it is working on.
Refuses = Callable[[int], bool]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(refuses: Refuses, seconds: float, slots: Slots, clock: Clock) -> tuple[int, int]:
    """Ask as much as the slots allow; gives how many answers came and how many refusals."""
    on_their_way: list[tuple[float, int, bool]] = []
    answers = refusals = number = working = 0
    while clock.now < seconds:
        while len(on_their_way) < slots.number:
            is_refused = refuses(working)
            working += not is_refused
            number += 1
            heappush(on_their_way, (clock.now + (REFUSAL_S if is_refused else LATENCY_S), number, is_refused))
        clock.now, _, is_refused = heappop(on_their_way)
        if is_refused:
            refusals += 1
            slots.refused()
        else:
            working -= 1
            answers += 1
            slots.answered(LATENCY_S)
    return answers, refusals


def at_random(share: float) -> Refuses:
    draw = Random(1)
    return lambda _: draw.random() < share


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
def test_refusals_at_random_keep_the_slots_from_growing_for_a_moment_only(share):
    clock = Clock()
    slots = Slots(None, most=64, clock=clock)

    asked(at_random(share), 10, slots, clock)

    assert slots.number == 64


@pytest.mark.parametrize("most", [1, 3, 8, 40])
def test_an_endpoint_that_refuses_what_is_too_much_for_it_is_kept_busy(most):
    clock = Clock()
    slots = Slots(None, clock=clock)

    answers, _ = asked(lambda working: working >= most, 30, slots, clock)

    assert answers > 0.6 * most * 30 / LATENCY_S


def test_what_takes_too_long_halves_the_slots_whatever_was_found_of_refusals():
    clock = Clock()
    slots = Slots(None, most=64, clock=clock)
    asked(at_random(0.3), 10, slots, clock)
    slots.timed_out()
    slots.timed_out()

    assert slots.number == 32
