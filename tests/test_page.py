"""What reaches a terminal: safe, coloured where it can be, and in an order in which it can be read."""

from __future__ import annotations

import json
import re
from collections import Counter
from io import StringIO
from pathlib import Path
from unicodedata import bidirectional, category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from extract.cli.highlight import Passage, segments
from extract.cli.marks import marked
from extract.cli.page import Page
from extract.errors import InputError
from tests.invented_run import COLOUR, QUOTE, TEXT, elsewhere, failure, grounding, make, row, show  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("elsewhere")


HOSTILE = "\x1b[2J\x1b]0;x\x07\x9b31m\u202eevil\u2066\u200f\x08\r"


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ((), {}),
        (("--bidi", "visual"), COLOUR),
        (("--bidi", "terminal"), COLOUR),
        (("--json",), {}),
    ],
    ids=["plain", "visual", "terminal", "json"],
)
def test_a_hostile_report_moves_no_cursor_and_turns_no_text_round(options, environ):
    text = f"They {HOSTILE} met in Oslo."
    values = [grounding(text, HOSTILE, "forum")]
    # What a quote and a value say comes from the model; spans are in the text as it was read.
    read = text.replace("\r", "\n")
    hostile = row(read, "met in Oslo", values=values, forum=HOSTILE, summary=HOSTILE, participants=[{"name": HOSTILE}])
    make({"a": text}, hostile, failures=[failure(message=HOSTILE, path=HOSTILE)])

    shown = re.sub(r"\x1b\[[0-9;]*m", "", show("a", *options, **environ))

    assert {char for char in shown if category(char) in ("Cc", "Cf", "Cs")} == {"\n"}
    assert not {bidirectional(char) for char in shown} & {"RLO", "LRI", "RLE", "PDF"}
    if options != ("--json",):
        assert "met in Oslo" in shown


def test_a_hostile_id_is_shown_harmlessly_in_an_error_too():
    make({"a": "x"})
    Path("in/documents.jsonl").write_text(json.dumps({"file": "a.txt", "id": f"a{HOSTILE}"}))

    with pytest.raises(InputError) as error:
        show(f"z{HOSTILE}")

    assert {char for char in str(error.value) if category(char) in ("Cc", "Cf")} == set()


@pytest.mark.parametrize(
    ("environ", "has_escapes"),
    [({}, False), (COLOUR, True), ({**COLOUR, "TERM": "dumb"}, False)],
    ids=["no terminal", "forced", "a dumb terminal"],
)
def test_escape_codes_are_only_for_terminals_that_know_them(environ, has_escapes):
    make({"a": TEXT}, row(TEXT, QUOTE))

    shown = show("a", **environ)

    assert ("\x1b[" in shown) is has_escapes
    assert ("⟦1" in shown) is not has_escapes


def test_without_colours_a_terminal_gets_brackets():
    make({"a": TEXT}, row(TEXT, QUOTE))

    assert "⟦1" in show("a", "--bidi", "terminal", NO_COLOR="1", **COLOUR)


def test_auto_reorders_only_for_a_terminal_that_does_not(monkeypatch):
    make({"a": TEXT}, row(TEXT, QUOTE))

    assert "عنوان" in show("a")
    assert "ﻥﺍﻮﻨﻋ" in show("a", **COLOUR)
    assert "عنوان" in show("a", VTE_VERSION="7600", **COLOUR)


def test_in_visual_order_paragraphs_stand_at_the_right_and_the_number_where_reading_begins():
    text = "مصر"
    make({"a": text}, row(text, text))

    shown = re.sub(r"\x1b\[[0-9;]*m", "", show("a", COLUMNS="30", **COLOUR))

    assert "ﺮﺼﻣ[1]\n".rjust(31) in shown


words = st.lists(st.text(alphabet="ابتلأمن", min_size=1, max_size=9) | st.sampled_from(["NATO", "12,5", "(و)", "«ا»"]))


@given(words, st.lists(st.text(alphabet="سشصضطظ", min_size=8, max_size=30), min_size=1, max_size=3), words)
def test_every_highlighted_letter_is_on_screen_exactly_once(before, quote, after):
    passage = " ".join(quote)
    text = " ".join([*before, passage, *after])
    start = len(" ".join([*before, ""]))
    cut = segments(0, len(text), [Passage(start, start + len(passage), 1)], [])
    screen = StringIO()
    page = Page("visual", Console(file=screen, force_terminal=True, color_system="standard", width=24))

    page.paragraph(marked(text, cut, is_coloured=True))

    found = Counter(char for char, background in styled(screen.getvalue()) if background and char != " ")
    assert found == Counter(passage.replace(" ", ""))


def styled(shown: str) -> list[tuple[str, str | None]]:
    """Characters and the background that each has, of output with colours; forms of letters are undone."""
    found: list[tuple[str, str | None]] = []
    background: str | None = None
    for code, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", shown):
        if text:
            found += [(char, background) for char in normalize("NFKC", text)]
        else:
            codes = code.split(";")
            background = next((each for each in codes if re.fullmatch("4[0-7]", each)), None)
    return found
