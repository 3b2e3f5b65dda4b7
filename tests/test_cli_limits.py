"""--max-failures: a number of documents, or a share of them."""

from __future__ import annotations

import pytest

from extract.budget import Budget
from extract.cli import limits
from extract.errors import ConfigError
from extract.tally import Tally
from tests.terminal import mahdar


@pytest.mark.parametrize(
    ("text", "number", "share"),
    [
        (None, None, None),
        ("0", 0, None),
        (" 12 ", 12, None),
        ("5%", None, 0.05),
        ("2.5%", None, 0.025),
        ("0.01 %", None, 0.0001),
        ("100%", None, 1.0),
    ],
)
def test_a_limit_is_a_number_or_a_share(text, number, share):
    made = limits.of(Budget("m"), text)

    assert made.failures == number
    assert made.failure_share == (share if share is None else pytest.approx(share))


@pytest.mark.parametrize("text", ["", "%", "2.5", "-1", "101%", "1e3", "٥%", "2,5%", "5%%", ".%"])
def test_what_is_neither_is_refused(text):
    with pytest.raises(ConfigError, match="neither a number of documents nor a share"):
        limits.of(Budget("m"), text)


def test_the_limit_that_is_reached_is_said_as_it_was_given():
    made = limits.of(Budget("m"), "2.5%")

    assert made.reached(Tally(documents=40, failed=1)) is None
    assert made.reached(Tally(documents=40, failed=2)) == "2 of 40 documents failed, more than --max-failures 2.5%"


def test_help_says_from_how_many_documents_on_a_share_counts():
    assert "counts from 20 documents on" in " ".join(mahdar("run", "--help").out.split())
