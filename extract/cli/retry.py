"""The documents that failed in a run, to be tried again as they were asked then."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extract.document import Document, Failure
from extract.documents.part import STDIN
from extract.errors import ConfigError, InputError
from extract.runfiles import folder_of, inputs_of, read_failures, read_manifest
from extract.settings import CAN_BE_NONE

# What a run was asked with, where the user does not say otherwise now: all that decides on requests and documents.
_ADDRESS = ("base_url", "endpoint", "azure")
_OPTIONS = ("temperature", "max_tokens", "seed", "extra", "reasoning_effort", "context", "max_reasks")
_KEPT = ("model", *_ADDRESS, "mode", *_OPTIONS, "max_chars", "prompts")
_METADATA = ("published", "source", "language")


@dataclass(frozen=True, kw_only=True)
class Again:
    """What failed in a run: its folder, its inputs, its flags, and its documents by their ids.

    Of a document that had another's id, `places` has the place, as the id is that of a good one.
    """

    run: Path
    inputs: tuple[str, ...]
    kept: Mapping[str, Any]
    ids: frozenset[str]
    places: frozenset[str] = field(default_factory=frozenset)

    def __len__(self) -> int:
        return len(self.ids) + len(self.places)

    def flags(self, flags: Mapping[str, Any]) -> dict[str, Any]:
        """A command's flags, and what the run had where they say nothing."""
        # Another address has a label and a way with keys of its own.
        is_moved = flags.get("base_url") is not None
        known = {name: value for name, value in self.kept.items() if not (is_moved and name in _ADDRESS)}
        return {**flags, **{name: value for name, value in known.items() if flags.get(name) is None}}

    def spare(self, out: Path | None) -> None:
        """ConfigError if the run that is read would be written over."""
        if out is not None and out.exists() and out.samefile(self.run):
            raise ConfigError(
                f"{out}: --retry-failed reads this run, and its records would be lost; "
                "what is tried again goes into a folder of its own: name another with --out DIR"
            )

    def only(self, documents: Iterable[Document | Failure]) -> Iterator[Document | Failure]:
        """Those of the documents that failed."""
        return filter(self._is_wanted, documents)

    def _is_wanted(self, item: Document | Failure) -> bool:
        if self.places and item.path is not None and _place(item.path, Path.cwd()) in self.places:
            return True
        if isinstance(item, Document):
            return item.id in self.ids
        return item.kind != "duplicate_id" and item.document in self.ids


def of(run: Path, inputs: tuple[str, ...] = ()) -> Again:
    """What failed in a run folder, among `inputs` if they are given, else among those of the run.

    InputError if the folder is no run, if no document failed there, or if its inputs cannot be read again.
    """
    made = read_manifest(run)
    ids, places = set(), set()
    for row in read_failures(run):
        if row["kind"] == "duplicate_id":
            places.add(_place(row["path"], folder_of(made)))
        # What is wrong with a date or an outlet has taken no document away.
        elif row["kind"] != "metadata":
            ids.add(row["document"])
    if not ids and not places:
        raise InputError(f"{run}: no document failed there", kind="empty")
    if not inputs and STDIN in made.get("inputs", ()):
        raise InputError(
            f"{run}: its reports came on the standard input, which cannot be read again; "
            "give them once more, as INPUT or as - on the standard input",
            kind="missing",
        )
    return Again(
        run=run,
        inputs=inputs or tuple(inputs_of(made)),
        kept=_kept(made),
        ids=frozenset(ids),
        places=frozenset(places),
    )


def _kept(made: Mapping[str, Any]) -> dict[str, Any]:
    """The flags that make a run ask as this one did."""
    rows, job = made.get("settings", {}), made.get("job", {})
    # A replay takes from its recordings what nobody chose.
    is_replay = rows.get("replay", {}).get("value", "none") != "none"
    texts = {
        name: rows[name]["value"] for name in _KEPT if name in rows and not (is_replay and _is_default(rows[name]))
    }
    kept: dict[str, Any] = {name: text for name, text in texts.items() if _says(name, text)}
    if job.get("options", {}).get("reasoning_effort") == "none":
        # Here the word is a value, which a setting that nobody gave is shown as too.
        kept["reasoning_effort"] = "none"
    kept |= {name: job[name] for name in _METADATA if job.get(name) is not None}
    # By its version: a task alone would now mean its newest one.
    return {**kept, "prompt": made["prompt"]["name"]}


def _is_default(row: Mapping[str, Any]) -> bool:
    return row.get("from") == "default"


def _says(name: str, text: str) -> bool:
    """Whether a setting as a manifest shows it can be given again: an address without its secrets is no address."""
    return "***" not in text and (text != "none" or name in CAN_BE_NONE)


def _place(path: str, folder: Path) -> str:
    """A document's file and row, the same from every working folder."""
    return path if path.startswith(f"{STDIN}:") else os.path.abspath(folder / path)  # noqa: PTH100  links stay
