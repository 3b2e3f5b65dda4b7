"""The text of a page that a reader would see, however broken its mark-up is."""

from __future__ import annotations

from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style", "noscript", "template", "title", "svg", "select"})
_INLINE = frozenset(
    [
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "del"),
        *(
            "kbd",
            "label",
            "mark",
            "q",
            "s",
            "small",
            "span",
            "strike",
            "strong",
            "sub",
            "sup",
            "time",
            "tt",
            "u",
            "wbr",
        ),
    ]
)


def lines(page: str) -> str:
    """All visible text of a page, one line a block."""
    parser = _Visible()
    parser.feed(page)
    parser.close()
    folded = (" ".join(line.split()) for line in "".join(parser.pieces).split("\n"))
    return "\n".join(line for line in folded if line)


class _Visible(HTMLParser):
    """Collects text without building a tree, so that neither depth nor missing ends can hurt."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the base's signature
        # A body never lies in something unseen: the end of that was forgotten.
        if tag == "body":
            self._unseen = None
        elif self._unseen is None and tag in _UNSEEN:
            self._unseen = tag
        if tag not in _INLINE:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = None
        if tag not in _INLINE:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._unseen is None:
            # A line break in the source is a space, only blocks make lines.
            self.pieces.append(data.replace("\n", " "))
