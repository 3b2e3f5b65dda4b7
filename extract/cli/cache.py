"""mahdar cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from extract import compose
from extract.cache import Cache
from extract.cli import cache_check, options
from extract.cli.output import counted
from extract.errors import ConfigError


@click.group("cache")
def command() -> None:
    """Look at, prune, export or import cached answers; check recorded ones."""


command.add_command(cache_check.command)


@command.command("info", short_help="Print where the cache is and what is in it.")
@options.settings("cache")
def info(**flags: Any) -> None:
    """Print where the cache is, how large it is and whose answers it holds."""
    with _opened(flags) as cache:
        about = cache.info()
    click.echo(
        f"folder   {about.folder}\nformat   {about.format}\nentries  {about.entries}\nsize     {about.bytes:,} bytes"
    )
    click.echo(f"oldest   {about.oldest or '-'}\nnewest   {about.newest or '-'}")
    for model, number in about.models.items():
        click.echo(f"model    {model}: {number}")


@command.command("list", short_help="Print a line for each answer.")
@options.settings("cache")
def list_(**flags: Any) -> None:
    """Print a line for each cached answer: key, time, model, prompt, document, attempt, bytes."""
    with _opened(flags) as cache:
        for entry in cache.entries():
            columns = (entry.key, entry.time, entry.model, entry.task, entry.document, entry.attempt, entry.size)
            click.echo("\t".join(map(str, columns)))


@command.command("prune", short_help="Remove answers.")
@options.settings("cache")
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Answers of this age or more.")
@click.option("--of-model", help="Answers of this model.")
@click.option("--of-prompt", help="Answers to this prompt (events: all its versions).")
def prune(older_than: float | None, of_model: str | None, of_prompt: str | None, **flags: Any) -> None:
    """Remove the answers that meet all conditions given."""
    with _opened(flags) as cache:
        removed = cache.prune(older_than_days=older_than, model=of_model, task=of_prompt)
    click.echo(f"removed {counted(removed, 'answer')}")


@command.command("export", short_help="Write all answers to a file.")
@options.settings("cache")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True))
def export(file: TextIO, **flags: Any) -> None:
    """Write all answers to FILE as JSON lines (- for stdout); refused if one holds a secret."""
    settings = options.resolved(flags).settings
    with _opened(flags) as cache:
        number = cache.export(file, secrets=compose.secrets(settings))
    file.write("")  # click opens the file at the first write, and an empty export is one too
    click.echo(f"exported {counted(number, 'answer')}", err=True)


@command.command("import", short_help="Add the answers of an exported file.")
@options.settings("cache")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def import_(file: TextIO, **flags: Any) -> None:
    """Add the answers in FILE, which export wrote (- for stdin); what is there already stays."""
    with _opened(flags) as cache:
        number = cache.load(file)
    click.echo(f"imported {counted(number, 'answer')}")


@contextmanager
def _opened(flags: dict[str, Any]) -> Iterator[Cache]:
    cache = compose.open_cache(options.resolved(flags).settings)
    if cache is None:
        raise ConfigError("no cache: --cache is none; name its folder with --cache DIR")
    with cache:
        yield cache
