"""How a run stands, as a line and as JSON. All numbers are invented."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from extract.budget import Budget
from extract.cli.figures import Figures
from extract.pipeline import Load
from extract.prices import Price, Prices
from extract.request import Usage
from extract.tally import Tally

PRICES = Prices({"m": Price(input=Decimal(2), output=Decimal(8))})


def figures() -> Figures:
    """A run in the middle."""
    tally = Tally(documents=52_000, failed=3, reasked=7)
    tally.origins.update({"cache": 50_000, "live": 2_007})
    tally.records.update({"meeting": 60_000})
    for kind in ("first", "reask", "cached"):
        tally.spent[kind].add(Usage(prompt=1_000_000, completion=100_000))
    return Figures(
        tally=tally,
        total=100_000,
        load=Load(in_flight=8, waiting=20, paced=2),
        seconds=512.34,
        per_s=4.25,
        live_per_s=4.0,
        left_s=11_294.1,
        cost=Budget("m", prices=PRICES).to_json(tally.spent),
    )


def test_the_line_says_where_the_run_stands():
    assert figures().line() == (
        "52,000 of 100,000 documents, 4.2/s, 3 h 8 min left, 8 in flight, 20 waiting, 2 paced, 3 failed, "
        "50,000 cached, 7 asked again, 2,200,000 tokens, 5.60 USD"
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"total": None, "left_s": None}, "52,000 documents, 4.2/s, 8 in flight"),
        ({"total": 51_990, "left_s": None}, "52,000 documents, 4.2/s, 8 in flight"),
        ({"per_s": 0.0, "left_s": None}, "52,000 of 100,000 documents, 8 in flight"),
        ({"per_s": 0.05}, "52,000 of 100,000 documents, 3.0/min, 3 h 8 min left"),
    ],
    ids=["no total", "more than estimated", "nothing lately", "slow"],
)
def test_what_is_not_known_is_not_said(changed, expected):
    assert replace(figures(), **changed).line().startswith(expected)


def test_before_there_is_anything_to_tell_the_line_says_what_is_waited_for():
    tally = Tally()
    nothing = Budget("m").to_json(tally.spent)
    start = replace(figures(), tally=tally, load=Load(), per_s=0.0, left_s=None, cost=nothing)

    assert start.line() == "0 of 100,000 documents, waiting for the first answer"


@pytest.mark.parametrize(("tokens", "shown"), [(1, "0.0001 USD"), (1_000_000, "2.00 USD")], ids=["little", "more"])
def test_little_money_is_not_said_to_be_none(tokens, shown):
    tally = Tally(documents=1)
    tally.spent["first"].add(Usage(prompt=tokens, completion=10 if tokens == 1 else 0))
    made = replace(figures(), tally=tally, cost=Budget("m", prices=PRICES).to_json(tally.spent))

    assert made.line().endswith(shown)


def test_a_program_gets_all_of_it():
    value = json.loads(json.dumps(figures().to_json()))

    cost = value.pop("cost")
    assert value == {
        "documents": 52_000,
        "total": 100_000,
        "failed": 3,
        "records": 60_000,
        "reasked": 7,
        "cached": 50_000,
        "answers_from": {"cache": 50_000, "live": 2_007},
        "in_flight": 8,
        "waiting": 20,
        "paced": 2,
        "seconds": 512.3,
        "documents_per_s": 4.25,
        "live_per_s": 4.0,
        "eta_s": 11_294,
        "tokens": {"prompt": 3_000_000, "completion": 300_000},
    }
    assert (cost["currency"], Decimal(cost["total"]["cost"])) == ("USD", Decimal("5.6"))
    assert {kind: each["prompt"] for kind, each in cost["spent"].items()} == {
        "first": 1_000_000,
        "reask": 1_000_000,
        "failed": 0,
        "cached": 1_000_000,
    }
