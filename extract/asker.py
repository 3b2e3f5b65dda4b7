"""Asks until a chain of attempts is done: what is known first, then the endpoint, then instructor for the re-asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING

from extract import reask
from extract.answers import Answers
from extract.chain import Chain
from extract.descriptors import SPENT, are_spent
from extract.document import Document, Failure
from extract.errors import EndpointError, Interrupted, MahdarError
from extract.reply import shorten
from extract.turns import Turns

if TYPE_CHECKING:
    from instructor.core.hooks import Hooks

# How often a re-ask is made shorter that is too long for the endpoint.
_MOST_LENGTHS = 4


class Asker:
    """Fills chains. What goes wrong with one of them is given, so that it stops no other."""

    def __init__(self, answers: Answers, hooks: Hooks | None = None) -> None:
        self._answers = answers
        self._hooks = hooks
        # An answer is on the disk before anybody works on it.
        self._turns = Turns(before=answers.flush)

    def walk(self, chain: Chain) -> bool:
        """Take the answers that are known; whether the chain is done with them."""
        while not chain.is_done:
            known = self._answers.known(chain.next_request(), chain.label)
            if known is None:
                return False
            chain.take(known)
        return True

    async def ask(self, chain: Chain) -> Exception | None:
        """Ask until the chain is done; gives the fault of the endpoint, or of ours, that ended it before.

        A re-ask that the endpoint finds too long is made shorter; there is none where it cannot be.
        """
        for tries_left in reversed(range(_MOST_LENGTHS)):
            fault = await self._ask(chain)
            if not tries_left or not isinstance(fault, EndpointError) or not _is_reask_too_long(fault, chain):
                return fault
            chain.shorten(fault)
            if self.walk(chain):
                break
        return None

    async def _ask(self, chain: Chain) -> Exception | None:
        try:
            # What is known of the chain has been taken; what comes next is not known.
            completion = await self._answers.unknown(chain.next_request(), chain.label)
            if not self._answers.is_offline:
                await self._turns.wait()
            chain.take(completion)
            if self.walk(chain):
                return None
            if self._answers.is_offline:
                await self._answers(chain.next_request(), chain.label)
            else:
                await reask.drive(chain, self._answers, self._hooks)
        except EndpointError as error:
            return error
        except (MahdarError, Interrupted):
            raise
        except Exception as error:
            # One document must not stop a job of thousands.
            return error
        return None

    async def ask_all(self, chains: Sequence[Chain], *, gives_up: bool = False) -> list[Exception | None]:
        """Ask for several chains, at the same time if anybody has to be waited for; gives the fault of each.

        What is known of them is taken first. If it `gives_up`, a first request that is too long for the context ends
        the asking, and is the fault of all that were not done by then.
        """
        left = [number for number, chain in enumerate(chains) if not self.walk(chain)]
        faults: dict[int, Exception | None] = {}

        async def one(number: int) -> bool:
            faults[number] = await self.ask(chains[number])
            return gives_up and is_too_long(faults[number], chains[number])

        refused = await self._each(left, one)
        others = faults.get(refused) if refused is not None else None
        return [faults.get(number, others if number in left else None) for number in range(len(chains))]

    async def _each(self, numbers: Sequence[int], one: Callable[[int], Awaitable[bool]]) -> int | None:
        """Await `one` of all numbers, or until one says that it is enough; gives the number of that one."""
        if self._answers.is_offline:
            for number in numbers:
                if await one(number):
                    return number
            return None
        import asyncio

        waiting = {asyncio.ensure_future(one(number)): number for number in numbers}
        try:
            while waiting:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                ended = [(task.result(), waiting.pop(task)) for task in done]
                if enough := [number for is_enough, number in ended if is_enough]:
                    return enough[0]
            return None
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


def is_too_long(fault: Exception | None, chain: Chain) -> bool:
    """Whether the endpoint has refused the first request of a chain because it is longer than the context."""
    return isinstance(fault, EndpointError) and fault.kind == "context" and not chain.attempts


def _is_reask_too_long(fault: EndpointError, chain: Chain) -> bool:
    return fault.kind == "context" and bool(chain.attempts) and not chain.is_done


def failures(document: Document, fault: Exception | None) -> tuple[Failure, ...]:
    """What is said of a fault that ended the asking; nothing if there was none."""
    if fault is None:
        return ()
    kind, message = _told(fault)
    return (Failure(document=document.id, kind=kind, message=message, path=document.path),)


def _told(fault: Exception) -> tuple[str, str]:
    if isinstance(fault, EndpointError):
        return fault.kind, str(fault)
    if are_spent(fault):
        # Every other document would meet it too: the run ends and can be taken up.
        return "refused", f"nothing can be asked: {SPENT}"
    return "bug", _of_bug(fault)


def _of_bug(error: Exception) -> str:
    """What is to be reported of an error that should not be."""
    *_, place = walk_tb(error.__traceback__)
    where = f"{Path(place[0].f_code.co_filename).name}, line {place[1]}"
    said = f"{type(error).__name__} in {where}: {shorten(str(error))}"
    return f"a bug in mahdar: {said}; the other documents go on; please report it with this document"
