"""Folding makes look-alikes equal and knows the way back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.fold import _COMMON, _TABLE, _common, fold, is_dropped, trace

MARKS = "\u064b\u064e\u0651\u0652\u0670\u06d6\u0301\u0640\u200c\u200f\u202b\u00ad\ufeff"
SINGLES = "ابتجدرسطقكلمنهويأإآٱىةؤئءکی٠١٩۳۵abcIİıişĞéÜ «»“”'\"،؛؟.…-–−%٪\n\t\u00a0" + MARKS
LIGATURES = "ﻻﷲﷺßœﬁ"

singles = st.text(alphabet=SINGLES)
anything = st.text(alphabet=SINGLES + LIGATURES) | st.text()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("تعزيزُ التَّعاونِ", "تعزيز التعاون"),
        ("ثنائيّاً", "ثنائيا"),
        ("الرحمٰن", "الرحمن"),
        ("رَبِّۖ", "رب"),
        ("عـــمـــان", "عمان"),
        ("\u202bالقاهرة\u202c", "القاهرة"),
        ("می\u200cخواهم", "ميخواهم"),
        ("co\u00adoperation", "cooperation"),
        ("\ufeffOslo", "Oslo"),
        ("أنقرة إلى آسيا ٱلأولى", "انقرة الى اسيا الاولى"),
        ("ا\u0654نقرة", "أنقرة"),
        ("مستشفى", "مستشفي"),
        ("ایران", "ايران"),
        ("وزارة", "وزاره"),
        ("کویت", "كويت"),
        ("ہند ھند ەند", "هند هند هند"),
        ("مؤتمر", "موتمر"),
        ("رئيس", "رييس"),
        ("ﺍﻟﻘﺎﻫﺮﺓ", "القاهرة"),
        ("ﻻ ﷲ", "لا الله"),
        ("١٤٤٦ ۱۴۴۶", "1446 1446"),
        ("نعم، لا؛ متى؟", "نعم, لا; متى?"),
        ("«نسر» “نسر” ‹نسر› ‘نسر’ 「نسر」", '"نسر" "نسر" "نسر" "نسر" "نسر"'),
        ("Ankara’da `x´", "Ankara'da 'x'"),
        ("2024–2025 — −5", "2024-2025 - -5"),
        ("ثم.. قال... وعاد…", "ثم… قال… وعاد…"),
        ("٪٥", "%5"),
        ("İSTANBUL ISPARTA", "istanbul ısparta"),
        ("Güneş Doğan", "GUNES DOGAN"),
        ("Défense à l’été", "defense a l'ete"),
        ("Straße œuvre", "STRASSE oeuvre"),
        ("ＩＤＥＦ　２０２５", "idef 2025"),
        ("e\u0301te\u0301", "été"),
        ("one \n\n\t two\u00a0three", "one two three"),
    ],
    ids=lambda text: text[:12],
)
def test_texts_that_differ_in_looks_only_fold_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("شيء", "شي"),
        ("قطر", "قطرات"),
        ("حسن", "حسين"),
        ("گاز", "كاز"),
        ("が", "か"),
        ("कि", "क"),
        ("21", "27"),
        ("ab", "a b"),
    ],
    ids=["standalone hamza", "suffix", "letter", "gaf", "voicing", "vowel sign", "digits", "space"],
)
def test_texts_that_differ_in_letters_stay_apart(one, other):
    assert fold(one) != fold(other)


def test_the_edges_of_a_text_are_folded_and_not_stripped():
    assert fold("\n\n Oslo  ") == " oslo "


def test_a_code_page_of_common_characters_folds_as_each_character_does():
    ends = iter(_COMMON)
    common = [chr(code) for one, last in zip(ends, ends, strict=True) for code in range(ord(one), ord(last) + 1)]

    assert len(set(common)) == len(common) < 256
    assert _common()[1].startswith("".join(common).translate(_TABLE))
    # A character that is not common has the whole text folded the other way.
    assert trace("".join(common)).text + "漢" == trace("".join((*common, "漢"))).text


def test_folding_again_changes_no_character():
    once = [fold(chr(code)) for code in range(0x3_0000) if not 0xD800 <= code < 0xE000]

    assert [char for char in once if fold(char) != char] == []


@given(anything)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(anything)
def test_the_whole_folded_text_comes_from_the_whole_text(text):
    folded = trace(text)

    if folded.text:
        start, end = folded.origin(0, len(folded.text))
        assert fold(text[:start]) == ""
        assert end == len(text)


@given(singles, st.data())
def test_any_folded_range_leads_back_to_what_folds_to_it(text, data):
    folded = trace(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))

    i, j = folded.origin(start, end)

    assert 0 <= i < j <= len(text)
    assert fold(text[i:j]) == folded.text[start:end]


@given(anything)
def test_neighbouring_characters_lead_back_to_neighbouring_ranges(text):
    folded = trace(text)
    spans = [folded.origin(n, n + 1) for n in range(len(folded.text))]

    for left, right in pairwise(spans):
        # Only the letters of one ligature share their beginning.
        assert right[0] in (left[1], left[0])


@given(st.text(alphabet="abcdابتث ,."))
def test_a_text_of_plain_characters_needs_no_way_back(text):
    text = text.replace("..", "").replace("  ", "")
    folded = trace(text)

    if ".." not in text and "  " not in text:
        assert (folded.text, len(folded.cuts)) == (text, 0)


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("وزارةُ الدِّفاعِ التركية", "الدفاع", "الدِّفاعِ"),
        ("عام ١٤٤٦هـ في مكة", "1446ه", "١٤٤٦هـ"),
        ("إلى \u202bالقاهرة\u202c اليوم", "القاهرة", "القاهرة\u202c"),
        ("قال  \n الوزير", "قال الوزير", "قال  \n الوزير"),
        ("قال ﷲ", "الله", "ﷲ"),
        ("السﻻم", "لام", "ﻻم"),
        ("ولﻷنقرة", "انقرة", "ﻷنقرة"),
    ],
    ids=["last mark", "last tatweel", "closing control", "inner run", "ligature", "ligature begins", "cut ligature"],
)
def test_a_word_leads_back_to_all_that_belongs_to_it(text, word, expected):
    folded = trace(text)
    start = folded.text.index(fold(word))

    i, j = folded.origin(start, start + len(fold(word)))

    assert text[i:j] == expected


@pytest.mark.parametrize(
    ("char", "expected"),
    [("\u0651", True), ("ـ", True), ("\u200f", True), ("ء", False), (" ", False), ("ﷲ", False)],
    ids=["shadda", "tatweel", "bidi mark", "hamza", "space", "ligature"],
)
def test_only_marks_and_the_invisible_are_dropped(char, expected):
    assert is_dropped(char) is expected
