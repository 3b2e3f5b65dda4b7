"""A chain of attempts: what is asked next, when it ends, and which attempt counts."""

import json
from typing import Any

import pydantic
import pytest

from extract.chain import Chain
from extract.correction import MAX_PROBLEMS, wording
from extract.request import Completion, Request
from extract.validate import Problem
from tests.invented import NOT_THERE, OSLO, answer, asking, document, in_bergen, judged, meeting, official, prompt

RIGHT = answer(meeting(), in_bergen())
HALF_RIGHT = answer(meeting(OSLO, NOT_THERE), in_bergen())  # two records, one of them with a problem
BAD_NAME = answer(meeting(participants=[official("NOR", "كارل بيرغ"), official("PRT")]))
INVALID = answer(meeting(participants=[]))


def chain(*said: str | Completion, max_reasks: int = 2, **fields: Any) -> Chain:
    """A chain that has got these completions."""
    made = Chain(first=asking(**fields), document=document(), prompt=prompt(), max_reasks=max_reasks)
    for each in said:
        made.take(Completion(text=each) if isinstance(each, str) else each)
    return made


def added(request: Request) -> list[dict[str, Any]]:
    """The messages that a re-ask adds to the first ones."""
    first = asking().messages
    assert request.messages[: len(first)] == first
    return [dict(message) for message in request.messages[len(first) :]]


def test_the_first_request_is_the_first_ask():
    assert chain().next_request() == asking()


def test_a_reask_shows_the_answer_and_what_is_wrong_with_it():
    assistant, user = added(chain(BAD_NAME).next_request())

    assert assistant == {"role": "assistant", "content": BAD_NAME}
    assert user["role"] == "user"
    assert "meetings[0].participants[0].name: 'كارل بيرغ' is not in the report; copy the words" in user["content"]


def test_a_reask_changes_nothing_but_the_messages():
    first = asking(options={"temperature": 0.5}, model="other", endpoint="here", sample=3)
    asked = chain(INVALID, options={"temperature": 0.5}, model="other", endpoint="here", sample=3).next_request()

    assert asked.with_messages(first.messages) == first


def test_reasks_do_not_grow_over_the_attempts():
    made = chain(INVALID, max_reasks=4)
    sizes = []
    for _ in range(4):
        sizes.append(len(made.next_request().messages))
        made.take(Completion(text=INVALID))

    assert sizes == [sizes[0]] * 4


def test_a_reask_is_about_the_last_answer_only():
    asked = json.dumps(added(chain(INVALID, BAD_NAME).next_request()), ensure_ascii=False)

    assert "كارل بيرغ" in asked
    assert "at least 2 items" not in asked


def test_every_attempt_has_a_key_of_its_own():
    made = chain(INVALID, BAD_NAME, HALF_RIGHT)

    assert len({attempt.request.key for attempt in made.attempts}) == 3


def test_attempts_are_numbered_from_one():
    assert [chain(*[INVALID] * count).label.attempt for count in range(3)] == [1, 2, 3]


def test_the_same_answers_make_the_same_requests():
    assert chain(INVALID, BAD_NAME).next_request().key == chain(INVALID, BAD_NAME).next_request().key


def test_a_reask_does_not_depend_on_the_version_of_pydantic():
    asked = json.dumps(added(chain(INVALID).next_request()))

    assert pydantic.VERSION not in asked
    assert pydantic.VERSION.rsplit(".", 1)[0] not in asked
    assert "pydantic" not in asked


@pytest.mark.parametrize("said", ["", " \n"], ids=["nothing", "blanks"])
def test_an_empty_answer_is_not_shown(said):
    # Several servers refuse an assistant's message without content.
    (user,) = added(chain(said).next_request())

    assert (user["role"], "the answer is empty" in user["content"]) == ("user", True)


def test_a_call_that_was_wrong_is_answered_as_a_tool():
    call = Completion(text=INVALID, finish="tool_calls")

    assistant, tool = added(chain(call, mode="tools").next_request())

    (shown,) = assistant["tool_calls"]
    assert assistant["content"] is None
    assert shown["function"] == {"name": "meeting", "arguments": INVALID}
    assert (tool["role"], tool["tool_call_id"]) == ("tool", shown["id"])
    assert "at least 2 items" in tool["content"]


