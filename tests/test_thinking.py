"""What a model thinks is kept, and is neither its answer nor shown to it again."""

import json
from typing import Any

import pytest

from extract.chain import Chain
from extract.client import Endpoint, body, read
from extract.errors import ReplyError
from extract.reply import RECOVERED, answer_text, parted
from extract.request import Completion
from tests.endpoint import completion
from tests.invented import answer, asking, document, meeting, prompt

OBJECT = '{"meetings": []}'
DRAFT = '{"meetings": [1]}'
REASONING = ["reasoning", "reasoning_content"]


def said(text: str | None, finish: str = "stop", **message: Any) -> Completion:
    reply = json.dumps(completion(text, finish, **message)).encode()
    return read(reply, Endpoint(base_url="http://host/v1"), asking())


@pytest.mark.parametrize(
    ("text", "thought", "rest"),
    [
        (f"<think>hm {DRAFT}</think>\n\n{OBJECT}", f"<think>hm {DRAFT}</think>", OBJECT),
        (f"\n<THINK>hm</THINK>{OBJECT}", "<THINK>hm</THINK>", OBJECT),
        (f"<think>a</think> <thinking>b</thinking>{OBJECT}", "<think>a</think> <thinking>b</thinking>", OBJECT),
        (f"<think>hm {DRAFT}", f"<think>hm {DRAFT}", ""),
        ("<think>\n\n</think>\n\nNo.", "<think>\n\n</think>", "No."),
        (f"hm {DRAFT} so</think>\n{OBJECT}", f"hm {DRAFT} so</think>", OBJECT),
        (OBJECT, "", OBJECT),
        ('{"a": "<think>x</think>{"}', "", '{"a": "<think>x</think>{"}'),
        (f"prose <think>x</think> {OBJECT}", "", f"prose <think>x</think> {OBJECT}"),
        ("", "", ""),
    ],
    ids=[
        "at the start",
        "in capitals",
        "twice",
        "without an end",
        "empty",
        "without a beginning",
        "none",
        "inside the answer",
        "not at the start",
        "nothing",
    ],
)
def test_a_thought_at_the_start_of_the_content_is_parted_from_it(text, thought, rest):
    assert parted(text) == (thought, rest)


def test_a_thought_in_the_content_is_reasoning_and_the_rest_is_the_text():
    got = said(f"<think>hm</think>\n{OBJECT}", reasoning="apart")

    assert (got.text, got.reasoning) == (OBJECT, "apart\n<think>hm</think>")


def test_a_thought_among_the_parts_of_a_content_is_reasoning():
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    got = said(None, content=[thinking, {"type": "text", "text": OBJECT}])

    assert (got.text, got.reasoning) == (OBJECT, "hm")


@pytest.mark.parametrize("text", [f"<think>hm {DRAFT}", f"<think>hm {DRAFT}</think>", f"<think>{DRAFT}\n"])
def test_no_thought_is_taken_for_the_answer(text):
    with pytest.raises(ReplyError) as caught:
        answer_text(said(text))

    assert caught.value.kind == "empty"


@pytest.mark.parametrize("name", REASONING)
@pytest.mark.parametrize(
    ("reasoning", "head"),
    [
        (OBJECT, ""),
        (f"They met.\n{OBJECT}", "They met.\n"),
        (f"Perhaps {DRAFT}? No.\n```json\n{OBJECT}\n```", f"Perhaps {DRAFT}? No.\n"),
        (f"<think>{DRAFT}</think>{OBJECT}\n", f"<think>{DRAFT}</think>\n"),
    ],
    ids=["alone", "after prose", "after a draft, in a fence", "after tags"],
)
def test_an_answer_at_the_end_of_the_reasoning_is_recovered_and_noted_there(name, reasoning, head):
    got = said("", **{name: reasoning})

    assert (got.text, got.reasoning) == (OBJECT, f"{head}{RECOVERED}")
    assert answer_text(got) == OBJECT


@pytest.mark.parametrize(
    ("text", "finish", "message"),
    [
        ("", "length", {"reasoning": f"hm {DRAFT}"}),
        ("", "stop", {"reasoning": f"hm {DRAFT}, or rather"}),
        ("", "stop", {"reasoning": f"hm {DRAFT}", "refusal": "No."}),
        (OBJECT, "stop", {"reasoning": DRAFT}),
        ("", "stop", {"reasoning": f"<think>{DRAFT}"}),
        ("", "stop", {"reasoning": '{"a": {"b": 1'}),
    ],
    ids=["cut", "a draft", "refused", "an answer beside it", "an open tag", "broken"],
)
def test_nothing_else_in_the_reasoning_is_recovered(text, finish, message):
    got = said(text, finish, **message)

    assert (got.text, got.reasoning) == (text, message["reasoning"])


@pytest.mark.parametrize(
    "first",
    [
        Completion(text=answer({**meeting(), "status": "x"}), reasoning="a secret thought"),
        Completion(text=f"<think>a secret thought</think>{answer({**meeting(), 'status': 'x'})}"),
        Completion(text="<think>a secret thought"),
    ],
    ids=["apart", "in the content", "alone"],
)
def test_no_thought_is_sent_back_when_an_answer_is_asked_for_again(first):
    chain = Chain(first=asking(), document=document(), prompt=prompt(), max_reasks=1)
    chain.take(first)

    assert "a secret thought" not in json.dumps(body(chain.next_request()))


def test_the_effort_of_thinking_is_sent_and_counts_in_the_key():
    asked = asking({"reasoning_effort": "low"})

    assert body(asked)["reasoning_effort"] == "low"
    assert asked.key != asking().key
