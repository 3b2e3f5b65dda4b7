"""Whether an endpoint has read the whole prompt: its count of tokens against what the prompt must need.

Some servers cut a prompt that is longer than their context and say nothing. Tokenisers differ, above all for Arabic,
so what a prompt needs is reckoned with the least that is believable, and that is learned per model and script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from extract.request import Completion, Request
from extract.tokens import estimate, letters

# Real tokens for one estimated token: the least that is believable, what is likely, the most.
_LEAST = {"latin": 0.7, "arabic": 0.3, "other": 0.3}
_LIKELY = {"latin": 0.85, "arabic": 0.5, "other": 0.5}
_MOST = {"latin": 1.5, "arabic": 2.5, "other": 2.5}
# A count below this share of the least is of another text than was sent.
_SHARE = 0.6
# No context is so short; an endpoint that counts less counts something else.
_SMALLEST = 500
# Contexts that servers are started with. A cut prompt fills one, or half of one and the few tokens that are kept.
_CONTEXTS = tuple(sorted(factor * 2**power for factor in (1, 3) for power in range(9, 18)))
_KEPT = 4
# A script's ratio is learned from prompts of which it is this share, and believed after so many.
_MAINLY, _ENOUGH = 0.5, 3
_ALL, _EVERY = 200, 20

_ARABIC = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+")
_OTHER = re.compile(r"[\u0370-\u058f\u0900-\ufb1c\U00010000-\U0010ffff]+")

Sizes = Mapping[str, int]


class Fit:
    """What the endpoints' counts have shown so far: for each model and script, the least tokens for an estimated one.

    It is kept for a run, in memory. Answers without a count are passed over.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}
        self._number = 0

    def learn(self, request: Request, completion: Completion) -> None:
        """Take in the count of an answer to a whole prompt."""
        count = completion.usage.prompt
        if count is None or count < _SMALLEST:
            return
        # Prompts of one job are alike: after the first ones, a sample of them is enough.
        self._number += 1
        if self._number > _ALL and self._number % _EVERY:
            return
        sizes = sizes_of(request)
        total = sum(sizes.values())
        for script, size in sizes.items():
            if size > _MAINLY * total:
                others = sum(_MOST[other] * sizes[other] for other in sizes if other != script)
                number, least = self._seen.get((request.model, script), (0, float("inf")))
                self._seen[request.model, script] = number + 1, min(least, (count - others) / size)

    def least(self, model: str, script: str) -> float:
        """The fewest real tokens for one estimated token that are believable."""
        number, seen = self._seen.get((model, script), (0, 0.0))
        return max(_LEAST[script], seen) if number >= _ENOUGH else _LEAST[script]

    def _most_needed(self, request: Request) -> float:
        """No less than the tokens that are believable, without looking at each word of the report.

        A letter needs at most one estimated token; in UTF-8, all scripts but Latin take a byte more for each of
        their letters at least.
        """
        first, *rest = (_text(message) for message in request.messages)
        least = {script: self.least(request.model, script) for script in _LEAST}
        needed = sum(least[script] * size for script, size in _sizes(first).items())
        for text in rest:
            beyond = len(text.encode("utf-8", "surrogatepass")) - len(text)
            others = max(least["arabic"], least["other"])
            needed += others * beyond + least["latin"] * max(len(text) - beyond, 0)
        return needed

    def cut(self, request: Request, completion: Completion) -> str | None:
        """Why the answer is to a part of the prompt only, and what to do; None if nothing shows that."""
        count = counted(completion)
        if count is None or count < _SMALLEST:
            return None
        is_limit = _is_limit(count)
        length = sum(len(_text(message)) for message in request.messages)
        # Most answers are those of old: this tells them apart without looking at the text.
        if completion.origin != "live" and not is_limit and 4 * count >= length:
            return None
        if not is_limit and count >= _SHARE * self._most_needed(request):
            return None
        sizes = sizes_of(request)
        least = {script: self.least(request.model, script) for script in sizes}
        believable = sum(least[script] * size for script, size in sizes.items())
        likely = sum(max(_LIKELY[script], least[script]) * size for script, size in sizes.items())
        if count < _SHARE * believable or (is_limit and count < 0.9 * likely):
            return _message(count, sum(sizes.values()), request)
        return None


def sizes_of(request: Request) -> Sizes:
    """Estimated tokens of a request's messages, by script."""
    sizes = dict.fromkeys(_LEAST, 0)
    for message in request.messages:
        for script, size in _sizes(_text(message)).items():
            sizes[script] += size
    return sizes


@lru_cache(maxsize=16)
def _sizes(text: str) -> Sizes:
    arabic, other = _ARABIC.findall(text), _OTHER.findall(text)
    latin = _OTHER.sub(" ", _ARABIC.sub(" ", text))
    return {"latin": estimate(latin), "arabic": letters(arabic), "other": letters(other)}


def _text(message: Mapping[str, object]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""


def counted(completion: Completion) -> int | None:
    """The prompt's tokens as the endpoint counts them; some leave those out that they took from their own cache."""
    usage = completion.usage
    if usage.prompt is not None and usage.cached is not None and usage.cached > usage.prompt:
        return usage.prompt + usage.cached
    return usage.prompt


def _is_limit(count: int) -> bool:
    return any(-1 <= count - context <= _KEPT for context in _CONTEXTS)


def _message(count: int, estimated: int, request: Request) -> str:
    longest = request.options.get("max_tokens")
    needed = estimated + (longest if isinstance(longest, int) else 0)
    enough = max(16384, 1 << max(needed - 1, 1).bit_length())
    return (
        f"the endpoint has read {count:,} tokens of a prompt of about {estimated:,}: it cuts long prompts without a "
        f"word, so this answer is to half a prompt; with Ollama, set OLLAMA_CONTEXT_LENGTH={enough} or num_ctx "
        "in the Modelfile; with others, give the server a longer context; or say how long it is with "
        "--context N, and long reports are asked in parts"
    )