@pytest.mark.parametrize(
    "said",
    [
        Completion(text=INVALID, finish="stop"),
        Completion(text=INVALID[:-3], finish="tool_calls"),
        Completion(text=f"{INVALID}\n{RIGHT}", finish="tool_calls"),
    ],
    ids=["text in place of a call", "arguments that are no JSON", "two calls"],
)
def test_what_is_no_whole_call_is_shown_as_words(said):
    # llama.cpp and vLLM refuse a request with a call whose arguments they cannot read.
    assistant, user = added(chain(said, mode="tools").next_request())

    assert (assistant, user["role"]) == ({"role": "assistant", "content": said.text}, "user")


@pytest.mark.parametrize("mode", ["json_schema", "json", "md_json"])
def test_in_the_modes_without_tools_a_reask_is_made_of_words(mode):
    roles = [message["role"] for message in added(chain(INVALID, mode=mode).next_request())]

    assert roles == ["assistant", "user"]


def test_the_wording_says_what_to_do():
    text = wording([Problem(path="meetings[0].date", message="is wrong"), Problem(path="", message="so is this")])

    assert text.startswith("Errors in your answer:\n- meetings[0].date: is wrong\n- so is this\n")
    assert "Give the whole answer again as one JSON object" in text


def test_the_wording_is_bounded():
    many = [Problem(path=f"meetings[{number}]", message="is wrong") for number in range(100)]

    lines = wording(many).splitlines()

    assert len(lines) == MAX_PROBLEMS + 3
    assert lines[-2] == f"- and {100 - MAX_PROBLEMS} more of the kind"


def test_the_worst_answer_makes_no_endless_reask():
    bad = meeting(*["x" * 2000] * 6, status="y" * 2000, participants=[official("z" * 2000)] * 24)
    verdict = judged(answer(*[bad] * 9))

    assert len(wording(verdict.problems)) < MAX_PROBLEMS * 600


@pytest.mark.parametrize("max_reasks", [0, 1, 2])
def test_a_chain_of_bad_answers_ends_with_the_reasks(max_reasks):
    states = [chain(*[INVALID] * count, max_reasks=max_reasks).is_done for count in range(max_reasks + 2)]

    assert states == [False] * (max_reasks + 1) + [True]


@pytest.mark.parametrize(
    "said",
    [
        Completion(text=RIGHT),
        Completion(text=RIGHT[:-50], finish="length"),
        Completion(text="", refusal="I cannot help with that."),
        Completion(text=RIGHT, finish="content_filter"),
    ],
    ids=["right", "truncated", "refused", "filtered"],
)
def test_a_chain_ends_where_asking_again_is_of_no_use(said):
    assert chain(said).is_done


@pytest.mark.parametrize(
    ("said", "best"),
    [
        ([INVALID, RIGHT], 1),
        ([RIGHT[:-1] + "]", INVALID, RIGHT], 2),
        ([HALF_RIGHT, answer(in_bergen())], 1),
        ([HALF_RIGHT, answer()], 0),
        ([HALF_RIGHT, INVALID], 0),
        ([HALF_RIGHT, "I am sorry."], 0),
        ([HALF_RIGHT, BAD_NAME], 0),
        ([HALF_RIGHT, INVALID, BAD_NAME], 0),
        ([INVALID, BAD_NAME, INVALID], 1),
        ([HALF_RIGHT, HALF_RIGHT], 1),
        ([BAD_NAME, answer()], 1),
        ([answer(meeting(), tail_quote="no such words"), answer()], 0),
        ([answer(meeting(), tail_quote="no such words"), answer(meeting())], 1),
        ([HALF_RIGHT, Completion(text="", refusal="I cannot.")], 0),
        ([HALF_RIGHT, Completion(text=RIGHT[:-50], finish="length")], 0),
        ([INVALID, Completion(text=RIGHT[:-50], finish="length")], 1),
    ],
    ids=[
        "the last is right",
        "the last of three is right",
        "the last dropped the bad record as it was told",
        "the last dropped the good record too",
        "the last is invalid",
        "the last is an excuse",
        "the last lost the good record",
        "both later ones are worse",
        "the one in the middle is best",
        "all the same: the last",
        "the only record was bad and is dropped",
        "the record was good and is dropped",
        "only the word on the document was bad",
        "the last is a refusal",
        "the last is cut before its second record",
        "the last is cut, but has a record",
    ],
)
def test_the_attempt_that_counts_is_the_one_with_the_most_good_records(said, best):
    made = chain(*said)

    assert made.attempts.index(made.best()) == best
