"""A model of half a megabyte with random weights, in llama.cpp's file format; made here, nothing is downloaded.

    python -m tests.servers.tiny_model tiny.gguf

What it writes is garbage, yet to a server it is a model: it has a vocabulary, a chat template and a context, and under
a grammar its answers are JSON. A random model would never end a text, so the weights carry a leaning: the first number
of every embedding is the same and no layer writes to it, which makes the first column of the output a plain preference
for each token. Quotation marks and the end are favoured, bytes beyond ASCII avoided. The next numbers mark tokens after
which something else is favoured: a tool's call after the end of a line, as the prompt has it before an answer, a record
after the start of a list, and the end of the list after it.
"""

from __future__ import annotations

import random
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import BinaryIO

NAME = "tiny-random"

# ChatML; from the way in which it writes calls llama.cpp concludes by what grammar to ask for them.
_TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
{{- 'Tools, one a line:\\n<tools>' }}
{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson }}{%- endfor %}
{{- '\\n</tools>\\nCall: <tool_call>{"name": <name>, "arguments": <object>}</tool_call><|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' and message.tool_calls %}
{{- '<|im_start|>assistant' }}
{%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
{%- for tool_call in message.tool_calls %}
{%- if tool_call.function is defined %}{%- set tool_call = tool_call.function %}{%- endif %}
{{- '\\n<tool_call>{"name": "' + tool_call.name + '", "arguments": ' }}
{{- tool_call.arguments | tojson }}{{- '}</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- elif message.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
{%- elif message.role != 'system' or not loop.first %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""

_CONTROLS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_MARKS = ("<tool_call>", "</tool_call>")
# What the tokens of several letters are learnt from: words of schemas and prompts, so that these take fewer tokens.
_WORDS = """\
the of and one to in or is if not no with from for that as by at a an on only what it its named name names other says
report record records meeting meetings exercise exercises agreement agreements date dates start end text basis country
countries state states party parties participants official officials organisation evidence quote quotes summary mention
status format place location topics forum outcomes role code kind title value values null true false none type string
array object items properties required description additionalProperties enum maxLength minLength maxItems minItems anyOf
published publication background focus planned held visit signed minister defence military joint forces training
"""
_MERGES = 400

# The kinds of values and of tokens in the file.
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_NORMAL, _CONTROL, _OWN = 1, 3, 4
_ALIGNED = 32


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How large the model is, and how it leans. `end`, `quote` and `follow` are logits: the greater,
    the sooner."""

    width: int = 32
    hidden: int = 64
    layers: int = 1
    heads: int = 2
    context: int = 131_072
    end: float = 2.0
    quote: float = 5.0
    follow: float = 60.0
    random_seed: int = 0


def write(path: Path, shape: Shape | None = None) -> Path:
    """Write the model there; equal shapes give equal bytes."""
    shape = shape or Shape()
    vocabulary = _Vocabulary()
    tensors = list(_tensors(shape, vocabulary))
    values = list(_values(shape, vocabulary))
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)))
        for name, kind, value in values:
            file.write(_text(name) + struct.pack("<I", kind) + value)
        offset = 0
        for tensor in tensors:
            file.write(_text(tensor.name) + struct.pack("<I", len(tensor.dimensions)))
            file.write(struct.pack(f"<{len(tensor.dimensions)}Q", *tensor.dimensions))
            file.write(struct.pack("<IQ", 0, offset))
            offset += len(tensor.numbers) * 4 + -len(tensor.numbers) * 4 % _ALIGNED
        for tensor in tensors:
            _align(file)
            file.write(_floats(tensor.numbers))
        _align(file)
    return path


class _Vocabulary:
    """Every byte, letters and words that are made of several, and the marks of the chat template."""

    def __init__(self) -> None:
        self.bytes = _shown_bytes()
        merges = [*self._arabic(), *_learnt(_WORDS.split(), _MERGES)]
        self.merges = [" ".join(pair) for pair in merges]
        self.plain = list(dict.fromkeys([*self.bytes, *map("".join, merges)]))
        self.all = [*self.plain, *_CONTROLS, *_MARKS]
        self.kinds = [_NORMAL] * len(self.plain) + [_CONTROL] * len(_CONTROLS) + [_OWN] * len(_MARKS)

    def _arabic(self) -> list[tuple[str, str]]:
        """The two bytes of each letter."""
        pairs = (chr(letter).encode() for letter in range(0x0620, 0x0653))
        return [(self.bytes[first], self.bytes[second]) for first, second in pairs]

    def raw(self, token: str) -> bytes:
        """The bytes that a token stands for."""
        return bytes(self.bytes.index(letter) for letter in token)


def _shown_bytes() -> list[str]:
    """A printable letter for each byte, as GPT-2's vocabulary has them."""
    own = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in own else next(others)) for byte in range(256)]


def _learnt(words: Iterable[str], count: int) -> Iterator[tuple[str, str]]:
    """Pairs of neighbours to join, the most frequent first; a word is met after a space, shown as Ġ, and without."""
    split = [list(start + word) for word in words for start in ("Ġ", "")]
    for _ in range(count):
        pairs = Counter(pair for parts in split for pair in pairwise(parts))
        best = max(pairs, key=pairs.__getitem__)
        yield best
        for parts in split:
            at = 0
            while at < len(parts) - 1:
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1


def _leanings(vocabulary: _Vocabulary, shape: Shape) -> list[float]:
    """How much each token is favoured."""
    plain = [_leaning(vocabulary.raw(token), shape) for token in vocabulary.plain]
    return plain + [shape.end if token == "<|im_end|>" else -20.0 for token in (*_CONTROLS, *_MARKS)]


def _leaning(raw: bytes, shape: Shape) -> float:
    if raw == b'"':
        return shape.quote
    if raw in (b",", b"]", b"}", b"null"):
        return 1.0
    if any(byte < 32 or byte > 126 for byte in raw) or raw == b"\\":
        return -8.0
    return 0.0 if raw.isalnum() else -2.0


@dataclass(frozen=True)
class _Tensor:
    name: str
    dimensions: tuple[int, ...]  # the fastest first, as the format has them
    numbers: list[float]


def _tensors(shape: Shape, vocabulary: _Vocabulary) -> Iterator[_Tensor]:
    chance = random.Random(shape.random_seed)
    leanings = _leanings(vocabulary, shape)
    number = {token: index for index, token in enumerate(vocabulary.all)}
    # After the first the second is favoured: a call, a list with something in it, a list that ends.
    follow = [(number[first], number[then]) for first, then in (("Ċ", "<tool_call>"), ("[", "{"), ("}", "]"))]
    width, hidden, words = shape.width, shape.hidden, len(leanings)

    def drawn(name: str, rows: int, columns: int, scale: float = 1.0) -> _Tensor:
        return _Tensor(name, (columns, rows), [chance.gauss(0, scale / sqrt(columns)) for _ in range(rows * columns)])

    def silent(tensor: _Tensor) -> _Tensor:
        """One that adds nothing to the first numbers."""
        ours = tensor.dimensions[0] * (1 + len(follow))
        tensor.numbers[:ours] = [0.0] * ours
        return tensor

    def led(tensor: _Tensor, *columns: Iterable[float]) -> _Tensor:
        """One with these numbers in its first columns."""
        for column, values in enumerate(columns):
            tensor.numbers[column :: tensor.dimensions[0]] = values
        return tensor

    def only(index: int, value: float) -> list[float]:
        return [value if token == index else 0.0 for token in range(words)]

    ones = [1.0] * width
    # So large that it outweighs the others when they are normalised: about the root of the width remains.
    large, root = 4.0 * sqrt(width), sqrt(width)
    before_rows = [only(before, large) for before, _ in follow]
    after_rows = [only(after, shape.follow / root) for _, after in follow]
    yield led(drawn("token_embd.weight", words, width, 8.0), [large] * words, *before_rows)
    yield _Tensor("output_norm.weight", (width,), ones)
    yield led(drawn("output.weight", words, width, 3.0), [leaning / root for leaning in leanings], *after_rows)
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        yield _Tensor(f"{block}.attn_norm.weight", (width,), ones)
        yield _Tensor(f"{block}.ffn_norm.weight", (width,), ones)
        for name in ("attn_q", "attn_k", "attn_v"):
            yield drawn(f"{block}.{name}.weight", width, width)
        yield silent(drawn(f"{block}.attn_output.weight", width, width))
        yield drawn(f"{block}.ffn_gate.weight", hidden, width)
        yield drawn(f"{block}.ffn_up.weight", hidden, width)
        yield silent(drawn(f"{block}.ffn_down.weight", width, hidden))


def _values(shape: Shape, vocabulary: _Vocabulary) -> Iterator[tuple[str, int, bytes]]:
    texts = {
        "general.architecture": "llama",
        "general.name": NAME,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.chat_template": _TEMPLATE,
    }
    end = vocabulary.all.index("<|im_end|>")
    start = vocabulary.all.index("<|endoftext|>")
    counts = {
        "general.file_type": 0,
        "llama.context_length": shape.context,
        "llama.embedding_length": shape.width,
        "llama.block_count": shape.layers,
        "llama.feed_forward_length": shape.hidden,
        "llama.attention.head_count": shape.heads,
        "llama.attention.head_count_kv": shape.heads,
        "llama.rope.dimension_count": shape.width // shape.heads,
        "llama.vocab_size": len(vocabulary.all),
        "tokenizer.ggml.bos_token_id": start,
        "tokenizer.ggml.eos_token_id": end,
        "tokenizer.ggml.padding_token_id": start,
    }
    yield from ((name, _STRING, _text(text)) for name, text in texts.items())
    yield from ((name, _U32, struct.pack("<I", count)) for name, count in counts.items())
    yield "llama.attention.layer_norm_rms_epsilon", _F32, struct.pack("<f", 1e-5)
    yield "tokenizer.ggml.add_bos_token", _BOOL, b"\0"
    yield "tokenizer.ggml.tokens", _ARRAY, _list(_STRING, map(_text, vocabulary.all))
    yield "tokenizer.ggml.token_type", _ARRAY, _list(_I32, (struct.pack("<i", kind) for kind in vocabulary.kinds))
    yield "tokenizer.ggml.merges", _ARRAY, _list(_STRING, map(_text, vocabulary.merges))


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _list(kind: int, parts: Iterable[bytes]) -> bytes:
    items = list(parts)
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def _floats(numbers: list[float]) -> bytes:
    floats = array("f", numbers)
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tobytes()


def _align(file: BinaryIO) -> None:
    file.write(b"\0" * (-file.tell() % _ALIGNED))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
