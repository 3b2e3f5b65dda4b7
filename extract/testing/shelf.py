"""A folder of recordings as a session of tests uses it, and what each test gets of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import compose, settings
from extract.errors import ConfigError, ReplayMiss
from extract.extractor import Extractor
from extract.pipeline import Asking, Pipeline
from extract.recordings import Recordings
from extract.recordings.difference import changes
from extract.request import Completion, Label, Request
from extract.testing.failures import Miss

if TYPE_CHECKING:
    from instructor.core.hooks import Hooks

# What the environment may say when answers are recorded. All else decides which requests are made, and a
# replay, to which the environment says nothing, must make the same.
WHERE = ("base_url", "api_key", "endpoint", "timeout_s", "connect_timeout_s", "max_tries", "cache")
HOW = ("model", "mode", "temperature", "max_tokens", "seed", "extra")
CHOSEN_BY_FIXTURE = ("replay", "out")


class Shelf:
    """A folder of recordings as the tests of a session use it: read once, and it knows what was asked of it.

    Paths in settings count from `root`. With `environ`, which may name the endpoint, what the
    folder lacks is asked and recorded; without, it is replayed. `command` records the present test.
    """

    def __init__(self, folder: Path, *, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.command = "pytest --mahdar-record"
        self._root = root
        self._environ = environ
        self._tasks: set[str] = set()
        self._opened: dict[tuple[str, ...], Recordings] = {}
        self._before = set(Recordings(folder).unused())

    def extractor(self, flags: Mapping[str, Any], hooks: Hooks | None = None) -> Extractor:
        """An extractor of these settings; ConfigError if they cannot work, or could not be replayed."""
        if set(flags) & set(CHOSEN_BY_FIXTURE):
            raise ConfigError(f"{' and '.join(CHOSEN_BY_FIXTURE)} are no settings of mahdar_replay: {_WHERE}")
        resolved = self._replaying(flags) if self._environ is None else self._recording(flags, self._environ)
        # Nothing is written while tests replay, so no file and no command is asked for a key.
        recordings = self._open(() if self._environ is None else compose.secrets(resolved.settings))
        record_to = None if self._environ is None else self.folder
        pipeline = compose.pipeline(resolved, record_to=record_to, recordings=recordings, hooks=hooks)
        if record_to:
            self._refuse_lost(pipeline, compose.pipeline(self._replaying(flags), recordings=recordings).asking)
        self._tasks.add(pipeline.prompt.name)
        return Extractor.over(pipeline, resolved.settings)

    def unused(self) -> list[Path]:
        """The recordings of the tasks that were asked for which no request asked for."""
        used = {path for recordings in self._opened.values() for path in recordings.used}
        return [path for path in Recordings(self.folder).unused(self._tasks) if path not in used]

    def new(self) -> list[Path]:
        """The recordings that were not there when the session began."""
        return [path for path in Recordings(self.folder).unused() if path not in self._before]

    def _replaying(self, flags: Mapping[str, Any]) -> settings.Resolved:
        return settings.resolve({**flags, "replay": self.folder}, environ={}, folder=self._root)

    def _recording(self, flags: Mapping[str, Any], environ: Mapping[str, str]) -> settings.Resolved:
        names = {*settings.FALLBACKS.values(), *(settings.VARIABLES[name] for name in (*WHERE, *HOW))}
        allowed = {name: value for name, value in environ.items() if name in names}
        return settings.resolve({**flags, "replay": "none"}, environ=allowed, folder=self._root)

    def _open(self, secrets: tuple[str, ...]) -> Recordings:
        if secrets not in self._opened:
            self._opened[secrets] = _Recordings(self.folder, secrets=secrets, how_to_record=lambda _: self.command)
        return self._opened[secrets]

    def _refuse_lost(self, pipeline: Pipeline, replayed: Asking) -> None:
        """Raise ConfigError if a replay would not ask for what is about to be recorded."""
        task = pipeline.prompt.name
        setups = Recordings(self.folder).settings(task)
        is_adopted = any(
            (setup.model, setup.mode, setup.endpoint) == (replayed.model, replayed.mode, replayed.endpoint)
            for setup in setups
        )
        differing = [str(change) for change in changes(vars(replayed), vars(pipeline.asking))]
        if is_adopted and differing:
            raise ConfigError(
                f"{self.folder}: not recorded: a replay asks {task} as its recordings were asked, and would not "
                f"find what is asked otherwise: {', '.join(differing)}; ask as they were (an endpoint's label is "
                f"MAHDAR_ENDPOINT), say it in the test (extractor(model=...)), or delete the recordings of {task} first"
            )


class Replay:
    """What a test gets: extractors that answer from the recordings in `folder`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._extractors: list[Extractor] = []

    @property
    def folder(self) -> Path:
        """Where the recordings are."""
        return self._shelf.folder

    def extractor(self, *, hooks: Hooks | None = None, **flags: Any) -> Extractor:
        """An Extractor of these settings, which are those of `Extractor` but for replay and out.

        It raises ReplayMiss for what is not recorded. Nothing that the environment says counts,
        and a relative path counts from pytest's rootdir. ConfigError tells of settings that cannot work.
        """
        extractor = self._shelf.extractor(flags, hooks)
        self._extractors.append(extractor)
        return extractor

    def close(self) -> None:
        """Close the connections that recording has used."""
        for extractor in self._extractors:
            extractor.close()


_WHERE = "its folder is the ini option mahdar_recordings, or @pytest.mark.mahdar(recordings=...)"


class _Recordings(Recordings):
    def replay(self, request: Request, label: Label) -> Completion:
        __tracebackhide__ = True
        try:
            return super().replay(request, label)
        except ReplayMiss as miss:
            # The way through our own code tells a user nothing; the message names document and task.
            raise Miss(str(miss), pytrace=False) from None
