"""A quote is grounded where it stands, and a value where it is a word."""

from __future__ import annotations

from itertools import pairwise, zip_longest
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from extract.fold import fold
from extract.ground import Span, Text, tail_start

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
LETTERS = "ابتثجحدرزسشصطعقكلمنهويabcdefghijklm"


def found(text: str, span: Span | None) -> tuple[str, str] | None:
    return (text[span.start : span.end], span.match) if span else None


# --- quotes


@pytest.mark.parametrize(
    ("quote", "text", "expected"),
    [
        ("met in Oslo", "They met in Oslo.", ("met in Oslo", "verbatim")),
        ("  met in Oslo\n", "They met in Oslo.", ("met in Oslo", "verbatim")),
        ("Oslo", "They met in Oslo.", ("Oslo", "verbatim")),
        ("oslo", "They met in Oslo.", None),
        ("قطر", "هطلت قطرات في قطر", ("قطر", "verbatim")),
        ("ey met in Os", "They met in Oslo.", ("ey met in Os", "verbatim")),
        ("EY MET IN OS", "They met in Oslo.", None),
        ("تعاونا عسكريا", "بحثا تعاونا عسكرياً، ثم غادرا", ("تعاونا عسكرياً", "folded")),
        ("في عام ١٤٤٦ه", "كان في عام ١٤٤٦هـ.", ("في عام ١٤٤٦هـ", "folded")),
        ("امس نظيره العماني", "زار أمسِ نظيرَه العُمانيّ.", ("أمسِ نظيرَه العُمانيّ", "folded")),
        ('"met in Oslo on Monday."', "They met in Oslo on Monday, again.", ("met in Oslo on Monday", "folded")),
        ("«التقى الوزيران أمس».", "التقى الوزيران أمس في عمان", ("التقى الوزيران أمس", "folded")),
        ("...met in Oslo on Monday…", "They met in Oslo on Monday.", ("met in Oslo on Monday", "folded")),
        ("met ... on Monday", "They met ... on Monday.", ("met ... on Monday", "verbatim")),
        ("met … on Monday", "They met... on Monday.", ("met... on Monday", "fuzzy")),
        ("They met… on Monday", "They met... on Monday.", ("They met... on Monday", "folded")),
        ("They met… on Mondai, again", "They met... on Monday, again", None),
        ("They met… on monday, agian", "They met... on Monday, again", ("They met... on Monday, again", "fuzzy")),
        ("They met ... on Monday", "They met in Oslo on Monday.", None),
        ("They met […] on Monday", "They met [in Oslo] on Monday.", None),
        ("القوات المسلحه", "من القوات المسلحة", ("القوات المسلحة", "folded")),
        ("القوات المسلحه", "وبالقوات المسلحة", ("القوات المسلحة", "folded")),
        ("القوات المسلحه", "سالقوات المسلحة", None),
        ("قوات مسلحه", "وبالقوات مسلحة", ("قوات مسلحة", "folded")),
        ("القوات المسلحة", "وللقوات المسلحة", ("للقوات المسلحة", "folded")),
        ('"قطر".....', "زار قطر", None),
        ("", "They met.", None),
        (" \n", "They met.", None),
        ("They met in Oslo.", "", None),
        ("\u200f\u200f\u200f\u200f\u200f\u200f\u200f\u200f\u200f", "They met.", None),
        ("..........", "They met.", None),
    ],
    ids=str,
)
def test_a_quote_is_found_as_a_passage(quote, text, expected):
    assert found(text, Text(text).locate(quote)) == expected


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        ((), 0),
        ((Span(20, 40, "verbatim"),), 25),
        ((Span(38, 44, "verbatim"),), 25),
        ((Span(60, 70, "verbatim"),), 50),
        ((Span(0, 2, "verbatim"), Span(48, 62, "verbatim")), 50),
    ],
    ids=["first", "inside", "nearest before", "nearest", "inside one of two"],
)
def test_of_several_passages_the_one_near_is_chosen(near, expected):
    text = "Oslo talks".ljust(25, "-") + "Oslo talks".ljust(25, "-") + "Oslo talks"

    span = Text(text).locate("Oslo talks", near=near)

    assert span == Span(expected, expected + 10, "verbatim")


