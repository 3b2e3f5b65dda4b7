"""Files and batches at the endpoint of the measurements, asked for with OpenAI's own client."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from bench.reports import answer
from bench.serve import Running
from extract.client import body
from tests.bench import request


@pytest.fixture
def api(endpoint: Running) -> Iterator[openai.OpenAI]:
    """OpenAI's own client."""
    endpoint.reset(batch_seconds=0)
    with openai.OpenAI(base_url=endpoint.url, api_key="none", max_retries=0) as client:
        yield client


def row(i: int, **fields: Any) -> bytes:
    """A line of a batch's file."""
    line = {"custom_id": f"c{i}", "method": "POST", "url": "/v1/chat/completions", "body": body(request(i))}
    return json.dumps({**line, **fields}, ensure_ascii=False).encode() + b"\n"


def begun(api: openai.OpenAI, *lines: bytes) -> Any:
    """A batch of these lines."""
    file = api.files.create(file=("in.jsonl", b"".join(lines)), purpose="batch")
    return api.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"job": "j"}
    )


def ended(api: openai.OpenAI, batch: Any) -> Any:
    """The batch when it is over."""
    for _ in range(2000):
        batch = api.batches.retrieve(batch.id)
        if batch.status not in ("validating", "in_progress", "finalizing"):
            return batch
    pytest.fail(f"it never ended: {batch}")


def rows(api: openai.OpenAI, file: str | None) -> dict[str, Any]:
    """The lines of an output or error file by their ids."""
    lines = map(json.loads, api.files.content(file).text.splitlines()) if file else ()
    return {line["custom_id"]: line for line in lines}


def test_a_file_is_kept_as_it_was_uploaded(api):
    data = "سطر\r\n--x\r\nline\n".encode()
    file = api.files.create(file=("in.jsonl", data), purpose="batch")

    assert (file.filename, file.purpose, file.bytes) == ("in.jsonl", "batch", len(data))
    assert api.files.content(file.id).content == data
    assert file.id in {each.id for each in api.files.list()}
    assert api.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        api.files.retrieve(file.id)


def test_a_batch_has_the_answers_that_its_requests_would_have(endpoint, api):
    batch = ended(api, begun(api, *(row(i) for i in range(150))))

    found = rows(api, batch.output_file_id)
    assert (batch.status, batch.error_file_id) == ("completed", None)
    assert batch.request_counts.model_dump() == {"total": 150, "completed": 150, "failed": 0}
    assert batch.metadata == {"job": "j"}
    for i in range(150):
        said = found[f"c{i}"]["response"]["body"]["choices"][0]["message"]["content"]
        assert json.loads(said) == json.loads(answer(i))
    assert endpoint.stats()["batch_lines"] == endpoint.stats()["answered"] == 150


def test_lines_fail_or_are_missing_as_asked_for(endpoint, api):
    endpoint.reset(batch_seconds=0, p_batch_missing=0.3, p_batch_error=0.3)
    batch = ended(api, begun(api, *(row(i) for i in range(40))))

    done, failed = rows(api, batch.output_file_id), rows(api, batch.error_file_id)
    struck = endpoint.stats()["faults"]
    assert batch.status == "completed"
    assert done.keys().isdisjoint(failed)
    assert (40 - len(done) - len(failed), len(failed)) == (struck["batch_missing"], struck["batch_error"])
    assert min(struck.values()) > 3
    assert {line["response"]["status_code"] for line in failed.values()} == {500}


def test_faults_of_single_requests_strike_lines_too(endpoint, api):
    endpoint.reset(batch_seconds=0, p_429=1.0)
    batch = ended(api, begun(api, row(1)))

    assert rows(api, batch.error_file_id)["c1"]["response"]["status_code"] == 429


def test_a_batch_that_expires_has_part_of_its_lines_done(endpoint, api):
    endpoint.reset(batch_seconds=0, batch_expires=True)
    batch = ended(api, begun(api, *(row(i) for i in range(40))))

    done, failed = rows(api, batch.output_file_id), rows(api, batch.error_file_id)
    assert (batch.status, len(done) + len(failed)) == ("expired", 40)
    assert 8 < len(done) < 32
    assert {line["error"]["code"] for line in failed.values()} == {"batch_expired"}


def test_a_batch_goes_through_its_statuses_and_can_be_cancelled(endpoint, api):
    endpoint.reset(batch_seconds=3600)
    batch = begun(api, row(1))
    assert batch.status == "validating"

    cancelled = api.batches.cancel(batch.id)

    assert (cancelled.status, cancelled.output_file_id) == ("cancelled", None)
    assert cancelled.cancelled_at
    assert api.batches.cancel(batch.id).status == "cancelled"
    assert batch.id in {each.id for each in api.batches.list()}


@pytest.mark.parametrize("lines", [[b"{"], [row(1), row(1)], [b"\n"]], ids=["broken", "an id twice", "empty"])
def test_a_batch_of_lines_that_are_none_fails(api, lines):
    batch = ended(api, begun(api, *lines))

    assert batch.status == "failed"
    assert batch.errors.data[0].message


def test_a_batch_of_no_file_is_refused(api):
    with pytest.raises(openai.BadRequestError, match="file-none"):
        api.batches.create(input_file_id="file-none", endpoint="/v1/chat/completions", completion_window="24h")


def test_files_and_batches_outlive_a_reset(endpoint, api):
    batch = ended(api, begun(api, row(1)))
    endpoint.reset()

    assert rows(api, api.batches.retrieve(batch.id).output_file_id).keys() == {"c1"}
