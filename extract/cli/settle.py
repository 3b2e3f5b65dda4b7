"""The mode of a run, found out before anything else is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from extract.pipeline import Pipeline


@contextmanager
def settled(pipeline: Pipeline, *, is_quiet: bool = False) -> Iterator[Pipeline]:
    """The pipeline with the mode that the endpoint enforces, where `--mode auto` leaves it to that; closes it.

    EndpointError if the endpoint does not answer what it is asked.
    """
    with pipeline:
        if pipeline.run(pipeline.settle()) and not is_quiet:
            click.echo(f"mode {pipeline.asking.mode}: found out by asking; `mahdar probe` tells more", err=True)
        yield pipeline
