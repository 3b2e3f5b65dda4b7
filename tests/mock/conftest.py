"""The endpoint of the benchmarks, started once."""

from collections.abc import Iterator

import pytest

from bench.serve import Running


@pytest.fixture(scope="module")
def started() -> Iterator[Running]:
    """An endpoint for all tests; starting one takes most of a test's time."""
    with Running() as running:
        yield running


@pytest.fixture
def endpoint(started: Running) -> Running:
    """The endpoint, as new."""
    started.reset()
    return started
