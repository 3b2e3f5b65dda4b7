"""Limits that headers state. Time is the tests' own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from extract.limits import Stated, Told, back_in, stated
from tests.test_bucket import Clock


def told(*replies: Mapping[str, str], what: str = "requests") -> float | None:
    """The rate that these headers tell, one reply after the other."""
    limit = Told(clock=Clock())
    for headers in replies:
        limit.read(stated(headers, "tokens" if what == "tokens" else "requests"))
    return limit.bucket.rate / 0.99 if limit.bucket else None


def openai(limit: float, left: float, reset: str, what: str = "requests") -> Mapping[str, str]:
    return {
        f"x-ratelimit-limit-{what}": f"{limit:g}",
        f"x-ratelimit-remaining-{what}": f"{left:g}",
        f"x-ratelimit-reset-{what}": reset,
    }


@pytest.mark.parametrize(
    ("headers", "requests"),
    [
        ({}, None),
        ({"x-ratelimit-limit-requests": "600"}, 10),
        (
            {
                "x-ratelimit-limit-requests": "150",
                "x-ratelimit-remaining-requests": "100",
                "x-ratelimit-reset-requests": "333ms",
            },
            150,
        ),
        (
            {
                "x-ratelimit-limit-requests": "6000",
                "x-ratelimit-remaining-requests": "5999",
                "x-ratelimit-reset-requests": "6m0s",
            },
            100,
        ),
        (
            {
                "x-ratelimit-limit-requests": "20",
                "x-ratelimit-remaining-requests": "18",
                "x-ratelimit-reset-requests": "14ms",
            },
            None,
        ),
        ({"x-ratelimit-limit-requests": "many"}, None),
        (
            {
                "x-ratelimit-limit-requests": "20",
                "x-ratelimit-remaining-requests": "20",
                "x-ratelimit-reset-requests": "0s",
            },
            None,
        ),
    ],
    ids=[
        "none",
        "a minute",
        "by the reset",
        "too few used",
        "too few used of a small bucket",
        "no number",
        "none used",
    ],
)
def test_headers_tell_requests_a_second(headers, requests):
    assert told(headers) == (pytest.approx(requests, rel=0.01) if requests else None)


def test_tokens_are_read_without_any_limit_of_requests():
    assert told(openai(60_000, 30_000, "30s", "tokens"), what="tokens") == pytest.approx(1000, rel=0.05)


def test_anthropic_writes_its_limits_in_its_own_way():
    headers = {
        "anthropic-ratelimit-tokens-limit": "60000",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": "2026-01-01T00:01:00Z",
        "date": "Thu, 01 Jan 2026 00:00:00 GMT",
    }

    assert stated(headers, "tokens") == Stated(limit=60_000, left=0, reset_s=60)


@pytest.mark.parametrize("limit", ["-1", "0", "inf", "nan", "many", ""])
def test_what_is_no_limit_says_nothing(limit):
    assert stated({"x-ratelimit-limit-tokens": limit, "x-ratelimit-remaining-tokens": limit}, "tokens") is None


def test_each_reply_narrows_the_rate():
    first, second = openai(20, 0, "134ms"), openai(20, 0, "128ms")

    assert told(first) == pytest.approx(150, rel=0.04)
    assert told(first, second) == pytest.approx(150, rel=0.01)


def test_another_limit_is_followed_at_once():
    assert told(openai(600, 300, "30s"), openai(60, 30, "30s")) == pytest.approx(1, rel=0.1)


def test_one_reply_that_contradicts_the_others_changes_nothing():
    usual = openai(1000, 500, "5s")

    assert told(*[usual] * 5, openai(1000, 500, "50s")) == told(usual)
    assert told(*[usual] * 5, *[openai(1000, 500, "50s")] * 6) == pytest.approx(10, rel=0.1)


def test_a_window_gives_out_what_is_left_over_the_time_that_is_left():
    seconds = range(2, 40, 6)
    replies = [openai(600, 600 - 10 * second, f"{60 - second}s") for second in seconds]

    assert told(*replies) == pytest.approx(10, rel=0.15)


def test_the_bucket_never_holds_more_than_the_endpoint_says_is_left():
    clock = Clock()
    limit = Told(clock=clock)
    limit.read(stated(openai(600, 300, "30s"), "requests"))
    limit.read(stated(openai(600, 0, "60s"), "requests"))

    assert limit.bucket is not None
    assert limit.bucket.ready(1) == pytest.approx(0.1, rel=0.1)


def test_what_is_left_of_a_day_may_go_at_once():
    clock = Clock()
    limit = Told(clock=clock)
    for left, reset in ((14_300, "10m0s"), (14_280, "12m0s"), (14_260, "14m0s")):
        limit.read(stated(openai(14_400, left, reset), "requests"))

    assert limit.bucket is not None
    assert limit.bucket.rate < 1
    assert [limit.bucket.take(1) for _ in range(100)] == [0] * 100


def test_a_rate_that_is_given_stays():
    limit = Told(2.0, clock=Clock())

    assert not limit.read(stated(openai(600, 300, "30s"), "requests"))
    assert limit.bucket is not None
    assert limit.bucket.rate == pytest.approx(1.98)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        (openai(20, 0, "1.5s"), 1.5),
        (openai(20, 1, "1.5s"), None),
        ({**openai(20, 3, "9s"), **openai(60_000, 0, "6m0s", "tokens")}, 360),
        ({**openai(20, 0, "9s"), **openai(60_000, 0, "7s", "tokens")}, 9),
        ({}, None),
    ],
    ids=["requests", "something is left", "tokens", "both", "nothing said"],
)
def test_what_is_used_up_is_back_when_the_headers_say(headers, pause):
    assert back_in(headers) == pause
