"""A budget sums up what calls take, each kind by itself, and says when it is used up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import budget
from extract.budget import KINDS, PAID, Budget
from extract.errors import ConfigError
from extract.prices import Price, Prices
from extract.request import Usage
from extract.settings import Settings

DOLLARS = Price(input=Decimal(1), output=Decimal(2))
EUROS = Price(input=Decimal(1), output=Decimal(2), currency="EUR")
PRICES = Prices({"m": DOLLARS, "e": EUROS})
MILLION = Usage(prompt=1_000_000, completion=0)
UNCOUNTED = Usage()


def test_each_kind_of_call_has_its_own_sums():
    spent = Budget(prices=PRICES)
    spent.spend("m", Usage(prompt=100, completion=10, cached=50), "first")
    spent.spend("m", Usage(prompt=200, completion=20), "reask")
    spent.spend("m", Usage(prompt=300, completion=30), "cached")

    sums = {kind: (one.calls, one.prompt, one.completion, one.cost) for kind, one in spent.spent.items()}

    assert sums == {
        "first": (1, 100, 10, Decimal("0.00012")),
        "reask": (1, 200, 20, Decimal("0.00024")),
        "failed": (0, 0, 0, Decimal(0)),
        "cached": (1, 300, 30, Decimal("0.00036")),
    }
    assert (spent.total.tokens, spent.total.cost) == (330, Decimal("0.00036"))


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6), st.integers(0, 10**6))))
def test_the_total_is_what_all_paid_calls_have_taken(calls):
    spent = Budget(prices=PRICES)
    for kind, prompt, completion in calls:
        spent.spend("m", Usage(prompt=prompt, completion=completion), kind)

    paid = [(prompt, completion) for kind, prompt, completion in calls if kind in PAID]

    assert spent.total.tokens == sum(map(sum, paid))
    assert spent.total.cost == sum((prompt + 2 * completion for prompt, completion in paid), Decimal(0)) / 10**6


@pytest.mark.parametrize(
    ("model", "usage"), [("unpriced", MILLION), ("m", UNCOUNTED)], ids=["no price", "no number of tokens"]
)
def test_an_unknown_cost_stays_unknown_and_the_known_part_is_kept(model, usage):
    spent = Budget(prices=PRICES)
    spent.spend("m", MILLION, "first")
    spent.spend(model, usage, "first")

    assert (spent.total.cost, spent.total.known_cost, spent.total.unpriced) == (None, Decimal(1), 1)
    assert spent.spent["reask"].cost == 0


def test_a_cost_in_a_second_currency_is_not_added_to_the_first():
    spent = Budget(prices=PRICES)
    spent.spend("m", MILLION, "first")
    spent.spend("e", MILLION, "first")

    assert (spent.currency, spent.total.known_cost, spent.total.cost) == ("USD", Decimal(1), None)


def test_without_limits_a_budget_is_never_used_up():
    spent = Budget()
    spent.spend("m", UNCOUNTED, "first")

    assert spent.exhausted is None


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (99_999, None),
        (100_000, "stopped at --max-total-tokens 100000: 100,000 used"),
        (100_230, "stopped at --max-total-tokens 100000: 100,230 used"),
    ],
)
def test_a_limit_of_tokens_counts_those_in_and_out(used, expected):
    spent = Budget(max_tokens=100_000)
    spent.spend("m", Usage(prompt=used - 500, completion=500), "first")

    assert spent.exhausted == expected


@pytest.mark.parametrize("kind", PAID)
def test_every_paid_call_counts_for_a_limit(kind):
    spent = Budget(max_tokens=10, max_cost=Decimal(1), prices=PRICES)
    spent.spend("m", MILLION, kind)

    assert spent.exhausted == "stopped at --max-total-tokens 10: 1,000,000 used"


def test_cached_answers_use_up_nothing():
    spent = Budget(max_tokens=10, max_cost=Decimal(1), prices=PRICES)
    spent.spend("m", MILLION, "cached")
    spent.spend("unpriced", UNCOUNTED, "cached")

    assert spent.exhausted is None


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("1.01", None),
        ("1", "stopped at --max-cost 1: 1 USD used"),
        ("0.50", "stopped at --max-cost 0.5: 1 USD used"),
    ],
)
def test_a_limit_of_cost_is_in_dollars(limit, expected):
    spent = Budget(max_cost=Decimal(limit), prices=PRICES)
    spent.spend("m", MILLION, "first")

    assert spent.exhausted == expected


@pytest.mark.parametrize(
    ("spent", "limit"),
    [(Budget(max_tokens=5), "--max-total-tokens"), (Budget(max_cost=Decimal(5), prices=PRICES), "--max-cost")],
    ids=["tokens", "cost"],
)
def test_a_limit_that_cannot_be_kept_stops_at_once(spent, limit):
    spent.spend("m", UNCOUNTED, "failed")
    assert spent.exhausted is None

    spent.spend("m", UNCOUNTED, "first")
    assert spent.exhausted == (
        f"stopped: {limit} cannot be kept, since the endpoint does not say how many tokens an answer takes"
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("unpriced", ['["unpriced"] with input = and output =', "--prices FILE"]),
        ("e", ["is in USD", "in EUR", "--max-total-tokens instead"]),
    ],
)
def test_a_limit_of_cost_is_refused_where_the_price_is_not_known_in_dollars(model, words):
    with pytest.raises(ConfigError) as caught:
        Budget(max_cost=Decimal(5), prices=PRICES).check(model)

    assert str(caught.value).startswith("--max-cost 5 ")
    assert [word for word in words if word not in str(caught.value)] == []


def test_without_a_limit_of_cost_no_price_is_needed():
    Budget(max_tokens=5).check("unpriced")


def test_a_budget_is_made_of_the_settings(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('["m"]\ninput = 1\noutput = 1\n')

    made = budget.from_settings(Settings(max_cost=0.1, max_tokens_total=7, prices=path), "m")

    assert (made.max_cost, made.max_tokens, made.prices.path) == (Decimal("0.1"), 7, path)


def test_the_settings_are_refused_before_anything_is_spent():
    with pytest.raises(ConfigError, match=r"there is no prices\.toml"):
        budget.from_settings(Settings(max_cost=1), "m")


def test_a_budget_can_be_written_down():
    spent = Budget(max_cost=Decimal("0.3"), prices=PRICES)
    spent.spend("m", Usage(prompt=1, completion=1), "first")

    value = json.loads(json.dumps(spent.to_json()))

    assert (value["max_cost"], value["max_tokens_total"], value["currency"]) == ("0.3", None, "USD")
    assert value["spent"]["first"]["cost"] == value["total"]["cost"] == "0.000003"
    assert list(value["spent"]) == list(KINDS)
