"""The prompts that are shipped: they load, they are short, and they hold nothing of the reports they are tried on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from extract import prompt
from extract.document import Document
from extract.fold import fold
from extract.request import MODES
from extract.tokens import estimate

SEEDS = Path(__file__).parent.parent / "seeds"
WORD = re.compile(r"\w+")
ARABIC = re.compile(r"[\u0600-\u06ff]")
prompts = pytest.mark.parametrize("name", prompt.names())


@prompts
@pytest.mark.parametrize("mode", MODES)
def test_a_shipped_prompt_renders_into_a_system_and_a_user_message(name, mode):
    messages = prompt.load(name).messages(Document(id="one", text="They met in Oslo."), mode)

    assert [message["role"] for message in messages] == ["system", "user"]
    assert "They met in Oslo." in messages[1]["content"]
    assert not re.search(r"\{[{%#]|\n{3}", "".join(message["content"] for message in messages))


@prompts
def test_a_shipped_prompt_says_why_it_is_there(name):
    assert prompt.load(name).why


@prompts
def test_the_parent_of_a_shipped_prompt_is_shipped_too(name):
    parent = prompt.load(name).parent

    assert parent is None or parent in prompt.names()


@prompts
def test_the_text_of_a_shipped_prompt_is_short(name):
    loaded = prompt.load(name)
    messages = loaded.messages(Document(id="empty", text=""), "tools")

    text = sum(estimate(message["content"]) for message in messages)

    assert text < (900 if len(loaded.records) == 1 else 1500)


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = WORD.findall(fold(text))
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _shown() -> Iterator[tuple[str, str]]:
    """Every text of ours that a model is shown, with its name."""
    for path in sorted(prompt.SHIPPED.rglob("*.md")):
        yield path.relative_to(prompt.SHIPPED).as_posix(), path.read_text(encoding="utf-8")
    for name in prompt.names():
        definitions = prompt.load(name).answer.model_json_schema()
        yield f"schema of {name}", " | ".join(_descriptions(definitions))


def _descriptions(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "description" and isinstance(value, str))
        for value in node.values():
            yield from _descriptions(value)
    elif isinstance(node, list):
        for value in node:
            yield from _descriptions(value)


@pytest.fixture(scope="module")
def seeds() -> str:
    """All seed reports, one after another."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt")))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in _shown()])
def test_no_five_words_in_a_row_of_a_seed_stand_in_what_a_model_is_told(seeds, text):
    assert _runs(text, 5) & _runs(seeds, 5) == set()


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in _shown()])
def test_no_three_arabic_words_in_a_row_of_a_seed_stand_in_what_a_model_is_told(seeds, text):
    arabic = {run for run in _runs(text, 3) if all(ARABIC.match(word) for word in run)}

    assert arabic & _runs(seeds, 3) == set()


def test_the_search_for_borrowed_words_finds_what_is_borrowed(seeds):
    words = WORD.findall(seeds)
    middle = next(start for start, (a, b) in enumerate(pairwise(words)) if ARABIC.match(a) and ARABIC.match(b))

    assert _runs(" ".join(words[middle : middle + 8]), 5) <= _runs(seeds, 5)
