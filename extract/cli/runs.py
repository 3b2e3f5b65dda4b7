"""Finding a run and one report in it: its rows, and its text read again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from extract.cli.cells import clean, short
from extract.document import Document, Failure
from extract.errors import InputError
from extract.runfiles import MANIFEST, inputs_of, read_failures, read_manifest, read_records

RUNS = Path("runs")
_LISTED = 10

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of a run; without a document, `problem` says why its text cannot be shown."""

    id: str
    records: Sequence[Row]
    failures: Sequence[Row]
    document: Document | None = None
    problem: str | None = None


def newest(folder: Path = RUNS) -> Path:
    """The run that was started last; InputError if there is none, a note on stderr for what is no run."""
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        inside = []
    started = {path: when for path in inside if (when := _started(path))}
    if not started:
        raise InputError(f"{folder}/: no finished run; make one with: mahdar run INPUT, or name one with --run DIR")
    return max(started, key=lambda path: started[path])


def find(name: str, folder: Path) -> Report:
    """The report of a run that an id, the beginning of one, or the path of a file stands for."""
    manifest = read_manifest(folder)
    inputs = _read_again(manifest, name)
    ids = dict.fromkeys(row["document"] for rows in (read_records, read_failures) for row in rows(folder))
    chosen = _choose(name, [*ids, *(id_ for id_ in inputs.ids if id_ not in ids)], inputs, folder)
    document = inputs.named.get(chosen)
    records = [row for row in read_records(folder) if row["document"] == chosen]
    if document:
        problem = _misfit(document, records, manifest)
    else:
        problem = inputs.problem or inputs.failed.get(chosen) or _gone(chosen, manifest)
    return Report(
        id=chosen,
        records=records,
        failures=[row for row in read_failures(folder) if row["document"] == chosen],
        document=document,
        problem=problem,
    )


def _started(folder: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(read_manifest(folder)["started"]).astimezone()
    except InputError:
        reason = f"its {MANIFEST} is missing or broken"
    except (KeyError, TypeError, ValueError):
        reason = f"its {MANIFEST} does not say when it was started"
    click.echo(f"mahdar: note: {folder}: passed over, {reason}", err=True)
    return None


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The inputs of a run as they are now: all ids, the documents that were asked for, and what went wrong."""

    ids: dict[str, None] = field(default_factory=dict)
    named: dict[str, Document] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def _read_again(manifest: Mapping[str, Any], name: str) -> _Inputs:
    from extract import documents
    from extract.documents.part import STDIN

    inputs = _Inputs()
    if STDIN in inputs_of(manifest):
        return _Inputs(problem="it came on the standard input, which is not kept")
    limit = str(manifest.get("settings", {}).get("max_chars", {}).get("value"))
    try:
        items = documents.read(inputs_of(manifest), max_chars=int(limit) if limit.isdecimal() else None)
    except InputError as error:
        return _Inputs(problem=f"{error}; the inputs of a run are read again from where it was started")
    for item in items:
        id_ = item.document if isinstance(item, Failure) else item.id
        inputs.ids[id_] = None
        if isinstance(item, Failure):
            inputs.failed[id_] = item.message
        elif _is_named(item, name):
            inputs.named[id_] = item
    return inputs


def _is_named(document: Document, name: str) -> bool:
    """Whether a name begins a document's id, or is the file that it came from (or the file of its row)."""
    if document.id.startswith(name) or document.path is None:
        return document.id.startswith(name)
    path = os.path.abspath(name)  # noqa: PTH100  resolve() would follow links
    place = os.path.abspath(document.path)  # noqa: PTH100  see above
    return path in (place, place.rpartition(":")[0])


def _choose(name: str, ids: Sequence[str], inputs: _Inputs, folder: Path) -> str:
    """The one id that a name stands for; InputError if there is none, or several."""
    fitting = [id_ for id_ in ids if id_.startswith(name) or id_ in inputs.named]
    if name in fitting:
        return name
    if not fitting:
        raise InputError(f"{folder}: has no report {short(name)!r}; {_some('it has', ids)}")
    if len(fitting) > 1:
        what = f"{short(name)!r} may be any of {len(fitting)} reports"
        raise InputError(f"{folder}: {what}; {_some('name one of', fitting)}")
    return fitting[0]


def _some(verb: str, ids: Sequence[str]) -> str:
    if not ids:
        return f"{verb} none"
    more = f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""
    return f"{verb}: {', '.join(map(short, ids[:_LISTED]))}{more}"


def _misfit(document: Document, records: Sequence[Row], manifest: Mapping[str, Any]) -> str | None:
    """What to say if a quote does not stand where the run found it."""
    for number, row in enumerate(records, start=1):
        for grounding in (*row["evidence"], *row["values"]):
            start, end = grounding["start"], grounding["end"]
            is_same = document.text[start:end] == grounding["text"].strip() or grounding["match"] != "verbatim"
            if start is not None and not (is_same and end <= len(document.text)):
                return (
                    f"{document.path}: the text has changed since the run: {grounding['path']} of record {number} "
                    f"no longer stands at {start}-{end}; put the old text back, or run again: {_again(manifest)}"
                )
    return None


def _gone(id_: str, manifest: Mapping[str, Any]) -> str:
    inputs = ", ".join(map(clean, manifest.get("inputs", [])))
    return (
        f"{short(id_)}: is no longer among the inputs of the run ({inputs}); "
        f"put the file back, or run again: {_again(manifest)}"
    )


def _again(manifest: Mapping[str, Any]) -> str:
    import shlex

    inputs = " ".join(shlex.quote(clean(path)) for path in manifest.get("inputs", []))
    return f"mahdar run {inputs} --prompt {manifest.get('prompt', {}).get('name')}"
