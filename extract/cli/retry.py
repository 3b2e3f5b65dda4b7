"""The documents that failed in a run, to be tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract.document import Document, Failure
from extract.errors import ConfigError, InputError
from extract.runfiles import read_failures, read_manifest

# What a run was asked with, where the user does not say otherwise now.
_KEPT = ("prompt", "model", "base_url", "mode", "endpoint")


@dataclass(frozen=True, kw_only=True)
class Again:
    """What failed in a run: its folder, its inputs, its settings, and the ids of its documents."""

    run: Path
    inputs: tuple[str, ...]
    settings: Mapping[str, Any]
    ids: frozenset[str]

    def flags(self, flags: Mapping[str, Any]) -> dict[str, Any]:
        """A command's flags, and what the run had where they say nothing."""
        then = {name: self.settings[name]["value"] for name in _KEPT if name in self.settings}
        # An address that is shown without its secrets is no address.
        known = {name: value for name, value in then.items() if value != "none" and "***" not in value}
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
        return (each for each in documents if (each.id if isinstance(each, Document) else each.document) in self.ids)


def of(run: Path) -> Again:
    """What failed in a run folder; InputError if it is none, or if nothing failed."""
    made = read_manifest(run)
    ids = frozenset(row["document"] for row in read_failures(run))
    if not ids:
        raise InputError(f"{run}: nothing failed there", kind="empty")
    return Again(run=run, inputs=tuple(made["inputs"]), settings=made["settings"], ids=ids)
