"""What errors mean and what to do about them, by status and words: servers agree on nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract import hosts
from extract.request import MODES, Request

PATH = "; is --base-url right? It usually ends in /v1"
_AZURE_PATH = "; is --base-url right? Azure's ends in /openai/v1 or /openai/deployments/NAME?api-version=..."
_KEY = "; set MAHDAR_API_KEY or --api-key to a key of this endpoint"
_OPENAI_KEY = "; set OPENAI_API_KEY or MAHDAR_API_KEY to a key of this endpoint"
_AZURE_KEY = f"{_KEY}; Azure behind another name needs --azure"
_PULL = "; is {model!r} there? With Ollama: ollama pull {model}"
_MODEL = "; is {model!r} there? The endpoint's /models lists what is"
_LOAD = "; load one in LM Studio: lms load {model}"
_DEPLOYMENT = "; is {model!r} there? Azure wants the name of a deployment, and a new one takes minutes"
_CREDIT = "; the account has no credit left"
_CONTEXT = "; use a model with a longer context{lower}, or give the server {room} tokens: "
_ROOM = {
    "ollama": _CONTEXT + "OLLAMA_CONTEXT_LENGTH={room} ollama serve",
    "llama.cpp": _CONTEXT + "OLLAMA_CONTEXT_LENGTH={room} ollama serve, or llama-server --ctx-size {room}",
    "vllm": _CONTEXT + "vllm serve --max-model-len {room}",
}
_ANY_ROOM = "; use a model with a longer context{lower}, or give the server one"
_TOOLS = "; use --mode json_schema"
_PARSER = "; use --mode json_schema, or start vLLM with --enable-auto-tool-choice --tool-call-parser NAME"
_OPTION = "; leave it out: see --extra, --reasoning-effort, --seed none, --max-tokens none and --temperature none"
_THINKING = "; leave it out: see --extra and --reasoning-effort"
_RENAMED = "; use --max-tokens none --extra '{{\"max_completion_tokens\": 4096}}'"
_MEMORY = "; its memory may be full: use a smaller model or a shorter context (OLLAMA_CONTEXT_LENGTH=4096 ollama serve)"
_LOADING = "; wait until the model is loaded: --first-token-timeout-s and --warm-up give it the time"
_SLOWER = "; lower --concurrency"
_CANCELED = "; a proxy before it, or --timeout-s, did not wait long enough"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One word for a cause, and what to do about it."""

    kind: str
    advice: str


# Whether the status is one of these (none for any), and one of these words stands in the message.
Row = tuple[tuple[int, ...], tuple[str, ...], str, str]

_KEYS: tuple[Row, ...] = (
    ((401, 403), ("subscription key",), "key", _AZURE_KEY),
    ((401,), (), "key", "{key}"),
    ((402,), (), "quota", _CREDIT),
    ((), ("insufficient_quota", "exceeded your current quota"), "quota", _CREDIT),
    ((403,), (), "key", "{key}"),
    # LiteLLM without a database knows no key but its own.
    ((400,), ("no connected db",), "key", "{key}"),
    ((429,), (), "rate", _SLOWER),
    ((503,), ("server busy",), "rate", _SLOWER),
)
_LENGTHS: tuple[Row, ...] = (
    ((), ("available context size",), "context", _ROOM["llama.cpp"]),
    ((), ("prompt is longer than the context",), "context", _ROOM["ollama"]),
    ((), ("maximum context length is",), "context", _ROOM["vllm"]),
    ((), ("context size", "context length", "context window"), "context", _ANY_ROOM),
    ((), ("context_length_exceeded", "contextwindowexceeded", "maximum context"), "context", _ANY_ROOM),
    ((413,), (), "context", "; the report is too long for this endpoint"),
    ((400,), ("content_filter", "content management policy"), "refusal", "; the endpoint does not take this report"),
)
_MODELS: tuple[Row, ...] = (
    ((400, 404, 422), ("tool-call-parser",), "mode", _PARSER),
    ((400, 404, 422), ("support tool", "supports tool", "tool choice", "tool-call"), "mode", _TOOLS),
    ((), ("unexpected endpoint or method",), "path", PATH),
    ((404,), ("file not found",), "path", PATH),
    ((404,), ("deployment",), "model", _DEPLOYMENT),
    ((400, 404), ("no models loaded",), "model", _LOAD),
    ((), ("not found, try pulling",), "model", _PULL),
    # Ollama's shorter form: model 'x' not found.
    ((404,), ("model '",), "model", _PULL),
    ((404,), ("model",), "model", _MODEL),
    ((), ("invalid model name", "model does not exist", "pinned to"), "model", _MODEL),
    ((404, 405), (), "path", "{path}"),
)
_OPTIONS: tuple[Row, ...] = (
    ((400, 422), ("response_format", "schema", "grammar"), "mode", "; use another --mode: {modes}"),
    ((400, 422), ("max_completion_tokens",), "option", _RENAMED),
    ((400, 422), ("temperature",), "option", "; use --temperature none"),
    ((400, 422), ("support thinking", "think value", "reasoning_effort", "reasoning effort"), "option", _THINKING),
    ((400, 422), ("invalid reasoning value",), "option", _THINKING),
    ((400, 422), ("unexpected field", "extra inputs", "unsupported parameter"), "option", _OPTION),
)
_SERVERS: tuple[Row, ...] = (
    ((499,), (), "request", _CANCELED),
    ((500, 503), ("loading model", "timed out waiting for llama"), "server", _LOADING),
    ((500,), ("unexpectedly stopped", "out of memory", "more system memory"), "server", _MEMORY),
    ((500,), ("connection error",), "server", "; does the server behind this proxy run?"),
)
# First match wins.
_MEANINGS = (*_KEYS, *_LENGTHS, *_MODELS, *_OPTIONS, *_SERVERS)


def meaning(status: int, said: str, request: Request, base_url: str) -> Meaning:
    """What an error of this status and these words, in lower case, means to who asked there."""
    for statuses, words, kind, advice in _MEANINGS:
        if (not statuses or status in statuses) and (not words or any(word in said for word in words)):
            # Nobody gives a service more room.
            told = _ANY_ROOM if "{room}" in advice and hosts.is_hosted(base_url) else advice
            filled = told.format(
                model=request.model,
                modes=", ".join(mode for mode in MODES if mode != request.mode),
                key=key_advice(base_url),
                path=_AZURE_PATH if hosts.is_azure(base_url) else PATH,
                room=_room(said, request),
                lower="" if request.options.get("max_tokens") == 1 else ", lower --max-tokens",
            )
            return Meaning(kind, filled)
    return Meaning("server", "; see the server's log") if status >= 500 else Meaning("request", "")


def key_advice(base_url: str) -> str:
    """Where a key of this endpoint goes; OPENAI_API_KEY is not sent everywhere."""
    return _OPENAI_KEY if hosts.is_openai(base_url) or hosts.is_loopback(base_url) else _KEY


def _room(said: str, request: Request) -> int:
    """The context, a power of two, that the prompt whose size was told needs with its answer."""
    prompt = re.search(r"request \((\d{1,7}) tokens\)", said)
    whole = re.search(r"requested (\d{1,7}) tokens", said)
    longest = request.options.get("max_tokens")
    needed = int(prompt[1]) + (longest if isinstance(longest, int) else 4096) if prompt else 0
    needed = max(needed, int(whole[1]) if whole else 0)
    room = 16384
    while room < needed:
        room *= 2
    return room
