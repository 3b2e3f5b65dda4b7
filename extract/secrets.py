"""Secrets in text: found so that no recording and no export carries one, masked so that none is printed."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

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


# What a field of an address's query is called that holds a key.
_QUERY = re.compile(r"key|token|secret|sig|password|code", re.IGNORECASE)


def of_endpoint(base_url: str, *given: str) -> tuple[str, ...]:
    """All that is secret about an endpoint: what is `given`, and what its address holds, as it is and as it is sent."""
    try:
        parts = urlsplit(base_url)
        user, password = parts.username or "", parts.password or ""
    except ValueError:
        return tuple(filter(None, given))
    plain = unquote(password)
    basic = b64encode(f"{unquote(user)}:{plain}".encode()).decode() if user else ""
    query = [value for name, value in parse_qsl(parts.query) if _QUERY.search(name)]
    # Some gateways take a key in the place of the user's name.
    return tuple(
        dict.fromkeys(filter(None, (*given, plain, password, basic, "" if password else unquote(user), *query)))
    )


def is_open(base_url: str) -> bool:
    """Whether an address may be written down: it has no credentials, and no query but the version that Azure wants."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return False
    names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return "@" not in parts.netloc and names <= {"api-version"} and (bool(names) or not parts.query)


# Headers that say who calls: what stands there may stand in a report too.
_OPEN = frozenset({"http-referer", "referer", "x-title", "user-agent", "accept", "accept-language"})


def of_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The values of headers that are taken for secrets: all but those that say who calls."""
    return tuple(value for name, value in headers.items() if name.lower() not in _OPEN)


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with each of the secrets masked, also where it stands in serialised JSON, or in JSON within JSON.

    One of less than 8 characters stays: words such as "ollama" or "none" are no secret, and part of many messages.
    """
    for secret in secrets:
        if len(secret) >= 8:
            for form in forms(secret):
                text = text.replace(form, mask(secret))
    return text


def forms(secret: str) -> tuple[str, ...]:
    """A secret as it is, as JSON writes it, and as JSON writes that: an answer is JSON in the JSON of a reply."""
    once = json.dumps(secret)[1:-1]
    return tuple(dict.fromkeys((secret, once, json.dumps(once)[1:-1])))


def mask(key: str) -> str:
    """A key as it may be shown: the last four characters of a long one, nothing of a short one."""
    # Four characters of less than 16 would be too large a part of the key.
    return f"…{key[-4:]}" if len(key) >= 16 else "…"
