"""One tiny request goes ahead of many, and tells what is wrong once."""

import asyncio
from pathlib import Path

import pytest

from extract.errors import EndpointError
from extract.probe import kept
from extract.warming import Warming
from tests.endpoint import SILENT, Asked, Reply, ScriptedEndpoint, completion, unused_url
from tests.invented import REPORT
from tests.terminal import live, of, saying, write

NOT_THERE = Reply(status=404, body={"error": {"message": "model 'm' not found"}})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)


def is_warm_up(asked: Asked) -> bool:
    return bool(asked.body["max_tokens"] == 1)


class Sent(list[str]):
    """Keeps what was sent, and fails with these errors first."""

    def __init__(self, *errors: EndpointError) -> None:
        super().__init__()
        self.errors = [*errors]

    async def __call__(self, model: str) -> None:
        self.append(model)
        if self.errors:
            raise self.errors.pop(0)


async def several(warming: Warming, number: int = 3) -> list[BaseException | None]:
    return await asyncio.gather(*(warming.before("m") for _ in range(number)), return_exceptions=True)


@pytest.mark.parametrize(("number", "sent"), [(1, []), (2, ["m"]), (9, ["m"])], ids=["one", "two", "many"])
def test_one_request_goes_ahead_of_several_and_none_of_one(number, sent):
    send = Sent()

    assert asyncio.run(several(Warming(send), number)) == [None] * number
    assert send == sent


def test_what_came_through_once_is_not_warmed_again():
    async def go(warming: Warming) -> None:
        await several(warming)
        await several(warming)

    send = Sent()
    asyncio.run(go(Warming(send)))

    assert send == ["m"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("model", "model"),
        ("key", "key"),
        ("path", "path"),
        ("quota", "quota"),
        ("timeout", "refused"),
        ("server", "refused"),
        ("dropped", "refused"),
    ],
)
def test_a_fault_that_all_would_meet_is_told_to_all_as_one_that_ends_a_run(kind, told):
    send = Sent(EndpointError("why", kind=kind))
    warming = Warming(send)

    found = asyncio.run(several(warming))

    assert [error.kind for error in found if isinstance(error, EndpointError)] == [told] * 3
    assert asyncio.run(several(warming)) == [None] * 3


@pytest.mark.parametrize("kind", ["option", "request", "rate", "context", "mode", "not_json"])
def test_a_fault_of_the_tiny_request_alone_holds_nobody_back(kind):
    assert asyncio.run(several(Warming(Sent(EndpointError("why", kind=kind))))) == [None] * 3


def test_a_loop_that_ended_in_the_middle_leaves_nothing_behind():
    async def forever(model: str) -> None:
        await asyncio.Event().wait()

    async def given_up(warming: Warming) -> None:
        tasks = [asyncio.create_task(warming.before("m")) for _ in range(2)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()

    warming = Warming(forever)
    asyncio.run(given_up(warming))
    warming._send = Sent()

    assert asyncio.run(several(warming)) == [None] * 3


def run(script: object, *arguments: str, names: str = "abc") -> tuple[int, str, list[Asked]]:
    write("in", **{name: f"{REPORT}\n{name}" for name in names})
    with ScriptedEndpoint(script, is_cold=True) as endpoint:  # type: ignore[arg-type]  # a function of the request
        ran = live(endpoint.url, *arguments)
    return ran.code, ran.err, endpoint.asked


def test_a_run_over_several_reports_sends_one_token_first():
    say = saying()
    code, _, asked = run(lambda asked: completion("") if is_warm_up(asked) else say(asked))

    assert code == 0
    assert [is_warm_up(each) for each in asked] == [True, False, False, False]
    assert asked[0].body == {"model": "m", "messages": [{"role": "user", "content": "Say yes."}], "max_tokens": 1}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [(["--no-warm-up"], "abc"), ([], "a")],
    ids=["not wanted", "one report"],
)
def test_a_run_without_a_warm_up_asks_for_its_reports_alone(arguments, names):
    code, _, asked = run(saying(), *arguments, names=names)

    assert (code, sorted(map(of, asked))) == (0, [*names])


def test_a_model_that_is_not_there_ends_the_run_with_its_cure_before_any_report_is_sent():
    code, err, asked = run(lambda asked: NOT_THERE)

    assert (code, len(asked)) == (3, 1)
    assert "ollama pull m" in err
    assert "nothing was extracted" in err


def test_a_model_that_does_not_load_in_time_ends_the_run():
    code, err, asked = run(lambda asked: SILENT, "--first-token-timeout-s", "0.05")

    assert (code, len(asked)) == (3, 1)
    assert "no answer within 0.05 s; a model that is still loading needs longer" in err


def test_an_endpoint_that_is_not_there_ends_the_run():
    write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})

    ran = live(unused_url())

    assert (ran.code, ran.err.count("is the server running")) == (3, 1)


def test_a_web_page_from_a_wrong_address_ends_the_run():
    code, err, asked = run(lambda asked: "<!doctype html><title>Welcome</title>")

    assert (code, len(asked)) == (3, 1)
    assert "answered with a web page, not an API's JSON; is --base-url right? It usually ends in /v1" in err


def test_a_web_page_from_a_wrong_address_ends_a_run_that_is_not_warmed_up():
    code, err, _ = run(lambda asked: "<!doctype html><title>Welcome</title>", "--no-warm-up")

    assert (code, "nothing was extracted" in err) == (3, True)


def test_a_web_page_after_an_answer_is_that_of_one_document():
    script = saying(b="<html>Bad gateway</html>")
    code, err, _ = run(lambda asked: completion("") if is_warm_up(asked) else script(asked))

    assert (code, "failed: b: not_json" in err) == (1, True)


def test_a_model_that_has_just_answered_is_not_warmed_up_again():
    say = saying()

    def answer(asked: Asked) -> object:
        return completion("") if is_warm_up(asked) else say(asked)

    write("in", **{name: f"{REPORT}\n{name}" for name in "abc"})
    with ScriptedEndpoint(answer, is_cold=True) as endpoint:  # type: ignore[arg-type]  # a function of the request
        for out, names in (("one", "abc"), ("two", "def")):
            write("in", **{name: f"{REPORT}\n{name}" for name in names})
            assert live(endpoint.url, "--out", out, "--cache", "kept").code == 0

    assert sorted(of(each) for each in endpoint.asked if not is_warm_up(each)) == [*"abcdef"]
    assert sum(map(is_warm_up, endpoint.asked)) == 1


@pytest.mark.parametrize(
    ("seconds", "is_lately"),
    [(0, True), (239, True), (241, False), (-1, False)],
    ids=["just now", "minutes ago", "too long ago", "by a clock that was set back"],
)
def test_a_model_counts_as_loaded_for_four_minutes(seconds, is_lately):
    kept.answered(Path("kept"), "http://127.0.0.1:1/v1", "m", at_s=1_000_000)

    assert kept.has_answered_lately(Path("kept"), "http://127.0.0.1:1/v1", "m", 1_000_000 + seconds) is is_lately
    assert not kept.has_answered_lately(Path("kept"), "http://127.0.0.1:1/v1", "n", 1_000_000)
    assert not kept.has_answered_lately(None, "http://127.0.0.1:1/v1", "m", 1_000_000)
