"""Re-asks run through instructor, and the chain says what they are worth."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
from instructor.core.hooks import Hooks

from extract import reask
from extract.answers import Answers
from extract.chain import Chain
from extract.errors import ConfigError, EndpointError, MahdarError, ReplayMiss
from extract.request import Completion, Usage
from tests.invented import NOT_THERE, Model, answer, asking, document, meeting, prompt

RIGHT = answer(meeting())
WRONG = answer(meeting(NOT_THERE))
REFUSED = EndpointError("no connection", kind="refused", retryable=True)


def begun(*said: str | Completion, max_reasks: int = 2, **fields: Any) -> Chain:
    """A chain that has got these completions."""
    made = Chain(first=asking(**fields), document=document(), prompt=prompt(), max_reasks=max_reasks)
    for each in said:
        made.take(Completion(text=each) if isinstance(each, str) else each)
    return made


def drive(chain: Chain, model: Model, hooks: Hooks | None = None) -> list[str]:
    """Ask again until the chain is done; what all attempts said."""
    asyncio.run(reask.drive(chain, Answers(ask=model), hooks))
    return [attempt.completion.text for attempt in chain.attempts]


@dataclass
class Heard:
    """What the hooks of instructor were told."""

    names: list[str] = field(default_factory=list)
    arguments: list[tuple[Any, ...]] = field(default_factory=list)

    def hooks(self) -> Hooks:
        hooks = Hooks()
        for name in ("completion:kwargs", "completion:response", "completion:error", "parse:error"):
            hooks.on(name, self._hear(name))
        return hooks

    def _hear(self, name: str) -> Any:
        def hear(*arguments: Any, **_: Any) -> None:
            self.names.append(name)
            self.arguments.append(arguments)

        return hear


def test_a_right_answer_to_a_reask_ends_the_chain():
    chain, model = begun(WRONG), Model(RIGHT)

    assert drive(chain, model) == [WRONG, RIGHT]
    assert chain.is_done


def test_what_is_sent_is_the_request_of_the_chain():
    chain, model = begun(WRONG), Model(RIGHT)
    expected, label = chain.next_request(), chain.label

    drive(chain, model)

    assert model.asked == [(expected, label)]


@pytest.mark.parametrize("max_reasks", [1, 2, 3])
def test_no_more_is_asked_than_was_allowed(max_reasks):
    chain, model = begun(WRONG, max_reasks=max_reasks), Model(*[WRONG] * 9)

    drive(chain, model)

    assert len(model.asked) == max_reasks


def test_attempts_that_are_known_already_are_not_asked_again():
    chain, model = begun(WRONG, WRONG), Model(RIGHT)

    assert drive(chain, model) == [WRONG, WRONG, RIGHT]
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "first",
    [
        "",
        "No meetings.",
        "[]",
        '{"meetings": [',
        RIGHT + answer(),
        '{"meetings": "\ud83d"}',
        Completion(text=WRONG, finish="tool_calls", usage=Usage(prompt=3, completion=4)),
    ],
    ids=["empty", "prose", "list", "broken", "several", "half a surrogate pair", "call"],
)
@pytest.mark.parametrize("mode", ["json_schema", "tools", "json", "md_json"])
def test_whatever_was_wrong_is_asked_again_in_every_mode(first, mode):
    chain = begun(first, mode=mode)

    assert drive(chain, Model(RIGHT))[1:] == [RIGHT]
    assert chain.best().verdict.problems == ()


@pytest.mark.parametrize(
    "said",
    [Completion(text=RIGHT[:-9], finish="length"), Completion(text="", refusal="I cannot.")],
    ids=["truncated", "refused"],
)
def test_a_reask_that_cannot_get_better_ends_the_chain(said):
    chain, model = begun(WRONG, max_reasks=5), Model(said)

    drive(chain, model)

    assert (len(chain.attempts), chain.is_done) == (2, True)


@pytest.mark.parametrize(
    "error",
    [REFUSED, ConfigError("the cache cannot be used"), ZeroDivisionError("a bug"), ReplayMiss("no recording")],
    ids=["endpoint", "settings", "bug", "missing recording"],
)
def test_an_error_of_a_reask_comes_out_as_it_was_and_the_attempts_stay(error):
    chain = begun(WRONG)

    with pytest.raises(type(error)) as caught:
        drive(chain, Model(WRONG, error))

    assert caught.value is error
    assert len(chain.attempts) == 2


def test_a_reask_can_be_cancelled():
    chain = begun(WRONG)

    with pytest.raises(asyncio.CancelledError):
        drive(chain, Model(asyncio.CancelledError()))


def test_hooks_hear_the_whole_chain():
    heard = Heard()

    drive(begun(WRONG), Model(RIGHT), heard.hooks())

    once = ["completion:kwargs", "completion:response"]
    assert heard.names == [*once, "parse:error", *once]


def test_hooks_hear_what_was_wrong_in_the_words_of_the_verdict():
    heard = Heard()

    drive(begun(WRONG), Model(RIGHT), heard.hooks())

    (error,) = heard.arguments[heard.names.index("parse:error")]
    assert "is not in the report; copy the words character by character" in str(error)


def test_hooks_hear_the_fault_of_an_endpoint():
    heard = Heard()

    with pytest.raises(MahdarError):
        drive(begun(WRONG), Model(REFUSED), heard.hooks())

    assert heard.names[-1] == "completion:error"


def test_hooks_are_given_the_tokens_of_each_attempt():
    heard, first = Heard(), Completion(text=WRONG, usage=Usage(prompt=3, completion=4))

    drive(begun(first), Model(RIGHT), heard.hooks())

    responses = [arguments[0] for name, arguments in zip(heard.names, heard.arguments, strict=True) if "resp" in name]
    assert [response.usage and response.usage.total_tokens for response in responses] == [7, None]


def test_a_hook_that_fails_does_not_stop_the_reask():
    hooks = Hooks()
    hooks.on("completion:response", lambda _: 1 / 0)  # type: ignore[arg-type]  # a name is as good as the enum

    with pytest.warns(UserWarning, match="ZeroDivisionError"):
        said = drive(begun(WRONG), Model(RIGHT), hooks)

    assert said == [WRONG, RIGHT]


def test_a_chain_that_ends_with_problems_prints_nothing():
    # In a process of its own: pytest's handlers would keep Python's last resort from printing.
    script = f"from tests.test_reask import *; drive(begun(WRONG, max_reasks=1), Model({WRONG!r}))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")
