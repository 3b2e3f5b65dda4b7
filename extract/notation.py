"""JSON Schema as a model is shown it: a sent form without ballast, and a compact type notation."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]

# Keys that change nothing about what is valid, or that only pydantic reads.
_BALLAST = ("title", "default")

LEGEND = "`name` is a string, `*` copied as written, `?` or null, `[…]` a list, `a|b` one of, `//` a comment."

_REFERENCE = re.compile(r'"#/\$defs/(\w+)"')
# How the description of a field begins whose value is copied from the report.
_AS_WRITTEN = re.compile(r"as written\b[:,]? ?")


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
    """The schema as types, one field a line.

    Of a description the part before "; " is a comment, given where it first stands; "as written"
    becomes a mark. A type that is used once is written where it is used.
    """
    types = schema.get("$defs", {})
    uses = Counter(_REFERENCE.findall(json.dumps(schema)))
    said: set[str] = set()
    once = {name: _type(kind, {}) for name, kind in types.items() if "properties" not in kind and uses[name] == 1}
    lines = [_fields(schema, "", said, once)]
    for name, definition in types.items():
        if "properties" in definition:
            lines.append(_fields(definition, f"{name} ", said, once))
        elif name not in once:
            lines.append(f"{name} = {_type(definition, {})}")
    return "\n".join(lines)


def _fields(schema: Schema, name: str, said: set[str], once: Mapping[str, str]) -> str:
    fields = (_field(key, value, said, once) for key, value in schema["properties"].items())
    return "\n".join([f"{name}{{", *fields, "}"])


def _field(name: str, schema: Schema, said: set[str], once: Mapping[str, str]) -> str:
    options = schema.get("anyOf", [schema])
    kinds = [option for option in options if option.get("type") != "null"]
    brief = schema.get("description", "").split("; ")[0]
    comment = _AS_WRITTEN.sub("", brief, count=1)
    name += "*" if comment != brief else ""
    name += "?" if len(kinds) < len(options) else ""
    kind = "|".join(_type(option, once) for option in kinds)
    typed = name if kind == "str" else f"{name}: {kind}"
    line = f"{typed} // {comment}" if comment else typed
    if line in said:
        return typed
    said.add(line)
    return line


def _type(schema: Schema, once: Mapping[str, str]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[1]
        return once.get(name, name)
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type")
    if kind == "array":
        return f"[{_type(schema['items'], once)}]"
    return {"string": "str", "integer": "int", "number": "number", "boolean": "bool"}.get(str(kind), "any")
