"""The option that commands of the judge share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from evals import gold

F = TypeVar("F", bound=Callable[..., Any])


def judged(function: F) -> F:
    """The option --gold, the folder of documents and labels."""
    place = click.Path(path_type=Path, file_okay=False, exists=True)
    option = click.option("--gold", "place", type=place, default=gold.FOLDER, help="Folder of documents and labels.")
    return option(function)
