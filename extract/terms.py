"""The terms of a run: all that decides on its records, and what another run has to have in common with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.documents import Metadata
from extract.documents.metadata import NOTHING

if TYPE_CHECKING:
    from extract.pipeline import Pipeline

Job = Mapping[str, Any]

# Of what differs, so many are named, each value up to so many characters.
_NAMED, _WIDTH = 3, 40
# What follows from another name.
_FOLLOW = {"prompt_digest": "prompt", "schema": "prompt"}
_CHANGED = {"prompt_digest": "the prompt's text has changed", "schema": "the record types have changed"}


def job_of(
    pipeline: Pipeline,
    inputs: Sequence[str],
    *,
    defaults: Metadata = NOTHING,
    max_chars: int | None = None,
    retry_of: Path | None = None,
) -> dict[str, Any]:
    """What a run must have in common with an unfinished one to go on with it: all that decides on its records.

    `defaults` are what is known of reports that say nothing of themselves.
    """
    asking = pipeline.asking
    return {
        "prompt": pipeline.prompt.name,
        "prompt_digest": pipeline.prompt.digest,
        "schema": pipeline.prompt.form.digest,
        "model": asking.model,
        "endpoint": asking.endpoint,
        "mode": asking.mode,
        "options": dict(asking.options),
        "max_reasks": asking.max_reasks,
        "context": asking.context,
        "max_chars": max_chars,
        "published": defaults.published,
        "source": defaults.source,
        "language": defaults.language,
        "inputs": [str(each) for each in inputs],
        "retry_of": str(retry_of) if retry_of else None,
    }


def unlike_manifest(manifest: Mapping[str, Any], job: Job) -> str:
    """How the finished run of a manifest differs from a job, in a few words; empty if it does not."""
    then = manifest.get("job")
    if not job:
        # Whoever does not say what its job is, as an evaluation, takes the place of what does not say so either.
        return "one of mahdar run" if then else ""
    if isinstance(then, dict):
        return differing(then, job)
    then = _told(manifest)
    return differing(then, {name: job.get(name) for name in then}) if then else "its manifest tells none"


def _told(manifest: Mapping[str, Any]) -> Job:
    """The part of a job that the manifest of an earlier version tells."""
    prompt = manifest.get("prompt")
    asked = {"prompt": prompt.get("name"), "prompt_digest": prompt.get("digest")} if isinstance(prompt, dict) else {}
    names = ("schema", "model", "endpoint", "mode", "options", "inputs")
    return {**asked, **{name: manifest[name] for name in names if name in manifest}}


def differing(then: Job, now: Job) -> str:
    """What differs, in a few words: settings by name with both values; empty if nothing does."""
    found = list(_differing(then, now))
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return "; ".join(found[:_NAMED]) + more


def _differing(then: Job, now: Job, path: str = "") -> Iterator[str]:
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    for name in names:
        first, second = then.get(name), now.get(name)
        if isinstance(first, dict) and isinstance(second, dict):
            yield from _differing(first, second, f"{path}{name}.")
        elif _FOLLOW.get(name) not in names:
            yield (
                _CHANGED.get(name)
                or f"{path}{name}: {_short(_apart(first, second))} then, {_short(_apart(second, first))} now"
            )


def _short(value: object) -> str:
    if value is None or value == []:
        return "none"
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _apart(these: object, those: object) -> object:
    """Of two lists that share much, what the first alone holds; anything else as it is."""
    if not (isinstance(these, list) and isinstance(those, list)):
        return these
    return (
        these if sorted(map(str, these)) == sorted(map(str, those)) else [each for each in these if each not in those]
    )
