"""The endpoint of the benchmarks: right answers in every form, and every fault that it is asked for."""

import json
from http.client import IncompleteRead

import pytest

from bench.endpoint.options import CONTENT_FAULTS
from bench.reports import MEETINGS, ONE_OF_EACH, answer, report, token
from extract.chain import Chain
from extract.document import Document
from extract.request import MODES
from tests import invented
from tests.bench import ask, call, completions, opened, request, sent, until


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("task", ["meeting/v1", "events/v2"])
def test_the_answer_is_right_in_every_mode(endpoint, task, mode):
    said = completions(endpoint, *(request(i, task, mode) for i in range(3)))

    for i, completion in enumerate(said):
        text = report(i, kinds=MEETINGS if task == "meeting/v1" else ONE_OF_EACH)
        verdict = invented.judged(completion, report=text, task=task)
        assert (verdict.problems, len(verdict.records)) == ((), 3)
        assert completion.finish == ("tool_calls" if mode == "tools" else "stop")


def test_tokens_are_counted_about_four_bytes_each(endpoint):
    usage = ask(endpoint, 1).value["usage"]

    assert usage["prompt_tokens"] == len(sent(1)) // 4
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_request_about_no_report_is_answered_that_it_tells_nothing(endpoint):
    data = sent(1).replace(token(1).encode(), b"no token")

    said = json.loads(call(endpoint, "POST", "/v1/chat/completions", data).said)

    assert said == {"published": None, "tail_quote": None, "meetings": []}


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b'{"messages": 3}', b'{"messages": [1]}', b'{"messages": [], "stream": true}'],
    ids=["no JSON", "no object", "no messages", "a message that is none", "a stream"],
)
def test_what_is_no_request_is_refused(endpoint, data):
    assert call(endpoint, "POST", "/v1/chat/completions", data).status == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/chat/completions"), ("GET", "/nothing"), ("PUT", "/reset")])
def test_a_path_that_is_not_there_is_not_found(endpoint, method, path):
    assert call(endpoint, method, path).status == 404


def test_a_re_ask_is_answered_about_the_report_of_its_first_message(endpoint):
    endpoint.reset(p_schema=1.0)
    chain = Chain(first=request(7), prompt=invented.prompt(), document=Document(id="d", text=report(7)), max_reasks=1)

    while not chain.is_done:
        chain.take(completions(endpoint, chain.next_request())[0])

    first, again = chain.attempts
    assert first.verdict.problems
    assert again.verdict.problems == ()
    assert endpoint.stats()["reasks"] == 1
    assert endpoint.stats()["unique"] == 1


@pytest.mark.parametrize(
    ("fault", "headers"), [("429", {"retry-after": "0.25"}), ("500", {}), ("503", {"retry-after": "0.25"})]
)
def test_an_error_has_its_status_and_says_when_to_come_again(endpoint, fault, headers):
    endpoint.reset(**{f"p_{fault}": 1, "retry_after_s": 0.25})

    reply = ask(endpoint, 1)

    assert reply.status == int(fault)
    assert {name: value for name, value in reply.headers.items() if name == "retry-after"} == headers
    assert reply.value["error"]["message"]
    assert endpoint.stats()["faults"] == {fault: 1}
    assert endpoint.stats()["status"] == {fault: 1}


def test_a_connection_is_cut_in_the_middle_of_the_body(endpoint):
    endpoint.reset(p_reset=1.0)

    with pytest.raises(IncompleteRead):
        ask(endpoint, 1)

    assert until(endpoint, lambda stats: not stats["in_flight"])["status"] == {"cut": 1}


def test_a_dripping_body_is_whole_in_the_end(endpoint):
    endpoint.reset(p_drip=1.0, drip_s=0.02)

    assert json.loads(ask(endpoint, 1).said) == json.loads(answer(1))
    assert endpoint.stats()["answered"] == 1


def test_a_hanging_request_ends_when_the_client_leaves(endpoint):
    endpoint.reset(p_hang=1.0)
    connection = opened(endpoint, 1)
    assert until(endpoint, lambda stats: stats["faults"] == {"hang": 1})["in_flight"] == 1

    connection.close()

    stats = until(endpoint, lambda stats: not stats["in_flight"])
    assert (stats["status"], stats["answered"]) == ({"left": 1}, 0)


def test_an_answer_is_cut_at_the_token_limit(endpoint):
    endpoint.reset(p_truncated=1.0)
    reply = ask(endpoint, 1)

    assert reply.value["choices"][0]["finish_reason"] == "length"
    assert answer(1).replace(" ", "").startswith(reply.said.replace(" ", ""))
    assert not reply.said.endswith("}")


def test_an_answer_is_broken_json(endpoint):
    endpoint.reset(p_badjson=1.0)

    with pytest.raises(ValueError, match="Expecting"):
        json.loads(ask(endpoint, 1).said)


def test_half_a_completion_comes_with_status_200(endpoint):
    endpoint.reset(p_badbody=1.0)
    reply = ask(endpoint, 1)

    assert reply.status == 200
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(reply.body)


@pytest.mark.parametrize("task", ["meeting/v1", "events/v2", "exercise/v1", "agreement/v1"])
def test_an_answer_breaks_the_schema_in_one_record(endpoint, task):
    endpoint.reset(p_schema=1.0)
    text = report(1, kinds=MEETINGS if task == "meeting/v1" else ONE_OF_EACH)

    verdict = invented.judged(ask(endpoint, 1, task=task).said, report=text, task=task)

    assert {problem.path.rpartition(".")[2] for problem in verdict.problems} == {"status", "date"}


@pytest.mark.parametrize("fault", CONTENT_FAULTS)
def test_what_is_said_is_wrong_only_the_first_time(endpoint, fault):
    endpoint.reset(**{f"p_{fault}": 1.0})
    ask(endpoint, 1)

    assert json.loads(ask(endpoint, 1).said) == json.loads(answer(1))
    assert endpoint.stats()["faults"] == {fault: 1}
    assert endpoint.stats()["answered"] == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_faults_depend_on_bodies_and_not_on_their_order(endpoint, seed):
    def failed(numbers: list[int]) -> set[int]:
        endpoint.reset(p_500=0.3, p_429=0.2, seed=seed)
        return {i for i in numbers if ask(endpoint, i).status != 200}

    there = failed([*range(20)])

    assert failed([*reversed(range(20))]) == there
    assert 2 < len(there) < 18
