"""Whatever a server writes into its errors, the user is told what to do."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from multidict import CIMultiDict

from extract.client import Endpoint
from extract.errors import EndpointError
from extract.faults import from_connection, from_http, from_reply
from extract.request import Form, Request
from extract.route import Unanswered

REQUEST = Request(model="qwen3:8b", messages=(), form=Form("meeting", {}))
ENDPOINT = Endpoint(base_url="http://reader:s3cret@host:8000/v1?key=s3cret", timeout_s=30, connect_timeout_s=5)


def fault(
    status: int, body: object, request: Request = REQUEST, headers: dict[str, str] | None = None
) -> EndpointError:
    """The fault that a reply of this status and body is."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return from_http(status, text.encode(), CIMultiDict(headers or {}), ENDPOINT, request)


@dataclass(frozen=True)
class Case:
    """A body that a server writes, the fault that it is, and the cure that the user is told."""

    server: str
    status: int
    body: Any
    kind: str
    cure: str

    @property
    def id(self) -> str:
        return f"{self.server} {self.status}: {json.dumps(self.body)[:60]}"


def llamacpp(status: int, message: str, kind: str, cure: str, type_: str = "invalid_request_error") -> Case:
    body = {"error": {"code": status, "message": message, "type": type_}}
    return Case("llama.cpp", status, body, kind, cure)


def ollama(status: int, message: str, kind: str, cure: str) -> Case:
    body = {"error": {"message": message, "type": "api_error", "param": None, "code": None}}
    return Case("Ollama", status, body, kind, cure)


def litellm(status: int, message: str, kind: str, cure: str) -> Case:
    body = {"error": {"message": message, "type": "None", "param": None, "code": str(status)}}
    return Case("LiteLLM", status, body, kind, cure)


def vllm(status: int, message: str, kind: str, cure: str) -> Case:
    body = {"error": {"message": message, "type": "BadRequestError", "param": None, "code": status}}
    return Case("vLLM", status, body, kind, cure)


def hosted(status: int, message: str, code: str | None, kind: str, cure: str) -> Case:
    return Case("OpenAI", status, {"error": {"message": message, "type": "t", "param": None, "code": code}}, kind, cure)


KEY = "set MAHDAR_API_KEY or --api-key to a key of this endpoint"
PULL = "is 'qwen3:8b' there? With Ollama: ollama pull qwen3:8b"
PATH = "is --base-url right? It usually ends in /v1"
CONTEXT = "use a model with a longer context"
TOOLS = "use --mode json_schema"
FORMAT = "use another --mode: tools, json, md_json"
SLOWER = "lower --concurrency"
LEAVE_OUT = "leave it out: see --extra"
LOG = "see the server's log"
TOO_LONG = "request (12015 tokens) exceeds the available context size (4096 tokens), try increasing it"

