"""Text as cells of a terminal: nothing in it moves the cursor, and lines break between words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import bidirectional, category

# A text and the style (a name that rich knows) to show it in.
Piece = tuple[str, str]

# A blank at which no line breaks. The no-break space will not do: it joins the numbers beside it to one.
GLUE = "\u2007"
_NO_BREAK = frozenset("\u00a0\u202f" + GLUE)
_NON_JOINER = "\u200c"
_LINE_ENDS = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")

# Say which way a part of a line reads; only code puts them there, and no terminal gets them.
EMBED, POP, LEFT_TO_RIGHT = "\u202b", "\u202c", "\u200e"
STEERING = frozenset((EMBED, POP, LEFT_TO_RIGHT))


@dataclass(frozen=True, slots=True)
class Cell:
    """One character with its marks; `level` is odd where it reads from right to left."""

    text: str
    style: str = ""
    level: int = 0

    @property
    def base(self) -> str:
        """The character without its marks."""
        return self.text[0]

    @property
    def width(self) -> int:
        """Columns that it takes."""
        from rich.cells import cell_len

        return 0 if self.base in STEERING else cell_len(self.text)

    @property
    def is_blank(self) -> bool:
        """Whether a line may break here."""
        return category(self.base) == "Zs" and self.base not in _NO_BREAK


def cells(pieces: Iterable[Piece]) -> list[Cell]:
    """The cells of some pieces of text, cleaned; a mark goes with the letter before it, whatever its style."""
    found: list[Cell] = []
    for text, style in pieces:
        for char in clean(text):
            if category(char) not in ("Mn", "Me"):
                found.append(Cell(char, style))
            elif found:
                found[-1] = Cell(found[-1].text + char, found[-1].style)
            else:
                # With no letter to stand on, it would stand on what is left of the text.
                found.append(Cell("◌" + char, style))
    return found


def isolated(pieces: Iterable[Piece]) -> list[Cell]:
    """The cells of pieces that each read in their own direction, in a line that reads from left to right."""
    found: list[Cell] = []
    for text, style in pieces:
        inner = cells([(text, style)])
        if is_right_to_left(inner):
            inner = [Cell(LEFT_TO_RIGHT), Cell(EMBED), *inner, Cell(POP), Cell(LEFT_TO_RIGHT)]
        found += inner
    return found


def clean(text: str) -> str:
    """Text that is safe to print: controls become pictures or blanks, what is invisible goes."""
    return "".join(map(_shown, text))


def short(text: str, most: int = 80) -> str:
    """A name that is safe to print, of as many characters at most: an id may be of any length."""
    return clean(text if len(text) <= most else text[: most - 1] + "…")


def brief(text: str, most: int = 500) -> str:
    """A message that is safe to print: of a very long one its beginning, and its end, which says what to do."""
    end = most // 3
    return clean(text if len(text) <= most else f"{text[: most - end - 3]} … {text[-end:]}")


def is_right_to_left(line: Iterable[Cell]) -> bool:
    """Whether the first letter that has a direction reads from right to left."""
    directions = (bidirectional(cell.base) for cell in line if cell.base not in STEERING)
    return next((direction for direction in directions if direction in ("L", "R", "AL")), "L") != "L"


def wrap(line: Sequence[Cell], width: int) -> Iterator[list[Cell]]:
    """Break a line between words, and a word only where it is wider than `width`; blanks at a break go."""
    room = width
    taken: list[Cell] = []
    for word in _words(line):
        needed = sum(cell.width for cell in word)
        if needed > room and not word[0].is_blank:
            if any(not cell.is_blank for cell in taken):
                yield _stripped(taken)
            room = width
            *full, taken = _cut(word, width)
            yield from full
            room -= sum(cell.width for cell in taken)
        else:
            taken += word
            room -= needed
    yield _stripped(taken)


def _shown(char: str) -> str:
    kind = category(char)
    if char in _LINE_ENDS:
        return " "
    if kind == "Cc":
        # The pictures of U+0000 to U+001F stand in this order; those of U+0080 to U+009F do not exist.
        return chr(0x2400 + ord(char)) if char < " " else "␡" if char == "\x7f" else "\ufffd"
    if kind == "Cs":
        return "\ufffd"
    if kind == "Cf":
        # Signs such as the end of an ayah are seen; a non-joiner shapes the letters beside it.
        return char if char == _NON_JOINER or bidirectional(char) in ("AN", "AL") else ""
    return char


def _words(line: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Words and the blanks between them, in turn."""
    return (list(group) for _, group in groupby(line, key=lambda cell: cell.is_blank))


def _cut(word: list[Cell], width: int) -> list[list[Cell]]:
    """A word in parts that fit; a part has one cell at least, or the word would never end."""
    parts, room = [list[Cell]()], width
    for cell in word:
        if cell.width > room and parts[-1]:
            parts.append([])
            room = width
        parts[-1].append(cell)
        room -= cell.width
    return parts


def _stripped(line: list[Cell]) -> list[Cell]:
    """The line without blanks at its end."""
    end = len(line)
    while end and (line[end - 1].is_blank or line[end - 1].base in STEERING):
        end -= 1
    return line[:end] + [cell for cell in line[end:] if cell.base in STEERING]
