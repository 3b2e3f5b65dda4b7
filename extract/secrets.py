"""Secrets in text: found so that no recording and no export carries one, masked so that none is printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

# A secret starts a word; in serialised JSON the letter before it may belong to an escape such as \n.
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt]))"

# Kind, what every secret of the kind contains (looked for first: it is a hundred times as fast), its pattern.
_KINDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "an OpenAI key",
        ("sk-",),
        # With dashes only behind a vendor's infix: "sk-" also starts Slovak slugs ("/sk-ministri-obrany-2024").
        _START + r"sk-(?:(?:proj|svcacct|admin|or|ant|None)-[\w-]{20,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{20,})",
    ),
    ("a JWT", ("eyJ",), _START + r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        _START + r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})",
    ),
    ("a Google API key", ("AIza",), _START + r"AIza[\w-]{35}"),
    ("a Hugging Face token", ("hf_",), _START + r"hf_[A-Za-z0-9]{30,}"),
    ("a Slack token", ("xox", "xapp-"), _START + r"(?:xox[abeoprs]|xapp)-(?=[A-Za-z-]*\d)[A-Za-z0-9-]{10,}"),
    ("an AWS key", ("AKIA", "ASIA"), _START + r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    (
        "an API key",
        ("gsk_", "xai-", "nvapi-", "pplx-"),
        _START + r"(?:gsk_|xai-|nvapi-|pplx-)(?=[A-Za-z_-]*\d)[\w-]{32,}",
    ),
    ("a private key", ("PRIVATE KEY",), r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
    ("URL with a password", ("://",), r"://[^\s/@:\"']{0,200}:[^\s/@\"']{1,200}@[\w.-]"),
    ("a bearer token", ("earer", "EARER"), _START + r"(?i:bearer)\s+(?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/=-]{20,}"),
)
_PATTERNS = [(kind, hints, re.compile(pattern, re.ASCII)) for kind, hints, pattern in _KINDS]

# What servers without keys are given in place of one: no secret, and also what an endpoint may be called.
_PLACEHOLDERS = frozenset({"lm-studio", "not-needed", "no-key-required", "sk-no-key-required", "placeholder"})


def find_secret(text: str, known: Iterable[str] = ()) -> str | None:
    """The kind of secret that a text (plain or serialised JSON) holds, or None.

    `known` are the keys in use; one shorter than 8 characters ("ollama", "EMPTY") is not looked for.
    """
    for key in known:
        if len(key) >= 8 and key not in _PLACEHOLDERS and (key in text or json.dumps(key)[1:-1] in text):
            return "the API key in use"
    for kind, hints, pattern in _PATTERNS:
        if any(hint in text for hint in hints) and pattern.search(text):
            return kind
    return None


def locate(value: object, known: Iterable[str] = ()) -> tuple[str, str] | None:
    """The kind of the first secret in a JSON value and the path to it ("messages[0].content"), or None."""
    keys = tuple(known)
    # Nearly always there is none, and one long text is searched much faster than its many parts.
    return _locate(value, keys, "") if find_secret("\0".join(_texts(value)), keys) else None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name)
            yield from _texts(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)


def _locate(value: object, known: tuple[str, ...], path: str) -> tuple[str, str] | None:
    if isinstance(value, str):
        kind = find_secret(value, known)
        return (kind, path) if kind else None
    if isinstance(value, Mapping):
        # A name may be a secret too: it is looked at, and its path is that of the mapping around it.
        inner = [(path, name) for name in value] + [(f"{path}.{name}".lstrip("."), v) for name, v in value.items()]
    elif isinstance(value, Sequence):
        inner = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        return None
    return next((found for place, item in inner if (found := _locate(item, known, place))), None)


def mask(key: str) -> str:
    """A key as it may be shown: the last four characters of a long one, nothing of a short one."""
    # Four characters of less than 16 would be too large a part of the key.
    return f"…{key[-4:]}" if len(key) >= 16 else "…"
