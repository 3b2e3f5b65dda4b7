"""Asks until a chain of attempts is done: what is known first, then the endpoint, then instructor for the re-asks."""

from __future__ import annotations

from collections.abc import Sequence
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


class Asker:
    """Fills chains. What goes wrong with one of them is given, so that it stops no other."""

    def __init__(self, answers: Answers, hooks: Hooks | None = None) -> None:
        self._answers = answers
        self._hooks = hooks
        self._turns = Turns()

    def walk(self, chain: Chain) -> bool:
        """Take the answers that are known; whether the chain is done with them."""
        while not chain.is_done:
            known = self._answers.known(chain.next_request(), chain.label)
            if known is None:
                return False
            chain.take(known)
        return True

    async def ask(self, chain: Chain) -> Exception | None:
        """Ask until the chain is done; gives the fault of the endpoint, or of ours, that ended it before."""
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

    async def ask_all(self, chains: Sequence[Chain]) -> list[Exception | None]:
        """Ask for several chains, at the same time if anybody has to be waited for; gives the fault of each."""
        if self._answers.is_offline:
            return [await self.ask(chain) for chain in chains]
        import asyncio

        tasks = [asyncio.ensure_future(self.ask(chain)) for chain in chains]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise


def is_too_long(fault: Exception | None, chain: Chain) -> bool:
    """Whether the endpoint has refused the first request of a chain because it is longer than the context."""
    return isinstance(fault, EndpointError) and fault.kind == "context" and not chain.attempts


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
