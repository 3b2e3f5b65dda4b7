"""From settings to a pipeline: the one place where the parts are put together."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import hosts
from extract import prompt as prompts
from extract.answers import Answers
from extract.client import Client, Endpoint
from extract.errors import ConfigError
from extract.keys import key_of
from extract.pace import Pace
from extract.pipeline import Asking, Pipeline
from extract.probe import kept, modes
from extract.probe.found import Found, now
from extract.recordings import Recordings, Setup
from extract.request import Label, Mode
from extract.secrets import of_endpoint, of_headers
from extract.settings import AUTO, Resolved, Settings
from extract.slots import LARGEST

if TYPE_CHECKING:
    from instructor.core.hooks import Hooks

    from extract.cache import Cache


def folders(settings: Settings) -> tuple[Path, ...]:
    """Where prompts are looked for: the user's own folder first."""
    if settings.prompts is not None and not settings.prompts.is_dir():
        raise ConfigError(f"{settings.prompts}: no such folder; --prompts names a folder of prompts")
    return (*((settings.prompts,) if settings.prompts else ()), prompts.SHIPPED)


def pipeline(
    resolved: Resolved,
    *,
    record_to: Path | None = None,
    recordings: Recordings | None = None,
    inputs: Sequence[str] = (),
    sample: int = 0,
    hooks: Hooks | None = None,
) -> Pipeline:
    """The pipeline that the settings ask for.

    With a replay folder it is offline; with `record_to` it asks for what that folder lacks and
    writes it there. A caller that has the folder open already gives its `recordings` too. Answers are
    kept apart by `sample`, the index of a repeated ask.
    Raises ConfigError for what is missing or wrong.
    """
    settings = resolved.settings
    prompt = prompts.load(settings.prompt, folders(settings))
    if settings.replay is not None:
        replayed = recordings or _replayed(settings, inputs)
        asking = _adopt(resolved, replayed.settings(prompt.name), settings.replay, prompt.name)
        return Pipeline(prompt, Answers(recordings=replayed), replace(asking, sample=sample), hooks=hooks)
    client = Client(endpoint(settings), pace=_pace(settings))
    # Answers that come in the same moment are written together; `Answers` sees to it.
    cache = open_cache(settings, hold=_HELD)
    if record_to is not None and recordings is None:
        recordings = Recordings(record_to, secrets=secrets(settings))
    answers = Answers(
        ask=client, cache=cache, recordings=recordings, is_recording=record_to is not None, rest=client.pace.rest
    )
    asking = replace(_asking(settings), sample=sample)
    return Pipeline(
        prompt,
        answers,
        asking,
        hooks=hooks,
        close=_closer(settings, client),
        pace=client.pace,
        find_mode=_finder(settings, client),
    )


def _closer(settings: Settings, client: Client) -> Callable[[], Awaitable[None]]:
    """What closes the connections, and notes when there was an answer last."""

    async def close() -> None:
        await client.close()
        if client.answered_at_s is not None:
            kept.answered(settings.cache, settings.base_url or "", settings.model or "", client.answered_at_s)

    return close


_HELD = 256


def open_cache(settings: Settings, *, hold: int = 1) -> Cache | None:
    """The cache that the settings name, or None if they want none; see Cache for `hold`."""
    if settings.cache is None:
        return None
    from extract.cache import Cache

    return Cache(settings.cache, hold=hold)


def recorder(folder: Path, inputs: Sequence[str], settings: Settings) -> Callable[[Label], str]:
    """Says how a missing recording is made."""
    chosen = f" --prompts {shlex.quote(str(settings.prompts))}" if settings.prompts else ""
    given = " ".join(shlex.quote(path) for path in inputs) or "INPUT"

    def command(label: Label) -> str:
        return (
            f"mahdar record {given} --to {shlex.quote(str(folder))} --prompt {label.task}{chosen} "
            "--base-url URL --model MODEL"
        )

    return command


def _replayed(settings: Settings, inputs: Sequence[str]) -> Recordings:
    folder = settings.replay
    assert folder is not None  # noqa: S101  the caller looked
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; --replay names a folder of recordings")
    return Recordings(folder, how_to_record=recorder(folder, inputs, settings))


def _adopt(resolved: Resolved, setups: Sequence[Setup], folder: Path, task: str) -> Asking:
    """How the recordings were asked, where the user did not say."""
    settings = resolved.settings
    asking = _asking(settings) if settings.model else None
    chosen = {name: getattr(settings, name) for name in ("model", "mode", "endpoint") if resolved.given(name)}
    chosen = {name: value for name, value in chosen.items() if (name, value) != ("mode", AUTO)}
    fitting = [setup for setup in setups if all(getattr(setup, name) == value for name, value in chosen.items())]
    if not fitting:
        # Let the replay itself say what is nearest; it needs some model's name for that.
        return asking or _asking(settings.model_copy(update={"model": "?"}))
    if len({setup.model for setup in fitting}) > 1:
        models = ", ".join(sorted({setup.model for setup in fitting}))
        raise ConfigError(f"{folder}: {task} is recorded with several models: {models}; choose one with --model")
    first = fitting[0]
    options = {**first.options, **{name: value for name, value in options_of(settings).items() if resolved.given(name)}}
    return Asking(
        model=first.model,
        mode=first.mode,
        options=options,
        endpoint=first.endpoint,
        max_reasks=settings.max_reasks,
        context=settings.context,
    )


