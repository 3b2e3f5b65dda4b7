"""The JSON answer is found in what a model said, or the model is told why it is not."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.errors import ReplyError
from extract.reply import answer_text, shorten
from extract.request import Completion

OBJECT = '{"meetings": []}'
OTHER = '{"meetings": [1]}'


def refused(text: str, **fields: str) -> ReplyError:
    with pytest.raises(ReplyError) as caught:
        answer_text(Completion(text=text, **fields))  # type: ignore[arg-type]  # only fields that are texts
    return caught.value


@pytest.mark.parametrize(
    "said",
    [
        OBJECT,
        f"\ufeff {OBJECT}\n\n",
        f"```json\n{OBJECT}\n```",
        f"```\n{OBJECT}\n```",
        f"Here is the answer:\n{OBJECT}\nI hope it helps {{smile}}.",
        f"use {{curly}} braces: {OBJECT}",
        f"<think>They met? {OTHER} No.</think>\n{OBJECT}",
        f"<THINKING>{OTHER}</THINKING>{OBJECT}",
        f"<think>one</think><think>two</think>{OBJECT}",
        f"They met? {OTHER} No.</think>\n\n{OBJECT}",
        f"<think>They met? {OTHER}</think>{OBJECT}\n</think>",
        f"<think>a </thinking> {OTHER}</think>{OBJECT}",
        f"{OBJECT}\n{OBJECT}",
        f'{OBJECT}\n{{"meetings":[]}}',
        f"{OBJECT}}}",
        f'{OBJECT} {{"meetings": [',
    ],
    ids=[
        "plain",
        "blanks and byte order mark",
        "fence with a language",
        "fence without a language",
        "prose around it",
        "a brace in the prose before it",
        "thought",
        "thought in capitals",
        "two thoughts",
        "thought of which the server kept only the end",
        "thought that ends twice",
        "thought with the end of another",
        "the same object twice",
        "the same object twice, spaced differently",
        "a brace too many",
        "the start of a second object",
    ],
)
def test_the_object_is_found_whatever_stands_around_it(said):
    assert answer_text(Completion(text=said)) == OBJECT


@pytest.mark.parametrize(
    "answer",
    [
        '{"summary": "وزير الدفاع: «التقينا» – 5 مارس 🤝"}',
        '{"summary": "a <think>thought</think> in a quote"}',
        '{"summary": "an end of one </think> in a quote"}',
        '{"summary": "```json"}',
        '{"summary": "{\\"a\\": 1} {\\"b\\": 2}"}',
        "{}",
        "{ \n }",
    ],
    ids=["unicode", "tags of a thought", "end tag of a thought", "fence", "braces", "empty object", "blank object"],
)
def test_what_stands_inside_the_object_is_left_as_it_is(answer):
    assert answer_text(Completion(text=answer)) == answer


noise = st.text(st.characters(exclude_characters="{}[]<>", exclude_categories=["Cs"]), max_size=80)
leaves = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
objects = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    leaves | st.lists(leaves, max_size=3),
    min_size=1,
    max_size=4,
)


@given(value=objects, before=noise, after=noise, is_ascii=st.booleans(), indent=st.sampled_from([None, 2]))
@settings(max_examples=200, deadline=None)
def test_an_object_that_is_planted_in_noise_is_found(value, before, after, is_ascii, indent):
    planted = json.dumps(value, ensure_ascii=is_ascii, indent=indent)

    assert answer_text(Completion(text=f"{before}{planted}{after}")) == planted


@pytest.mark.parametrize(
    "reasoning",
    [OBJECT, f"They met: {OBJECT}", f"<think>{OTHER}</think>{OBJECT}"],
    ids=["alone", "after prose", "after a thought"],
)
def test_an_object_that_stands_only_in_the_reasoning_is_taken_from_there(reasoning):
    assert answer_text(Completion(text=" \n", reasoning=reasoning)) == OBJECT


def test_the_reasoning_is_not_looked_at_when_there_is_an_answer():
    assert answer_text(Completion(text=OBJECT, reasoning=OTHER)) == OBJECT


@pytest.mark.parametrize("finish", ["length", "max_tokens"])
@pytest.mark.parametrize(
    "said",
    [OBJECT, f"{OBJECT}\n\n\n\n", f'{OBJECT}\n{{"meetings": [{{"summ'],
    ids=["nothing after it", "blanks after it", "a repetition after it"],
)
def test_an_answer_that_is_whole_counts_though_the_limit_was_met(said, finish):
    assert answer_text(Completion(text=said, finish=finish)) == OBJECT


@pytest.mark.parametrize(
    ("said", "fields", "kind", "message"),
    [
        ("", {}, "empty", "the answer is empty; give the JSON object"),
        (" \n\t", {}, "empty", "the answer is empty"),
        ("", {"reasoning": "I had better not say."}, "empty", "the answer is empty"),
        (f"<think>They met? {OTHER}", {}, "empty", "the answer is empty"),
        ("", {"refusal": "I cannot help with that."}, "refusal", "the model refused: I cannot help with that."),
        (OBJECT, {"finish": "content_filter"}, "refusal", "its content filter stopped the answer"),
        ("<!DOCTYPE html><html><body>502</body></html>", {}, "html", "the answer is a web page, not JSON: <!DOCTYPE"),
        (f"<html><script>{OBJECT}</script></html>", {}, "html", "the answer is a web page"),
        ("There were no meetings.", {}, "prose", "the answer holds no JSON object: 'There were no meetings.'"),
        ('"none"', {}, "prose", "holds no JSON object"),
        ("{'meetings': []}", {}, "prose", "holds no JSON object"),
        ("{", {}, "prose", "holds no JSON object"),
        (f"[{OBJECT}]", {}, "form", "the answer is a list; give one JSON object of the form asked for"),
        ("[]", {}, "form", "the answer is a list"),
        (f"{OBJECT} {OTHER}", {}, "several", "the answer holds 2 JSON objects; give one with everything"),
        # Python 3.13 words it another way than 3.11.
        ('{"meetings": [],}', {}, "broken", "not valid JSON: "),
        ('{"meetings": [', {}, "broken", """not valid JSON: Expecting value at the end of '{"meetings": ['"""),
        ('{"summary": "two\nlines"}', {}, "broken", "not valid JSON: Invalid control character at near"),
        ('{"meetings": ' + "[" * 100_000, {}, "broken", "not valid JSON: it is nested too deeply"),
        ('{"count": ' + "1" * 5000 + "}", {}, "broken", "not valid JSON: a number in it has too many digits"),
    ],
    ids=[
        "nothing",
        "blanks",
        "only reasoning, without an object",
        "thought that never ends",
        "refusal",
        "content filter",
        "web page",
        "web page that holds an object",
        "prose",
        "a text in JSON",
        "Python in place of JSON",
        "a brace alone",
        "list",
        "empty list",
        "two different objects",
        "trailing comma",
        "end missing",
        "line break in a text",
        "nested without end",
        "endless number",
    ],
)
def test_without_an_object_the_model_is_told_why(said, fields, kind, message):
    error = refused(said, **fields)

    assert (error.kind, message in str(error)) == (kind, True), str(error)


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ('{"meetings": [{"summary": "They m', '{"meetings": [{"summary": "They m'),
        ('<think>{"a": 1}</think>Here:\n```json\n{"meetings": [', '{"meetings": ['),
        ("{", ""),
        ("The report tells of two ministers who", ""),
        ("<think>The report tells of two", ""),
        ("", ""),
    ],
    ids=["in the object", "in the object after a thought", "at its first brace", "in prose", "in a thought", "at once"],
)
def test_an_answer_that_met_the_limit_is_truncated_and_shows_what_there_is(said, rest):
    error = refused(said, finish="length")

    assert (error.kind, error.rest) == ("truncated", rest)


def test_a_truncated_answer_says_which_option_to_raise():
    assert "--max-tokens" in str(refused('{"meetings": [', finish="length"))


def test_a_broken_answer_shows_the_place():
    text = json.dumps({"meetings": [{"summary": "x" * 500}]}, ensure_ascii=False).replace(
        "x" * 400, "y" * 200 + '"z"' + "y" * 200
    )

    message = str(refused(text))

    assert '"z"' in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "said",
    ["x" * 200_000, "<think>" * 30_000, "</think>" * 30_000, '{"a": ' * 900 + "x" * 200_000, "{ " * 100_000],
    ids=["no tag", "tags that open", "tags that close", "objects that open", "braces"],
)
def test_an_endless_answer_is_read_in_no_time(said):
    # Half a minute each, when every tag and brace is looked for from every place.
    assert refused(f"{said} </think").kind in ("empty", "prose", "broken")


def test_half_a_surrogate_pair_is_replaced_since_no_file_can_hold_it():
    assert answer_text(Completion(text='{"summary": "\ud83d"}')) == '{"summary": "\ufffd"}'


def test_a_message_is_one_short_line_that_any_terminal_takes():
    assert shorten("a\n b\x1b[31m\ud83d" + "c" * 200, 12) == "a b\ufffd[31m\ufffdcc…"
