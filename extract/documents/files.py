"""The files that a user's inputs stand for, and the id that each gets from its name."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from extract.documents import sidecar
from extract.documents.encoding import clean
from extract.documents.formats import SUFFIXES
from extract.documents.part import STDIN
from extract.errors import InputError

# A folder that holds these is a run of ours, not reports: `mahdar run .` must not read what it wrote.
RUN_FILES = frozenset({"records.jsonl", "failures.jsonl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to read: `root` is the folder that was given, `id` is unique among all files of a read.

    A folder that cannot be listed is found too, so that reading it says so.
    """

    path: Path
    root: Path
    id: str = ""

    @property
    def is_stdin(self) -> bool:
        """Whether it stands for the standard input."""
        return str(self.path) == STDIN


def find(inputs: Sequence[str | Path]) -> list[Found]:
    """All files that `inputs` stand for, each once, in order; raises InputError for an input that gives none."""
    if isinstance(inputs, str):
        inputs = [inputs]
    if not inputs:
        raise InputError("no input was given; name files, folders or patterns", kind="missing")
    by_place: dict[str, Found] = {}
    for given in inputs:
        for found in _expand(given):
            by_place.setdefault(os.path.abspath(found.path), found)  # noqa: PTH100  resolve() would merge links
    if not by_place:
        raise InputError(f"{inputs[0]}: describes the files beside it; give its folder instead", kind="missing")
    return list(_named(list(by_place.values())))


def _expand(given: str | Path) -> list[Found]:
    path = Path(given)
    if str(given) == STDIN:
        return [Found(path=path, root=path.parent)]
    if not str(given):
        raise InputError("an input is an empty name; name a file, a folder or a pattern", kind="missing")
    if not os.path.lexists(path) and not glob.has_magic(str(given)):
        message = f"{given}: no such file or folder; check the spelling and the folder you are in"
        raise InputError(message, kind="missing")
    if os.path.lexists(path) and not _is_folder(path):
        # A shell's `folder/*` names documents.jsonl too.
        return [] if sidecar.is_sidecar(path) else [Found(path=path, root=path.parent)]
    found = list(_walk(path, path, set()) if _is_folder(path) else _matches(path))
    if not found:
        raise InputError(f"{given}: holds no file to read; the endings read are {', '.join(SUFFIXES)}", kind="missing")
    return found


def _walk(folder: Path, root: Path, visited: set[str]) -> Iterator[Found]:
    # By real path, so that a link to a folder above ends there.
    real = os.path.realpath(folder)
    if real in visited:
        return
    visited.add(real)
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  names are all that is needed
    except OSError:
        yield Found(path=folder, root=root)
        return
    if folder != root and set(names) >= RUN_FILES:
        return
    for name in names:
        path = folder / name
        if _is_folder(path) and not _is_hidden(path):
            yield from _walk(path, root, visited)
        elif _is_report(path):
            yield Found(path=path, root=root)


def _matches(pattern: Path) -> Iterator[Found]:
    literal = 0
    while not glob.has_magic(pattern.parts[literal]):
        literal += 1
    root = Path(*pattern.parts[:literal])
    visited: set[str] = set()
    try:
        # Unlike glob.glob, Path.glob never follows links below "**" and so cannot run in a loop.
        paths = sorted(root.glob(str(Path(*pattern.parts[literal:]))))
    except ValueError as error:
        raise InputError(f"{pattern}: no valid pattern ({error}); correct it", kind="missing") from error
    for path in paths:
        if any(map(_is_hidden, [path, *path.relative_to(root).parents])):
            continue
        if _is_folder(path):
            yield from _walk(path, root, visited)
        elif _is_report(path):
            yield Found(path=path, root=root)


def _is_report(path: Path) -> bool:
    if _is_hidden(path) or path.name.casefold().startswith("readme."):
        return False
    return path.suffix.lower() in SUFFIXES and not _is_folder(path) and not sidecar.is_sidecar(path)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir() raises where a folder above is closed


def _is_hidden(path: Path) -> bool:
    return path.name.startswith((".", "~$"))  # "~$" is Word's lock file


def _named(files: Sequence[Found]) -> Iterator[Found]:
    """Give each file the shortest of its names that no other file has."""
    ladders = [_names(found) for found in files]
    counts = [Counter(step) for step in zip(*ladders, strict=True)]
    taken: set[str] = set()
    for found, ladder in zip(files, ladders, strict=True):
        free = (name for name, count in zip(ladder, counts, strict=True) if count[name] == 1 and name not in taken)
        name = next(free, ladder[-1])
        taken.add(name)
        yield replace(found, id=name)


def _names(found: Found) -> tuple[str, ...]:
    if found.is_stdin:
        return ("stdin",) * 5
    relative = found.path.relative_to(found.root)
    paths: Iterable[Path] = (
        Path(found.path.stem),
        relative.with_suffix("") if relative.name else relative,
        relative,
        found.root.name / relative,
        found.path,
    )
    return tuple(clean(path.as_posix()) for path in paths)
