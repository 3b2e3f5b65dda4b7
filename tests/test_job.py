"""A run over many documents: in order, a few at a time, and not stopped by one that fails."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

import pytest

from extract import job
from extract.answers import Answers
from extract.document import Document, Failure
from extract.errors import EndpointError
from extract.job import HOPELESS, Tally
from extract.pipeline import Asking, Extraction, Pipeline
from extract.recordings import Recordings
from extract.request import Completion, Label, Request, Usage
from extract.store import RunFolder
from schemas.meeting import Meeting
from tests.invented import NOT_THERE, OSLO, REPORT, answer, in_bergen, meeting, prompt
from tests.terminal import rows

RIGHT = Completion(text=answer(meeting()), usage=Usage(prompt=100, completion=20))
UNREADABLE = Failure(document="x", kind="binary", message="in/x.txt: holds bytes that are no text", path="in/x.txt")

Ask = Callable[[Request, Label], Awaitable[Completion]]
Item = Document | Failure


def document(name: str, text: str | None = None) -> Document:
    return Document(id=name, text=text or f"{REPORT}\n{name}")


def documents(names: str) -> list[Document]:
    """A document for each letter."""
    return [document(name) for name in names]


async def right(request: Request, label: Label) -> Completion:
    return RIGHT


def failing(kind: str, on: str) -> Ask:
    """An endpoint that has a fault with these documents."""

    async def ask(request: Request, label: Label) -> Completion:
        if label.document in on:
            raise EndpointError(f"http://host/v1: {kind}!", kind=kind)
        return RIGHT

    return ask


def saying(*texts: str) -> Ask:
    """An endpoint that says the first of these to every first ask, the second to every re-ask."""

    async def ask(request: Request, label: Label) -> Completion:
        return Completion(text=texts[label.attempt - 1])

    return ask


def pipeline(ask: Ask, *, max_reasks: int = 1) -> Pipeline:
    return Pipeline(prompt(), Answers(ask=ask), Asking(model="m", max_reasks=max_reasks))


def run(folder: Path, items: Iterable[Item], ask: Ask = right, *, concurrency: int = 4) -> Tally:
    """The tally of a run, which is written to `folder`."""
    with pipeline(ask) as made, RunFolder(folder, made.prompt.records) as store:
        return job.run(items, made, store, concurrency=concurrency, watch=lambda result, tally: None)


def extracted(folder: Path) -> str:
    """The documents of which there are records, in their order."""
    return "".join(row["document"] for row in rows(folder / "records.jsonl"))


def failed(folder: Path) -> list[tuple[str, str]]:
    return [(row["document"], row["kind"]) for row in rows(folder / "failures.jsonl")]


def test_documents_are_written_in_their_order_although_answers_come_in_another(tmp_path):
    answered: list[str] = []
    turn = {name: asyncio.Event() for name in "abc"}
    turn["c"].set()

    async def backwards(request: Request, label: Label) -> Completion:
        await turn[label.document].wait()
        answered.append(label.document)
        if label.document > "a":
            turn[chr(ord(label.document) - 1)].set()
        return RIGHT

    run(tmp_path, documents("abc"), backwards)

    assert (answered, extracted(tmp_path)) == (["c", "b", "a"], "abc")


@pytest.mark.parametrize("concurrency", [1, 2, 5])
def test_as_many_documents_as_wished_are_asked_at_once_and_never_more(tmp_path, concurrency):
    all_here = asyncio.Barrier(concurrency)
    at_once = most = 0

    async def counting(request: Request, label: Label) -> Completion:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await all_here.wait()
        at_once -= 1
        return RIGHT

    run(tmp_path, documents("abcdefghij"), counting, concurrency=concurrency)

    assert most == concurrency


def test_a_slow_document_does_not_keep_others_from_being_asked(tmp_path):
    others_are_done = asyncio.Event()

    async def slow(request: Request, label: Label) -> Completion:
        if label.document == "a":
            await others_are_done.wait()
        if label.document == "d":
            others_are_done.set()
        return RIGHT

    run(tmp_path, documents("abcdef"), slow, concurrency=2)

    assert extracted(tmp_path) == "abcdef"


def test_documents_are_read_only_a_little_ahead_of_their_asking(tmp_path):
    read: list[str] = []
    ahead: list[int] = []

    def reading() -> Iterator[Document]:
        for item in documents("abcdefghijklmnopqrst"):
            read.append(item.id)
            yield item

    with pipeline(right) as made, RunFolder(tmp_path, made.prompt.records) as store:
        watch = lambda _, tally: ahead.append(len(read) - tally.documents)  # noqa: E731
        job.run(reading(), made, store, concurrency=2, watch=watch)

    assert max(ahead) < 4 * 2


@pytest.mark.parametrize("kind", ["timeout", "server", "context", "bug"])
def test_a_document_that_fails_does_not_stop_the_others(tmp_path, kind):
    tally = run(tmp_path, documents("abc"), failing(kind, on="b"))

    assert extracted(tmp_path) == "ac"
    assert failed(tmp_path) == [("b", kind)]
    assert (tally.documents, tally.failed, tally.stopped) == (3, 1, None)


@pytest.mark.parametrize("kind", sorted(HOPELESS))
def test_a_fault_that_all_documents_would_meet_ends_the_run_early(tmp_path, kind):
    tally = run(tmp_path, documents("abcdefghij"), failing(kind, on="cdefghij"), concurrency=1)

    assert tally.stopped == f"http://host/v1: {kind}!"
    assert extracted(tmp_path) == "ab"
    assert failed(tmp_path) == [("c", kind)]


def test_after_a_hopeless_fault_hardly_anything_more_is_asked(tmp_path):
    asked: list[str] = []

    async def refused(request: Request, label: Label) -> Completion:
        asked.append(label.document)
        raise EndpointError("no connection", kind="refused")

    run(tmp_path, documents("abcdefghijklmnopqrst"), refused, concurrency=2)

    assert len(asked) <= 4 * 2


def test_the_tally_of_a_run_that_was_stopped_says_how_far_it_came(tmp_path):
    tally = run(tmp_path, documents("abcd"), failing("key", on="cd"), concurrency=1)

    assert (tally.documents, tally.failed, tally.failures) == (3, 1, {"key": 1})
    assert tally.to_json()["stopped"] == "http://host/v1: key!"


def test_what_cannot_be_read_is_a_failure_in_its_place(tmp_path):
    tally = run(tmp_path, [document("a"), UNREADABLE, document("b")])

    assert extracted(tmp_path) == "ab"
    assert failed(tmp_path) == [("x", "binary")]
    assert (tally.documents, tally.failed, tally.failures) == (3, 1, {"binary": 1})


def test_a_report_with_a_bad_date_is_one_document_not_two(tmp_path):
    bad_date = Failure(document="a", kind="metadata", message="in/documents.jsonl:1: published is 'soon'")

    tally = run(tmp_path, [document("a"), bad_date])

    assert (tally.documents, tally.failed, tally.failures) == (1, 0, {"metadata": 1})
    assert failed(tmp_path) == [("a", "metadata")]


@pytest.mark.parametrize("is_offline", [False, True], ids=["live", "replayed"])
def test_a_taker_that_says_no_ends_the_run(tmp_path, is_offline):
    recordings = Recordings(tmp_path)
    with Pipeline(
        prompt(), Answers(ask=right, recordings=recordings, is_recording=True), Asking(model="m")
    ) as recording:
        job.gather(documents("abcd"), recording, concurrency=2, take=lambda _: True)
    replay = Pipeline(prompt(), Answers(recordings=recordings), Asking(model="m"))
    taken: list[str] = []

    def take(result: job.Result) -> bool:
        assert isinstance(result, Extraction)
        taken.append(result.document.id)
        return len(taken) < 2

    with replay if is_offline else pipeline(right) as made:
        job.gather(documents("abcd"), made, concurrency=2, take=take)

    assert taken == ["a", "b"]


def test_whoever_watches_sees_each_result_and_the_tally_with_it(tmp_path):
    seen: list[tuple[str, int]] = []

    def watch(result: job.Result, tally: Tally) -> None:
        seen.append((result.document.id if isinstance(result, Extraction) else result.document, tally.documents))

    with pipeline(right) as made, RunFolder(tmp_path, made.prompt.records) as store:
        job.run([document("a"), UNREADABLE, document("b")], made, store, concurrency=4, watch=watch)

    assert seen == [("a", 1), ("x", 2), ("b", 3)]


def test_documents_with_the_same_text_are_told_of(tmp_path):
    items = [document("a", REPORT), document("b"), document("c", f"{REPORT}\n"), document("d", f" {REPORT}")]

    tally = run(tmp_path, items)

    assert tally.duplicates == {"c": "a", "d": "a"}
    assert extracted(tmp_path) == "abcd"


def test_attempts_tokens_and_documents_asked_again_are_counted(tmp_path):
    async def ask(request: Request, label: Label) -> Completion:
        is_wrong = label.document == "b" and label.attempt == 1
        return Completion(text="no JSON", usage=Usage(prompt=7, completion=None)) if is_wrong else RIGHT

    tally = run(tmp_path, documents("abc"), ask)

    assert (tally.attempts, tally.reasked) == (4, 1)
    assert (tally.prompt_tokens, tally.completion_tokens) == (307, 60)
    assert tally.records == {"meeting": 3}


def test_where_answers_came_from_is_counted(tmp_path):
    recordings = Recordings(tmp_path / "recordings")
    answers = Answers(ask=right, recordings=recordings, is_recording=True)

    with Pipeline(prompt(), answers, Asking(model="m")) as made, RunFolder(tmp_path / "run", (Meeting,)) as store:
        made(document("a"))
        tally = job.run(documents("abc"), made, store, concurrency=2, watch=lambda result, tally: None)

    assert tally.origins == {"recording": 1, "live": 2}


def test_quotes_and_values_are_counted_by_how_they_were_found(tmp_path):
    folded = OSLO.replace("أوسلو", "اوسلو")
    said = answer(meeting(OSLO, folded, NOT_THERE), in_bergen())

    tally = run(tmp_path, [document("a", REPORT)], saying(said, said))

    assert tally.quotes == {"verbatim": 2, "folded": 1, "none": 1}
    assert tally.values == {"verbatim": 4}


def test_failures_of_single_records_count_their_document_once(tmp_path):
    said = answer(meeting(NOT_THERE), meeting(NOT_THERE), in_bergen())

    tally = run(tmp_path, documents("a"), saying(said, said))

    assert (tally.failed, tally.failures, tally.records) == (1, {"ungrounded": 2}, {"meeting": 1})


def test_the_tally_as_json_is_sorted_and_plain():
    tally = Tally(documents=2)
    tally.records.update(["meeting", "agreement"])

    assert list(tally.to_json()["records"]) == ["agreement", "meeting"]
    assert tally.to_json()["tokens"] == {"prompt": 0, "completion": 0}
