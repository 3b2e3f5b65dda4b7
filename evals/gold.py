"""Gold: documents labelled by hand, and what is wrong with a label."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import schemas
from evals import alternatives
from extract.document import Document, Failure
from extract.documents import read
from extract.errors import InputError
from extract.ground import Text, tail_start
from schemas import Published, Record

FOLDER = Path(__file__).resolve().parent / "gold"
SPLITS = ("dev", "test")

# What a label may say of a record beside the record's own fields.
EXTRAS = ("type", "optional", "borderline", "note", "alternatives")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class GoldRecord:
    """One labelled record.

    `fields` holds its values as plain JSON; a field that is absent is not annotated. `alternatives`
    gives other right values by the field's path. `optional`: to find it earns credit, to miss it
    costs nothing; `borderline`: it is not scored either way.
    """

    type: str
    fields: Mapping[str, Any]
    optional: bool = False
    borderline: bool = False
    alternatives: Mapping[str, list[Any]] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class GoldDocument:
    """A document with its labels, the story it tells and the split it belongs to.

    `must_pass`: the gate stops a run that gets it wrong when the baseline got it right, whatever the sum.
    """

    document: Document
    records: tuple[GoldRecord, ...]
    printed: Published | None = None
    tail_quote: str | None = None
    story: str = ""
    split: str = "dev"
    tags: tuple[str, ...] = ()
    language: str = ""
    must_pass: bool = False

    @property
    def id(self) -> str:
        """The document's id."""
        return self.document.id


def load(folder: Path = FOLDER, *, labels: str = "labels", seeds: Path | None = None) -> list[GoldDocument]:
    """All labelled documents, sorted by id; InputError names what cannot be used."""
    documents = _documents(folder, seeds)
    found = []
    for path in sorted((folder / labels).glob("*.json")):
        if path.stem not in documents:
            raise InputError(f"{path}: there is no document {path.stem!r}; its text belongs in {folder / 'documents'}")
        document, about = documents[path.stem]
        found.append(_label(path, document, about))
    return found


def _documents(folder: Path, seeds: Path | None) -> dict[str, tuple[Document, dict[str, str]]]:
    found: dict[str, tuple[Document, dict[str, str]]] = {}
    places = [folder / "documents", seeds or folder.parent.parent / "seeds"]
    for item in read([str(place) for place in places if place.is_dir()]):
        if isinstance(item, Failure):
            raise InputError(f"{item.path}: {item.message}")
        found[item.id] = (item, _front(Path(item.path or "")))
    return found


def _front(path: Path) -> dict[str, str]:
    """The front matter of a document: `key: value` lines."""
    match = _FRONT.match(path.read_text(encoding="utf-8")) if path.suffix == ".md" else None
    pairs = (line.split(":", 1) for line in match[1].splitlines() if ":" in line) if match else ()
    return {key.strip(): value.strip() for key, value in pairs}


def _label(path: Path, document: Document, about: Mapping[str, str]) -> GoldDocument:
    try:
        label = json.loads(path.read_text(encoding="utf-8"))
        printed = Published.model_validate(label["published"]) if label.get("published") else None
        records = tuple(_record(value) for value in label["records"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a label: {error}") from error
    return GoldDocument(
        document=document,
        records=records,
        printed=printed,
        tail_quote=label.get("tail_quote"),
        story=about.get("story") or document.id,
        split=about.get("split") or label.get("split", "dev"),
        tags=tuple(tag.strip() for tag in about.get("tags", "").split(",") if tag.strip()),
        language=about.get("language") or label.get("language", ""),
        must_pass=bool(label.get("must_pass", False)),
    )


def _record(value: Mapping[str, Any]) -> GoldRecord:
    fields = {name: item for name, item in value.items() if name not in EXTRAS and item != "?"}
    return GoldRecord(
        type=value["type"],
        fields=fields,
        optional=bool(value.get("optional", False)),
        borderline=bool(value.get("borderline", False)),
        alternatives=value.get("alternatives", {}),
        note=value.get("note", ""),
    )


def check(gold: GoldDocument) -> Iterator[str]:
    """What is wrong with a label, a line each: form, dates, duplicates, quotes and values that are not in the text."""
    text = Text(gold.document.text)
    if gold.split not in SPLITS:
        yield f"{gold.id}: split {gold.split!r} is none of {', '.join(SPLITS)}"
    if gold.tail_quote and tail_start(text, gold.tail_quote) is None:
        yield f"{gold.id}: tail_quote is not in the text: {gold.tail_quote!r}"
    if gold.printed and not text.locate_value(gold.printed.text):
        yield f"{gold.id}: published.text is not in the text: {gold.printed.text!r}"
    known = gold.document.published or (gold.printed.date if gold.printed else None)
    seen: set[str] = set()
    for number, record in enumerate(gold.records):
        where = f"{gold.id}: records[{number}]"
        yield from _check_record(where, record, text, known)
        for path in alternatives.broken(record.fields, record.alternatives):
            yield f"{where}: alternatives: the record has no {path!r}"
        same = json.dumps([record.type, {**record.fields, "summary": None, "evidence": None}], sort_keys=True)
        if same in seen:
            yield f"{where}: the same record twice"
        seen.add(same)


def _check_record(where: str, gold: GoldRecord, text: Text, published: str | None) -> Iterator[str]:
    try:
        record = as_record(gold)
    except KeyError as error:
        yield f"{where}: {error.args[0]}"
        return
    except ValidationError as error:
        for detail in error.errors():
            yield f"{where}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}"
        return
    for path, quote in record.quotes():
        span = text.locate(quote)
        if span is None or span.match != "verbatim":
            yield f"{where}.{path}: not verbatim in the text: {quote!r}"
    for path, value in record.written():
        if text.locate_value(value) is None:
            yield f"{where}.{path}: not in the text: {value!r}"
    if record.when.basis == "publication" and not published:
        yield f"{where}.date: basis publication, but no publication date is known"
    unknown = sorted(set(gold.fields) - set(type(record).model_fields))
    if unknown:
        yield f"{where}: unknown fields {', '.join(unknown)}"


def as_record(gold: GoldRecord) -> Record:
    """The labelled record as a record; ValidationError or KeyError if it is none."""
    # Aliases are the scorer's; a record knows none.
    fields = json.loads(json.dumps(gold.fields))
    for name in ("participants", "signatories", "forces", "parties"):
        for member in fields.get(name) or []:
            member.pop("aliases", None)
    return schemas.get(gold.type).model_validate({"summary": "(not scored)", **fields})
