"""Server-sent events: found in bytes however these are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.events import Event, Events
from tests.streams import cut_at


def read(parts: list[bytes]) -> list[Event]:
    """All events of a stream that comes in these parts."""
    events = Events()
    found = [event for part in parts for event in events.take(part)]
    last = events.end()
    return found if last is None else [*found, last]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\ndata: b\ndata\n\n", [b"a\nb\n"]),
        (b": still there\n\ndata: a\n\n: and there\n\n", [b"a"]),
        (b"id: 7\nretry: 10\ndata: a\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"\n\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"data: a", [b"a"]),
        (b"data\n\n", [b""]),
        (b"", []),
        ("data: لقاء\u2028\x0b\x0c\x1c\n\n".encode(), ["لقاء\u2028\x0b\x0c\x1c".encode()]),
    ],
    ids=[
        "one",
        "no space",
        "two spaces",
        "CR LF",
        "CR",
        "several lines",
        "comments",
        "other fields",
        "byte order mark",
        "blank lines",
        "no blank line at the end",
        "no line end at the end",
        "no colon",
        "nothing",
        "what only texts are split at",
    ],
)
def test_the_data_of_each_event_is_found(data, expected):
    assert [event.data for event in read([data])] == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"event: error\ndata: a\n\ndata: b\n\n", [(b"error", b"a"), (b"", b"b")]),
        (b"event: ping\n\ndata: a\n\n", [(b"", b"a")]),
        (b'error: {"code": 500}\n\n', [(b"error", b'{"code": 500}')]),
    ],
    ids=["a name", "a name without data", "llama.cpp of old"],
)
def test_the_name_of_an_event_is_kept(data, expected):
    assert [(event.name, event.data) for event in read([data])] == expected


def test_an_event_is_given_as_soon_as_it_has_ended():
    events = Events()

    given = [events.take(part) for part in (b"data: a\r", b"\n\r", b"\n", b"data: b\n", b"\n")]

    assert [[event.data for event in each] for each in given] == [[], [b"a"], [], [], [b"b"]]


lines = st.sampled_from(
    [
        b"data: a",
        b"data: \xd9\x84\xd9",
        b"data:",
        b": x",
        b"event: error",
        b"error: e",
        b"",
        b"",
        b"\xef\xbb\xbf",
        b"id",
    ]
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(
    data=st.lists(st.tuples(lines, ends), max_size=12).map(lambda all_: b"".join(line + end for line, end in all_)),
    rest=lines,
    places=st.lists(st.integers(0, 200), max_size=20),
)
def test_any_cutting_of_the_same_bytes_gives_the_same_events(data, rest, places):
    whole = data + rest

    assert read(cut_at(whole, places)) == read([whole])
    assert read([whole[index : index + 1] for index in range(len(whole))]) == read([whole])


@given(data=st.binary(max_size=40), places=st.lists(st.integers(0, 40), max_size=5))
def test_no_bytes_are_too_odd_to_be_read(data, places):
    assert read(cut_at(data, places)) == read([data])
