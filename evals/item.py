"""A record to be scored, gold or predicted."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

NOT_ANNOTATED = "?"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A record to be scored: its type and its fields as plain JSON.

    Of gold: a field that is absent or "?" is not annotated; `alternatives` gives other right values by
    path; to find an `optional` record earns credit and to miss it costs nothing, a `borderline` one is not scored.
    Of a prediction: `ungrounded` names the values that stand nowhere in the document by their paths,
    "" the record as a whole.
    """

    type: str
    fields: Mapping[str, Any]
    optional: bool = False
    borderline: bool = False
    alternatives: Mapping[str, list[Any]] = field(default_factory=dict)
    ungrounded: AbstractSet[str] = frozenset()

    def is_annotated(self, name: str) -> bool:
        """Whether gold says anything of a field, be it that it is not stated."""
        return is_annotated(self.fields, name)

    def is_ungrounded(self, name: str, value: Any) -> bool:
        """Whether a value, or a part of it, that the prediction has in a field stands nowhere in the document."""
        held = self.fields.get(name)
        if not isinstance(held, list):
            return any(_leads_to(path, name) for path in self.ungrounded)
        roots = [f"{name}[{index}]" for index, member in enumerate(held) if member == value]
        return any(_leads_to(path, root) for path in self.ungrounded for root in roots)


def is_annotated(part: Mapping[str, Any], name: str) -> bool:
    """Whether gold, or a part of it, says anything of a field."""
    return name in part and part[name] != NOT_ANNOTATED


def _leads_to(path: str, root: str) -> bool:
    return path.startswith(root) and path[len(root) :][:1] in ("", ".", "[")
