"""Weekdays that a date expression names."""

from __future__ import annotations

from datetime import date

import pytest

from extract.weekday import is_off, weekdays


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("يوم الخميس الماضي", {3}),
        ("مساء أمس الجمعة", {4}),
        ("والأحد", {6}),
        ("الاثنين", {0}),
        ("من الأحد إلى الخميس", {3, 6}),
        ("في الأحداث", set()),
        ("Perşembe günü", {3}),
        ("pazartesi", {0}),
        ("Pazar günü", {6}),
        ("cumartesi", {5}),
        ("cuma", {4}),
        ("Cumhuriyet", set()),
        ("jeudi dernier", {3}),
        ("last Thursday", {3}),
        ("21 April", set()),
    ],
)
def test_weekdays_are_read_in_four_languages(text, expected):
    assert weekdays(text) == expected


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("last Thursday", date(2031, 5, 8), False),
        ("last Thursday", date(2031, 5, 9), True),
        ("9 May", date(2031, 5, 9), False),
        ("from Sunday to Thursday", date(2031, 5, 9), False),
    ],
    ids=["right", "wrong", "no weekday", "two weekdays"],
)
def test_a_day_is_off_when_the_expression_names_another_weekday(text, day, expected):
    assert is_off(text, day) is expected
