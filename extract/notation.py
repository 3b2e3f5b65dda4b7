"""JSON Schema as a model is shown it: a sent form without ballast, and a compact type notation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]

# Keys that change nothing about what is valid, or that only pydantic reads.
_BALLAST = ("title", "default")

LEGEND = "`name` is a string, `?` means or null, `[…]` a list, `a|b` one of, `//` a comment."


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema as it is sent: without titles, defaults and the docstrings of enumerations.

    On the top level every field is required: a grammar puts optional ones last, and what the
    answer says of the whole document is to be settled before its records.
    """
    schema: dict[str, Any] = _lean(model.model_json_schema(), in_properties=False)
    schema["required"] = list(schema["properties"])
    for definition in schema.get("$defs", {}).values():
        if "enum" in definition:
            definition.pop("description", None)
    return schema


def _lean(node: Any, *, in_properties: bool) -> Any:
    if isinstance(node, list):
        return [_lean(item, in_properties=False) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _lean(value, in_properties=key == "properties" and not in_properties)
        for key, value in node.items()
        # In a mapping of properties a key is a field's name, whatever it is called.
        if in_properties or key not in _BALLAST
    }


def notation(schema: Schema) -> str:
    """The schema as types, one field a line; a description is a comment, given where it first stands."""
    said: set[str] = set()
    lines = [_fields(schema, "", said)]
    for name, definition in schema.get("$defs", {}).items():
        if "properties" in definition:
            lines.append(_fields(definition, f"{name} ", said))
        else:
            lines.append(f"{name} = {_type(definition)}")
    return "\n".join(lines)


def _fields(schema: Schema, name: str, said: set[str]) -> str:
    return "\n".join([f"{name}{{", *(_field(key, value, said) for key, value in schema["properties"].items()), "}"])


def _field(name: str, schema: Schema, said: set[str]) -> str:
    options = schema.get("anyOf", [schema])
    kinds = [option for option in options if option.get("type") != "null"]
    mark = "?" if len(kinds) < len(options) else ""
    kind = "|".join(map(_type, kinds))
    typed = f"{name}{mark}" if kind == "str" else f"{name}{mark}: {kind}"
    line = f"{typed} // {schema['description']}" if "description" in schema else typed
    if line in said:
        return typed
    said.add(line)
    return line


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type")
    if kind == "array":
        return f"[{_type(schema['items'])}]"
    return {"string": "str", "integer": "int", "number": "number", "boolean": "bool"}.get(str(kind), "any")
