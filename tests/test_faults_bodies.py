"""Every error body that was met at a server, word for word: its kind, whether it may pass, and the cure."""

import json
from dataclasses import replace

import pytest

from extract.client import Endpoint
from extract.errors import EndpointError
from extract.faults import from_http, from_reply
from extract.request import Form, Request

REQUEST = Request(model="qwen3:8b", messages=(), form=Form("meeting", {}), options={"max_tokens": 4096})
ENDPOINT = Endpoint(base_url="http://127.0.0.1:8000/v1")

ROOM = "OLLAMA_CONTEXT_LENGTH=16384 ollama serve"
PULL = "ollama pull qwen3:8b"
KEY = "set OPENAI_API_KEY or MAHDAR_API_KEY"
MODEL = "is 'qwen3:8b' there? The endpoint's /models lists what is"
FORMAT = "use another --mode: tools, json, md_json"
LOADED = "wait until the model is loaded"
THINKING = "leave it out: see --extra and --reasoning-effort"

LLAMACPP = [
    (
        400,
        '{"error":{"code":400,"message":"request (12015 tokens) exceeds the available context size (4096 tokens), try '
        'increasing it","type":"exceed_context_size_error","n_prompt_tokens":12015,"n_ctx":4096}}',
        "context",
        f"{ROOM}, or llama-server --ctx-size 16384",
    ),
    (
        400,
        '{"error":{"code":400,"message":"Unable to generate parser for this template. Automatic parser generation '
        'failed: JSON schema error at #: unrecognized type wat","type":"invalid_request_error"}}',
        "mode",
        FORMAT,
    ),
    (
        400,
        '{"error":{"code":400,"message":"response_format type must be one of \\"text\\" or \\"json_object\\", but got: '
        'xml","type":"invalid_request_error"}}',
        "mode",
        FORMAT,
    ),
    (
        400,
        '{"error":{"code":400,"message":"Field \'n\': Value must be between 1 <= value <= 1, but got 2",'
        '"type":"invalid_request_error"}}',
        "request",
        "Field 'n'",
    ),
    (
        400,
        '{"error":{"code":400,"message":"\'messages\' is required","type":"invalid_request_error"}}',
        "request",
        "'messages' is required",
    ),
    (
        400,
        '{"error":{"code":400,"message":"All non-assistant messages must contain \'content\'",'
        '"type":"invalid_request_error"}}',
        "request",
        "must contain 'content'",
    ),
    (401, '{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}', "key", KEY),
    (
        404,
        '{"error":{"message":"File Not Found","type":"not_found_error","code":404}}',
        "path",
        "is --base-url right? It usually ends in /v1",
    ),
    (
        500,
        '{"error":{"code":500,"message":"image input is not supported - hint: ...","type":"server_error"}}',
        "server",
        "see the server's log",
    ),
    (503, '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}', "server", LOADED),
]


def ollama(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "api_error", "param": None, "code": None}})


