"""What replay says when a request has no recording: where, what is nearest, what differs, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from extract.recordings.difference import differences
from extract.recordings.recording import Recording
from extract.request import Label, Request

_SHOWN = 10


def message(request: Request, label: Label, near: Recording | None, recorded: Sequence[tuple[str, str]]) -> str:
    """The miss of a request; `recorded` are the (task, document) pairs there are, as their files are named."""
    head = (
        f"no recording of document {label.document!r}, task {label.task}, attempt {label.attempt} (key {request.key})"
    )
    if near is None:
        return "\n".join([head, *_inventory(label, recorded)])
    other = near.label
    task = "" if other.task == label.task else f" of another task, {other.task},"
    about = f"nearest recording{task} (attempt {other.attempt}): {near.path}"
    return "\n".join([head, about, "from it to this request:", *_indented(differences(near.request, request))])


def nearest(request: Request, label: Label, recordings: Sequence[Recording]) -> Recording | None:
    """The recording that is most like a request: same task, then same attempt, then fewest differences."""
    return min(
        recordings,
        key=lambda near: (
            near.label.task != label.task,
            near.label.attempt != label.attempt,
            len(differences(near.request, request)),
            str(near.path),
        ),
        default=None,
    )


def command(folder: Path) -> Callable[[Label], str]:
    """The command that records what is missing, unless the caller knows a better one."""
    from shlex import quote

    return lambda label: f"mahdar record --to {quote(str(folder))} --prompt {quote(label.task)} ..."


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _inventory(label: Label, recorded: Sequence[tuple[str, str]]) -> list[str]:
    if not recorded:
        return ["there are no recordings at all"]
    here = sorted({document for task, document in recorded if task == label.task})
    if here:
        return [f"recorded for {label.task}: {_listed(here)}"]
    tasks = Counter(task for task, _ in recorded)
    return [f"recorded tasks: {_listed([f'{task} ({count})' for task, count in sorted(tasks.items())])}"]


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
