"""Prompts: Jinja2 templates with a front matter, one file a version, rendered into messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

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
_VERSION = re.compile(r"v[0-9]+")
_NOT_UTF8 = "not UTF-8 text; save it as UTF-8"


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
            # An outlet's name may come from a web page: it cannot add lines of its own.
            "source": " ".join(document.source.split()) if document.source else None,
            "fence": _fence(document.text),
        }
        user = self._part("user", values)
        return ({"role": "system", "content": self.system(mode)}, {"role": "user", "content": user})

    @cached_property
    def digest(self) -> str:
        """Hash (16 hex digits) of all that the prompt's text depends on, included parts too."""
        bare = Document(id="bare", text="text")
        known = Document(id="known", text="text", published="2000-01-01", source="source")
        asked = (self.messages(bare, "tools"), self.messages(known, "json_schema"))
        text = "\0".join(str(message["content"]) for messages in asked for message in messages)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    @cached_property
    def _asked(self) -> dict[str, Any]:
        kinds = [schemas.name_of(kind) for kind in self.records]
        *first, last = (kind.replace("_", " ") for kind in kinds)
        return {"records": kinds, "wanted": f"{', '.join(first)} and {last}" if first else last}

    def _part(self, part: str, values: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError

        try:
            context = self._template.new_context(dict(values))
            text = "".join(self._template.blocks[part](context))
        # Operators and filters in a template raise what Python raises.
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            message = f"{self.path}: the {part} part: {error}; this part may use: {', '.join(values)}"
            raise InputError(message) from error
        if "\n\n\n" in text:
            text = re.sub(r"\n{3,}", "\n\n", text)
        return text.strip("\n")


def _fence(text: str) -> str:
    """A tag's name such that the text does not hold that tag and so cannot close its fence."""
    name, number = "report", 1
    if ">" not in text:
        return name
    while re.search(rf"{name}\s*>", text.casefold()):
        number += 1
        name = f"report-{number}"
    return name


def names(folders: Sequence[Path] = (SHIPPED,)) -> list[str]:
    """All prompts there are, as `task/version`, versions in their order."""
    files = (path for folder in folders for path in folder.glob("*/v*.md") if _VERSION.fullmatch(path.stem))
    return sorted({f"{path.parent.name}/{path.stem}" for path in files}, key=_order)


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
    source = _source(path)
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
        # Line breaks stand for the front matter, so that an error names the line of the file.
        _template=_template(path, "\n" * front[0].count("\n") + source[front.end() :], folders),
    )


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: {_NOT_UTF8}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _head(path: Path, text: str) -> dict[str, Any]:
    try:
        head = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: the front matter is not TOML: {error}") from error
    records = head.get("records")
    is_named = isinstance(records, list) and records and all(isinstance(name, str) for name in records)
    if not is_named or len(set(head["records"])) < len(head["records"]):
        there = list(schemas.names())
        raise InputError(f"{path}: the front matter must name its record types, each once: records = {there}")
    return head


def _record(path: Path, name: str) -> type[Record]:
    try:
        return schemas.get(name)
    except KeyError as error:
        raise ConfigError(f"{path}: {error.args[0]}") from error


def _template(path: Path, source: str, folders: Sequence[Path]) -> Template:
    environment = _environment(tuple(folders))
    if environment.cache is not None:
        environment.cache.clear()
    _check(environment, str(path), source)
    template = environment.from_string(source)
    missing = [part for part in PARTS if part not in template.blocks]
    if missing:
        raise InputError(f"{path}: no {{% block {missing[0]} %}}; a prompt has the blocks system and user")
    return template


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...]) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # A prompt is a text, not HTML: what it holds goes to the model as it stands.
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*folders, SHIPPED]),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Parts are read when a prompt is loaded: to look at every document whether one has changed takes half
        # of the time of rendering, and would change the prompt in the middle of a run.
        auto_reload=False,
    )


def _check(environment: Environment, where: str, source: str, within: tuple[str, ...] = ()) -> None:
    """Raise InputError for what a template, or a part that it includes, may not have in it."""
    from jinja2 import TemplateSyntaxError, meta

    try:
        tree = environment.parse(source)
        unknown = meta.find_undeclared_variables(tree) - set(KNOWN)
    except TemplateSyntaxError as error:
        raise InputError(f"{where}:{error.lineno}: {error.message}") from error
    if unknown:
        may_use = f"a prompt may use: {', '.join(KNOWN)}"
        raise InputError(f"{where}: unknown variable {', '.join(map(repr, sorted(unknown)))}; {may_use}")
    for name in filter(None, meta.find_referenced_templates(tree)):
        if name in within:
            raise InputError(f"{where}: includes {name}, which includes this part again; break the circle")
        _check(environment, *_included(environment, where, name), (*within, name))


def _included(environment: Environment, where: str, name: str) -> tuple[str, str]:
    """File and source of a part that a template includes."""
    from jinja2 import FileSystemLoader, TemplateNotFound

    loader = cast("FileSystemLoader", environment.loader)
    try:
        source, file, _ = loader.get_source(environment, name)
    except TemplateNotFound as error:
        folders = ", ".join(dict.fromkeys(loader.searchpath))
        raise InputError(f"{where}: includes {name}, and there is no such file in {folders}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: includes {name}, which is {_NOT_UTF8}") from error
    return file, source
