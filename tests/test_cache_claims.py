"""Nobody asks what somebody else is asking just now."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from extract.answers import Answers
from extract.cache import Cache
from extract.cache.claims import Claims
from extract.errors import EndpointError
from extract.request import Completion, Label, Request
from tests.cached import LABEL, ask

KEY = "0123456789abcdef" * 2

# Takes a claim, says so, and holds it until somebody ends it.
HOLDER = """
import sys
from pathlib import Path
from extract.cache.claims import Claims
print(Claims(Path(sys.argv[1])).take(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def test_a_claim_is_taken_once_and_can_be_taken_again_when_it_is_given_up(tmp_path):
    claims = Claims(tmp_path)

    assert [claims.take(KEY), claims.take(KEY)] == [True, False]
    claims.give_up(KEY)
    assert claims.take(KEY)


def test_claims_on_different_keys_have_nothing_to_do_with_each_other(tmp_path):
    claims = Claims(tmp_path)

    assert claims.take(KEY)
    assert claims.take(KEY[::-1])


@pytest.mark.skipif(sys.platform == "win32", reason="only this process's own claims are known there")
def test_a_claim_of_another_process_holds_until_that_process_is_gone_however_it_ends(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        claims = Claims(tmp_path)

        assert not claims.take(KEY)
        other.kill()
        other.wait()
        assert claims.take(KEY)


def test_a_folder_that_takes_no_file_claims_nothing_from_others(tmp_path):
    assert Claims(tmp_path / "missing").take(KEY)


class Endpoint:
    """Answers when it is let, and counts what it was asked; fails first where it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.asked: list[Request] = []
        self.go = asyncio.Event()
        self._fails = fails

    async def __call__(self, asked: Request, label: Label) -> Completion:
        self.asked.append(asked)
        await self.go.wait()
        if self._fails and len(self.asked) == 1:
            raise EndpointError("gone", kind="server")
        return Completion(text="{}")


async def at_once(answers: list[Answers], endpoint: Endpoint) -> list[object]:
    """Each asks the same; the endpoint answers once all have begun to wait."""
    tasks = [asyncio.ensure_future(each(ask(), LABEL)) for each in answers]
    for _ in range(5):
        await asyncio.sleep(0)
    endpoint.go.set()
    return list(await asyncio.gather(*tasks, return_exceptions=True))


async def soon(_: float) -> None:
    await asyncio.sleep(0)


def test_of_equal_requests_at_the_same_time_one_is_asked_and_all_are_answered(tmp_path: Path):
    async def go() -> tuple[list[object], int]:
        endpoint = Endpoint()
        with Cache(tmp_path / "cache") as cache:
            answers = Answers(ask=endpoint, cache=cache, rest=soon)
            return await at_once([answers] * 3, endpoint), len(endpoint.asked)

    found, asked = asyncio.run(go())

    assert asked == 1
    assert [(each.text, each.origin) for each in found if isinstance(each, Completion)] == [
        ("{}", "live"),
        ("{}", "cache"),
        ("{}", "cache"),
    ]


def test_what_one_could_not_get_the_next_one_asks_for(tmp_path: Path):
    async def go() -> tuple[list[object], int]:
        endpoint = Endpoint(fails=True)
        with Cache(tmp_path / "cache") as cache:
            answers = Answers(ask=endpoint, cache=cache, rest=soon)
            return await at_once([answers] * 2, endpoint), len(endpoint.asked)

    found, asked = asyncio.run(go())

    assert asked == 2
    assert isinstance(found[0], EndpointError)
    assert isinstance(found[1], Completion)
