"""mahdar prompts."""

from __future__ import annotations

import textwrap
from typing import Any

import click

import schemas
from extract import compose, prompt
from extract.cli import options
from extract.document import Document
from extract.request import MODES
from extract.tokens import estimate

WIDTH = 100

_EMPTY = Document(id="empty", text="")
_SAMPLE = Document(id="sample", text="(the report stands here)", published="2000-01-31", source="(outlet)")


@click.command("prompts")
@click.argument("name", required=False)
@click.option(
    "--mode", type=click.Choice(MODES), default="json_schema", show_default=True, help="Mode to print it for."
)
@options.settings("prompts")
def command(name: str | None, mode: Any, **flags: Any) -> None:
    """List the prompts with their sizes, or print one as a model is shown it."""
    folders = compose.folders(options.resolved(flags).settings)
    if name is not None:
        for message in prompt.load(name, folders).messages(_SAMPLE, mode):
            click.echo(f"--- {message['role']}\n{message['content']}\n")
        return
    click.echo(f"{'prompt':<16}{'text':>7}{'schema':>8}   records; why")
    for each in prompt.names(folders):
        loaded = prompt.load(each, folders)
        text = sum(estimate(message["content"]) for message in loaded.messages(_EMPTY, "tools"))
        records = ", ".join(map(schemas.name_of, loaded.records))
        parent = f" (after {loaded.parent})" if loaded.parent else ""
        head = f"{each:<16}{text:>7}{estimate(loaded.notation):>8}   "
        meaning = f"{records}; {loaded.why}{parent}"
        click.echo(textwrap.fill(meaning, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)))
    click.echo("sizes in tokens, estimated: the prompt's own text, and the notation of the schema that it shows")
