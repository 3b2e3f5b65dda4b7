"""Right-to-left text for terminals that show letters in the order in which they are printed.

Levels are resolved and letters shaped over a whole paragraph, then each line is put in the order
of the screen. Cells keep their styles on the way: the library's own `get_display` returns a string,
from which nobody can tell where a letter came from (and it leaves brackets unmirrored).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from unicodedata import bidirectional, category

from extract.cli.cells import Cell

# Terminals that name themselves in TERM_PROGRAM and reorder.
_PROGRAMS = frozenset({"Apple_Terminal", "mintty"})
_VTE_WITH_BIDI = 5800

# The final form of an alef, and what it makes with a lam: alone; joined to a letter before it is one further.
_LAM_INITIAL, _LAM_MEDIAL = "\ufedf", "\ufee0"
_LAM_ALEF = {"\ufe82": "\ufef5", "\ufe84": "\ufef7", "\ufe88": "\ufef9", "\ufe8e": "\ufefb"}


def is_native(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to reorder and shape by itself."""
    # A terminal started in another one inherits its variables; this one it sets anew.
    program = environ.get("TERM_PROGRAM", "")
    if program and program != "tmux":
        return program in _PROGRAMS
    vte = environ.get("VTE_VERSION", "")
    is_vte = vte.isdecimal() and int(vte) >= _VTE_WITH_BIDI
    return is_vte or "KONSOLE_VERSION" in environ or environ.get("TERM", "").startswith("mlterm")


def prepare(line: Sequence[Cell], *, is_rtl: bool) -> list[Cell]:
    """The cells of a paragraph shaped, with their levels; still in the order in which they are read."""
    return _leveled(_shaped(line), is_rtl=is_rtl)


def reorder(line: Sequence[Cell], *, is_rtl: bool) -> list[Cell]:
    """One line of prepared cells in the order of the screen, brackets mirrored."""
    from bidi import algorithm
    from bidi.mirror import MIRRORED

    chars: list[dict[str, Any]] = [
        {"level": cell.level, "orig": bidirectional(cell.base), "cell": cell} for cell in line
    ]
    storage = {"base_level": int(is_rtl), "chars": chars}
    algorithm.reorder_resolved_levels(storage, debug=False)
    ordered: Iterator[Cell] = (char["cell"] for char in chars)
    return [
        replace(cell, text=MIRRORED.get(cell.base, cell.base) + cell.text[1:]) if cell.level % 2 else cell
        for cell in ordered
    ]


def _shaped(line: Sequence[Cell]) -> list[Cell]:
    """Letters in the forms in which they join their neighbours; a lam and its alef are one, unless styles differ."""
    forms = _reshaper().reshape("".join(cell.base for cell in line))
    shaped: list[Cell] = []
    for cell, form in zip(line, forms, strict=True):
        last = shaped[-1] if shaped else None
        if last and form in _LAM_ALEF and last.base in (_LAM_INITIAL, _LAM_MEDIAL) and last.style == cell.style:
            ligature = chr(ord(_LAM_ALEF[form]) + (last.base == _LAM_MEDIAL))
            shaped[-1] = replace(last, text=ligature + last.text[1:] + cell.text[1:])
        else:
            shaped.append(replace(cell, text=form + cell.text[1:]))
    return shaped


@cache
def _reshaper() -> Any:
    from arabic_reshaper import ArabicReshaper

    # One form for each letter: its own ligatures would lose track of the cells.
    return ArabicReshaper({"delete_harakat": False, "support_ligatures": False, "support_zwj": True})


def _leveled(line: Sequence[Cell], *, is_rtl: bool) -> list[Cell]:
    from bidi import algorithm

    storage = {**algorithm.get_empty_storage(), "base_level": int(is_rtl), "base_dir": "LR"[is_rtl]}
    # A letter that Python's tables do not know yet has no direction, which the library takes for a bug.
    bases = [cell.base if bidirectional(cell.base) else "x" for cell in line]
    algorithm.get_embedding_levels(bases, storage)
    for char, cell in zip(storage["chars"], line, strict=True):
        char["cell"] = cell
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _pair_brackets(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    return [replace(char["cell"], level=char["level"]) for char in storage["chars"]]


def _pair_brackets(storage: Mapping[str, Any]) -> None:
    """Rule N0 of the algorithm, which the library lacks: both brackets of a pair go with what they belong to."""
    for run in storage["runs"]:
        chars = storage["chars"][run["start"] : run["start"] + run["length"]]
        own = "LR"[chars[0]["level"] % 2]
        for opening, closing in sorted(_pairs(chars)):
            inside = {_strong(char["type"]) for char in chars[opening + 1 : closing]} - {None}
            if not inside:
                continue
            before = (_strong(char["type"]) for char in reversed(chars[:opening]))
            context = next((kind for kind in before if kind), run["sor"])
            # What stands inside reads the other way: then so do the brackets, if what stands before does too.
            kind = own if own in inside or context == own else context
            chars[opening]["type"] = chars[closing]["type"] = kind


def _pairs(chars: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    from bidi.mirror import MIRRORED

    opened: list[tuple[str, int]] = []
    for index, char in enumerate(chars):
        bracket = char["ch"]
        if char["type"] != "ON" or bracket not in MIRRORED:
            continue
        if category(bracket) == "Ps":
            opened.append((MIRRORED[bracket], index))
        elif category(bracket) == "Pe":
            fitting = [depth for depth, (closing, _) in enumerate(opened) if closing == bracket]
            if fitting:
                yield opened[fitting[-1]][1], index
                del opened[fitting[-1] :]


def _strong(kind: str) -> str | None:
    """The direction in which a resolved type works on its neighbours; numbers are as right-to-left letters."""
    return "L" if kind == "L" else "R" if kind in ("R", "EN", "AN") else None