def test_a_folded_passage_inside_the_near_span_wins_over_a_verbatim_one_far_away():
    text = "زار أنقرة. وغادر الوزير انقرة"
    near = [Span(text.index("وغادر"), len(text), "verbatim")]

    assert Text(text).locate_value("أنقرة", near=near) == Span(24, 29, "folded")


def test_a_folded_passage_outside_the_near_span_does_not():
    text = "زار أنقرة. وغادر الوزير انقرة"

    assert Text(text).locate_value("أنقرة", near=[Span(11, 16, "verbatim")]) == Span(4, 9, "verbatim")


def test_of_several_fuzzy_passages_the_one_near_is_chosen():
    text = "The talks on drone production ended. Then the talks on drone production began."

    spans = [Text(text).locate("the talks on drone prodction", near=near) for near in ((), [Span(37, 78, "fuzzy")])]

    assert [(span.start, span.match) for span in spans if span] == [(0, "fuzzy"), (42, "fuzzy")]


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_every_line_of_a_real_report_is_found_verbatim_and_folded(path):
    text = path.read_text(encoding="utf-8")
    prepared = Text(text)

    for line in filter(None, map(str.strip, text.splitlines())):
        span = prepared.locate(line)
        assert span is not None
        assert text[span.start : span.end] == line
        if len(line) >= 8:
            span = prepared.locate(fold(line).swapcase())
            assert span is not None
            assert fold(text[span.start : span.end]) == fold(line)


# --- values


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("قطر", "هطلت قطرات في قطر", ("قطر", "verbatim")),
        ("قطر", "هطلت قطرات", None),
        ("Iran", "Iranians in Iran", ("Iran", "verbatim")),
        ("Iran", "the Iranians", None),
        ("iran", "Iran's army", ("Iran", "folded")),
        ("Ankara", "ANKARA’DA GÖRÜŞTÜ", ("ANKARA", "folded")),
        ("İstanbul", "ISTANBUL", ("ISTANBUL", "folded")),
        ("Guler", "Yaşar Güler", ("Güler", "folded")),
        ("القاهرة", "والقاهرة وأنقرة", ("القاهرة", "verbatim")),
        ("القاهرة", "بالقاهرة", ("القاهرة", "verbatim")),
        ("انقرة", "وبأنقرة", ("أنقرة", "folded")),
        ("أنقرة", "فلأنقرة", ("أنقرة", "verbatim")),
        ("قاهرة", "كالقاهرة", ("قاهرة", "verbatim")),
        ("الدفاع", "وزيرا للدفاع", ("للدفاع", "folded")),
        ("لدفاع", "وزيرا للدفاع", ("لدفاع", "verbatim")),
        ("دفاع", "وللدفاع", ("دفاع", "verbatim")),
        ("اللقاء", "دعا للقاء ثان", ("للقاء", "folded")),
        ("الدفاع", "وَلِلدِّفاع", ("لِلدِّفاع", "folded")),
        ("مصر", "المصريون", None),
        ("يمن", "ميمنة", None),
        ("قطر", "خَطقطر", None),
        ("مال", "شِمال", None),
        ("قطر", "قطَرات", None),
        ("قطر", "قطـر", ("قطـر", "folded")),
        ("قطر", "قطرٌ", ("قطرٌ", "folded")),
        ("قطر", "\u202bقطر\u202c", ("قطر\u202c", "folded")),
        ("27", "في 127 و2700 و27 جنديا", ("27", "verbatim")),
        ("27", "و٢٧ جنديا", ("٢٧", "folded")),
        ("3", "٣ سفن", ("٣", "folded")),
        ("5", "1,500 و3.5", None),
        ("500", "1,500 ships", None),
        ("2025", "دفاع العرب١١-٠٥-٢٠٢٥", ("٢٠٢٥", "folded")),
        ("دفاع العرب", "دفاع العرب١١-٠٥-٢٠٢٥", ("دفاع العرب", "verbatim")),
        ("15", "15th, November", None),
        ("21 May", "from 21 Mayor", None),
        ("«نسر الأناضول»", "تمرين نسر الأناضول", ("نسر الأناضول", "folded")),
        ("ء", "شيء ء", ("ء", "verbatim")),
        ("a", "A b", None),
        ("عبدالفتاح السيسي", "قال عبد الفتاح السيسي", ("عبد الفتاح السيسي", "fuzzy")),
        ("غوراكم", "متين غوراك", None),
        ("", "A b", None),
    ],
    ids=str,
)
def test_a_value_is_found_as_whole_words(value, text, expected):
    assert found(text, Text(text).locate_value(value)) == expected


