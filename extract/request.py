"""A request to a model and what comes back; the request's hash is its key.

Everything that can change the answer is in the request and so in its key. The API key,
headers and time-outs are no part of it; the endpoint is in it by a label of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any, Literal, get_args

Mode = Literal["json_schema", "tools", "json", "md_json"]
MODES: tuple[Mode, ...] = get_args(Mode)
KEY_VERSION = 1

Message = Mapping[str, Any]


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(value: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def _in_order(schema: Mapping[str, Any]) -> bytes:
    """JSON with the keys as they stand: models answer in the order of a schema's properties."""
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Form:
    """The form that an answer must have: a name and a JSON Schema, whose order counts."""

    name: str
    schema: Mapping[str, Any]
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", blake2b(_in_order(self.schema), digest_size=8).hexdigest())

    def __hash__(self) -> int:
        return hash((self.name, self.digest))


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of a model.

    `options` are sampling parameters and any other field of the request's body
    (temperature, seed, max_tokens, ...); `sample` tells repeated asks of one request apart.
    """

    model: str
    messages: tuple[Message, ...]
    form: Form
    mode: Mode = "json_schema"
    options: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    sample: int = 0

    @cached_property
    def key(self) -> str:
        """BLAKE2b (32 hex digits) over the canonical JSON of all that can change the answer."""
        options = canonical(dict(self.options))
        head = _head(self.model, self.form, self.mode, options, self.endpoint, self.sample)
        first, *others = self.messages or ({},)
        if others and first.keys() == {"role", "content"} and all(type(text) is str for text in first.values()):
            key = _begun(head, first["role"], first["content"]).copy()
            key.update(canonical(others)[1:])
            return key.hexdigest()
        return blake2b(head + canonical(self.messages), digest_size=16).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The request as plain JSON values, all that its key is made of."""
        return {
            "endpoint": self.endpoint,
            "model": self.model,
            "mode": self.mode,
            "options": dict(self.options),
            "sample": self.sample,
            "form": {"name": self.form.name, "schema": self.form.schema},
            "messages": [dict(message) for message in self.messages],
        }

    def with_messages(self, messages: Sequence[Message]) -> Request:
        """The same request with other messages."""
        return replace(self, messages=tuple(messages))


@lru_cache(maxsize=64)
def _head(model: str, form: Form, mode: Mode, options: bytes, *where: str | int) -> bytes:
    """The part of a key that all documents of a job share."""
    parts = [KEY_VERSION, model, form.name, form.digest, mode, options.decode(), *where]
    return blake2b(canonical(parts)).digest()


@lru_cache(maxsize=8)
def _begun(head: bytes, role: str, content: str) -> blake2b:
    """The hash up to the second message: the first is long, and the same for all documents of a job."""
    first = canonical({"role": role, "content": content})
    return blake2b(head + b"[" + first + b",", digest_size=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the endpoint counted them; None where it did not say."""

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a model said to one request, as it was said.

    `text` is the message's content (or a tool call's arguments), `finish` the
    endpoint's finish_reason, `origin` where this copy came from.
    """

    text: str
    finish: str = "stop"
    refusal: str | None = None
    reasoning: str | None = None
    model: str = ""
    usage: Usage = Usage()
    latency_s: float | None = None
    origin: Literal["live", "cache", "recording"] = "live"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` is its inverse, but for `origin`."""
        return {
            "text": self.text,
            "finish": self.finish,
            "refusal": self.refusal,
            "reasoning": self.reasoning,
            "model": self.model,
            "usage": {"prompt": self.usage.prompt, "completion": self.usage.completion, "cached": self.usage.cached},
            "latency_s": self.latency_s,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], origin: Literal["live", "cache", "recording"]) -> Completion:
        """Read what `to_json` wrote; a missing or surplus field raises TypeError."""
        return cls(**{**value, "usage": Usage(**value["usage"]), "origin": origin})


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a request is for: names a recording and a log line, is no part of the key."""

    document: str
    task: str
    attempt: int = 1
