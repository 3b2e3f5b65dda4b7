"""The form of an answer as it is sent, and as types that a model is shown."""

from __future__ import annotations

import json
import re
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from extract import prompt
from extract.notation import json_schema, notation
from extract.tokens import estimate

PROMPTS = {name: prompt.load(name) for name in prompt.names()}
forms = pytest.mark.parametrize("schema", [each.form.schema for each in PROMPTS.values()], ids=PROMPTS)


class Inner(BaseModel):
    """Something inside."""

    title: str = Field(description="what it is called")
    default: int = 3
    properties: list[str] = Field(default=[], description="what it has")


class Outer(BaseModel):
    """Fields that are called like keywords of JSON Schema."""

    title: str | None = None
    default: Inner
    properties: Inner | None = None
    version: Literal["one"] = "one"
    size: float = 1.0


def blocks(text: str) -> dict[str, list[str]]:
    """Names of the fields of each type in a notation; the answer itself has no name."""
    found: dict[str, list[str]] = {}
    for block in text.split("}"):
        head, brace, body = block.rpartition("{\n")
        if brace:
            name = head.rsplit("\n", 1)[-1].strip()
            found[name] = [line.split(" //")[0].split(":")[0].rstrip("?*") for line in body.splitlines()]
    return found


@forms
def test_the_notation_names_every_field_in_its_order(schema):
    types = {name: definition for name, definition in schema["$defs"].items() if "properties" in definition}

    assert blocks(notation(schema)) == {
        "": list(schema["properties"]),
        **{name: list(definition["properties"]) for name, definition in types.items()},
    }


@forms
def test_the_notation_holds_every_list_of_values(schema):
    definitions = [schema, *schema["$defs"].values()]
    nodes = [*definitions, *(field for each in definitions for field in each.get("properties", {}).values())]
    lists = ["|".join(node["enum"]) for node in nodes if "enum" in node]

    shown = notation(schema)

    assert lists
    assert [values for values in lists if values not in shown] == []


@forms
def test_a_list_of_values_with_a_name_stands_once(schema):
    lists = ["|".join(definition["enum"]) for definition in schema["$defs"].values() if "enum" in definition]

    assert {values: notation(schema).count(values) for values in lists} == dict.fromkeys(lists, 1)


@forms
def test_the_notation_says_the_brief_of_every_description_and_none_twice_of_one_field(schema):
    fields = [field for each in [schema, *schema["$defs"].values()] for field in each.get("properties", {}).values()]
    briefs = {field["description"].split("; ")[0] for field in fields if "description" in field}
    comments = {re.sub(r"^as written[:,]? ?", "", brief) for brief in briefs} - {""}

    lines = [line for line in notation(schema).splitlines() if "//" in line]

    assert {line.split("// ", 1)[1] for line in lines} == comments
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("name", PROMPTS)
def test_the_notation_costs_a_quarter_of_the_json_schema(name):
    loaded = PROMPTS[name]
    # Without spaces, the shape most in the schema's favour; as instructor would show it the share is a sixth.
    schema = json.dumps(loaded.answer.model_json_schema(), ensure_ascii=False, separators=(",", ":"))

    assert estimate(loaded.notation) / estimate(schema) < 0.255


def test_a_value_as_written_is_marked_and_what_follows_a_semicolon_is_left_out():
    class Line(BaseModel):
        spoken: str | None = Field(default=None, description="as written, without marks; the fullest form")
        plain: str = Field(description="as written")

    assert notation(json_schema(Line)).splitlines() == ["{", "spoken*? // without marks", "plain*", "}"]


def test_the_notation_reads_like_types():
    assert notation(json_schema(Outer)) == "\n".join(
        [
            "{",
            "title?",
            "default: Inner",
            "properties?: Inner",
            "version: one",
            "size: number",
            "}",
            "Inner {",
            "title // what it is called",
            "default: int",
            "properties: [str] // what it has",
            "}",
        ]
    )


def test_a_field_keeps_its_name_even_if_a_keyword_is_called_so():
    schema = json_schema(Outer)

    assert list(schema["properties"]) == ["title", "default", "properties", "version", "size"]
    assert list(schema["$defs"]["Inner"]["properties"]) == ["title", "default", "properties"]


@forms
def test_titles_and_defaults_are_not_sent(schema):
    fields = [field for each in [schema, *schema["$defs"].values()] for field in each.get("properties", {}).values()]
    nodes = [schema, *schema["$defs"].values(), *fields]

    assert [node for node in nodes if {"title", "default"} & node.keys()] == []


@forms
def test_every_field_of_the_answer_itself_is_required(schema):
    assert schema["required"] == list(schema["properties"])


@forms
def test_a_list_of_values_is_sent_without_its_docstring(schema):
    assert [each for each in schema["$defs"].values() if "enum" in each and "description" in each] == []


def test_the_model_itself_keeps_its_schema():
    before = json.dumps(Outer.model_json_schema())

    json_schema(Outer)

    assert json.dumps(Outer.model_json_schema()) == before
