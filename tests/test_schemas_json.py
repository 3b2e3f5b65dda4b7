"""The JSON Schema of an answer keeps to what grammars of local servers can follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import schemas
from extract.notation import json_schema
from schemas import Answer

# llama.cpp turns numeric bounds into large grammars or refuses them; servers ignore or refuse the others.
NOT_FOLLOWED = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
NOT_FOLLOWED |= {"oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas", "patternProperties", "uniqueItems"}

KINDS = {name: [schemas.get(name)] for name in schemas.names()} | {"all": list(map(schemas.get, schemas.names()))}
answers = pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)


def fields(model: type[Answer]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and schema of every field, and of what stands within it."""
    schema = json_schema(model)
    for definition in (schema, *schema["$defs"].values()):
        for name, field in definition.get("properties", {}).items():
            for node in _nodes(field):
                yield name, node


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for option in node.get("anyOf", []):
        yield from _nodes(option)
    if "items" in node:
        yield from _nodes(node["items"])


@answers
def test_no_keyword_is_used_that_a_grammar_cannot_follow(kinds):
    model = schemas.answer_type(kinds)

    assert [(name, NOT_FOLLOWED & set(node)) for name, node in fields(model) if NOT_FOLLOWED & set(node)] == []


@answers
def test_no_pattern_looks_around_or_refers_back(kinds):
    patterns = {node["pattern"] for _, node in fields(schemas.answer_type(kinds)) if "pattern" in node}

    assert patterns
    assert [pattern for pattern in patterns if "(?" in pattern or "\\" in pattern] == []


@answers
def test_every_pattern_is_anchored_at_both_ends(kinds):
    patterns = {node["pattern"] for _, node in fields(schemas.answer_type(kinds)) if "pattern" in node}

    assert [pattern for pattern in patterns if not (pattern.startswith("^") and pattern.endswith("$"))] == []


@answers
def test_every_text_is_bounded(kinds):
    texts = [(name, node) for name, node in fields(schemas.answer_type(kinds)) if node.get("type") == "string"]

    assert [name for name, node in texts if not node.keys() & {"maxLength", "pattern", "enum", "const"}] == []


@answers
def test_every_list_is_bounded(kinds):
    lists = [(name, node) for name, node in fields(schemas.answer_type(kinds)) if node.get("type") == "array"]

    assert lists
    assert [name for name, node in lists if "maxItems" not in node] == []


@answers
def test_an_answer_has_a_list_for_each_record_type_after_what_it_says_of_the_document(kinds):
    schema = json_schema(schemas.answer_type(kinds))

    assert list(schema["properties"]) == ["published", "tail_quote", *(kind.plural for kind in kinds)]


@answers
def test_what_is_required_is_named_once_and_is_there(kinds):
    schema = json_schema(schemas.answer_type(kinds))

    for definition in (schema, *schema["$defs"].values()):
        required = definition.get("required", [])
        assert len(set(required)) == len(required)
        assert set(required) <= definition.get("properties", {}).keys()


@answers
def test_quotes_come_before_the_fields_that_are_read_from_them(kinds):
    schema = json_schema(schemas.answer_type(kinds))

    assert {next(iter(schema["$defs"][kind.__name__]["properties"])) for kind in kinds} == {"evidence"}
