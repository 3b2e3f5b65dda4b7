"""What was found out about an endpoint and a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from extract.request import Mode

# enforced: the answer had the form though nothing but the server's rule asked for it. followed: the prompt showed the
# form and the model kept to it. ignored: a good status and another form. refused: an error about the mode.
# cut: the answer met the token limit before it could show anything. failed: an error that need not be the mode's.
Outcome = Literal["enforced", "followed", "ignored", "refused", "cut", "failed"]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one mode; `note` is what the server or the model said, if it helps."""

    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of the first and of the second answer to one question, tokens a second of the second."""

    first_s: float
    second_s: float
    tokens: int
    is_counted: bool

    @property
    def tokens_per_s(self) -> float | None:
        """Speed of the second answer, all that it took included."""
        return self.tokens / self.second_s if self.second_s > 0 and self.tokens else None

    @property
    def load_s(self) -> float | None:
        """What the first answer took longer; None where that may be chance."""
        longer = self.first_s - self.second_s
        return longer if longer > 1 and self.first_s > 2 * self.second_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that is known of a model at an address; None and "" stand for what is not.

    `mode` is the one to use, None if no request was answered; `slots` is how many requests the server answers at a
    time. `faults` are lines that say what went wrong and what to do about it, `unknown` what could not be found out.
    Without `is_whole` only modes were tried.
    """

    address: str
    model: str = ""
    time: str = ""
    is_whole: bool = False
    server: str = ""
    version: str = ""
    known_by: str = ""
    models: tuple[str, ...] | None = None
    is_listed: bool | None = None
    answered_as: str = ""
    mode: Mode | None = None
    modes: Mapping[Mode, Tried] = field(default_factory=dict)
    context: int | None = None
    context_by: str = ""
    slots: int | None = None
    speed: Measured | None = None
    thinking: str = ""
    streaming: str = ""
    first_token_s: float | None = None
    usage: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    requests: int = 0
    faults: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Found:
        """Read what `to_json` wrote; ValueError, TypeError or LookupError for anything else."""
        read = dict(value)
        read["modes"] = {mode: Tried(**tried) for mode, tried in value["modes"].items()}
        read["speed"] = Measured(**value["speed"]) if value["speed"] else None
        for name in ("models", "faults", "unknown"):
            read[name] = tuple(value[name]) if value[name] is not None else None
        datetime.fromisoformat(value["time"])
        return cls(**read)


def now() -> str:
    """The time of a finding."""
    return datetime.now(UTC).isoformat(timespec="seconds")
