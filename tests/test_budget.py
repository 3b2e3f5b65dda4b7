"""A budget says what the tokens of each kind of call cost, and when it is used up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import budget
from extract.budget import Budget
from extract.errors import ConfigError
from extract.prices import Price, Prices
from extract.request import Usage
from extract.settings import Settings
from extract.spent import KINDS, PAID, Kind, Spent

DOLLARS = Price(input=Decimal(1), output=Decimal(2))
EUROS = Price(input=Decimal(1), output=Decimal(2), currency="EUR")
PRICES = Prices({"m": DOLLARS, "e": EUROS})
MILLION = Usage(prompt=1_000_000, completion=0)
UNCOUNTED = Usage()


def spent(*calls: tuple[Kind, Usage]) -> Mapping[Kind, Spent]:
    """What these calls have taken."""
    sums: dict[Kind, Spent] = {kind: Spent() for kind in KINDS}
    for kind, usage in calls:
        sums[kind].add(usage)
    return sums


def test_each_kind_of_call_has_its_own_cost():
    value = Budget("m", prices=PRICES).to_json(
        spent(
            ("first", Usage(prompt=100, completion=10, cached=50)),
            ("reask", Usage(prompt=200, completion=20)),
            ("cached", Usage(prompt=300, completion=30)),
        )
    )

    assert {kind: Decimal(each["cost"]) for kind, each in value["spent"].items()} == {
        "first": Decimal("0.00012"),
        "reask": Decimal("0.00024"),
        "failed": Decimal(0),
        "cached": Decimal("0.00036"),
    }
    assert (value["total"]["prompt"], Decimal(value["total"]["cost"])) == (300, Decimal("0.00036"))


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6), st.integers(0, 10**6))))
def test_the_total_is_what_all_paid_calls_cost(calls):
    sums = spent(*((kind, Usage(prompt=prompt, completion=completion)) for kind, prompt, completion in calls))

    paid = [prompt + 2 * completion for kind, prompt, completion in calls if kind in PAID]

    assert Decimal(Budget("m", prices=PRICES).to_json(sums)["total"]["cost"]) == sum(paid, Decimal(0)) / 10**6


@pytest.mark.parametrize(
    ("model", "usage"), [("unpriced", MILLION), ("m", UNCOUNTED)], ids=["no price", "no number of tokens"]
)
def test_an_unknown_cost_stays_unknown(model, usage):
    value = Budget(model, prices=PRICES).to_json(spent(("first", MILLION), ("first", usage)))

    assert value["total"]["cost"] is None
    assert value["spent"]["first"]["cost"] is None
    assert value["spent"]["reask"]["cost"] == "0"


def test_what_was_counted_has_a_cost_though_another_answer_was_not():
    made = Budget("m", prices=PRICES)

    assert made.known_cost(spent(("first", MILLION), ("first", UNCOUNTED))["first"]) == 1


def test_without_limits_a_budget_is_never_used_up():
    assert Budget("m").exhausted(spent(("first", UNCOUNTED))) is None


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (99_999, None),
        (100_000, "stopped at --max-total-tokens 100000: 100,000 used"),
        (100_230, "stopped at --max-total-tokens 100000: 100,230 used"),
    ],
)
def test_a_limit_of_tokens_counts_those_in_and_out(used, expected):
    made = Budget("m", max_tokens=100_000)

    assert made.exhausted(spent(("first", Usage(prompt=used - 500, completion=500)))) == expected


@pytest.mark.parametrize("kind", PAID)
def test_every_paid_call_counts_for_a_limit(kind):
    made = Budget("m", max_tokens=10, max_cost=Decimal(1), prices=PRICES)

    assert made.exhausted(spent((kind, MILLION))) == "stopped at --max-total-tokens 10: 1,000,000 used"


def test_cached_answers_use_up_nothing():
    made = Budget("m", max_tokens=10, max_cost=Decimal(1), prices=PRICES)

    assert made.exhausted(spent(("cached", MILLION), ("cached", UNCOUNTED))) is None


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("1.01", None),
        ("1", "stopped at --max-cost 1: 1 USD used"),
        ("0.50", "stopped at --max-cost 0.5: 1 USD used"),
    ],
)
def test_a_limit_of_cost_is_in_dollars(limit, expected):
    assert Budget("m", max_cost=Decimal(limit), prices=PRICES).exhausted(spent(("first", MILLION))) == expected


@pytest.mark.parametrize(
    ("made", "limit"),
    [
        (Budget("m", max_tokens=5), "--max-total-tokens"),
        (Budget("m", max_cost=Decimal(5), prices=PRICES), "--max-cost"),
    ],
    ids=["tokens", "cost"],
)
def test_a_limit_that_cannot_be_kept_stops_at_once(made, limit):
    assert made.exhausted(spent(("failed", UNCOUNTED))) is None
    assert made.exhausted(spent(("first", UNCOUNTED))) == (
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
        Budget(model, max_cost=Decimal(5), prices=PRICES)

    assert str(caught.value).startswith("--max-cost 5 ")
    assert [word for word in words if word not in str(caught.value)] == []


def test_without_a_limit_of_cost_no_price_is_needed():
    assert Budget("unpriced", max_tokens=5).is_limited


def test_a_budget_is_made_of_the_settings(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('["m"]\ninput = 1\noutput = 1\n')

    made = budget.from_settings(Settings(max_cost=0.1, max_total_tokens=7, prices=path), "m")

    assert (made.max_cost, made.max_tokens, made.prices.path) == (Decimal("0.1"), 7, path)


def test_the_settings_are_refused_before_anything_is_spent():
    with pytest.raises(ConfigError, match=r"there is no prices\.toml"):
        budget.from_settings(Settings(max_cost=1), "m")


def test_a_budget_can_be_written_down():
    made = Budget("m", max_cost=Decimal("0.3"), prices=PRICES)

    value = json.loads(json.dumps(made.to_json(spent(("first", Usage(prompt=1, completion=1))))))

    assert (value["max_cost"], value["max_total_tokens"], value["currency"]) == ("0.3", None, "USD")
    assert value["spent"]["first"]["cost"] == value["total"]["cost"] == "0.000003"
    assert list(value["spent"]) == list(KINDS)