# --- the tail


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("Read also: Oslo talks", 10),
        ("read also, Oslo talks", 10),
        ("Read also: Bonn talks", None),
        (None, None),
        ("", None),
    ],
    ids=["printed twice", "slightly wrong", "invented", "none", "empty"],
)
def test_the_tail_begins_where_its_quote_is_printed_first(quote, expected):
    text = "They met. READ ALSO: Oslo talks\nRead also: Oslo talks\nMore."

    assert tail_start(text, quote) == tail_start(Text(text), quote) == expected


# --- laws


@given(
    st.text(alphabet=LETTERS + " \n"), st.text(alphabet=LETTERS + " .", min_size=1), st.text(alphabet=LETTERS + " \n")
)
def test_a_planted_quote_is_found_verbatim(before, quote, after):
    quote = quote.strip()
    assume(quote)
    text = before + quote + after

    span = Text(text).locate(quote)

    assert span is not None
    assert (span.match, text[span.start : span.end]) == ("verbatim", quote)


@given(
    st.lists(st.text(alphabet="ابتجدرسعقكلمنهوي123", min_size=2), min_size=4, max_size=8).map(" ".join),
    st.lists(st.sampled_from(["", "", "ـ", "\u064e", "\u0651", "\u200f"]), max_size=30),
    st.booleans(),
)
def test_a_quote_with_other_marks_and_digits_leads_to_a_passage_that_folds_alike(quote, marks, is_text_marked):
    letters = "".join(char + mark for char, mark in zip_longest(quote, marks[: len(quote)], fillvalue=""))
    marked = letters.translate(str.maketrans("123", "١٢٣"))
    quote, passage = (quote, marked) if is_text_marked else (marked, quote)
    text = f"قبلُ. {passage}، بعدُ"

    span = Text(text).locate(quote)

    assert span is not None
    assert fold(text[span.start : span.end]) == fold(quote)


@given(st.text(), st.text())
@example("ﻻ ﻻ ﻻ ﻻ ﻻ", "لا لا لا لا")
@example("a" * 300, "a" * 200 + "b")
def test_a_span_is_always_within_the_text(text, quote):
    prepared = Text(text)
    spans = [prepared.locate(quote), prepared.locate_value(quote), prepared.locate_first(quote)]

    for span in filter(None, spans):
        assert 0 <= span.start < span.end <= len(text)
        assert span.match != "verbatim" or text[span.start : span.end] == quote.strip()


@given(st.text(alphabet="ابتجدرسعقكلمنهوي ،.\n"), st.text(alphabet="abcdefgh", min_size=20))
def test_letters_that_the_text_does_not_have_are_never_found(text, quote):
    assert Text(text).locate(quote) is None
    assert Text(text).locate_value(quote) is None


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("لواء ركن", "استقبل اللواء الركن سامر الوفد", "لواء الركن"),
        ("عميد ركن بحري", "وحضر العميد الركن البحري فارس", "عميد الركن البحري"),
        ("لواء ركن", "استقبل اللواء سامر ركن الدين", None),
        ("لواء ركن", "استقبل اللواء الركني", None),
        ("chief of staff", "the chief of the staff", None),
    ],
    ids=["two words", "three words", "words apart", "another word", "not in English"],
)
def test_a_rank_without_its_article_is_found_where_each_word_has_one(value, text, expected):
    span = Text(text).locate_value(value)

    assert (span and text[span.start : span.end]) == expected


@given(data=st.data())
def test_a_value_is_looked_up_as_if_for_the_first_time(data):
    text = data.draw(st.text("اب AB.1ًـ", max_size=40))
    values = data.draw(st.lists(st.text("اب AB.1", max_size=4), max_size=4)) * 2
    ends = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    near = [Span(min(pair), max(pair), "verbatim") for pair in pairwise(ends)]
    known = Text(text)

    for value in values:
        for spans in (near, (), near[:1]):
            assert known.locate_value(value, near=spans) == Text(text).locate_value(value, near=spans)
