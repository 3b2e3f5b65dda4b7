"""What the commands of `mahdar batch` work with: a pipeline, the cache it fills, and what a folder remembers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract import compose
from extract.batch.state import NAME, State, load
from extract.cache import Cache
from extract.cli import options
from extract.client import Endpoint
from extract.document import Document, Failure
from extract.documents import Metadata, read
from extract.errors import ConfigError
from extract.lock import Lock
from extract.pipeline import Pipeline
from extract.secrets import is_open, locate
from extract.settings import Resolved, Settings, typed

METADATA = ("published", "source", "language")
# Flags that may hold a secret: their values are kept nowhere.
NOT_KEPT = ("base_url", "api_key", "api_key_command", "headers")
_NOT_KEPT = (*NOT_KEPT, "cache")
# Options that `mahdar run` does not have.
_OF_BATCHES = ("batch_lines", "batch_mb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts of a command, put together."""

    resolved: Resolved
    pipeline: Pipeline
    cache: Cache
    endpoint: Endpoint
    inputs: tuple[str, ...]
    about: Metadata

    @property
    def settings(self) -> Settings:
        """The settings of the command."""
        return self.resolved.settings

    def documents(self) -> Iterator[Document | Failure]:
        """The documents of the inputs."""
        return read(self.inputs, defaults=self.about, max_chars=self.settings.max_chars)

    def job(self) -> dict[str, Any]:
        """All that decides on requests."""
        asking, prompt = self.pipeline.asking, self.pipeline.prompt
        return {
            "prompt": prompt.name,
            "prompt_digest": prompt.digest,
            "schema": prompt.form.digest,
            "model": asking.model,
            "endpoint": asking.endpoint,
            "mode": asking.mode,
            "options": dict(asking.options),
            "max_reasks": asking.max_reasks,
        }

    def asked(self, flags: Mapping[str, Any]) -> dict[str, Any]:
        """What the user gave, to be given again; ConfigError if there is a key in it."""
        names = (*Settings.model_fields, *METADATA)
        kept = {name: flags[name] for name in names if flags.get(name) is not None and name not in _NOT_KEPT}
        is_kept = is_open(self.settings.base_url or "")
        left_out = [name for name in NOT_KEPT if flags.get(name) is not None and (name != "base_url" or not is_kept)]
        asked = {
            "inputs": list(self.inputs),
            "flags": kept,
            "left_out": left_out,
            "headers": sorted(self.settings.headers),
            "base_url": self.settings.base_url if is_kept else None,
            "cache": str(self.cache.folder),
            "is_default_cache": flags.get("cache") is None,
        }
        if found := locate([asked, self.job()], compose.secrets(self.settings)):
            raise ConfigError(f"{found[0]} stands in the options or in a path; a key goes into OPENAI_API_KEY")
        return asked


@contextmanager
def opened(inputs: Sequence[str], flags: Mapping[str, Any]) -> Iterator[Desk]:
    """A desk for these inputs and flags."""
    # Whoever fills the cache wants no recordings, even where a settings file says to replay.
    resolved = options.resolved({**flags, "replay": "none"})
    about = Metadata(**{name: flags.get(name) for name in METADATA})
    with compose.pipeline(resolved) as pipeline, cache_of(resolved.settings) as cache:
        yield Desk(
            resolved=resolved,
            pipeline=pipeline,
            cache=cache,
            endpoint=compose.endpoint(resolved.settings),
            inputs=tuple(inputs),
            about=about,
        )


@contextmanager
def cache_of(settings: Settings) -> Iterator[Cache]:
    """The cache that the settings name; ConfigError if they want none."""
    cache = compose.open_cache(settings)
    if cache is None:
        raise ConfigError("no cache: a batch brings its answers there; name its folder with --cache DIR")
    with cache:
        yield cache


def again(state: State, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Flags of a command about a folder: what it was submitted with, where nothing is said now."""
    asked = state.asked
    then = {**asked["flags"], "base_url": asked["base_url"], "cache": asked["cache"], "model": state.job["model"]}
    # The address too: batches are found where they were made, wherever settings point now.
    return {**then, **{name: value for name, value in flags.items() if value is not None}}


def reopened(state: State, flags: Mapping[str, Any]) -> Any:
    """The desk that a folder was submitted from."""
    return opened(state.asked["inputs"], again(state, flags))


def reached(state: State, flags: Mapping[str, Any]) -> Endpoint:
    """The endpoint that a folder was submitted to."""
    return compose.endpoint(options.resolved(again(state, flags)).settings)


def forgotten(state: State, endpoint: Endpoint) -> list[str]:
    """Names of headers that a folder was submitted with and that are not given now."""
    given = {name.lower() for name in endpoint.headers}
    return [name for name in state.asked.get("headers", []) if name.lower() not in given]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for this process alone."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder)
    try:
        yield
    finally:
        lock.release()


def begun(folder: Path, desk: Desk, flags: Mapping[str, Any]) -> State:
    """The state of a folder for this job: its own, or a new one; ConfigError for a folder of another job."""
    path = folder / NAME
    if not path.exists():
        if any(not each.name.startswith(".") for each in folder.iterdir()):
            raise ConfigError(f"{folder}: holds other files than batches; choose another folder with --to")
        return State(path=path, job=desk.job(), asked=desk.asked(flags))
    state = load(folder)
    if said := differing(state, desk):
        raise ConfigError(
            f"{folder}: holds batches of another job ({said}); submit with those settings, or --to another folder"
        )
    state.asked = desk.asked(flags)
    return state


def differing(state: State, desk: Desk) -> str:
    """How a job differs from that of a state; empty if it does not."""
    now = desk.job()
    names = [name for name in {**state.job, **now} if state.job.get(name) != now.get(name)]
    return "; ".join(f"{name}: {state.job.get(name)!r} then, {now.get(name)!r} now" for name in names[:3])


def run_command(state: State) -> str:
    """The `mahdar run` with the settings of a state."""
    return _command("run", state, [], _OF_BATCHES)


def submit_command(state: State) -> str:
    """The `mahdar batch submit` that goes on with a state."""
    to = ["--to", str(state.folder), "--reask"]
    return _command("batch submit", state, to, ())


def _command(name: str, state: State, more: Sequence[str], left_out: Sequence[str]) -> str:
    asked = state.asked
    # The mode that was assumed: a run that finds out another would find none of the answers.
    given = {"base_url": asked["base_url"], **asked["flags"], "mode": state.job["mode"]}
    if not asked["is_default_cache"]:
        given["cache"] = asked["cache"]
    words = [
        word
        for key, value in given.items()
        if key not in left_out and (value or value is False)
        for word in typed(key, value)
    ]
    return f"mahdar {name} {shlex.join([*asked['inputs'], *words, *more])}"
