"""What each kind of server says of itself and answers, as scripts for the scripted endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from extract.probe.modes import VALUE
from tests.endpoint import Answer, Asked, Reply, completion

FORM = f'{{"colour": "{VALUE}", "is_day": true}}'
NUMBERS = ", ".join(["one", "two", "three", "four", "five"] * 8)
MISSING = Reply(status=404, body="404 page not found")
Pages = Mapping[str, Answer]


def listed(*names: str, **fields: Any) -> dict[str, Any]:
    """A list of models, each with these fields."""
    return {"object": "list", "data": [{"id": name, "object": "model", **fields} for name in names]}


def said(text: str | None, *, prompt: int = 25, answer: int = 80, **fields: Any) -> dict[str, Any]:
    """A completion with counts that can be believed."""
    return {**completion(text, **fields), "usage": {"prompt_tokens": prompt, "completion_tokens": answer}}


def called(arguments: str) -> dict[str, Any]:
    """A completion that calls a tool."""
    call = {"id": "1", "type": "function", "function": {"name": "sky", "arguments": arguments}}
    return said(None, finish="tool_calls", tool_calls=[call])


def error(status: int, message: str, **fields: Any) -> Reply:
    """An error as most servers give it."""
    return Reply(status=status, body={"error": {"message": message, **fields}})


def kind_of(body: Mapping[str, Any]) -> str:
    """What a request tries: a mode, the speed, or the context."""
    if "tools" in body:
        return "tools"
    form = body.get("response_format", {}).get("type")
    if form:
        return "json" if form == "json_object" else str(form)
    text = body["messages"][0]["content"]
    return "md_json" if "JSON" in text else "context" if "yes" in text else "speed"


def server(pages: Pages, **answers: Answer) -> Callable[[Asked], Answer]:
    """A server with these pages, which enforces all modes but where `answers` says otherwise."""
    usual: dict[str, Answer] = {
        "speed": said(NUMBERS),
        "json_schema": said(FORM),
        "tools": called(FORM),
        "json": said('{"answer": "blue"}'),
        "md_json": said(f"```json\n{FORM}\n```"),
        "context": said("yes", answer=1),
    }
    replies = {**usual, **answers}
    return lambda asked: pages.get(asked.path, MISSING) if asked.body is None else replies[kind_of(asked.body)]


OLLAMA: Pages = {
    "/v1/models": listed("qwen3:8b", "llama3.2:latest", owned_by="library"),
    "/api/version": {"version": "0.33.0"},
    "/api/ps": {"models": [{"name": "qwen3:8b", "context_length": 16384}]},
}
LLAMA_CPP: Pages = {
    "/v1/models": listed("tiny", owned_by="llamacpp", meta={"n_ctx": 8192, "n_ctx_train": 32768}),
    "/props": {"default_generation_settings": {"n_ctx": 8192}, "build_info": "b6900-abc", "total_slots": 2},
}
VLLM: Pages = {
    "/v1/models": listed("org/Model-8B", owned_by="vllm", max_model_len=32768),
    "/version": {"version": "0.11.0"},
}
LM_STUDIO: Pages = {
    "/v1/models": listed("gemma-3-4b", owned_by="organization_owner"),
    "/api/v0/models": listed("gemma-3-4b", loaded_context_length=8192, max_context_length=131072),
}
LITELLM: Pages = {
    "/v1/models": listed("big", owned_by="openai"),
    "/health/liveliness": '"I\'m alive!"',
    "/model/info": {"data": [{"model_name": "big", "model_info": {"max_tokens": 4096, "max_input_tokens": 128000}}]},
}
OLDER_LITELLM: Pages = {
    "/v1/models": Reply(body=listed("big", owned_by="openai"), headers={"x-litellm-version": "1.40.0"}),
}
OPENROUTER: Pages = {
    "/v1/models": listed("a/b", context_length=131072, pricing={"prompt": "0"}),
}
NOTHING: Pages = {}
