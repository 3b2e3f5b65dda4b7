"""Work goes one piece at a time, and the event loop has its moment between two of them."""

import asyncio

from extract.turns import Turns


def test_whoever_waits_goes_in_order_and_others_have_their_moment_between():
    happened: list[str] = []

    async def piece(turns: Turns, name: str) -> None:
        await turns.wait()
        happened.append(name)
        # What the network would bring while this piece is at work.
        asyncio.get_running_loop().call_soon(happened.append, f"after {name}")

    async def all_at_once() -> None:
        turns = Turns()
        await asyncio.gather(*(piece(turns, name) for name in "abc"))
        await asyncio.sleep(0)

    asyncio.run(all_at_once())

    assert happened == ["a", "after a", "b", "after b", "c", "after c"]


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
