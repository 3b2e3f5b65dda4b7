"""Options that several commands share, made from the settings themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from extract.settings import Resolved, Settings, resolve

F = TypeVar("F", bound=Callable[..., Any])

ENDPOINT = ("base_url", "model", "api_key", "mode", "temperature", "max_tokens", "seed", "extra", "endpoint")
PATIENCE = ("max_reasks", "concurrency", "timeout_s", "connect_timeout_s", "max_tries")


def settings(*names: str) -> Callable[[F], F]:
    """Options for these settings; what they may be is checked where they are resolved."""

    def decorate(function: F) -> F:
        for name in reversed(names):
            function = _option(name)(function)
        return function

    return decorate


def resolved(flags: dict[str, Any]) -> Resolved:
    """Settings of a command's flags; warnings go to stderr."""
    found = resolve({name: flags[name] for name in flags if name in Settings.model_fields})
    for warning in found.warnings:
        click.echo(f"mahdar: warning: {warning}", err=True)
    return found


def metadata(function: F) -> F:
    """Options that say of all reports what no file says of them."""
    for name, meaning in (
        ("published", "Publication day (YYYY-MM-DD) of reports that have none."),
        ("source", "Outlet of reports that name none."),
        ("language", "Language (ISO 639 code) of reports that state none."),
    ):
        function = click.option(f"--{name}", metavar="TEXT", help=meaning)(function)
    return function


def inputs(function: F) -> F:
    """The argument INPUT...: files, folders or glob patterns."""
    return click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)(function)


def _option(name: str) -> Callable[[F], F]:
    field = Settings.model_fields[name]
    default = field.default
    shown = f"  [default: {default}]" if isinstance(default, str | int | float) else ""
    help_ = f"{field.description}{shown}"
    flag = f"--{name.replace('_', '-')}"
    if name == "mode":
        from extract.request import MODES

        return click.option(flag, type=click.Choice(MODES), help=help_)
    kind = "DIR" if field.annotation in (Path, Path | None) else "TEXT"
    return click.option(flag, name, metavar=kind, help=help_)