OLLAMA = [
    (
        404,
        '{"error":{"message":"model \'llama3.2\' not found","type":"not_found_error","param":null,"code":null}}',
        "model",
        PULL,
    ),
    (404, ollama('model "qwen3:8b" not found, try pulling it first'), "model", PULL),
    (400, ollama("registry.ollama.ai/library/gemma:2b does not support tools"), "mode", "use --mode json_schema"),
    (400, ollama('"m" does not support thinking'), "option", THINKING),
    (400, ollama("[] is too short - 'messages'"), "request", "too short"),
    (400, ollama("invalid message content type: <nil>"), "request", "content type"),
    (400, ollama("model is required"), "request", "model is required"),
    (
        400,
        ollama(
            "the prompt is longer than the context length currently available to the model; shorten the prompt, ..."
        ),
        "context",
        ROOM,
    ),
    (
        400,
        ollama("request (12015 tokens) exceeds the available context size (4096 tokens), try increasing it"),
        "context",
        ROOM,
    ),
    (499, ollama("request canceled"), "request", "did not wait long enough"),
    (503, ollama("server busy, please try again.  maximum pending requests exceeded"), "rate", "lower --concurrency"),
    (
        500,
        ollama("model runner has unexpectedly stopped, this may be due to resource limitations ..."),
        "server",
        "use a smaller model or a shorter context",
    ),
    (
        500,
        ollama("model requires more system memory (5.6 GiB) than is available (3.1 GiB)"),
        "server",
        "use a smaller model or a shorter context",
    ),
    (400, ollama('invalid reasoning value: "huge" (must be "low", "medium", "high", or "none")'), "option", THINKING),
    (500, ollama("timed out waiting for llama-server to start: ..."), "server", LOADED),
    (500, ollama("unexpected server status: llm server loading model"), "server", LOADED),
]
LITELLM = [
    (
        400,
        '{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: '
        "OpenAIException - request (12015 tokens) exceeds the available context size (4096 tokens), try increasing it "
        'No fallback was attempted.","type":"invalid_request_error","param":null,"code":"400"}}',
        "context",
        ROOM,
    ),
    (
        400,
        '{"error":{"message":"/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view '
        'available models for your key.","type":"invalid_request_error","param":null,"code":"400",'
        '"provider_specific_fields":{}}}',
        "model",
        MODEL,
    ),
    (
        500,
        '{"error":{"message":"litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.'
        '\\n\\nLiteLLM: model group \'dead\' failed ...","type":"internal_server_error","param":null,'
        '"code":"500"}}',
        "server",
        "does the server behind this proxy run?",
    ),
    (400, '{"error":{"message":"No connected db.","type":"None","param":null,"code":"400"}}', "key", KEY),
]
OTHERS = [
    (400, "{\"detail\":\"Server is pinned to 'X'; requested 'Y'.\"}", "model", MODEL),
    (
        422,
        '{"detail":"Unexpected fields in the request: {\'ignore_eos\'}"}',
        "option",
        "leave it out: see --extra, --reasoning-effort",
    ),
    (500, "Internal Server Error", "server", "see the server's log"),
    (
        404,
        '{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}',
        "model",
        MODEL,
    ),
    (
        400,
        '{"error":{"message":"\\"auto\\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be '
        'set","type":"BadRequestError","param":null,"code":400}}',
        "mode",
        "start vLLM with --enable-auto-tool-choice --tool-call-parser",
    ),
    (
        400,
        '{"error":{"message":"This model\'s maximum context length is 16384 tokens. However, you requested 20111 '
        'tokens","type":"BadRequestError","param":null,"code":400}}',
        "context",
        "vllm serve --max-model-len 32768",
    ),
    (
        500,
        '{"error":{"message":"","type":"InternalServerError","param":null,"code":500}}',
        "server",
        "see the server's log",
    ),
    (
        400,
        "{\"error\":\"'response_format.type' must be 'json_schema' or 'text'\"}",
        "mode",
        FORMAT,
    ),
    (
        400,
        '{"error":"No models loaded. Please load a model in the developer page or use the \'lms load\' command."}',
        "model",
        "lms load qwen3:8b",
    ),
    (
        400,
        '{"error":{"message":"Unsupported parameter: \'max_tokens\' is not supported with this model. Use '
        '\'max_completion_tokens\' instead.","code":"unsupported_parameter"}}',
        "option",
        "use --max-tokens none --extra",
    ),
    (
        400,
        '{"error":{"message":"Unsupported value: \'temperature\' does not support 0.0 with this model.",'
        '"code":"unsupported_value"}}',
        "option",
        "use --temperature none",
    ),
    (
        404,
        '{"error":{"message":"No endpoints found that support tool use. To learn more ...","code":404}}',
        "mode",
        "use --mode json_schema",
    ),
    (400, '{"error":{"message":"Too long","code":"context_length_exceeded"}}', "context", "with a longer context"),
    (404, '{"error":{"message":"No such model","code":"model_not_found"}}', "model", MODEL),
    (401, '{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}', "key", KEY),
    (429, '{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}', "rate", "lower --concurrency"),
    (429, '{"error":{"message":"Quota","code":"insufficient_quota"}}', "quota", "the account has no credit left"),
    (
        404,
        '{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}',
        "model",
        "Azure wants the name of a deployment",
    ),
    (
        400,
        '{"error":{"code":"content_filter","message":"The response was filtered"}}',
        "refusal",
        "the endpoint does not take this report",
    ),
]
BODIES = [*LLAMACPP, *OLLAMA, *LITELLM, *OTHERS]
PASSING = {"server", "rate"}


