"""Options that several commands share, made from the settings themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import click

from extract.settings import ADAPTIVE, AUTO, SWITCHES, Resolved, Settings, flag, resolve

F = TypeVar("F", bound=Callable[..., Any])

ENDPOINT = (
    "base_url",
    "model",
    "api_key",
    "mode",
    "temperature",
    "max_tokens",
    "context",
    "seed",
    "reasoning_effort",
    "extra",
    "endpoint",
)
# What endpoints behind a gateway want, and where their keys are kept.
GATEWAY = ("headers", "azure", "api_key_file", "api_key_command")
PATIENCE = ("max_reasks", "concurrency", "rpm", "tpm", "timeout_s", "connect_timeout_s", "max_tries")
COLD = ("first_token_timeout_s", "stream", "warm_up")
BUDGET = ("prices", "max_cost", "max_total_tokens")

_METADATA = {
    "published": "Publication day (YYYY-MM-DD) of reports that have none.",
    "source": "Outlet of reports that name none.",
    "language": "Language (ISO 639 code) of reports that state none.",
}
_METAVARS = {int: "N", float: "NUMBER", Path: "DIR", dict: "JSON"}


def settings(*names: str) -> Callable[[F], F]:
    """Options for these settings; what they may be is checked where they are resolved."""

    def decorate(function: F) -> F:
        for name in reversed(names):
            function = _option(name)(function)
        return function

    return decorate


def resolved(flags: dict[str, Any]) -> Resolved:
    """Settings of a command's flags; warnings go to stderr."""
    given = {name: flags[name] for name in flags if name in Settings.model_fields}
    found = resolve({**given, "cache": "none"} if flags.get("no_cache") else given)
    for warning in found.warnings:
        click.echo(f"mahdar: warning: {warning}", err=True)
    return found


def metadata(function: F) -> F:
    """Options that say of all reports what no file says of them."""
    for name, meaning in reversed(_METADATA.items()):
        function = click.option(f"--{name}", metavar="TEXT", help=meaning)(function)
    return function


def no_cache(function: F) -> F:
    """The flag --no-cache, which `resolved` reads."""
    meaning = "Neither read nor keep answers; the same as --cache none."
    return click.option("--no-cache", is_flag=True, help=meaning)(function)


def inputs(function: F) -> F:
    """The argument INPUT...: files, folders or glob patterns."""
    return click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)(function)


def maybe_inputs(function: F) -> F:
    """The argument INPUT..., for commands that may know their inputs from elsewhere."""
    return click.argument("inputs", metavar="[INPUT]...", nargs=-1)(function)


def _option(name: str) -> Callable[[F], F]:
    field = Settings.model_fields[name]
    default = field.default
    shown = f"  [default: {default}]" if isinstance(default, str | int | float) else ""
    shown = f"  [default: {ADAPTIVE}]" if name == "concurrency" else shown
    help_ = f"{field.description}{shown}"
    if name == "mode":
        from extract.request import MODES

        return click.option(flag(name), type=click.Choice((AUTO, *MODES)), help=help_)
    if name in SWITCHES:
        both = f"{flag(name)}/--no-{flag(name)[2:]}"
        return click.option(both, name, default=None, help=f"{help_}  [default: {AUTO}]")
    if name == "headers":
        return click.option(
            flag(name),
            name,
            metavar="NAME=VALUE",
            multiple=True,
            callback=lambda _, __, given: given or None,
            help=help_,
        )
    metavar = "FILE" if name in ("prices", "api_key_file") else _metavar(field.annotation)
    return click.option(flag(name), name, metavar=metavar, help=help_)


def _metavar(annotation: Any) -> str:
    kinds = (annotation, get_origin(annotation), *get_args(annotation))
    return next((metavar for kind, metavar in _METAVARS.items() if kind in kinds), "TEXT")
