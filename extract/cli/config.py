"""mahdar config."""

from __future__ import annotations

from typing import Any

import click

from extract.cli import options
from extract.settings import Settings


@click.command("config")
@options.settings(*Settings.model_fields)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool, **flags: Any) -> None:
    """Print every setting, its value and where it came from; keys are masked.

    Settings come from flags, the environment (MAHDAR_*, then OPENAI_BASE_URL and OPENAI_API_KEY),
    mahdar.toml, the table [tool.mahdar] of pyproject.toml, and the defaults, in this order.
    """
    rows = options.resolved(flags).rows()
    if as_json:
        import json

        settings = {name: {"value": value, "from": where} for name, value, where in rows}
        click.echo(json.dumps(settings, ensure_ascii=False, indent=2))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, where in rows:
        click.echo(f"{name:<{width}}  {value}  ({where})")
