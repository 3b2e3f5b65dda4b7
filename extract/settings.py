"""Settings: what a user may choose, where each value came from, and what is wrong with it.

The first that gives a value wins: a flag, the environment (MAHDAR_<NAME>), the nearest
mahdar.toml, the table [tool.mahdar] of the nearest pyproject.toml, the default.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# Not pydantic-settings: its import takes 0.22 s of the second that a replay has, start-up included (measured).
from pydantic import BaseModel, Field, JsonValue, SecretStr, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, ValidationError, from_json

from extract import hosts, toml
from extract.errors import ConfigError
from extract.secrets import mask

ADAPTIVE = "adaptive"
FALLBACKS = {"base_url": "OPENAI_BASE_URL", "api_key": "OPENAI_API_KEY"}
PATHS = ("cache", "replay", "prompts", "out", "prices", "api_key_file")
LIMITS = ("first_token_timeout_s", "max_cost", "max_total_tokens", "rpm", "tpm")
CAN_BE_NONE = (*PATHS, "temperature", "max_tokens", "context", "seed", *LIMITS)
# Yes, no, or left to what the address or another setting tells.
SWITCHES = ("azure", "stream", "warm_up")
AUTO = "auto"
# What is written for no value.
WORDS = {**dict.fromkeys(CAN_BE_NONE, "none"), **dict.fromkeys(SWITCHES, AUTO), "concurrency": ADAPTIVE}
# Of these one is used.
KEYS = ("api_key", "api_key_command", "api_key_file")
# --max-tokens and --max-tokens-total would be taken for one another; a header is given one at a time.
FLAGS = {"headers": "--header"}
NOUNS = {"integer": "a whole number", "number": "a number", "object": "a JSON object", "string": "a text"}
NOUNS |= {"path": "a path", "password": "a key", "boolean": "true or false", "headers": "NAME=VALUE or a JSON object"}
NOUNS |= {"api_key_command": "a command", "base_url": "an address such as http://localhost:11434/v1"}
# Scheme with credentials, host with path, query.
ADDRESS = re.compile(r"(https?://(?:[^\s/?#]*@)?)((?:\[[^\s\]]+\]|[^\s/?#:@\[\]]+)(?::\d+)?(?:/[^\s?#]*)?)([?#]\S*)?")
# What a header may be called, and what follows from the request itself.
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OF_THE_REQUEST = frozenset({"content-length", "content-type", "host", "transfer-encoding", "connection"})
ModeOrAuto = Literal["auto", "json_schema", "tools", "json", "md_json"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("mahdar", appauthor=False)


class Settings(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True):
    """All that a user may choose; never shows a key or a password when printed."""

    # A password may stand in the address, so it is not in the repr.
    base_url: str | None = Field(None, repr=False, description="Address of an OpenAI-compatible endpoint, with /v1.")
    model: str | None = Field(None, description="Name of the model, as the endpoint knows it.")
    api_key: SecretStr | None = Field(None, description="Key of the endpoint; a local server needs none.")
    api_key_file: Path | None = Field(None, description="File that holds the key.")
    api_key_command: SecretStr | None = Field(
        None, description="Command that prints the key; not from a settings file, which others may have written."
    )
    headers: dict[str, SecretStr] = Field({}, description="Header of each request, NAME=VALUE; may be given again.")
    azure: bool | None = Field(None, description="Send the key as Azure wants it; by default to addresses of Azure.")
    # The version with the best score on the dev split (README), which need not be the newest.
    prompt: str = Field("events/v2", description="Prompt: <task>/vN, or <task> for its newest version.")
    mode: ModeOrAuto = Field(
        "auto", description="How the endpoint is made to answer in JSON; auto finds out which ways it enforces."
    )
    temperature: float | None = Field(0.0, ge=0, description="Sampling temperature; none leaves it to the endpoint.")
    max_tokens: int | None = Field(4096, ge=1, description="Longest answer in tokens; none leaves it to the endpoint.")
    context: int | None = Field(
        None, ge=1, description="Context of the model in tokens: longer reports are asked in parts; none if unknown."
    )
    seed: int | None = Field(None, description="Random seed sent with each request; none sends no seed.")
    reasoning_effort: ReasoningEffort | None = Field(
        None, description="How much a model is to think: none, minimal, low, medium, high, ...; not sent if not given."
    )
    extra: dict[str, JsonValue] = Field({}, description="Further fields of the request's body, as a JSON object.")
    max_reasks: int = Field(2, ge=0, le=10, description="How often an invalid answer is sent back to be corrected.")
    concurrency: int | None = Field(
        None, ge=1, le=1000, description="Requests at the same time; adaptive finds out how many the endpoint takes."
    )
    rpm: float | None = Field(None, gt=0, description="Most requests a minute; none is as many as the endpoint takes.")
    tpm: float | None = Field(None, gt=0, description="Most tokens a minute, prompts and longest answers together.")
    timeout_s: float = Field(
        600.0, gt=0, description="Longest wait for one answer, or for more of a streamed one, in seconds."
    )
    first_token_timeout_s: float | None = Field(
        None, gt=0, description="Longest wait until an answer begins, for models that load first; none is timeout_s."
    )
    stream: bool | None = Field(
        None, description="Have answers sent token by token; by default where first_token_timeout_s is given."
    )
    connect_timeout_s: float = Field(5.0, gt=0, description="Longest wait for a connection, in seconds.")
    max_tries: int = Field(5, ge=1, description="How often one request is tried when network or endpoint fail.")
    warm_up: bool | None = Field(
        None, description="Send one tiny request before many; by default to all but well-known services."
    )
    cache: Path | None = Field(default_factory=_user_cache, description="Folder that keeps answers; none keeps none.")
    replay: Path | None = Field(None, description="Folder of recordings that answer in place of the endpoint.")
    endpoint: str | None = Field(None, description="Label of the endpoint in keys, in place of its address.")
    prompts: Path | None = Field(None, description="Folder of your own prompts, searched before the shipped ones.")
    max_chars: int = Field(400_000, ge=1, description="Longest document that is taken, in characters.")
    out: Path | None = Field(None, description="Folder that the run is written to.")
    prices: Path | None = Field(None, description="File of prices; by default prices.toml here or in a folder above.")
    max_cost: float | None = Field(
        None, gt=0, le=1_000_000_000, description="The run stops when it has cost this much, in USD."
    )
    max_total_tokens: int | None = Field(
        None, ge=1, description="The run stops when it has used this many tokens, in and out together."
    )
    batch_lines: int = Field(50_000, ge=1, description="Most requests in one batch.")
    batch_mb: float = Field(200.0, gt=0, description="Most megabytes (of 1,000,000 bytes) in the file of one batch.")

    @property
    def endpoint_label(self) -> str:
        """What stands for the endpoint in keys: `endpoint`, else the address without scheme, credentials and query."""
        address = ADDRESS.fullmatch(self.base_url or "")
        return self.endpoint if self.endpoint is not None else address[2] if address else ""

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: object, info: ValidationInfo) -> object:
        """Read the word "none" and JSON in text; an empty ValueError says that the kind is wrong."""
        text = str(value).strip() if isinstance(value, str | Path) else None
        if text and text.lower() == WORDS.get(str(info.field_name)):
            return None
        # pydantic would take a truth value for 0 or 1, and the other way round. An empty label is a label.
        is_of_kind = isinstance(value, bool) == (info.field_name in SWITCHES) or not isinstance(value, int | float)
        if not is_of_kind or (text == "" and info.field_name != "endpoint"):
            raise ValueError
        if text and info.field_name in ("extra", "headers"):
            return from_json(text, allow_inf_nan=False)
        return value if text is None else text

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        head, place, query = match.groups("") if (match := ADDRESS.fullmatch(value or "")) else ("", "", "")
        if value and not place:
            raise ValueError("write http:// or https:// and then a host, without spaces")
        if place.rstrip("/").endswith("/chat/completions"):
            raise ValueError("drop /chat/completions at its end")
        return head + place.rstrip("/") + query or None

    @field_validator("api_key")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if value and re.search(r"[^!-~]", value.get_secret_value()):
            raise ValueError("there is a space, a line break or a letter beyond ASCII in it")
        return value

    @field_validator("headers", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """What a command line gives: NAME=VALUE, one or several."""
        if not isinstance(value, list | tuple):
            return value
        pairs = [text.partition("=") for text in value if isinstance(text, str)]
        if len(pairs) < len(value) or not all(separator for _, separator, _ in pairs):
            raise ValueError("there is no = in one of them")
        return {name.strip(): text for name, _, text in pairs}

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if not all(map(HEADER.fullmatch, value)):
            raise ValueError("a name holds a character that no name of a header has")
        if given := OF_THE_REQUEST & {name.lower() for name in value}:
            raise ValueError(f"{min(given)} follows from the request")
        texts = {name: text.get_secret_value().strip() for name, text in value.items()}
        if not all(text.isascii() and text.isprintable() for text in texts.values()):
            raise ValueError("a value holds a line break or a letter beyond ASCII")
        return {name: SecretStr(text) for name, text in texts.items()}

    @field_validator(*PATHS)
    @classmethod
    def _place(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        # From the folder that the context names. Unlike Path's, this expanduser raises nothing if there is no home.
        return value and (info.context or {}).get(info.field_name, Path()) / os.path.expanduser(value)  # noqa: PTH111


_Given = tuple[object, "Origin", Path]  # the folder is what a relative path counts from
VARIABLES = {name: f"MAHDAR_{name.upper()}" for name in Settings.model_fields}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `where` is the flag, the variable or the file by name."""

    kind: Literal["flag", "environment", "file", "default"]
    where: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with the origin of each, and warnings for the user."""

    settings: Settings
    origins: Mapping[str, Origin]
    warnings: tuple[str, ...] = ()

    def given(self, name: str) -> bool:
        """Whether someone chose this value, even if it equals the default."""
        return self.origins[name].kind != "default"

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value and origin of every setting, safe to print."""
        return [(name, _shown(name, getattr(self.settings, name)), at.where) for name, at in self.origins.items()]


