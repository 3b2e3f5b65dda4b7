"""Runs as the judge sees them: what was predicted for each labelled document."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import schemas
from evals.gold import GoldDocument
from evals.scoring import Item, Score, score
from extract.errors import InputError
from extract.notation import json_schema
from extract.request import Form
from extract.runfiles import MANIFEST, RECORDS, read_failures, read_manifest, read_records

EVALUATION = "eval.json"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One predicted record with the place of its quotes and values."""

    item: Item
    evidence: tuple[Mapping[str, Any], ...]
    values: tuple[Mapping[str, Any], ...]

    @property
    def is_grounded(self) -> bool:
        """Whether at least one quote stands in the report."""
        return any(quote["start"] is not None for quote in self.evidence)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run over labelled documents: its settings, its records and failures by document."""

    folder: Path
    manifest: Mapping[str, Any]
    split: str
    rows: Mapping[str, tuple[Row, ...]]
    failures: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the run is called in tables: its prompt."""
        return str(self.manifest["prompt"]["name"])

    @property
    def documents(self) -> list[str]:
        """Ids of the documents that were asked about."""
        return list(self.rows)

    @property
    def tokens(self) -> tuple[float, float]:
        """Prompt and completion tokens a document."""
        tokens = self.manifest["counts"]["tokens"]
        # Of the whole run: a part of it is not counted by itself.
        number = max(self.manifest["counts"]["documents"], 1)
        return tokens["prompt"] / number, tokens["completion"] / number

    def only(self, names: Collection[str]) -> Run:
        """The same run, cut to some of its documents."""
        return replace(self, rows={name: rows for name, rows in self.rows.items() if name in names})

    def said(self) -> dict[str, list[Item]]:
        """The predicted records by document."""
        return {name: [row.item for row in rows] for name, rows in self.rows.items()}

    def score(self, gold: Sequence[GoldDocument], *, said: Mapping[str, list[Item]] | None = None) -> Score:
        """The run's scores against the gold of its documents; `said` is what `said()` gave, to tell records apart."""
        wanted = {each.id: items(each) for each in gold if each.id in self.rows}
        missing = sorted(set(self.rows) - set(wanted))
        if missing:
            raise InputError(f"{self.folder}: there is no gold for {', '.join(missing[:5])}; run it again")
        types = {kind.lower() for kind in self.manifest["prompt"]["records"]}
        asked = {name: [item for item in each if item.type in types] for name, each in wanted.items()}
        said = said or self.said()
        return score(asked, said, invalid=frozenset(name for name in self.invalid() if not said.get(name)))

    def quotes(self) -> tuple[int, int]:
        """How many quotes there are, and how many of them stand in the reports."""
        found = [quote["start"] is not None for rows in self.rows.values() for row in rows for quote in row.evidence]
        return len(found), sum(found)

    def ungrounded_values(self) -> int:
        """How many values as written stand nowhere in their report."""
        return sum(value["start"] is None for rows in self.rows.values() for row in rows for value in row.values)

    def invalid(self) -> list[str]:
        """Documents of which something failed."""
        return [name for name, failures in self.failures.items() if failures]


def items(gold: GoldDocument) -> list[Item]:
    """The labels of a document as items to score."""
    return [
        Item(
            type=record.type,
            fields=record.fields,
            optional=record.optional,
            borderline=record.borderline,
            alternatives=record.alternatives,
        )
        for record in gold.records
    ]


def load(folder: Path) -> Run:
    """Read an evaluation's run folder; InputError if it is none, or if it was made with another schema."""
    manifest = read_manifest(folder)
    try:
        about = json.loads((folder / EVALUATION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no evaluation: {EVALUATION} is missing or broken; use mahdar eval run") from error
    schema = _schema(manifest)
    if manifest["schema"] != schema:
        raise InputError(_another(folder / MANIFEST, manifest["schema"], schema, manifest))
    rows: dict[str, list[Row]] = {name: [] for name in about["documents"]}
    for number, row in enumerate(read_records(folder), start=1):
        if row["schema"] != schema:
            raise InputError(_another(f"{folder / RECORDS}:{number}", row["schema"], schema, manifest))
        if row["document"] not in rows:
            raise InputError(
                f"{folder / RECORDS}:{number}: {row['document']!r} is none of the documents of {EVALUATION}"
            )
        places = (*row["evidence"], *row["values"])
        nowhere = frozenset(place["path"] for place in places if place["start"] is None)
        item = Item(type=row["type"], fields=row["record"], ungrounded=nowhere)
        rows[row["document"]].append(Row(item=item, evidence=tuple(row["evidence"]), values=tuple(row["values"])))
    failures: dict[str, list[Mapping[str, Any]]] = {}
    for failure in read_failures(folder):
        failures.setdefault(failure["document"], []).append(failure)
    return Run(
        folder=folder,
        manifest=manifest,
        split=about["split"],
        rows={name: tuple(found) for name, found in rows.items()},
        failures={name: tuple(found) for name, found in failures.items()},
    )


def _schema(manifest: Mapping[str, Any]) -> str:
    """The digest that the form of the run's record types has today; InputError of types that are no more."""
    try:
        kinds = [schemas.get(name) for name in manifest["prompt"]["records"]]
    except KeyError as error:
        raise InputError(f"the run holds records of another project: {error.args[0]}") from error
    return Form("", json_schema(schemas.answer_type(tuple(kinds)))).digest


def _another(where: object, then: str, now: str, manifest: Mapping[str, Any]) -> str:
    return (
        f"{where}: made with another version of the schema ({then} then, {now} now), so nothing is scored; "
        f"run it again: mahdar eval run --prompt {manifest['prompt']['name']}"
    )


def digest(gold: Sequence[GoldDocument]) -> str:
    """Hash (16 hex digits) of the documents and labels that scores depend on."""
    state = blake2b(digest_size=8)
    for each in sorted(gold, key=lambda one: one.id):
        labels = [
            [item.type, dict(item.fields), item.optional, item.borderline, item.alternatives] for item in items(each)
        ]
        state.update(json.dumps([each.id, each.document.digest, labels], sort_keys=True, ensure_ascii=False).encode())
    return state.hexdigest()
