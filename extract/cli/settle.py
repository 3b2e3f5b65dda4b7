"""The mode of a run, found out before anything else is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from extract.pipeline import Pipeline


@contextmanager
def settled(pipeline: Pipeline, *, wanted: int = 0, is_quiet: bool = False) -> Iterator[Pipeline]:
    """The pipeline with the mode that the endpoint enforces, where `--mode auto` leaves it to that; closes it.

    Says if the system has fewer than the `wanted` requests at a time on their way.
    EndpointError if the endpoint does not answer what it is asked.
    """
    with pipeline:
        most = pipeline.most_at_once
        if most is not None and most < wanted and not is_quiet:
            click.echo(f"{most} requests at a time at most: more files cannot be open (ulimit -n)", err=True)
        if pipeline.run(pipeline.settle()) and not is_quiet:
            click.echo(f"mode {pipeline.asking.mode}: found out by asking; `mahdar probe` tells more", err=True)
        yield pipeline
