"""Right-to-left text is shaped and put in the order of the screen, and keeps its styles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from unicodedata import normalize

import bidi as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.cli import bidi
from extract.cli.cells import Cell, cells, isolated, wrap

ARABIC = "ابتثجدرسلمنهويأإآىةئءک"
MIXED = ARABIC + "אבabcXYZ 0123٤٥٦ .,:/-+%$«»()[]{}⟦⟧'\"،؛؟"


def text_of(line: list[Cell]) -> str:
    return "".join(cell.text for cell in line)


def on_screen(text: str, *, is_rtl: bool) -> str:
    return text_of(bidi.reorder(bidi.prepare(cells([(text, "")]), is_rtl=is_rtl), is_rtl=is_rtl))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"VTE_VERSION": "5800"}, True),
        ({"VTE_VERSION": "7600", "TERM_PROGRAM": "tmux"}, True),
        ({"VTE_VERSION": "5202"}, False),
        ({"VTE_VERSION": "x"}, False),
        ({"VTE_VERSION": "7600", "TERM_PROGRAM": "vscode"}, False),
        ({"KONSOLE_VERSION": "230804"}, True),
        ({"TERM": "mlterm-256color"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, True),
        ({"TERM_PROGRAM": "mintty"}, True),
        ({"TERM_PROGRAM": "WezTerm"}, False),
        ({"TERM": "xterm-256color"}, False),
        ({}, False),
    ],
    ids=[
        "VTE 0.58",
        "VTE around tmux",
        "an old VTE",
        "a broken version",
        "another program started in VTE",
        "Konsole",
        "mlterm",
        "Apple Terminal",
        "mintty",
        "WezTerm",
        "xterm",
        "nothing known",
    ],
)
def test_terminals_that_reorder_by_themselves_are_known(environ, expected):
    assert bidi.is_native(environ) is expected


@pytest.mark.parametrize("is_rtl", [False, True], ids=["left to right", "right to left"])
@given(text=st.text(alphabet=MIXED))
def test_the_order_is_that_of_the_unicode_algorithm(text, is_rtl):
    each = [Cell(char, style=str(index)) for index, char in enumerate(text)]

    ordered = bidi.reorder(bidi.prepare(each, is_rtl=is_rtl), is_rtl=is_rtl)

    found = "".join(text[int(cell.style)] for cell in ordered)
    assert found == library.get_display(text, base_dir="LR"[is_rtl])


@given(st.text(alphabet="abcXYZéğ 0123 .,:/-+%$«»()[]{}⟦⟧'\"…"))
def test_latin_text_stays_as_it_is(text):
    assert on_screen(text, is_rtl=False) == text


@given(st.text(alphabet=ARABIC + " "))
def test_shaped_letters_are_forms_of_those_of_the_text(text):
    shaped = text_of(bidi.prepare(cells([(text, "")]), is_rtl=True))

    assert normalize("NFKC", shaped) == normalize("NFKC", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("مصر", "ﺮﺼﻣ"),
        ("سلام", "ﻡﻼﺳ"),
        ("لأن", "ﻥﻷ"),
        ("عُمان", "ﻥﺎﻤﻋُ"),
        ("شركة (Havelsan) وقعت", "ﺖﻌﻗﻭ (Havelsan) ﺔﻛﺮﺷ"),
        ("في Kader (Cairo)", "Kader (Cairo) ﻲﻓ"),
        ("«مصر» 2025", "2025 «ﺮﺼﻣ»"),
        ("من 21 إلى 29", "29 ﻰﻟﺇ 21 ﻦﻣ"),
        ("نیم\u200cروز", "ﺯﻭﺭﻢﯿﻧ"),
    ],
    ids=[
        "joined",
        "lam and alef",
        "lam and alef with hamza",
        "a mark after its letter",
        "brackets around Latin",
        "brackets behind Latin",
        "guillemets mirrored",
        "numbers",
        "a non-joiner",
    ],
)
def test_a_line_looks_as_it_is_written(text, expected):
    assert on_screen(text, is_rtl=True) == expected


def test_a_style_that_begins_inside_a_ligature_keeps_its_letter():
    (lam, alef) = bidi.prepare(cells([("ل", ""), ("ا", "red")]), is_rtl=True)

    assert (lam.style, alef.style) == ("", "red")


@given(
    st.lists(st.tuples(st.text(alphabet=ARABIC + "abc 012()", min_size=1), st.sampled_from(["", "red", "blue"]))),
    st.integers(min_value=2, max_value=12),
)
def test_every_styled_letter_is_on_screen_exactly_once(pieces, width):
    line = cells(pieces)

    rows = [bidi.reorder(row, is_rtl=True) for row in wrap(bidi.prepare(line, is_rtl=True), width)]

    assert letters(cell for row in rows for cell in row) == letters(line)


def letters(line: Iterable[Cell]) -> Counter[tuple[str, str]]:
    """Letters by style; the two forms of a bracket count as one."""
    plain = str.maketrans(")", "(")
    return Counter(
        (char, cell.style) for cell in line for char in normalize("NFKC", cell.text).translate(plain) if char != " "
    )


def test_isolated_values_stand_in_the_order_of_the_line():
    line = isolated([("مصر", ""), (", ", ""), ("تركيا 12", ""), (", ", ""), ("Libya", "")])

    shown = text_of(bidi.reorder(bidi.prepare(line, is_rtl=False), is_rtl=False))

    assert shown.replace("\u200e", "") == "ﺮﺼﻣ, 12 ﺎﻴﻛﺮﺗ, Libya"


def test_a_letter_newer_than_the_tables_is_no_bug():
    assert on_screen("مصر \U0001fbfc\U000e0fff", is_rtl=True).endswith("ﺮﺼﻣ")
