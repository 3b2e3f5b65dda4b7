"""The parts of the endpoint of the measurements: reading, drawing, limiting, options."""

import argparse
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.endpoint.draws import Faults
from bench.endpoint.http import BadRequest, read_head
from bench.endpoint.limits import Bucket, Slots, duration
from bench.endpoint.options import CONTENT_FAULTS, TRANSPORT_FAULTS, Options, add_flags, flags, from_flags
from bench.endpoint.reading import Reader, read

TEXTS = st.text(st.sampled_from('[r-0000001] abc"\\{}:,éم\n'), max_size=60)


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.booleans()), min_size=2, max_size=6))
def test_bodies_of_a_shape_that_is_known_are_read_as_all_others(parts):
    reader = Reader()
    for number, (before, after, is_ascii) in enumerate(parts):
        messages = [
            {"role": "system", "content": "s"},
            {"role": "user", "content": f"{before}[r-000001{number}]{after}"},
        ]
        data = json.dumps({"model": "m", "messages": messages}, ensure_ascii=is_ascii).encode()

        assert reader.read(data) == read(json.loads(data), len(data))


def test_a_token_beside_the_messages_is_not_that_of_the_report():
    reader = Reader()
    for number in range(3):
        messages = [{"role": "user", "content": "[r-0000009]"}]
        data = json.dumps({"metadata": {"id": f"[r-000000{number}]"}, "messages": messages}).encode()

        assert reader.read(data).token == "[r-0000009]"


def test_a_function_that_is_chosen_is_called():
    tools = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("one", "two")]
    chosen = {"type": "function", "function": {"name": "two"}}

    assert read({"messages": [], "tools": tools, "tool_choice": chosen}, 0).shape.tool == "two"
    assert read({"messages": [], "tools": tools, "tool_choice": "required"}, 0).shape.tool == "one"
    assert read({"messages": [], "tools": tools, "tool_choice": "none"}, 0).shape.tool is None


def test_a_text_in_parts_is_read_as_one():
    parts = [{"type": "text", "text": "The report"}, {"type": "text", "text": "[r-0000012] it is"}]

    assert read({"messages": [{"role": "user", "content": parts}]}, 0).token == "[r-0000012]"


def test_shares_are_those_asked_for_and_another_seed_has_others():
    def struck(seed: int) -> list[str | None]:
        faults = Faults(Options(p_429=0.1, p_hang=0.05, p_schema=0.2, seed=seed))
        return [faults.draw(b"body %d" % i, is_reask=False)[0] for i in range(4000)]

    one, other = struck(1), struck(2)

    assert struck(1) == one != other
    for name, share in (("429", 0.1), ("hang", 0.05), ("schema", 0.2)):
        assert abs(one.count(name) / 4000 - share) < 0.02


def test_a_body_is_drawn_for_anew_each_time_that_it_comes():
    faults = Faults(Options(p_500=0.5))

    assert len({faults.draw(b"the same", is_reask=False)[0] for _ in range(30)}) == 2


def test_jitter_is_seeded_and_within_its_bounds():
    def delays() -> list[float]:
        faults = Faults(Options(jitter_ms=50))
        return [faults.draw(b"%d" % i, is_reask=False)[1] for i in range(200)]

    assert delays() == delays()
    assert -0.05 <= min(delays()) < -0.03 < 0.03 < max(delays()) <= 0.05


@settings(max_examples=50)
@given(
    st.floats(0.5, 50),
    st.floats(1, 20),
    st.lists(st.floats(0, 0.5), min_size=1, max_size=200),
)
def test_a_bucket_never_lets_through_more_than_it_held_and_got_back(rate, burst, pauses):
    bucket, now, passed = Bucket(rate, burst, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        wait = bucket.take(now)
        passed += not wait
        assert passed <= burst + now * rate + 1e-6
        if wait:
            assert 0 < wait <= 1 / rate + 1e-9


def test_a_bucket_has_a_token_when_it_said_so():
    bucket = Bucket(4.0, 1, 0.0)

    assert bucket.take(0.0) == 0
    wait = bucket.take(0.1)
    assert wait == pytest.approx(0.15)
    assert bucket.take(0.1 + wait + 1e-9) == 0


@pytest.mark.parametrize(("seconds", "text"), [(0.0121, "13ms"), (1.5, "1.5s"), (360, "6m0s")])
def test_durations_are_written_as_openai_writes_them(seconds, text):
    assert duration(seconds) == text


class Waiter:
    """One that wants a slot."""

    def __init__(self, name: str, began: list[str]) -> None:
        self.name, self.began = name, began

    def generate(self) -> None:
        self.began.append(self.name)


def test_slots_are_given_in_the_order_of_arrival():
    began: list[str] = []
    slots = Slots(2, None, lambda do: do())
    waiters = {name: Waiter(name, began) for name in "abcde"}
    for waiter in waiters.values():
        slots.enter(waiter)
    assert began == ["a", "b"]

    slots.give_up(waiters["c"])
    slots.leave()
    slots.leave()

    assert began == ["a", "b", "d", "e"]
    assert slots.queued_max == 3


def test_flags_and_json_give_the_same_options():
    given_ = {"latency_ms": 200, "slots": 4, "burst_429": [100, 5], "outage": [1.5, 2], "batch_expires": True}
    options = Options().with_json({**given_, "p_429": 0.1, "rate": None})
    parser = argparse.ArgumentParser()
    add_flags(parser)

    assert from_flags(parser.parse_args(flags(options))) == options
    assert from_flags(parser.parse_args([])) == Options()


def test_every_fault_has_an_option():
    for name in (*TRANSPORT_FAULTS, *CONTENT_FAULTS):
        assert Options().with_json({f"p_{name}": 0.5}).shares() == [(name, 0.5)]


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"GET / HTTP/1.1", True),
        (b"GET / HTTP/1.1\r\nConnection: Close", False),
        (b"GET / HTTP/1.0", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", True),
    ],
)
def test_connections_are_kept_as_the_client_wants(head, keep_alive):
    assert read_head(head).keep_alive is keep_alive


def test_a_head_is_read_whatever_the_case_of_its_names():
    head = read_head(
        b"POST /v1/files?x=1 HTTP/1.1\r\nCONTENT-length:5\r\nContent-Type: a/b; boundary=Xy\r\nExpect: 100-continue"
    )

    assert head == ("POST", "/v1/files", 5, b"a/b; boundary=Xy", True, True)


def test_a_head_without_its_three_parts_is_none():
    with pytest.raises(BadRequest):
        read_head(b"GET /")
