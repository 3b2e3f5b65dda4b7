"""What is said: completions with the right answer about a report, or with one that is wrong in a given way."""

from __future__ import annotations

from bench.endpoint.codec import dumps, loads
from bench.endpoint.reading import Ask
from bench.reports import PLURALS, answer_value, read_token, token

# Half a gigabyte at most; a job of more reports begins anew.
_MOST_KEPT = 60_000

_HEAD = (
    b'{"id":"chatcmpl-%s","object":"chat.completion","created":1700000000,"model":%s,"choices":[{"index":0,"message":'
)
_TEXT = b'{"role":"assistant","content":%s,"refusal":null}'
_CALL = (
    b'{"role":"assistant","content":null,"refusal":null,"tool_calls":'
    b'[{"id":"call_1","type":"function","function":{"name":%s,"arguments":%s}}]}'
)
_END = b',"logprobs":null,"finish_reason":"%s"}],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}'


class Completions:
    """Makes completions, and keeps the answers that it has made."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str | None, tuple[str, ...]], bytes] = {}

    def completion(self, ask: Ask, fault: str | None = None) -> bytes:
        """The body of the reply; a content fault makes the answer in it wrong."""
        shape = ask.shape
        said = self._said(ask.token, shape.records)
        finish = b"tool_calls" if shape.tool is not None else b"stop"
        if fault in _SPOILT:
            said = dumps(_SPOILT[fault](loads(said), shape.records))
            finish = b"length" if fault == "truncated" else finish
        message = _TEXT % said if shape.tool is None else _CALL % (dumps(shape.tool), said)
        prompt, answer = ask.size // 4, len(said) // 4
        name = (ask.token or "none").encode()
        return b"".join((_HEAD % (name, shape.model), message, _END % (finish, prompt, answer, prompt + answer)))

    def warm(self, count: int) -> None:
        """Make the answers about the meetings of the first reports now, for measurements that ask for each once."""
        for i in range(count):
            self._said(token(i), ("meeting",))

    def _said(self, about: str | None, records: tuple[str, ...]) -> bytes:
        """The right answer, as a string in JSON."""
        key = (about, records)
        said = self._kept.get(key)
        if said is None:
            said = dumps(_right(*key).decode())
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = said
        return said


def _right(about: str | None, records: tuple[str, ...]) -> bytes:
    """The right answer: about a report that is not known, that it tells nothing."""
    known = read_token(about) if about else None
    if known is None:
        return dumps({"published": None, "tail_quote": None, **{PLURALS[kind]: [] for kind in records}})
    return dumps(answer_value(known[0], records, known[1]))


def _cut(text: str, _: tuple[str, ...]) -> str:
    """As it is when the token limit is met."""
    return text[: len(text) * 2 // 3]


def _broken(text: str, _: tuple[str, ...]) -> str:
    """With a bracket too few."""
    return f"{text[:-2]},}}"


def _of_other_form(text: str, records: tuple[str, ...]) -> str:
    """JSON of which the first record has a status that there is none of, and lacks its date."""
    value = loads(text)
    lists = [value[PLURALS[kind]] for kind in records]
    first = next((events[0] for events in lists if events), None)
    if first is None:
        value[PLURALS[records[0]]] = None
    else:
        first["status"] = "finished"
        del first["date"]
    return dumps(value).decode()


_SPOILT = {"truncated": _cut, "badjson": _broken, "schema": _of_other_form}
