"""What `mahdar probe` prints."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

from extract.probe import advice
from extract.probe.found import Found
from extract.probe.server import near

_COLUMN = 12
_MODELS = 8


def lines(found: Found, chosen: dict[str, Any], tokens: int, *, is_kept: bool) -> Iterator[str]:
    """The lines, none wider than the terminal but for an address or a name in it."""
    for head, text in _said(found, tokens, is_kept=is_kept):
        yield from _wrapped(head, text)
    if chosen:
        yield ""
        yield "the settings to use, as flags"
        yield from _packed(["mahdar run INPUT", *advice.flags(chosen)])
        yield ""
        yield "or as mahdar.toml"
        yield from (f"  {line}" for line in advice.toml(chosen))


def _said(found: Found, tokens: int, *, is_kept: bool) -> Iterator[tuple[str, str]]:
    yield "endpoint", found.address
    if is_kept:
        yield "", f"found out on {found.time[:16].replace('T', ' ')} UTC; --fresh asks anew"
    known_by = f"(by {found.known_by})" if found.known_by else ""
    yield "server", " ".join(filter(None, (found.server, found.version, known_by)))
    yield "models", _models(found)
    if found.model:
        yield "model", _model(found)
    yield from _modes(found)
    if found.is_whole:
        yield "context", f"{found.context:,} tokens ({found.context_by})" if found.context else "unknown"
    if found.slots is not None:
        yield "slots", f"{found.slots} requests at a time" if found.slots > 1 else "one request at a time"
    yield from _measured(found)
    yield from ((head, text) for head, text in _rest(found) if text)
    for fault in found.faults:
        yield "fault", fault
    if advice.is_too_short(found, tokens):
        yield "fault", f"the prompt takes about {tokens:,} tokens, which leaves no room: {_room(found)}"
    if advice.is_deaf(found):
        yield "fault", "no answer had the form asked for, not even where the question shows it: use another model"
    for unknown in found.unknown:
        yield "not known", unknown
    yield "verdict", "a run would work" if advice.works(found, tokens) else "a run would not work"


def _rest(found: Found) -> Iterator[tuple[str, str]]:
    yield "streaming", found.streaming
    yield "thoughts", found.thinking
    yield "usage", found.usage


def _modes(found: Found) -> Iterator[tuple[str, str]]:
    for mode, tried in found.modes.items():
        head = "modes" if mode == "json_schema" else ""
        yield head, f"{mode:<12}{tried.outcome}{f': {tried.note}' if tried.note else ''}"
    if "tools" in found.modes:
        yield "tools", _TOOLS[found.modes["tools"].outcome]


_TOOLS = {
    "enforced": "called when they are required",
    "ignored": "taken and not called, though they were required",
    "refused": "refused",
    "cut": "unknown",
    "failed": "unknown",
}


def _models(found: Found) -> str:
    if found.models is None:
        return "none are listed"
    names = list(found.models[:_MODELS])
    # The one that is meant is worth more than the first of hundreds.
    names = near(found.model, found.models) or names if len(found.models) > _MODELS and found.model else names
    more = len(found.models) - len(names)
    return f"{len(found.models)}: {', '.join(names)}{f' and {more} more' if more else ''}"


def _model(found: Found) -> str:
    if found.is_listed:
        return f"{found.model} is there"
    if found.is_listed is None:
        return f"{found.model}; whether it is there, only an answer tells"
    meant = near(found.model, found.models or ())
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    answers = found.speed is not None
    said = f", but answers come, and say they are of {found.answered_as or 'no model'}" if answers else ""
    return f"{found.model} is not in the list{said}{hint}"


def _measured(found: Found) -> Iterator[tuple[str, str]]:
    if found.speed is None:
        return
    rate, load = found.speed.tokens_per_s, found.speed.load_s
    estimated = "" if found.speed.is_counted else ", tokens estimated"
    why = "it came at once" if found.speed.tokens else "an empty answer"
    shown = f"{rate:,.{0 if rate >= 10 else 1}f} tokens a second{estimated}" if rate else f"unknown: {why}"
    yield "speed", shown
    both = f"first answer {found.speed.first_s:.1f} s, second {found.speed.second_s:.1f} s"
    yield "load time", f"about {load:.0f} s ({both})" if load else f"none ({both})"


def _room(found: Found) -> str:
    if found.server == "Ollama":
        return "OLLAMA_CONTEXT_LENGTH=16384 ollama serve gives more, --prompt meeting needs less"
    if found.server == "llama.cpp":
        return "llama-server --ctx-size 16384 gives more, --prompt meeting needs less"
    return "use a model with a longer context, or --prompt meeting, which needs less"


def _wrapped(head: str, text: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, 100)
    indent = " " * _COLUMN
    # An address or a name is copied, so it is not broken.
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=f"{head:<{_COLUMN}}",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _packed(words: list[str]) -> list[str]:
    """Words in lines that leave room for a backslash."""
    lines, line = [], f"  {words[0]}"
    for word in words[1:]:
        if len(line) + len(word) > 76:
            lines.append(line)
            line = f"      {word}"
        else:
            line = f"{line} {word}"
    return [*(f"{begun} \\" for begun in lines), line]
