"""What differs between two requests, field by field, in lines for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import islice, zip_longest

from extract.request import Message, Request, canonical

PATHS = 5  # of a schema
LINES = 12  # of changed text, over all messages
WIDTH = 160  # of one such line


class _Absent(Enum):
    ABSENT = "(none)"

    def __repr__(self) -> str:
        return self.value


ABSENT = _Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Change:
    """A value in JSON that was added (`old` is ABSENT), removed (`new` is) or changed."""

    path: str
    old: object
    new: object

    def __str__(self) -> str:
        return f"{self.path}: {_short(self.old)} -> {_short(self.new)}"

    @property
    def sign(self) -> str:
        """One of + - ~."""
        return "+" if self.old is ABSENT else "-" if self.new is ABSENT else "~"


def differences(old: Request, new: Request) -> list[str]:
    """Lines that name every field in which two requests differ, from `old` to `new`; none for equal requests."""
    fields = ("endpoint", "model", "mode", "sample")
    plain = [change for name in fields for change in changes(getattr(old, name), getattr(new, name), name)]
    lines = [str(change) for change in (*plain, *changes(old.options, new.options, "options"))]
    return [*lines, *_schema(old, new), *_messages(old, new)]


def changes(old: object, new: object, path: str = "") -> Iterator[Change]:
    """Every place where two JSON values differ, as deep as both have it."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            inner = f"{path}.{name}" if path else str(name)
            yield from changes(old.get(name, ABSENT), new.get(name, ABSENT), inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from changes(before, after, f"{path}[{index}]")
    # Compared as the key compares them: 0 and 0.0, or 1 and true, are different requests.
    elif old is ABSENT or new is ABSENT or canonical(old) != canonical(new):
        yield Change(path, old, new)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _schema(old: Request, new: Request) -> Iterator[str]:
    if old.form.name != new.form.name:
        yield f"schema: {old.form.name!r} -> {new.form.name!r}"
    found = [f"{c.sign}{c.path.removeprefix('properties.')}" for c in changes(old.form.schema, new.form.schema)]
    if found:
        rest = f", and {len(found) - PATHS} more" if len(found) > PATHS else ""
        yield f"schema {new.form.name}: {', '.join(found[:PATHS])}{rest}"


def _messages(old: Request, new: Request) -> Iterator[str]:
    left = LINES
    for index, (before, after) in enumerate(zip_longest(old.messages, new.messages)):
        name = f"messages[{index}]"
        if before is None or after is None:
            message = after or before or {}
            yield f"{name} ({message.get('role')}): {'removed' if after is None else 'added'}"
            continue
        for change in changes(_but_content(before), _but_content(after), name):
            yield str(change)
        count, lines = text_changes(_content(before), _content(after))
        if count:
            yield f"{name} ({after.get('role')}): {count} {'line' if count == 1 else 'lines'} changed"
            yield from (f"  {line}" for line in lines[:left])
            if len(lines) > left:
                yield "  …"
            left = max(0, left - len(lines))


def _but_content(message: Message) -> dict[str, object]:
    return {name: value for name, value in message.items() if name != "content"}


def _content(message: Message) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)


def text_changes(old: str, new: str) -> tuple[int, list[str]]:
    """How many lines two texts differ in, and the first of these lines before and after, the place marked ⟦so⟧."""
    before, after = old.split("\n"), new.split("\n")
    blocks = [b for b in SequenceMatcher(None, before, after).get_opcodes() if b[0] != "equal"]
    count = sum(max(i2 - i1, j2 - j1) for _, i1, i2, j1, j2 in blocks)
    lines = (
        line
        for _, i1, i2, j1, j2 in blocks
        for number, pair in enumerate(zip_longest(before[i1:i2], after[j1:j2]), i1 + 1)
        for line in _pair(number, *pair)
    )
    return count, list(islice(lines, LINES + 1))


def _pair(number: int, before: str | None, after: str | None) -> Iterator[str]:
    if before is None or after is None:
        sign, line = ("+", after) if before is None else ("-", before)
        yield f"@@ line {number} @@"
        yield f"{sign} {_visible((line or '')[:WIDTH]) or '(empty line)'}"
        return
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    yield f"@@ line {number}, character {start + 1}{_codes(old, new)} @@"
    yield f"- {_marked(before, start, old)}"
    yield f"+ {_marked(after, start, new)}"


def _common(a: str, b: str) -> int:
    """How many characters two texts share from their start."""
    limit = min(len(a), len(b))
    return next((index for index in range(limit) if a[index] != b[index]), limit)


def _codes(old: str, new: str) -> str:
    """The characters' numbers: ى and ي, or two kinds of space, look alike in many fonts."""
    if len(old) > 1 or len(new) > 1:
        return ""
    return ": " + " -> ".join(f"U+{ord(c):04X}" if c else "(none)" for c in (old, new))


def _marked(line: str, start: int, changed: str) -> str:
    """The changed part of a line in marks, with as much of the line around it as fits."""
    room = WIDTH - min(len(changed), WIDTH // 2)
    shown = changed if len(changed) <= WIDTH // 2 else f"{changed[: WIDTH // 2]}…"
    first, end = max(0, start - room // 2), start + len(changed)
    tail = line[end : end + room // 2]
    return "".join(
        [
            "…" if first else "",
            _visible(line[first:start]),
            f"⟦{_visible(shown)}⟧",
            _visible(tail),
            "…" if end + len(tail) < len(line) else "",
        ]
    )


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text)
