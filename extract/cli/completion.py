"""mahdar completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: mahdar completion bash > ~/.local/share/bash-completion/completions/mahdar
    """
    from extract.cli import cli

    script = get_completion_class(shell)
    assert script is not None  # noqa: S101  the choices are those that click has
    click.echo(script(cli, {}, "mahdar", "_MAHDAR_COMPLETE").source())
