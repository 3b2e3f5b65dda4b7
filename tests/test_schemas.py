"""The set of record types: what each must have, how a new one is picked up, what the package may import."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import schemas
from extract import prompt
from extract.document import Document
from extract.notation import json_schema, notation
from schemas import Answer, Record
from tests.records import HEAD, UNRESOLVED

PORT_CALL = """
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas._record import Place, Record, When
from schemas._types import AsWritten, Long, NullIfNotStated


class PortCall(Record):
    '''A warship calls at a port of another state.'''

    plural: ClassVar[str] = "port_calls"

    status: Literal["planned", "completed"]
    date: When
    place: Place | None = None
    ship: Annotated[Long | None, NullIfNotStated, AsWritten()] = Field(description="as written: its name")
"""
PORT_CALL_PROMPT = """+++
records = ["port_call"]
why = "A type of our own."
+++
{% block system %}
{% include "_shared/task.md" %}
{% if "port_call" in records %}Ships count.{% endif %}
{% include "_shared/form.md" %}
{% endblock %}
{% block user %}
{% include "_shared/report.md" %}
{% endblock %}
"""


@pytest.fixture
def port_call(tmp_path, monkeypatch) -> Iterator[type[Record]]:
    """A fourth record type: one file beside the others."""
    (tmp_path / "port_call.py").write_text(PORT_CALL, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(schemas, "__path__", [*schemas.__path__, str(tmp_path)])
        _forget()
        yield schemas.get("port_call")
    _forget()


def _forget() -> None:
    """Let the next test see the record types that are there then."""
    importlib.invalidate_caches()
    schemas.names.cache_clear()
    schemas.get.cache_clear()
    for name in [name for name in sys.modules if name == "schemas.port_call"]:
        del sys.modules[name]


def missing(name: str, folder: Path) -> list[str]:
    """What a record type lacks to be complete."""
    try:
        record = schemas.get(name)
    except TypeError as error:
        return [str(error)]
    lacks = [] if record.__dict__.get("plural") else [f"schemas/{name}.py: {record.__name__} has no plural"]
    lacks += [f"schemas/{name}.py: {field} has no description" for field in _undescribed(record)]
    path = folder / name / "v1.md"
    if not path.exists():
        return [*lacks, f"prompts/{name}/v1.md is missing"]
    listed = tomllib.loads(path.read_text(encoding="utf-8").split("+++")[1]).get("records")
    return lacks if listed == [name] else [*lacks, f"prompts/{name}/v1.md has records = {listed}, not [{name!r}]"]


def _undescribed(record: type[Record]) -> list[str]:
    """Fields of a record, and of its parts, that neither a description nor a type with a name explains."""
    schema = record.model_json_schema()
    kinds = {record.__name__: schema, **schema.get("$defs", {})}
    return [
        f"{kind}.{name}"
        for kind, definition in kinds.items()
        for name, field in definition.get("properties", {}).items()
        if "description" not in field and not _is_named(field)
    ]


def _is_named(field: Mapping[str, Any]) -> bool:
    if "anyOf" in field:
        return any(_is_named(option) for option in field["anyOf"])
    return "$ref" in field or "enum" in field or _is_named(field.get("items", {}))


@pytest.mark.parametrize("name", schemas.names())
def test_a_record_type_has_its_class_its_plural_its_descriptions_and_its_prompt(name):
    assert missing(name, prompt.SHIPPED) == []


def test_the_contract_says_which_of_the_things_is_missing(port_call, tmp_path, monkeypatch):
    monkeypatch.setattr(port_call, "plural", "")
    (tmp_path / "port_call").mkdir()
    (tmp_path / "port_call" / "v1.md").write_text('+++\nrecords = ["meeting"]\n+++\n', encoding="utf-8")

    assert missing("port_call", prompt.SHIPPED) == [
        "schemas/port_call.py: PortCall has no plural",
        "prompts/port_call/v1.md is missing",
    ]
    assert missing("port_call", tmp_path) == [
        "schemas/port_call.py: PortCall has no plural",
        "prompts/port_call/v1.md has records = ['meeting'], not ['port_call']",
    ]


def test_the_plurals_name_one_list_each_in_an_answer():
    plurals = [schemas.get(name).plural for name in schemas.names()]

    assert len(set(plurals)) == len(plurals)
    assert not [plural for plural in plurals if hasattr(Answer, plural) or plural in Answer.model_fields]


def test_an_unknown_record_type_is_answered_with_those_there_are():
    with pytest.raises(KeyError, match="unknown schema 'parade'; there are: agreement, exercise, meeting"):
        schemas.get("parade")


@pytest.mark.parametrize("name", schemas.names())
def test_a_record_type_is_known_by_the_name_of_its_file(name):
    assert schemas.name_of(schemas.get(name)) == name


def test_a_file_without_its_class_says_which_class_it_must_define(tmp_path, monkeypatch):
    (tmp_path / "port_call.py").write_text("class Portcall: ...", encoding="utf-8")
    monkeypatch.setattr(schemas, "__path__", [*schemas.__path__, str(tmp_path)])
    _forget()

    try:
        with pytest.raises(TypeError, match=r"schemas/port_call\.py must define a class PortCall that is a Record"):
            schemas.get("port_call")
    finally:
        monkeypatch.undo()
        _forget()


def test_a_new_file_is_a_new_record_type(port_call):
    assert schemas.names() == ("agreement", "exercise", "meeting", "port_call")
    assert schemas.name_of(port_call) == "port_call"


def test_a_new_record_type_has_a_list_in_an_answer(port_call):
    record = {**HEAD, "status": "completed", "date": UNRESOLVED, "ship": "unknown"}

    answer = schemas.answer_type([port_call, schemas.get("meeting")]).model_validate(
        {"port_calls": [record], "meetings": []}
    )

    assert [(path, type(found)) for path, found in answer.records()] == [("port_calls[0]", port_call)]


def test_a_new_record_type_is_shown_to_a_model(port_call):
    shown = notation(json_schema(schemas.answer_type([port_call]))).splitlines()

    assert {"port_calls: [PortCall]", "status: planned|completed", "ship*? // its name"} <= set(shown)


def test_a_prompt_in_a_users_folder_asks_for_a_new_record_type(port_call, tmp_path):
    folder = tmp_path / "prompts"
    (folder / "port_call").mkdir(parents=True)
    (folder / "port_call" / "v1.md").write_text(PORT_CALL_PROMPT, encoding="utf-8")

    loaded = prompt.load("port_call", (folder, prompt.SHIPPED))
    system, user = loaded.messages(Document(id="one", text="A ship came."), "json_schema")

    assert loaded.records == (port_call,)
    assert "you record every port call." in system["content"]
    assert "Ships count." in system["content"]
    assert "port_calls: [PortCall]" in system["content"]
    assert "A ship came." in user["content"]


def test_the_records_import_the_standard_library_and_pydantic_only():
    code = (
        "import sys; before = set(sys.modules); import schemas\n"
        "for name in schemas.names(): schemas.get(name)\n"
        "import json; print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(schemas.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    pydantic = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
    others = set(json.loads(done.stdout)) - sys.stdlib_module_names - pydantic

    # The interpreter's own build data is a module with an underscore.
    assert {name for name in others if not name.startswith("_")} == {"schemas"}
