"""Prices: found for a model, reckoned exactly, unknown where they are not stated."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import prices
from extract.errors import InputError
from extract.prices import Price, Prices
from extract.request import Usage
from extract.settings import resolve
from tests.terminal import ROOT

GPT_X = '["gpt-x"]\ninput = 0.40\ncached_input = 0.10\noutput = 1.60\nbatch = 0.5\n'
CHEAP = Price(input=Decimal("0.1"), output=Decimal("0.2"))


def loaded(folder: Path, text: str) -> Prices:
    (folder / "prices.toml").write_text(text, encoding="utf-8")
    return prices.load(folder / "prices.toml")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(prompt=1_000_000, completion=0), "0.40"),
        (Usage(prompt=0, completion=1), "0.0000016"),
        (Usage(prompt=1000, completion=100, cached=600), "0.00038"),
        (Usage(prompt=10, completion=0, cached=99), "0.000001"),
        (Usage(prompt=0, completion=0), "0"),
    ],
    ids=["input", "one token", "partly cached", "more cached than sent", "nothing"],
)
def test_tokens_cost_what_a_million_of_them_costs_exactly(tmp_path, usage, expected):
    assert loaded(tmp_path, GPT_X).cost("gpt-x", usage) == Decimal(expected)


@pytest.mark.parametrize(
    "usage", [Usage(), Usage(prompt=5), Usage(completion=5)], ids=["nothing", "no completion", "no prompt"]
)
def test_tokens_that_were_not_counted_have_an_unknown_cost(tmp_path, usage):
    assert loaded(tmp_path, GPT_X).cost("gpt-x", usage) is None


def test_a_model_without_a_price_has_an_unknown_cost(tmp_path):
    assert loaded(tmp_path, GPT_X).cost("gpt-y", Usage(prompt=0, completion=0)) is None


def test_a_model_that_costs_nothing_costs_nothing(tmp_path):
    assert loaded(tmp_path, '["own"]\ninput = 0\noutput = 0').cost("own", Usage(prompt=9, completion=9)) == 0


def test_cached_tokens_cost_as_much_as_others_where_no_price_of_theirs_is_stated():
    assert CHEAP.cost(Usage(prompt=10, completion=0, cached=10)) == CHEAP.cost(Usage(prompt=10, completion=0))


def test_a_batch_costs_its_part_of_the_price(tmp_path):
    found = loaded(tmp_path, GPT_X)

    assert found.cost("gpt-x", Usage(prompt=1_000_000, completion=0), is_batch=True) == Decimal("0.20")


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_costs_of_two_calls_are_the_cost_of_both_together(prompt, completion, more, further):
    one = CHEAP.cost(Usage(prompt=prompt, completion=completion))
    other = CHEAP.cost(Usage(prompt=more, completion=further))

    assert one is not None
    assert other is not None
    assert one + other == CHEAP.cost(Usage(prompt=prompt + more, completion=completion + further))


@pytest.mark.parametrize(
    ("model", "entry"),
    [("gpt-x", "gpt-x"), ("gpt-x-large", "gpt-x-*"), ("gpt-z", "gpt-*"), ("gpt-*", "gpt-*"), ("other", None)],
)
def test_an_exact_name_comes_first_and_then_the_longest_start(model, entry):
    assert Prices(dict.fromkeys(["gpt-*", "gpt-x-*", "gpt-x"], CHEAP)).entry(model) == entry


def test_a_file_that_is_not_there_by_default_means_no_prices():
    assert prices.load(None).cost("m", Usage(prompt=1, completion=1)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[gpt x]", "at line 1"),
        ('["m"]\ninput = 1\noutput = \n', "at line 3"),
        ("input = 1", "'input' is not a table; write one table a model, its name in quotes"),
        ("[gpt-4.1]\ninput = 1\noutput = 1", "[\"gpt-4\"]: '1' is a table; write a name that holds a dot in quotes"),
        ('["m"]\ninput = 1\noutput = 1\ncached = 1', "unknown key 'cached'; did you mean 'cached_input'?; allowed are"),
        ('["m"]\ninput = 1', '["m"]: output is missing; give it in USD per million tokens'),
        ('["m"]\ninput = -1\noutput = 1', '["m"] input: -1 is not a number from 0 to 1,000,000, such as 0.40'),
        ('["m"]\ninput = 1e999999999\noutput = 1', "input: 1E+999999999 is not a number from 0 to 1,000,000"),
        ('["m"]\ninput = inf\noutput = 1', "input: Infinity is not a number"),
        ('["m"]\ninput = nan\noutput = 1', "input: NaN is not a number"),
        ('["m"]\ninput = true\noutput = 1', "input: True is not a number"),
        ('["m"]\ninput = "1"\noutput = 1', "input: '1' is not a number"),
        ('["m"]\ninput = 1\noutput = 1\nbatch = 50', "batch: 50 is not a number from 0 to 1, such as 0.5"),
        ('["m"]\ninput = 1\noutput = 1\ncurrency = "$"', "currency: '$' is not a code of three capitals"),
        ('["g*x"]\ninput = 1\noutput = 1', "a star stands for the rest of a name"),
    ],
)
def test_a_broken_file_is_named_with_the_place_and_what_is_allowed(tmp_path, text, expected):
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text)

    assert str(caught.value).startswith(f"{tmp_path / 'prices.toml'}: ")
    assert expected in str(caught.value)


def test_a_file_that_is_named_and_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"gone\.toml: not readable"):
        prices.load(tmp_path / "gone.toml")


def test_prices_toml_of_the_nearest_folder_above_is_taken(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "prices.toml").touch()

    found = resolve(environ={}, folder=tmp_path / "a")

    assert found.settings.prices == tmp_path / "prices.toml"
    assert not found.given("prices")


@pytest.mark.parametrize("layer", ["flag", "environment", "file"])
def test_a_file_that_the_user_names_is_taken_in_place_of_it(tmp_path, layer):
    (tmp_path / ".git").mkdir()
    (tmp_path / "prices.toml").touch()
    (tmp_path / "mahdar.toml").write_text('prices = "mine.toml"' if layer == "file" else "")
    flags = {"prices": "mine.toml"} if layer == "flag" else {}
    environ = {"MAHDAR_PRICES": "mine.toml"} if layer == "environment" else {}

    assert resolve(flags, environ=environ, folder=tmp_path).settings.prices == tmp_path / "mine.toml"


def test_without_any_such_file_there_are_none(tmp_path):
    (tmp_path / ".git").mkdir()

    assert resolve(environ={}, folder=tmp_path).settings.prices is None


def test_the_example_can_be_read_and_says_that_it_is_invented():
    path = ROOT / "docs" / "prices.example.toml"

    assert prices.load(path).of("gpt-x") is not None
    assert "all its numbers are invented" in path.read_text(encoding="utf-8")