def _asking(settings: Settings) -> Asking:
    if not settings.model:
        raise ConfigError("no model: give --model NAME or set MAHDAR_MODEL")
    return Asking(
        model=settings.model,
        mode=_mode(settings) or modes.ORDER[0],
        options=options_of(settings),
        endpoint=settings.endpoint_label,
        max_reasks=settings.max_reasks,
        context=settings.context,
    )


def _mode(settings: Settings) -> Mode | None:
    """The mode that was chosen, or that is known to be enforced; None if it has to be found out."""
    if settings.mode != "auto":
        return settings.mode
    found = kept.load(settings.cache, settings.base_url or "", settings.model or "")
    return found.mode if found is not None else None


def _finder(settings: Settings, client: Client) -> Callable[[], Awaitable[Mode]] | None:
    """What finds out the mode, and keeps it; None if it is known."""
    if _mode(settings) is not None:
        return None
    model, options = settings.model or "", options_of(settings)

    async def find() -> Mode:
        mode, tried = await modes.first_enforced(client, model, options)
        address = kept.address_of(settings.base_url or "")
        # A cache that cannot be written says so where answers are kept.
        kept.save(settings.cache, Found(address=address, model=model, time=now(), mode=mode, modes=tried))
        return mode

    return modes.Once(find)


def options_of(settings: Settings) -> dict[str, Any]:
    """The options that a request is sent with."""
    options: dict[str, Any] = {
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "seed": settings.seed,
        "reasoning_effort": settings.reasoning_effort,
    }
    return {**{name: value for name, value in options.items() if value is not None}, **settings.extra}


def _pace(settings: Settings) -> Pace:
    from extract import descriptors

    concurrency = settings.concurrency if isinstance(settings.concurrency, int) else None
    wanted = concurrency or LARGEST
    most = descriptors.room_for(wanted)
    if most < wanted:
        _load()
    return Pace(concurrency=concurrency, first=_first(settings), most=most, rpm=settings.rpm, tpm=settings.tpm)


def _first(settings: Settings) -> int | None:
    """How many requests to begin with, where a probe has found how many the server answers at a time."""
    found = kept.load(settings.cache, settings.base_url or "", settings.model or "")
    # One more than it answers, so that it need not wait for the next.
    return found.slots + 1 if found is not None and found.slots else None


def _load() -> None:
    """Import what is imported on the way else, where there may be no descriptor left for it."""
    import email.utils

    import tenacity

    from extract import reask, transport

    del email, tenacity, transport
    reask.load()


def endpoint(settings: Settings) -> Endpoint:
    """The endpoint that the settings name; ConfigError if they name none."""
    if not settings.base_url:
        raise ConfigError(
            "no endpoint: give --base-url (http://localhost:11434/v1 for Ollama) or set MAHDAR_BASE_URL "
            "or OPENAI_BASE_URL; to replay recorded answers, --replay DIR"
        )
    return Endpoint(
        base_url=settings.base_url,
        api_key=key_of(settings),
        headers={name: value.get_secret_value() for name, value in settings.headers.items()},
        is_azure=hosts.is_azure(settings.base_url) if settings.azure is None else settings.azure,
        is_cold=_may_be_cold(settings) if settings.warm_up is None else settings.warm_up,
        is_streamed=_is_streamed(settings),
        timeout_s=settings.timeout_s,
        first_token_timeout_s=settings.first_token_timeout_s,
        connect_timeout_s=settings.connect_timeout_s,
        max_tries=settings.max_tries,
    )


def _may_be_cold(settings: Settings) -> bool:
    """Whether a model may have to be loaded first: on nobody's service that is well known, and silent for a while."""
    address = settings.base_url or ""
    return not (hosts.is_hosted(address) or kept.has_answered_lately(settings.cache, address, settings.model or ""))


def _is_streamed(settings: Settings) -> bool:
    """Whether answers are streamed: as was said, or where the time to a first token is to be known."""
    if settings.stream is not None:
        return settings.stream
    return settings.first_token_timeout_s is not None or settings.extra.get("stream") is True


def secrets(settings: Settings) -> tuple[str, ...]:
    """What no recording may hold: the key, the values of headers, what is secret in the address.

    ConfigError if the key is to be had from a file or a command, and cannot.
    """
    headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
    return of_endpoint(settings.base_url or "", key_of(settings), *of_headers(headers))
