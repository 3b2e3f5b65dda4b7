"""The options of the endpoint: the same names as flags and in the body of POST /reset."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

# Those of the transport may strike each time a body comes, those of the content only the first time.
TRANSPORT_FAULTS = ("429", "500", "503", "reset", "drip", "hang")
CONTENT_FAULTS = ("truncated", "badjson", "badbody", "schema")


def _option(default: Any, about: str) -> Any:
    return field(default=default, metadata={"help": about})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the endpoint behaves in a run; None switches a limit off. ValueError for values that mean nothing."""

    latency_ms: float = _option(0.0, "time that an answer takes")
    jitter_ms: float = _option(0.0, "by how much that time varies, either way, seeded")
    slots: int | None = _option(None, "answers that are generated at once; the others wait in their order")
    max_queue: int | None = _option(None, "requests that may wait for a slot; beyond them 503")
    rate: float | None = _option(None, "tokens a second of a bucket that each request takes one from; beyond it 429")
    burst: float | None = _option(None, "tokens that the bucket holds; else those of one second")
    limit_headers: bool = _option(True, "say in x-ratelimit headers what the bucket holds")
    seed: int = _option(1, "what faults and jitter are drawn from, with the request's body")
    p_429: float = _option(0.0, "share of requests answered 429, whatever the rate")
    p_500: float = _option(0.0, "share of requests answered 500")
    p_503: float = _option(0.0, "share of requests answered 503")
    p_reset: float = _option(0.0, "share of requests whose connection is cut in the middle of the body")
    p_drip: float = _option(0.0, "share of requests whose body comes in small pieces")
    p_hang: float = _option(0.0, "share of requests that get no answer until the client leaves")
    p_truncated: float = _option(0.0, "share of bodies first answered with JSON cut at the token limit")
    p_badjson: float = _option(0.0, "share of bodies first answered with broken JSON")
    p_badbody: float = _option(0.0, "share of bodies first answered 200 with half a completion")
    p_schema: float = _option(0.0, "share of bodies first answered with JSON that breaks the schema")
    retry_after_s: float = _option(1.0, "Retry-After of the 429 and 503 that no bucket asks for")
    drip_s: float = _option(2.0, "time that a dripping body takes")
    burst_429: tuple[int, int] | None = _option(None, "N L: of every N requests the first L get 429")
    outage: tuple[float, float] | None = _option(
        None, "S L: connections are reset for L seconds, S seconds from the start"
    )
    batch_seconds: float = _option(0.5, "time that a batch takes")
    p_batch_missing: float = _option(0.0, "share of a batch's lines that get no result at all")
    p_batch_error: float = _option(0.0, "share of a batch's lines that end in its error file")
    batch_expires: bool = _option(False, "batches expire with about half of their lines done")

    def __post_init__(self) -> None:
        for name in (each.name for each in fields(self)):
            value = getattr(self, name)
            if name.startswith("p_") and not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; a share is from 0 to 1")
            if isinstance(value, int | float) and name != "seed" and value < 0:
                raise ValueError(f"{name} is {value}; it cannot be below 0")
        if sum(share for _, share in self.shares()) > 1 or self.p_batch_missing + self.p_batch_error > 1:
            raise ValueError("the shares of all faults together are more than 1")
        if self.rate == 0 or self.slots == 0 or (self.burst is not None and self.burst < 1):
            raise ValueError("rate and slots are above 0 and burst is 1 at least, or they are null")
        if self.burst_429 is not None and self.burst_429[0] < 1:
            raise ValueError("burst_429 is [every_n, length], with every_n above 0")

    def shares(self) -> list[tuple[str, float]]:
        """The faults that are switched on, with their shares."""
        shares = ((name, getattr(self, f"p_{name}")) for name in (*TRANSPORT_FAULTS, *CONTENT_FAULTS))
        return [(name, share) for name, share in shares if share]

    def with_json(self, changes: Any) -> Options:
        """These options with others in their place; ValueError for an unknown name or a value of another type."""
        kinds = {each.name: str(each.type) for each in fields(self)}
        if not isinstance(changes, Mapping):
            raise ValueError(f"options are an object, not {changes!r}")  # noqa: TRY004  as for all that is wrong
        for name in changes:
            if name not in kinds:
                raise ValueError(f"no option {name!r}; there are: {', '.join(kinds)}")
        return replace(self, **{name: _of_kind(name, kinds[name], value) for name, value in changes.items()})


def _of_kind(name: str, kind: str, value: Any) -> Any:
    """The value as the kind of its option has it."""
    bare = kind.removesuffix(" | None")
    if value is None and bare != kind:
        return None
    if bare.startswith("tuple") and isinstance(value, list | tuple) and len(value) == 2:
        return tuple(_of_kind(name, bare[len("tuple[") :].partition(",")[0], each) for each in value)
    if bare == "bool" and isinstance(value, bool):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and bare == "float":
        return float(value)
    if is_number and bare == "int" and value == int(value):
        return int(value)
    raise ValueError(f"{name} is {value!r}; it has to be of type {kind}")


def add_flags(parser: ArgumentParser) -> None:
    """Add a flag for each option: --latency-ms 200, --burst-429 100 5."""
    for each in fields(Options):
        flag, about, kind = _flag(each.name), each.metadata["help"], str(each.type)
        if kind == "bool":
            parser.add_argument(flag, action=BooleanOptionalAction, default=each.default, help=about)
            continue
        number = int if "int" in kind else float
        parser.add_argument(
            flag, type=number, default=each.default, help=about, nargs=2 if "tuple" in kind else None, metavar="N"
        )


def from_flags(given: Namespace) -> Options:
    """The options that the command line gave."""
    return Options().with_json({each.name: getattr(given, each.name) for each in fields(Options)})


def flags(options: Options) -> list[str]:
    """The command line that gives these options."""
    values = ((each, getattr(options, each.name)) for each in fields(options))
    return [word for each, value in values if value != each.default for word in _words(_flag(each.name), value)]


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _words(flag: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    return [flag, *map(str, value if isinstance(value, tuple) else (value,))]
