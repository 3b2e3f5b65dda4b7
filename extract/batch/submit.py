"""Sending parts: uploaded, then made into batches, each step noted before and after it."""

from __future__ import annotations

from datetime import UTC, datetime

from extract.batch.api import Api, Remote
from extract.batch.state import Part, State


async def send(state: State, part: Part, api: Api) -> None:
    """Take a part as far as a batch that is made of it, from wherever it was left.

    Where a call was begun and its end is not known, what it was to make is looked for first: nothing is made twice.
    """
    if part.file_id is None:
        part.file_id = await api.find_file(state.remote(part)) if part.stage == "uploading" else None
        if part.file_id is None:
            _note(state, part, "uploading")
            part.file_id = await api.upload(state.file(part), state.remote(part))
        _note(state, part, "uploaded")
    if part.batch_id is None:
        made = await api.find_batch(part.file_id, state.remote(part)) if part.stage == "creating" else None
        if made is None:
            await api.processed(part.file_id)
            _note(state, part, "creating")
            made = await api.create(part.file_id, state.remote(part))
        part.batch_id = made.id
        part.created = _time(made.created_at)
        take(part, made)
        _note(state, part, "created")
    # The endpoint has them now, and what gets no answer is rendered anew.
    state.file(part).unlink(missing_ok=True)


def unsent(state: State) -> list[Part]:
    """The parts that a submission which broke off has left."""
    return [part for part in state.parts if part.stage in ("written", "uploading", "uploaded", "creating")]


def take(part: Part, found: Remote) -> None:
    """Keep what the endpoint says of a part's batch."""
    part.status, part.counts, part.faults = found.status, found.counts, found.faults
    part.output_file, part.error_file = found.output_file, found.error_file


def _note(state: State, part: Part, stage: str) -> None:
    part.stage = stage  # type: ignore[assignment]  # one of its stages
    state.save()


def _time(seconds: int | None) -> str:
    moment = datetime.fromtimestamp(seconds, UTC) if seconds else datetime.now(UTC)
    return moment.isoformat(timespec="seconds")


async def drop(state: State, api: Api) -> None:
    """End the batches that are not over, and give up parts that are none yet."""
    for part in state.parts:
        if part.stage == "creating" and part.file_id is not None:
            found = await api.find_batch(part.file_id, state.remote(part))
            if found is not None:
                part.batch_id, part.created = found.id, _time(found.created_at)
                _note(state, part, "created")
        if part.batch_id is None and part.stage not in ("collected", "exported"):
            part.status = "cancelled"
            state.file(part).unlink(missing_ok=True)
            _note(state, part, "collected")
        elif part.batch_id is not None and not part.is_over:
            take(part, await api.cancel(part.batch_id))
            state.save()