CASES = [
    llamacpp(400, TOO_LONG, "context", CONTEXT, "exceed_context_size_error"),
    llamacpp(
        400,
        "Unable to generate parser for this template. Automatic parser generation failed: "
        "JSON schema error at #: unrecognized type wat",
        "mode",
        FORMAT,
    ),
    llamacpp(
        400, 'response_format type must be one of "text" or "json_object", but got: xml', "mode", "use another --mode"
    ),
    llamacpp(400, "Field 'n': Value must be between 1 <= value <= 1, but got 2", "request", "Field 'n'"),
    llamacpp(400, "'messages' is required", "request", "'messages' is required"),
    llamacpp(401, "Invalid API Key", "key", KEY, "authentication_error"),
    llamacpp(404, "File Not Found", "path", PATH, "not_found_error"),
    llamacpp(500, "image input is not supported - hint: ...", "server", LOG, "server_error"),
    llamacpp(503, "Loading model", "server", "wait until the model is loaded", "unavailable_error"),
    ollama(404, "model 'qwen3:8b' not found", "model", PULL),
    ollama(404, 'model "qwen3:8b" not found, try pulling it first', "model", PULL),
    ollama(400, 'model "qwen3:8b" not found, try pulling it first', "model", PULL),
    ollama(400, "registry.ollama.ai/library/gemma:2b does not support tools", "mode", TOOLS),
    ollama(400, '"qwen3:8b" does not support thinking', "option", LEAVE_OUT),
    ollama(400, "[] is too short - 'messages'", "request", "too short"),
    ollama(400, "invalid message content type: <nil>", "request", "content type"),
    ollama(400, "model is required", "request", "model is required"),
    ollama(
        400,
        "the prompt is longer than the context length currently available to the model; shorten the prompt, ...",
        "context",
        CONTEXT,
    ),
    ollama(400, TOO_LONG, "context", CONTEXT),
    ollama(499, "request canceled", "request", "request canceled"),
    ollama(503, "server busy, please try again.  maximum pending requests exceeded", "rate", SLOWER),
    ollama(
        500,
        "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error",
        "server",
        "use a smaller model or a shorter context",
    ),
    ollama(500, "timed out waiting for llama-server to start: ...", "server", "wait until the model is loaded"),
    ollama(500, "unexpected server status: llm server loading model", "server", "wait until the model is loaded"),
    litellm(
        400,
        "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - "
        f"{TOO_LONG} No fallback was attempted.",
        "context",
        CONTEXT,
    ),
    litellm(
        400,
        "/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view available models "
        "for your key.",
        "model",
        "is 'qwen3:8b' there?",
    ),
    litellm(
        500,
        "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.\n\n"
        "LiteLLM: model group 'dead' failed ...",
        "server",
        "does the server behind this proxy run?",
    ),
    litellm(400, "No connected db.", "key", KEY),
    litellm(
        400,
        "litellm.BadRequestError: OpenAIException - registry.ollama.ai/library/gemma:2b does not support tools",
        "mode",
        TOOLS,
    ),
    Case("transformers", 400, {"detail": "Server is pinned to 'X'; requested 'qwen3:8b'."}, "model", "is 'qwen3:8b'"),
    Case("transformers", 422, {"detail": "Unexpected fields in the request: {'seed'}"}, "option", LEAVE_OUT),
    Case("transformers", 500, "Internal Server Error", "server", "Internal Server Error"),
    Case(
        "vLLM, older",
        404,
        {
            "object": "error",
            "message": "The model `x` does not exist.",
            "type": "NotFoundError",
            "param": None,
            "code": 404,
        },
        "model",
        "is 'qwen3:8b' there?",
    ),
    vllm(404, "The model `x` does not exist.", "model", "is 'qwen3:8b' there?"),
    vllm(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', "mode", TOOLS),
    vllm(
        400,
        "This model's maximum context length is 16384 tokens. However, you requested 20000 tokens",
        "context",
        CONTEXT,
    ),
    vllm(500, "", "server", LOG),
    Case(
        "vLLM, validation",
        422,
        {"detail": [{"loc": ["body", "foo"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}]},
        "option",
        LEAVE_OUT,
    ),
    Case(
        "LM Studio", 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}, "mode", "another --mode"
    ),
    Case(
        "OpenRouter",
        404,
        {"error": {"message": "No endpoints found that support tool use. To learn more ...", "code": 404}},
        "mode",
        TOOLS,
    ),
    Case("OpenRouter", 402, {"error": {"message": "Insufficient credits.", "code": 402}}, "quota", "no credit left"),
    hosted(400, "Your input is too long.", "context_length_exceeded", "context", CONTEXT),
    hosted(404, "The model `x` does not exist or you do not have access", "model_not_found", "model", "is 'qwen3:8b'"),
    hosted(401, "Incorrect API key provided", "invalid_api_key", "key", KEY),
    hosted(403, "Country, region, or territory not supported", "unsupported_country_region_territory", "key", KEY),
    hosted(429, "Rate limit reached for m", "rate_limit_exceeded", "rate", SLOWER),
    hosted(429, "You exceeded your current quota, please check your plan", "insufficient_quota", "quota", "no credit"),
    hosted(
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "unsupported_parameter",
        "option",
        "use --max-tokens none --extra '{\"max_completion_tokens\": 4096}'",
    ),
    hosted(
        400,
        "Unsupported value: 'temperature' does not support 0.0 with this model.",
        "unsupported_value",
        "option",
        "use --temperature none",
    ),
    hosted(400, "Unsupported parameter: 'seed'", "unsupported_parameter", "option", LEAVE_OUT),
    hosted(400, "Invalid parameter: 'response_format' is not supported.", None, "mode", FORMAT),
    hosted(404, "The API deployment for this resource does not exist.", "DeploymentNotFound", "model", "is 'qwen3:8b'"),
    hosted(
        400,
        "The response was filtered due to the prompt triggering the content management policy.",
        "content_filter",
        "refusal",
        "does not take this report",
    ),
    Case("Google", 400, [{"error": {"code": 400, "message": "No such schema", "status": "x"}}], "mode", FORMAT),
    Case("nginx", 404, "<html><h1>404 Not Found</h1></html>", "path", PATH),
    Case("nginx", 405, "<html><h1>405 Not Allowed</h1></html>", "path", PATH),
    Case("nginx", 413, "<html><h1>413 Request Entity Too Large</h1></html>", "context", "the report is too long"),
    Case("nginx", 502, "<html><h1>502 Bad Gateway</h1></html>", "server", LOG),
    Case("any", 400, "", "request", "no reason given"),
    Case("any", 500, {"error": None}, "server", LOG),
    Case("any", 500, "[" * 100_000, "server", LOG),
    Case("any", 400, {"error": {"message": {"why": "سبب"}}}, "request", "سبب"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_a_server_writes_is_understood(case):
    assert fault(case.status, case.body).kind == case.kind


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_message_says_where_it_happened_and_what_to_do(case):
    message = str(fault(case.status, case.body))

    assert message.startswith("http://host:8000/v1: ")
    assert case.cure in message
    assert message.endswith(f"(status {case.status})")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_only_what_may_pass_is_tried_again(case):
    is_passing = case.status >= 429 and case.kind in ("server", "rate", "request")

    assert fault(case.status, case.body).retryable is is_passing


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_message_is_one_line_of_some_length(case):
    message = str(fault(case.status, case.body))

    assert len(message) < 450
    assert message.isprintable()


@pytest.mark.parametrize(
    ("mode", "others"),
    [
        ("json_schema", "tools, json, md_json"),
        ("json", "json_schema, tools, md_json"),
        ("tools", "json_schema, json, md_json"),
    ],
)
def test_the_modes_to_try_are_those_that_were_not(mode, others):
    body = {"error": "'response_format.type' must be 'json_schema' or 'text'"}

    assert f"use another --mode: {others} (" in str(fault(400, body, replace(REQUEST, mode=mode)))


def test_a_fault_keeps_what_the_endpoint_said():
    found = fault(400, {"error": {"message": "bad"}})

    assert (found.status, found.body) == (400, '{"error": {"message": "bad"}}')


def test_a_long_body_is_kept_in_part():
    assert len(fault(500, "x" * 100_000).body) == 2000


def test_a_pause_that_was_asked_for_is_told():
    found = fault(429, {"error": {"message": "slow down"}}, headers={"Retry-After": "90"})

    assert found.retry_after_s == 90
    assert "it asks to wait 90 s" in str(found)


@pytest.mark.parametrize(
    ("why", "reason", "kind", "message"),
    [
        ("unconnected", "Connect call failed", "refused", "no connection (Connect call failed); is the server running"),
        ("unconnected", "", "refused", "no connection (none within 5 s); is the server running"),
        ("unusable", "Port out of range", "refused", "no connection (Port out of range); is --base-url right?"),
        (
            "untrusted",
            "self-signed certificate",
            "refused",
            "no connection (TLS: self-signed certificate); is it https",
        ),
        ("late", "", "timeout", "no answer within 30 s; a model that is still loading needs longer"),
        ("broken", "Server disconnected", "dropped", "broke off before the answer was whole (Server disconnected)"),
        ("redirected", "https://other/v1", "path", "sends the request on to https://other/v1, and the key would go"),
        (
            "key",
            "the key holds a line break",
            "key",
            "the key holds a line break; set MAHDAR_API_KEY",
        ),
    ],
)
def test_a_request_without_a_whole_reply_says_how_that_was(why, reason, kind, message):
    found = from_connection(Unanswered(why, reason), ENDPOINT)

    assert (found.kind, found.status) == (kind, None)
    assert str(found).startswith("http://host:8000/v1: ")
    assert message in str(found)


@pytest.mark.parametrize(
    ("why", "is_passing"),
    [
        ("unconnected", True),
        ("late", True),
        ("broken", True),
        ("unusable", False),
        ("untrusted", False),
        ("redirected", False),
        ("key", False),
    ],
)
def test_what_would_be_the_same_again_is_not_tried_again(why, is_passing):
    assert from_connection(Unanswered(why, "x"), ENDPOINT).retryable is is_passing


def test_a_reason_that_repeats_the_key_or_the_password_shows_neither():
    endpoint = Endpoint(base_url="http://reader:p%40ssword1@host/v1", api_key="sk-test-abcdefghijklmnop1234")

    found = from_connection(Unanswered("broken", f"{endpoint.api_key} p@ssword1"), endpoint)

    assert "abcdefgh" not in str(found)
    assert "p@ssword1" not in str(found)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xfe", b'{"error": "no"}', b'{"choices": []}'])
def test_no_message_shows_a_password_or_a_query_of_the_address(data):
    found = from_reply(data, ENDPOINT, REQUEST)

    assert "s3cret" not in f"{found} {found.body}"
    assert "reader" not in str(found)