def resolve(
    flags: Mapping[str, object] | None = None, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Resolved:
    """Settings from flags (None: not given), environ (os.environ), files in folder (the working one) or above it."""
    environ = os.environ if environ is None else environ
    folder = (folder or Path.cwd()).resolve()
    files = [_from_file(folder, "pyproject.toml", "tool", "mahdar"), _from_file(folder, "mahdar.toml")]
    given = _defaults(folder) | files[0] | files[1] | _from_environ(environ, folder) | _from_flags(flags or {}, folder)
    warnings = _choose_key(given, environ)
    origins = {name: given[name][1] if name in given else Origin("default", "default") for name in VARIABLES}
    keys = [file["api_key"][1].where for file in files if "api_key" in file]
    warnings += [f"{where}: api_key: a key in a file that may be committed: use the environment" for where in keys]
    variables = (name for name in sorted(environ) if name.startswith("MAHDAR_"))
    warnings += [f"environment: {text}" for text in toml.unknown("variable", variables, VARIABLES.values())]
    return Resolved(_validate(given), origins, tuple(warnings))


def _choose_key(given: dict[str, _Given], environ: Mapping[str, str]) -> list[str]:
    """Leave one of the settings that give a key: a flag before the environment before a file; gives warnings.

    OPENAI_API_KEY comes last, and goes to OpenAI, to the host of OPENAI_BASE_URL and to this machine alone: whoever
    tries some other address has seldom thought of what stands in the environment.
    """
    ranks = ("flag", "environment", "file")
    found = sorted(
        (name for name in KEYS if name in given),
        key=lambda name: (given[name][1].where == FALLBACKS["api_key"], ranks.index(given[name][1].kind)),
    )
    for name in found[1:]:
        del given[name]
    url = str(given["base_url"][0]).strip() if "base_url" in given else ""
    theirs = hosts.host_of(environ.get(FALLBACKS["base_url"], "").strip())
    is_meant = hosts.is_openai(url) or hosts.is_loopback(url) or hosts.host_of(url) in ("", theirs)
    if is_meant or "api_key" not in given or given["api_key"][1].where != FALLBACKS["api_key"]:
        return []
    del given["api_key"]
    return [
        f"OPENAI_API_KEY is not sent to {hosts.host_of(url)}, as it may be OpenAI's: "
        "set MAHDAR_API_KEY or --api-key to a key of this endpoint (none, if it wants none)"
    ]


def _defaults(folder: Path) -> dict[str, _Given]:
    """The values that are looked for where nobody gives them."""
    prices = toml.nearest(folder, "prices.toml")
    return {"prices": (prices, Origin("default", "default"), folder)} if prices else {}


def flag(name: str) -> str:
    """The flag of a setting."""
    return FLAGS.get(name, f"--{name.replace('_', '-')}")


def typed(name: str, value: object) -> tuple[str, ...]:
    """A setting as it is typed on a command line; None is what its word for no value says."""
    if name in SWITCHES and isinstance(value, bool):
        return (flag(name) if value else f"--no-{flag(name)[2:]}",)
    text = WORDS.get(name, "none") if value is None else value
    return flag(name), json.dumps(text, ensure_ascii=False) if isinstance(text, dict) else str(text)


def _from_flags(flags: Mapping[str, object], folder: Path) -> dict[str, _Given]:
    given = {name: value for name, value in flags.items() if value is not None}
    return {name: (given[name], Origin("flag", flag(name)), folder) for name in given}


def _from_environ(environ: Mapping[str, str], folder: Path) -> dict[str, _Given]:
    found = {name: at for name, at in [*FALLBACKS.items(), *VARIABLES.items()] if environ.get(at, "").strip()}
    return {name: (environ[at], Origin("environment", at), folder) for name, at in found.items()}


def _from_file(folder: Path, filename: str, *tables: str) -> dict[str, _Given]:
    if (path := toml.nearest(folder, filename)) is None:
        return {}
    where = os.path.relpath(path, folder)
    try:
        values: object = toml.read(path)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    for table in tables:
        values = values.get(table, {}) if isinstance(values, dict) else values
    where += f" [{'.'.join(tables)}]" if tables else ""
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: not a table; write settings below this heading, one a line")
    if unknown := toml.unknown("key", values, VARIABLES):
        raise ConfigError("\n".join(f"{where}: {text}" for text in unknown))
    if "api_key_command" in values:
        # The file may have come with the reports: nothing that others wrote is run unasked.
        raise ConfigError(f"{where}: api_key_command: no file may name a command: set MAHDAR_API_KEY_COMMAND")
    return {name: (value, Origin("file", where), path.parent) for name, value in values.items()}


def _validate(given: Mapping[str, _Given]) -> Settings:
    values = {name: value for name, (value, _, _) in given.items()}
    try:
        return Settings.model_validate(values, context={name: folder for name, (*_, folder) in given.items()})
    except ValidationError as error:
        first = {str(detail["loc"][0]): detail for detail in reversed(error.errors())}
    # Not chained: pydantic's error carries the values, and one of them may be a key.
    raise ConfigError("\n".join(_problem(name, *given[name][:2], first[name]) for name in values if name in first))


def _problem(name: str, value: object, origin: Origin, detail: ErrorDetails) -> str:
    at = f"{origin.where}: {name}" if origin.kind == "file" else origin.where
    # A key may stand in the value of api_key and of extra, and in any list or table.
    is_open = name not in {"api_key", "api_key_command", "headers", "extra"} and isinstance(
        value, str | int | float | Path
    )
    shown = repr(_shown(name, value)) if is_open else "the value"
    reason = str(detail.get("ctx", {}).get("error", ""))
    return f"{at}: {shown} is not {_allowed(name)}" + (f": {reason}" if reason else "")


def _allowed(name: str) -> str:
    kind = Settings.model_json_schema()["properties"][name]
    kind = kind.get("anyOf", [kind])[0]
    words = NOUNS.get(name) or NOUNS[kind.get("format", kind["type"])]
    words = f"one of {', '.join(kind['enum'])}" if "enum" in kind else words
    if "minimum" in kind:
        words += f" from {kind['minimum']} " + (f"to {kind['maximum']}" if "maximum" in kind else "up")
    if "exclusiveMinimum" in kind:
        words += " above 0" + (f" and up to {kind['maximum']:,.0f}" if "maximum" in kind else "")
    return f"{words} or the word {WORDS[name]!r}" if name in WORDS else words


def _shown(name: str, value: object) -> str:
    if name == "headers" and isinstance(value, dict):
        # Names alone: the last letters of a value may be a large part of it.
        return json.dumps(dict.fromkeys(value, "***"), ensure_ascii=False)
    if isinstance(value, SecretStr):
        return mask(value.get_secret_value()) if name == "api_key" else "***"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    if name == "base_url":
        text = re.sub(r"(?s)\?.*", "?***", re.sub(r"(?s)^(\w+://)?.*@", r"\1***@", text))
    if value is None:
        return WORDS.get(name, "none")
    return text.lower() if name in SWITCHES else text
