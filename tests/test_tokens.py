"""Tokens are estimated within a range, and parts add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.tokens import estimate


@pytest.mark.parametrize("text", ["", " ", " \t "], ids=repr)
def test_nothing_costs_nothing(text):
    assert estimate(text) == 0


# The ranges hold what byte-pair vocabularies of 100,000 to 200,000 entries count, and a little more.
@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("word", 1, 1),
        ("2025-05-11", 5, 7),
        ("The ministers met in Oslo on Monday.", 7, 10),
        ("internationalisation of cooperation", 5, 9),
        ('{"name":"Oslo","country":null}', 8, 13),
        ("التقى الوزيران في أوسلو يوم الإثنين", 12, 32),
        ("line\nline\nline", 5, 5),
    ],
)
def test_an_estimate_lies_in_the_range_that_tokenisers_give(text, least, most):
    assert least <= estimate(text) <= most


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_estimate_of_two_texts_is_about_that_of_both_together(one, other):
    # The line break may cost one, join those beside it, and each sum is rounded.
    assert abs(estimate(f"{one}\n{other}") - estimate(one) - estimate(other)) <= 2


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_longer_text_never_costs_less(one, other):
    assert estimate(one + other) >= estimate(one)
