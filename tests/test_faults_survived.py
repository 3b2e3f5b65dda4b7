"""Whatever goes wrong, a run loses nothing and does nothing twice: the measurements of `bench.faults`, made small."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import patch

import pytest

from bench.faults import NAMES, play
from bench.row import Row, Scale, Skipped

# Starting a process takes longer than its work here, so they are run two at a time.
SMALL = replace(Scale.quick(), documents=60, kills=2, large=4)


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Row]]]:
    """The faults that tests were asked for, on their way."""
    chosen = {each.callspec.params["name"] for each in request.session.items if each.path == request.path}  # type: ignore[attr-defined]
    # Each endpoint sets this for itself; together they would set and unset it for each other.
    with patch.dict("os.environ", {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}), ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(play, name, SMALL) for name in NAMES if name in chosen}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_and_nothing_is_done_twice(name, rows):
    try:
        row = rows[name].result()
    except Skipped as reason:
        pytest.skip(str(reason))

    assert (row.lost, row.doubled, row.said if not row.has_ended else "") == (0, 0, "")
    if "token limit" not in name and name != "unreadable files":
        assert row.answered == row.documents
