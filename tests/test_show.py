"""One report of a run: its heading, its text with the evidence marked, its records and failures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from extract.cli.run import command as run
from tests.invented_run import COLOUR, QUOTE, TEXT, elsewhere, failure, grounding, make, row, show  # noqa: F401  a fixture

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_a_report_is_shown_with_its_heading_its_marked_text_and_its_records():
    part = {"name": "أحمد", "name_latin": None, "country": "EGY", "part": "host", "former": True}
    date = {"text": "3 مايو", "start": "2020-05-03", "end": "2020-05-03", "approximate": True, "basis": "explicit"}
    make({"a": TEXT}, row(TEXT, QUOTE, date=date, participants=[part], topics=["other"], place=None, outcomes=[]))

    assert show("a", COLUMNS="90").splitlines() == [
        "a",
        "prompt          events/v1",
        "model           some-model",
        "",
        "عنوان الخبر",
        f"قالت الوزارة إن ⟦1 {QUOTE} 1⟧ وبحثا التعاون.",
        "",
        "⟦1⟧ meeting, held, focus",
        "    They met.",
        "    date            about 2020-05-03 (from: explicit), as written: 3 مايو",
        "    participants    host: أحمد, EGY, former",
        "    topics          other",
        "    evidence        verbatim",
        f"      {QUOTE}",
        "",
    ]


def test_nested_and_overlapping_evidence_shows_whose_it_is():
    text = "one two three four five"
    make({"a": text}, row(text, "one two three four"), row(text, "two three"), row(text, "three four five"))

    assert "⟦1 one ⟦2 two ⟦3 three 2⟧ four 1⟧ five 3⟧" in show("a")
    assert "[1]one [1,2]two [1,2,3]three[1,3] four[3] five" in re.sub(r"\x1b\[[0-9;]*m", "", show("a", **COLOUR))


def test_evidence_that_runs_over_paragraphs_begins_and_ends_once():
    text = "They met.\n\nThey spoke.\nThey left."
    make({"a": text}, row(text, "met.\n\nThey spoke."))

    assert "They ⟦1 met.\n\nThey spoke. 1⟧\nThey left." in show("a", "--full")


def test_brackets_of_the_report_do_not_pass_for_marks():
    text = "They ⟦1 met 1⟧ in Oslo."
    make({"a": text}, row(text, "in Oslo"))

    assert "They [1 met 1] ⟦1 in Oslo 1⟧." in show("a")


@pytest.mark.parametrize(
    ("match", "score", "expected"),
    [("verbatim", 100.0, "verbatim"), ("folded", 100.0, "folded"), ("fuzzy", 93.3, "fuzzy 93")],
)
def test_a_quote_tells_how_it_was_found(match, score, expected):
    quote = grounding(TEXT, QUOTE, match=match, score=score)
    make({"a": TEXT}, {**row(TEXT, QUOTE), "evidence": [quote]})

    assert f"    evidence        {expected}\n" in show("a")


def test_what_is_not_in_the_report_is_marked():
    values = [grounding(TEXT, "Nobody", "participants[0].name"), grounding(TEXT, "Rome", "forum")]
    make(
        {"a": TEXT},
        row(TEXT, QUOTE, "We never said so", values=values, participants=[{"name": "Nobody"}], forum="Rome"),
    )

    shown = show("a")

    assert "participants    Nobody (not in the report)\n" in shown
    assert "forum           Rome (not in the report)\n" in shown
    assert "evidence        not in the report\n      We never said so\n" in shown


def test_evidence_in_the_tail_of_other_articles_is_said_to_be():
    make({"a": TEXT}, {**row(TEXT, QUOTE), "evidence": [grounding(TEXT, QUOTE, in_tail=True)]})

    assert "verbatim, in the tail of other articles" in show("a")


def test_failures_come_last():
    make({"a": TEXT}, row(TEXT, QUOTE), failures=[failure(path="meetings[1]", message="no quote stands")])

    assert show("a").endswith("failure invalid\n    no quote stands\n    path            meetings[1]\n")


def test_a_report_of_which_nothing_was_extracted_is_shown_too():
    make({"a": TEXT})

    assert show("a").endswith("وبحثا التعاون.\n\nno records\n")


def test_long_parts_without_evidence_are_left_out_unless_all_is_wanted():
    text = "Title.\n" + "They talked about nothing. " * 700 + QUOTE
    make({"a": text}, row(text, QUOTE))

    assert len(show("a").splitlines()) < 30
    assert "characters left out, --full shows them" in show("a")
    assert show("a", "--full").count("nothing.") == 700


def test_the_text_can_be_left_out():
    make({"a": TEXT}, row(TEXT, QUOTE))

    assert "عنوان الخبر" not in show("a", "--no-text")


def test_json_holds_the_rows_of_that_report_only():
    mine, other = row(TEXT, QUOTE), row(TEXT, QUOTE, id_="b")
    make({"a": TEXT, "b": TEXT}, mine, other, failures=[failure("a"), failure("b")])

    shown = json.loads(show("a", "--json"))

    assert shown == {"document": "a", "run": "runs/one", "records": [mine], "failures": [failure("a")]}


def test_a_seed_is_shown_as_it_was_extracted(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    folder = str(tmp_path / "run")
    replay = ["seeds", "--replay", "evals/recordings", "--out", folder, "--quiet"]
    CliRunner().invoke(run, replay, standalone_mode=False, catch_exceptions=False)

    shown = show("002", "--run", folder)

    assert "published       2025-05-11\nsource          دفاع العرب\n" in shown
    assert "⟦1 باستقبال رئيس الأركان" in shown
    assert shown.count("verbatim") == 8
    assert len(shown.splitlines()) < 130


def test_importing_the_command_imports_nothing_heavy():
    code = "import sys, extract.cli.show; print({'rich', 'bidi', 'arabic_reshaper'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
