"""A run that ended early goes on where it was: nothing lost, nothing twice, nothing paid for again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract import job
from extract.answers import Answers
from extract.cache import Cache
from extract.document import Document, Failure
from extract.documents import read
from extract.errors import ConfigError, EndpointError, Interrupted
from extract.pipeline import Asking, Pipeline
from extract.request import Completion, Label, Request, Usage
from extract.stop import Stop
from extract.store import RunFolder
from extract.tally import Tally
from tests.invented import REPORT, answer, meeting, prompt
from tests.terminal import rows

RIGHT = Completion(text=answer(meeting()), usage=Usage(prompt=100, completion=20))
UNREADABLE = Failure(document="x", kind="binary", message="in/x.txt: holds bytes that are no text", path="in/x.txt")
JOB = {"model": "m"}


class Model:
    """Answers right, and counts what it is asked; `before` may raise or stop something first."""

    def __init__(self, before: Callable[[str], object] = lambda _: None) -> None:
        self.asked: list[str] = []
        self._before = before

    async def __call__(self, request: Request, label: Label) -> Completion:
        self._before(label.document)
        self.asked.append(label.document)
        return RIGHT


def hostile(folder: Path) -> Path:
    """Invented reports with all that may be wrong with one: a date, an id, a row, a file."""
    sidecar = ['{"file": "a.txt", "published": "soon"}', '{"file": "b.txt", "id": "b-1"}', '{"file": "gone.txt"}']
    given = ['{"id": "c", "date": "soon", "text": TEXT}', '{"id": "c", "text": TEXT}', "{", '{"text": TEXT}']
    rows_ = [row.replace("TEXT", json.dumps(f"{REPORT}\n{number}")) for number, row in enumerate(given)]
    texts = {"documents.jsonl": "\n".join(sidecar), "c.jsonl": "\n".join(rows_), "d.jsonl": "\n".join(rows_[:1])}
    texts |= {"a.txt": f"{REPORT}\na", "b.txt": f"{REPORT}\nb", "e.txt": "", "z.txt": f"{REPORT}\nz"}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def documents(names: Iterable[str]) -> list[Document | Failure]:
    return [Document(id=name, text=f"{REPORT}\n{name}") for name in names]


def run(
    folder: Path,
    items: list[Document | Failure] | Path,
    model: Model,
    *,
    limits: job.Limits | None = None,
    stop: Stop | None = None,
    is_fresh: bool = False,
    cache: Cache | None = None,
) -> Tally:
    answers = Answers(ask=model, cache=cache)
    with (
        Pipeline(prompt(), answers, Asking(model="m")) as made,
        RunFolder(folder, made.prompt.records, job=JOB, is_fresh=is_fresh) as store,
    ):
        left = read([items], is_done=store.done.__contains__) if isinstance(items, Path) else items
        tally = job.run(left, made, store, concurrency=1, watch=lambda result, tally: None, limits=limits, stop=stop)
        store.finish({"counts": tally.to_json()}, is_whole=tally.stopped is None)
        return tally


def written(folder: Path) -> list[str]:
    return [row["document"] for row in rows(folder / "records.jsonl")]


def stopping(on: str) -> tuple[Stop, Model]:
    """A wish to stop that comes while this document is asked."""
    stop = Stop()
    return stop, Model(lambda name: stop.set("enough") if name == on else None)


def test_a_run_that_was_stopped_goes_on_with_what_is_left(tmp_path):
    stop, first = stopping("b")
    tally = run(tmp_path, documents("abcd"), first, stop=stop)
    second = Model()
    whole = run(tmp_path, documents("abcd"), second)

    assert (tally.stopped, first.asked, second.asked) == ("enough", ["a", "b"], ["c", "d"])
    assert written(tmp_path) == ["a", "b", "c", "d"]
    assert (whole.documents, whole.resumed, whole.records) == (4, 2, {"meeting": 4})
    assert whole.prompt_tokens == 400


def test_a_finished_run_is_written_anew(tmp_path):
    run(tmp_path, documents("ab"), Model())
    second = Model()
    run(tmp_path, documents("ab"), second)

    assert second.asked == ["a", "b"]
    assert written(tmp_path) == ["a", "b"]


def test_an_unfinished_run_is_begun_anew_if_that_is_wished(tmp_path):
    stop, first = stopping("a")
    run(tmp_path, documents("ab"), first, stop=stop)
    second = Model()
    run(tmp_path, documents("ab"), second, is_fresh=True)

    assert second.asked == ["a", "b"]
    assert written(tmp_path) == ["a", "b"]


def test_an_unfinished_run_of_another_job_is_refused_with_what_differs(tmp_path):
    stop, first = stopping("a")
    run(tmp_path, documents("ab"), first, stop=stop)

    with pytest.raises(ConfigError, match=r"model: m then, other now.*--fresh"):
        RunFolder(tmp_path, prompt().records, job={"model": "other"})


def damaged(folder: Path, change: Callable[[list[str]], list[str]]) -> Path:
    """An unfinished run whose journal was changed."""
    stop, first = stopping("b")
    run(folder, documents("abc"), first, stop=stop)
    journal = folder / "journal.jsonl"
    journal.write_text("".join(change(journal.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [],
        lambda lines: [lines[0][:9]],
        lambda lines: ["5\n", *lines[1:]],
        lambda lines: [lines[0].replace('"format":2,', ""), *lines[1:]],
        lambda lines: [lines[0], "{}\n"],
        lambda lines: [lines[0], '{"k":[],"at":[0,0,0,0],"t":{}}\n'],
        lambda lines: [*lines[:2], lines[2].replace('"first":', '"unheard-of":')],
        lambda lines: [*lines[:2], lines[2].replace('"first":[', '"first":[1,1,')],
    ],
    ids=["empty", "torn", "number", "old", "no key", "odd key", "unknown kind", "other counts"],
)
def test_records_of_which_the_journal_cannot_be_read_are_kept_unless_they_are_to_go(tmp_path, change):
    damaged(tmp_path, change)
    before = (tmp_path / "records.jsonl").read_bytes()

    with pytest.raises(ConfigError, match=r"written by another version of mahdar; finish .*, or give --fresh"):
        run(tmp_path, documents("abc"), Model())
    kept = (tmp_path / "records.jsonl").read_bytes()
    run(tmp_path, documents("abc"), Model(), is_fresh=True)

    assert kept == before
    assert written(tmp_path) == ["a", "b", "c"]


def test_a_run_that_was_killed_before_it_had_a_journal_is_begun(tmp_path):
    for name in ("records.jsonl", "failures.jsonl", "journal.jsonl"):
        (tmp_path / name).touch()

    run(tmp_path, documents("a"), Model())

    assert written(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["records.jsonl", "failures.jsonl", "documents.jsonl", "meetings.csv"])
def test_a_file_that_was_edited_while_the_run_was_stopped_is_not_gone_on_with(tmp_path, name):
    items = [UNREADABLE, *documents("abc")]
    stop, first = stopping("b")
    run(tmp_path, items, first, stop=stop)
    path = tmp_path / name
    path.write_bytes(b"a longer line\n" + path.read_bytes())
    before = path.read_bytes()

    with pytest.raises(ConfigError, match=rf"{name}: was changed after the run had stopped; .*--fresh"):
        run(tmp_path, items, Model())

    assert path.read_bytes() == before


def test_what_could_not_be_read_is_told_once(tmp_path):
    items = [*documents("a"), UNREADABLE, *documents("b")]
    stop, first = stopping("b")
    run(tmp_path, items, first, stop=stop)
    run(tmp_path, [*items, *documents("c")], Model())

    assert [row["document"] for row in rows(tmp_path / "failures.jsonl")] == ["x"]
    assert written(tmp_path) == ["a", "b", "c"]


def test_a_document_that_met_a_fault_of_all_is_asked_again(tmp_path):
    def refuse(name: str) -> None:
        if name == "b":
            raise EndpointError("no connection", kind="refused")

    tally = run(tmp_path, documents("abc"), Model(refuse))
    run(tmp_path, documents("abc"), Model())

    assert tally.stopped == "no connection"
    assert written(tmp_path) == ["a", "b", "c"]
    assert rows(tmp_path / "failures.jsonl") == []


def test_a_document_that_was_given_up_is_neither_done_nor_failed(tmp_path):
    def give_up(name: str) -> None:
        if name == "b":
            raise Interrupted

    run(tmp_path, documents("ab"), Model(give_up), stop=None)

    assert written(tmp_path) == ["a"]
    assert rows(tmp_path / "failures.jsonl") == []


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (job.Limits(failures=1), "2 documents failed, more than --max-failures 1"),
        (job.Limits(spent=lambda tally: "too dear" if tally.prompt_tokens > 100 else None), "too dear"),
    ],
    ids=["failures", "budget"],
)
def test_a_limit_ends_a_run_and_leaves_it_to_be_taken_up(tmp_path, limits, said):
    def fail(name: str) -> None:
        if name in "bc" and limits.failures is not None:
            raise EndpointError("timeout!", kind="timeout")

    tally = run(tmp_path, documents("abcdefgh"), Model(fail), limits=limits)

    assert tally.stopped == said
    assert tally.documents < 8
    assert (tmp_path / "journal.jsonl").exists()


def test_a_run_that_has_used_up_its_limit_asks_nothing_when_it_is_taken_up(tmp_path):
    limits, again = job.Limits(spent=lambda tally: "used up" if tally.documents >= 2 else None), Model()
    run(tmp_path, documents("abcdefgh"), Model(), limits=limits)
    tally = run(tmp_path, documents("abcdefgh"), again, limits=limits)

    assert tally.stopped == "used up"
    assert again.asked == []
    assert (tmp_path / "journal.jsonl").exists()


def test_what_a_run_paid_for_before_it_was_killed_is_its_own_and_known_to_any_other(tmp_path):
    limits = job.Limits(spent=lambda tally: "enough" if tally.documents >= 3 else None)
    with Cache(tmp_path / "cache") as cache:
        run(tmp_path / "one", documents("abc"), Model(), cache=cache, limits=limits)
        journal = tmp_path / "one" / "journal.jsonl"
        # As if it had been killed before any of its rows were written.
        journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
        again = run(tmp_path / "one", documents("abc"), Model(), cache=cache)
        other = run(tmp_path / "two", documents("abc"), Model(), cache=cache)

    assert [again.spent[kind].answers for kind in ("first", "cached")] == [3, 0]
    assert [other.spent[kind].answers for kind in ("first", "cached")] == [0, 3]


def test_a_share_of_failures_says_nothing_before_there_are_some_documents(tmp_path):
    def fail(name: str) -> None:
        if name < "m":
            raise EndpointError("timeout!", kind="timeout")

    tally = run(tmp_path, documents("abcdefghijklmnopqrstuvwxyz"), Model(fail), limits=job.Limits(failure_share=0.5))

    assert tally.stopped == "12 of 20 documents failed, more than --max-failures 50%"


def test_an_answer_that_cannot_be_kept_counts_and_then_the_run_ends(tmp_path):
    class Full:
        def get(self, request: Request, label: Label) -> None:
            return None

        def claim(self, request: Request) -> bool:
            return True

        def give_up(self, request: Request) -> None: ...

        def flush(self) -> None: ...

        def put(self, request: Request, completion: Completion, label: Label) -> None:
            raise ConfigError("cache: cannot be written: No space left on device")

    tally = run(tmp_path, documents("abc"), Model(), cache=Full())  # type: ignore[arg-type]

    assert tally.stopped == "cache: cannot be written: No space left on device"
    assert written(tmp_path)[0] == "a"
    assert len(written(tmp_path)) < 3


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.floats(0, 1))
def test_wherever_a_run_over_bad_input_was_killed_every_failure_is_told_once(tmp_path_factory, cut):
    folder, whole = tmp_path_factory.mktemp("killed"), tmp_path_factory.mktemp("whole")
    reports = hostile(tmp_path_factory.mktemp("in"))
    run(whole, reports, Model())
    stop, first = stopping("z")
    run(folder, reports, first, stop=stop)
    journal = folder / "journal.jsonl"
    written_then = journal.read_bytes()
    begun = written_then.index(b"\n") + 1
    journal.write_bytes(written_then[: begun + round(cut * (len(written_then) - begun))])

    run(folder, reports, Model())

    for name in ("records.jsonl", "failures.jsonl", "documents.jsonl", "meetings.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()


def test_every_document_is_told_of_once_with_as_many_failures_as_there_are(tmp_path):
    (tmp_path / "in").mkdir()
    tally = run(tmp_path / "out", hostile(tmp_path / "in"), Model())

    told = [
        (row["document"], row["records"], row["failures"], row["attempts"])
        for row in rows(tmp_path / "out" / "documents.jsonl")
    ]
    assert sorted(told) == [
        *[("a", 1, 1, 1), ("b-1", 1, 0, 1), ("c", 0, 1, 0), ("c", 0, 1, 0), ("c", 1, 1, 1)],
        *[("c:3", 0, 1, 0), ("c:4", 1, 0, 1), ("e", 0, 1, 0), ("z", 1, 0, 1)],
    ]
    assert tally.documents == len(told)


def test_a_run_over_bad_input_tells_what_is_wrong_with_it(tmp_path):
    (tmp_path / "in").mkdir()
    run(tmp_path / "out", hostile(tmp_path / "in"), Model())

    found = [(row["document"], row["kind"]) for row in rows(tmp_path / "out" / "failures.jsonl")]
    bad_dates = [("a", "metadata"), ("c", "metadata")]
    same_ids = [("c", "duplicate_id"), ("c", "duplicate_id")]
    assert sorted(found) == sorted([("documents:3", "metadata"), *bad_dates, *same_ids, ("c:3", "row"), ("e", "empty")])
    assert written(tmp_path / "out") == ["a", "b-1", "c", "c:4", "z"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, 4_000), torn=st.booleans())
def test_wherever_a_run_was_killed_it_ends_as_if_it_had_not_been(tmp_path_factory, cut, torn):
    folder, whole = tmp_path_factory.mktemp("killed"), tmp_path_factory.mktemp("whole")
    items = [*documents("ab"), UNREADABLE, *documents("cd")]
    run(whole, items, Model())
    stop, first = stopping("d")
    run(folder, items, first, stop=stop)
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:cut])
    if torn:
        for name in ("records.jsonl", "meetings.csv", "failures.jsonl", "documents.jsonl"):
            with (folder / name).open("ab") as file:
                file.write(b'{"half": ')

    is_begun = b"\n" in journal.read_bytes()
    if not is_begun:
        # A journal without its first line vouches for nothing: what stands in the folder is left to its owner.
        with pytest.raises(ConfigError, match="--fresh"):
            run(folder, items, Model())
    run(folder, items, Model(), is_fresh=not is_begun)

    for name in ("records.jsonl", "failures.jsonl", "documents.jsonl", "meetings.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    counts = [json.loads((each / "manifest.json").read_text(encoding="utf-8"))["counts"] for each in (folder, whole)]
    assert counts[0] | {"resumed_documents": 0, "latency_s": 0} == counts[1] | {"resumed_documents": 0, "latency_s": 0}
