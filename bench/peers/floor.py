"""The least that a replay of kept answers has to do: read, key, look up, validate, write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from bench.peers.job import Job, texts

_AT_ONCE = 500


def prepare(job: Job) -> Callable[[Path], int]:
    """A table with the answers about all reports, made before the clock."""
    from bench.reports import answer, read_token

    table = sqlite3.connect(job.folder / "answers.db")
    table.execute("create table answers (key text primary key, answer text) without rowid")
    for inputs in (job.warm, job.inputs):
        told = ((_key(text), read_token(text)) for text in texts(inputs))
        rows = ((key, answer(found[0], job.records, found[1])) for key, found in told if found)
        table.executemany("insert into answers values (?, ?)", rows)
    table.commit()

    def do(inputs: Path) -> int:
        reports, good = texts(inputs), 0
        with (job.folder / f"{inputs.stem}-records.jsonl").open("w", encoding="utf-8") as file:
            while keys := [_key(text) for text in islice(reports, _AT_ONCE)]:
                marks = ",".join("?" * len(keys))
                found = dict(table.execute(f"select key, answer from answers where key in ({marks})", keys))  # noqa: S608
                for key in keys:
                    file.write(job.answer.model_validate_json(found[key]).model_dump_json() + "\n")
                    good += 1
        return good

    return do


def _key(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
