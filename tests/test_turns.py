"""Work goes one piece at a time, and the event loop has its moment between two of them."""

import asyncio

from extract.turns import Turns


class Slow:
    """A clock on which everything takes this long."""

    def __init__(self, seconds: float) -> None:
        self.now, self._seconds = 0.0, seconds

    def __call__(self) -> float:
        self.now += self._seconds
        return self.now


def passes(turns: Turns, pieces: int) -> list[list[int]]:
    """Which pieces of work went in each pass of the event loop, the passes without any left out."""
    found: list[list[int]] = []

    async def piece(turns: Turns, number: int) -> None:
        await turns.wait()
        found[-1].append(number)

    async def all_at_once() -> None:
        left = [asyncio.ensure_future(piece(turns, number)) for number in range(pieces)]

        def mark() -> None:
            found.append([])
            if not all(task.done() for task in left):
                asyncio.get_running_loop().call_soon(mark)

        mark()
        await asyncio.gather(*left)

    asyncio.run(all_at_once())
    return [each for each in found if each]


def test_work_that_takes_long_goes_one_piece_at_a_time_in_order():
    assert passes(Turns(clock=Slow(0.01)), 5) == [[0], [1], [2], [3], [4]]


def test_short_pieces_go_several_at_a_time_and_never_more_than_a_few():
    found = passes(Turns(clock=Slow(0.00001)), 100)

    assert [number for each in found for number in each] == [*range(100)]
    assert max(map(len, found)) == 8


def test_what_is_to_come_before_work_comes_before_each_portion_of_it():
    happened: list[str] = []

    async def piece(turns: Turns, name: str) -> None:
        await turns.wait()
        happened.append(name)

    async def all_at_once() -> None:
        turns = Turns(before=lambda: happened.append("before"), clock=Slow(0.01))
        await asyncio.gather(*(piece(turns, name) for name in "ab"))

    asyncio.run(all_at_once())

    assert happened == ["before", "a", "before", "b"]


def test_while_others_come_work_waits_but_not_for_ever():
    async def coming() -> int:
        turns, done = Turns(clock=Slow(0.01)), 0

        async def piece() -> None:
            nonlocal done
            await turns.wait()
            done += 1

        # One more comes in each pass, as from an endpoint that always has an answer ready.
        for number in range(1, 1_000):
            task = asyncio.ensure_future(piece())
            await asyncio.sleep(0)
            if done:
                task.cancel()
                return number
        return 0

    assert 60 <= asyncio.run(coming()) <= 70


def test_whoever_is_given_up_keeps_nobody_waiting():
    async def one_leaves() -> list[str]:
        turns, gone = Turns(), []
        waiting = [asyncio.ensure_future(turns.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        for index, each in enumerate(waiting):
            try:
                await asyncio.wait_for(each, 5)
                gone.append(f"went {index}")
            except asyncio.CancelledError:
                gone.append(f"left {index}")
        return gone

    assert asyncio.run(one_leaves()) == ["went 0", "left 1", "went 2"]


def test_a_loop_that_ended_in_the_middle_leaves_the_next_one_free():
    turns = Turns()

    async def given_up() -> None:
        asyncio.ensure_future(turns.wait())  # noqa: RUF006  it is given up with its loop
        await asyncio.sleep(0)

    async def later() -> str:
        await asyncio.wait_for(turns.wait(), 5)
        return "went"

    asyncio.run(given_up())

    assert asyncio.run(later()) == "went"
