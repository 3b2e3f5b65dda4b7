"""Whether answers can be streamed, with a count of their tokens, and how soon one begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from extract.request import Completion, Form, Request

if TYPE_CHECKING:
    from extract.streaming import Way

_LONGEST = 32


def question(model: str, options: Mapping[str, Any]) -> Request:
    """A question with a short answer."""
    from extract.probe.modes import capped

    messages = ({"role": "user", "content": "Count from one to three."},)
    sent = {name: value for name, value in options.items() if name not in ("stream", "stream_options")}
    return Request(model=model, messages=messages, form=Form("", {}), mode="md_json", options=capped(sent, _LONGEST))


def judged(way: Way, first_token_s: float | None, completion: Completion) -> str:
    """What an answer that was to be streamed shows; `way` is how it was asked for in the end."""
    if way == "whole":
        return "refused: answers come in one piece"
    if first_token_s is None:
        return "nothing of it was streamed" if completion.usage.completion != 0 else "unknown: an empty answer"
    counted = "" if completion.usage.completion is not None else ", but tokens are not counted"
    after = f"{first_token_s:.1f} s" if first_token_s >= 1 else f"{1000 * first_token_s:.0f} ms"
    return f"works{counted}; first token after {after}"
