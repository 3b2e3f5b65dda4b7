"""The command line: it parses, builds, calls and prints."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper

import click

from extract.errors import ConfigError, MahdarError, ReplayMiss

INTERRUPTED = 130

# Help is stated here, so that listing the commands imports none of them.
COMMANDS = {
    "run": ("extract.cli.run", "Extract records from reports."),
    "probe": ("extract.cli.probe", "Say what an endpoint is and can do, and the settings to use."),
    "plan": ("extract.cli.plan", "Say what a run would ask, cost and take, before any call."),
    "batch": ("extract.cli.batch", "Ask through the Batch API, at its price, or through files."),
    "show": ("extract.cli.show", "Print one report of a run with its records and evidence."),
    "record": ("extract.cli.record", "Record real answers, to be replayed without a network."),
    "gold": ("extract.cli.gold", "Check and compare the labels of documents."),
    "eval": ("extract.cli.eval", "Score prompts against the labels, and compare scores."),
    "config": ("extract.cli.config", "Print every setting and where it came from."),
    "schemas": ("extract.cli.schemas", "List the record types, or print one."),
    "prompts": ("extract.cli.prompts", "List the prompts, or print one."),
    "cache": ("extract.cli.cache", "Look at, prune, export or import cached answers."),
    "completion": ("extract.cli.completion", "Print the completion script of a shell."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """The commands and what they do, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mahdar", prog_name="mahdar")
def cli() -> None:
    """Turn news reports into structured, grounded records of defence diplomacy."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and exit: 0, or the code that the error tree gives."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no Arabic gets its code points, not a crash.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(arguments, prog_name="mahdar", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = _say("interrupted", INTERRUPTED)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (MahdarError, ReplayMiss) as error:
        code = _say(str(error), error.exit_code)
    except OSError as error:
        code = _say(f"{error.filename or 'the output'}: {error.strerror or error}", ConfigError.exit_code)
        if error.filename is None:
            # What is left in the buffer would be written, and fail, once more at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int) -> int:
    click.echo(f"mahdar: {message}", err=True)
    return code
