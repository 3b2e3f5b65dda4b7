"""mahdar schemas."""

from __future__ import annotations

import json
import textwrap

import click

import schemas
from extract.errors import ConfigError
from extract.notation import json_schema, notation
from extract.tokens import estimate
from schemas import Record

WIDTH = 100


@click.command("schemas")
@click.argument("name", required=False)
@click.option("--json", "form", flag_value="json", help="Print the JSON Schema as it is sent.")
@click.option("--notation", "form", flag_value="notation", help="Print the type notation that prompts show.")
def command(name: str | None, form: str | None) -> None:
    """List the record types with their sizes, or print one (or "all" of them as one answer).

    With --json or --notation and no name, all are printed. Tokens are estimated for an answer
    that holds records of that type.
    """
    if name is None and form is None:
        _list()
        return
    answer = schemas.answer_type(_kinds(name or "all"))
    if form == "json":
        click.echo(json.dumps(json_schema(answer), ensure_ascii=False, indent=2))
    else:
        click.echo(notation(json_schema(answer)))


def _list() -> None:
    click.echo(f"{'schema':<12}{'fields':>7}{'JSON Schema':>14}{'as sent':>10}{'notation':>10}   what it is")
    for name in (*schemas.names(), "all"):
        kinds = _kinds(name)
        answer = schemas.answer_type(kinds)
        sizes = [json.dumps(answer.model_json_schema()), json.dumps(json_schema(answer)), notation(json_schema(answer))]
        raw, sent, shown = (f"{round(estimate(text), -1):,}" for text in sizes)
        fields = sum(len(kind.model_fields) for kind in kinds)
        meaning = "all record types in one answer" if name == "all" else _first_line(kinds[0])
        head = f"{name:<12}{fields:>7}{raw:>14}{sent:>10}{shown:>10}   "
        click.echo(textwrap.fill(meaning, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)))
    click.echo("sizes in tokens, estimated to the ten")


def _kinds(name: str) -> list[type[Record]]:
    if name == "all":
        return [schemas.get(each) for each in schemas.names()]
    try:
        return [schemas.get(name)]
    except KeyError as error:
        raise ConfigError(f"{error.args[0]}, all") from error


def _first_line(kind: type[Record]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]