def fault(status: int, body: str, request: Request = REQUEST, endpoint: Endpoint = ENDPOINT) -> EndpointError:
    return from_http(status, body.encode(), {}, endpoint, request)


@pytest.mark.parametrize(("status", "body", "kind", "cure"), BODIES, ids=lambda value: str(value)[:50])
def test_a_body_that_was_met_has_its_kind_and_its_cure(status, body, kind, cure):
    found = fault(status, body)

    assert (found.kind, cure in str(found)) == (kind, True), str(found)
    assert found.retryable is (kind in PASSING or status == 499)
    assert len(str(found)) < 450


@pytest.mark.parametrize(
    ("prompt", "max_tokens", "room"), [(900, 4096, 16384), (12_400, 4096, 32768), (12_400, None, 32768)]
)
def test_the_room_that_is_advised_holds_the_prompt_and_its_answer(prompt, max_tokens, room):
    options = {"max_tokens": max_tokens} if max_tokens else {}
    said = f'{{"error":{{"message":"request ({prompt} tokens) exceeds the available context size (4096 tokens)"}}}}'

    assert f"OLLAMA_CONTEXT_LENGTH={room} " in str(fault(400, said, replace(REQUEST, options=options)))


def test_nobody_is_told_to_give_a_service_more_room():
    said = '{"error":{"message":"This model\'s maximum context length is 8192 tokens.","code":"x"}}'
    endpoint = Endpoint(base_url="https://api.openai.com/v1")

    assert "vllm" not in str(fault(400, said, endpoint=endpoint))


@pytest.mark.parametrize(
    ("base_url", "advice"),
    [
        ("https://api.openai.com/v1", "set OPENAI_API_KEY or MAHDAR_API_KEY"),
        ("http://localhost:8000/v1", "set OPENAI_API_KEY or MAHDAR_API_KEY"),
        ("https://llm.example.org/v1", "set MAHDAR_API_KEY or --api-key"),
    ],
)
def test_a_wrong_key_names_a_variable_that_is_read_for_this_address(base_url, advice):
    assert advice in str(fault(401, "{}", endpoint=Endpoint(base_url=base_url)))


def test_an_azure_that_wants_its_own_header_is_told_of():
    said = '{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}'

    assert "needs --azure" in str(fault(401, said))


def test_a_path_that_azure_does_not_know_shows_what_its_addresses_look_like():
    endpoint = Endpoint(base_url="https://mine.openai.azure.com/v1")

    found = fault(404, '{"error":{"code":"404","message":"Resource not found"}}', endpoint=endpoint)

    assert (found.kind, "/openai/deployments/NAME?api-version=" in str(found)) == ("path", True)


@pytest.mark.parametrize(
    ("body", "kind", "retryable"),
    [
        ('{"error":{"message":"Provider returned error","code":502}}', "server", True),
        ('{"error":{"message":"Rate limited","code":429}}', "rate", True),
        ('{"error":{"message":"Insufficient credits","code":402}}', "quota", False),
        ('{"error":"Unexpected endpoint or method. (POST /chat/completions)"}', "path", False),
        ("<!doctype html><title>Welcome</title>", "path", False),
    ],
    ids=["provider", "rate", "credit", "LM Studio's wrong path", "web page"],
)
def test_a_fault_behind_a_status_of_200_is_what_it_is(body, kind, retryable):
    found = from_reply(body.encode(), ENDPOINT, REQUEST)

    assert (found.kind, found.retryable) == (kind, retryable)


def test_what_a_provider_said_is_told_beside_what_the_router_says():
    body = (
        '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\\"error\\":{\\"message\\":'
        '\\"Unsupported parameter: seed\\"}}","provider_name":"X"}}}'
    )

    found = from_reply(body.encode(), ENDPOINT, REQUEST)

    assert found.kind == "option"
    assert "Provider returned error: Unsupported parameter: seed" in str(found)
