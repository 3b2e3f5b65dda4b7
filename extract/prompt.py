"""Prompts: Jinja2 templates with a front matter, one file a version, rendered into messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemas
from extract.document import Document
from extract.errors import ConfigError, InputError
from extract.notation import LEGEND, json_schema, notation
from extract.request import Form, Message, Mode
from schemas import Answer, Record

if TYPE_CHECKING:
    from jinja2 import Environment, Template

SHIPPED = Path(__file__).resolve().parent.parent / "prompts"
PARTS = ("system", "user")
KNOWN = ("records", "wanted", "notation", "legend", "published", "source", "text", "fence")

_FRONT = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n", re.DOTALL)
_VERSION = re.compile(r"v([0-9]+)\Z")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One version of a task's prompt: what it asks for, and its two parts as templates."""

    task: str
    version: str
    path: Path
    records: tuple[type[Record], ...]
    parent: str | None
    why: str
    _template: Template

    @property
    def name(self) -> str:
        """The name that users write: `events/v1`."""
        return f"{self.task}/{self.version}"

    @cached_property
    def answer(self) -> type[Answer]:
        """The model of an answer to this prompt."""
        return schemas.answer_type(self.records)

    @cached_property
    def form(self) -> Form:
        """The form of an answer as it is sent."""
        return Form(self.task, json_schema(self.answer))

    @cached_property
    def notation(self) -> str:
        """The form of an answer as types, for modes in which the model is not shown the schema."""
        return notation(self.form.schema)

    @lru_cache(maxsize=4)  # noqa: B019  a prompt lives as long as the program
    def system(self, mode: Mode) -> str:
        """The system message, the same for every document."""
        shown = None if mode == "tools" else self.notation
        return self._part("system", {**self._asked, "notation": shown, "legend": LEGEND})

    def messages(self, document: Document, mode: Mode) -> tuple[Message, ...]:
        """The prompt for one document; InputError if a variable is missing or unknown."""
        values = {
            **self._asked,
            "text": document.text.strip("\n"),
            "published": document.published,
            "source": document.source,
            "fence": _fence(document.text),
        }
        user = self._part("user", values)
        return ({"role": "system", "content": self.system(mode)}, {"role": "user", "content": user})

    @cached_property
    def digest(self) -> str:
        """Hash (16 hex digits) of all that the prompt's text depends on, included parts too."""
        probe = Document(id="probe", text="text", published="2000-01-01", source="source")
        text = "\0".join(str(message["content"]) for message in self.messages(probe, "json_schema"))
        return blake2b(text.encode(), digest_size=8).hexdigest()

    @cached_property
    def _asked(self) -> dict[str, Any]:
        kinds = [kind.__name__.lower() for kind in self.records]
        *first, last = kinds
        return {"records": kinds, "wanted": f"{', '.join(first)} and {last}" if first else last}

    def _part(self, part: str, values: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError

        try:
            context = self._template.new_context(dict(values))
            text = "".join(self._template.blocks[part](context))
        except TemplateError as error:
            raise InputError(f"{self.path}: the {part} part: {error}; {_MAY_USE}") from error
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


_MAY_USE = f"a prompt may use: {', '.join(KNOWN)}"


def _fence(text: str) -> str:
    """A tag's name such that the text does not hold that tag and so cannot close its fence."""
    name, number = "report", 1
    while f"{name}>" in text.casefold():
        number += 1
        name = f"report-{number}"
    return name


def names(folders: Sequence[Path] = (SHIPPED,)) -> list[str]:
    """All prompts there are, as `task/version`, versions in their order."""
    found = {f"{path.parent.name}/{path.stem}" for folder in folders for path in folder.glob("*/v*.md")}
    return sorted((name for name in found if _VERSION.search(name)), key=_order)


def load(name: str, folders: Sequence[Path] = (SHIPPED,)) -> Prompt:
    """The prompt called `task/vN`, or the newest version of `task`.

    The first folder that has it wins. Raises ConfigError if there is none of that name
    and InputError if its file cannot be used.
    """
    there = names(folders)
    full = name if name in there else next((each for each in reversed(there) if each.startswith(f"{name}/")), None)
    if full is None:
        raise ConfigError(f"unknown prompt {name!r}; there are: {', '.join(there) or 'none'}")
    path = next(path for folder in folders if (path := folder / f"{full}.md").exists())
    return _read(path, folders)


def _order(name: str) -> tuple[str, int]:
    task, version = name.rsplit("/", 1)
    return task, int(version[1:])


def _read(path: Path, folders: Sequence[Path]) -> Prompt:
    source = path.read_text(encoding="utf-8")
    front = _FRONT.match(source)
    if not front:
        raise InputError(f"{path}: no front matter; begin the file with +++, records = [...], why = ..., +++")
    head = _head(path, front[1])
    return Prompt(
        task=path.parent.name,
        version=path.stem,
        path=path,
        records=tuple(_record(path, name) for name in head["records"]),
        parent=head.get("parent"),
        why=head.get("why", ""),
        _template=_template(path, source[front.end() :], folders),
    )


def _head(path: Path, text: str) -> dict[str, Any]:
    try:
        head = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: the front matter is not TOML: {error}") from error
    if not isinstance(head.get("records"), list) or not head["records"]:
        raise InputError(f"{path}: the front matter must name its record types: records = {list(schemas.names())}")
    return head


def _record(path: Path, name: str) -> type[Record]:
    try:
        return schemas.get(name)
    except KeyError as error:
        raise ConfigError(f"{path}: {error.args[0]}") from error


def _template(path: Path, source: str, folders: Sequence[Path]) -> Template:
    from jinja2 import TemplateError

    environment = _environment(tuple(folders))
    try:
        unknown = _undeclared(environment, source) - set(KNOWN)
        if unknown:
            raise InputError(f"{path}: unknown variable {', '.join(map(repr, sorted(unknown)))}; {_MAY_USE}")
        template = environment.from_string(source)
    except TemplateError as error:
        raise InputError(f"{path}: {error}") from error
    missing = [part for part in PARTS if part not in template.blocks]
    if missing:
        raise InputError(f"{path}: no {{% block {missing[0]} %}}; a prompt has the blocks system and user")
    return template


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...]) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    # A prompt is a text, not HTML: what it holds goes to the model as it stands.
    return SandboxedEnvironment(
        loader=FileSystemLoader([*folders, SHIPPED]),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _undeclared(environment: Environment, source: str) -> set[str]:
    """Variables that a source and all it includes use without setting them."""
    from jinja2 import meta

    tree = environment.parse(source)
    found = meta.find_undeclared_variables(tree)
    for name in meta.find_referenced_templates(tree):
        if name and environment.loader:
            found |= _undeclared(environment, environment.loader.get_source(environment, name)[0])
    return found
