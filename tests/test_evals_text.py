"""When two names are one, and when they only look so."""

from __future__ import annotations

import pytest

from evals.text import canonical, is_near, is_part, is_stated, plain, same_name, shared_words

ONE = {
    "case": ("Calm Fjord", "CALM FJORD"),
    "accents": ("Türkiye", "Turkiye"),
    "punctuation": ("El-Shennawy", "El Shennawy"),
    "Latin article": ("El-Sisi", "Al-Sisi"),
    "article of the middle": ("Tarek El-Ghamrawy", "Tarek al Ghamrawy"),
    "a letter": ("Mombasa", "Mombassa"),
    "Latin joined": ("Abdel Fattah", "Abdelfattah"),
    "Arabic joined": ("عبد الفتاح السيسي", "عبدالفتاح السيسي"),
    "hamza": ("أحمد إبراهيم", "احمد ابراهيم"),
    "ta marbuta": ("القاهرة", "القاهره"),
    "alef maqsura": ("مصطفى", "مصطفي"),
    "harakat": ("المطوّع", "المطوع"),
    "tatweel": ("مصـــر", "مصر"),
    "digits": ("أفق ٦", "أفق 6"),
    "quotation marks": ("«أفق المتوسط»", "أفق المتوسط"),
    "Arabic spelling": ("مافريداكيس", "مافريذاكيس"),
    "bare name of either": ("عمان", "عمّان"),
}
TWO = {
    "armed forces": ("القوات المسلحة المصرية", "القوات المسلحة السورية"),
    "armed forces, Latin": ("Egyptian Armed Forces", "Syrian Armed Forces"),
    "Koreas": ("North Korea", "South Korea"),
    "Koreas, Arabic": ("كوريا الشمالية", "كوريا الجنوبية"),
    "Sudans": ("Sudan", "South Sudan"),
    "Sudans, Arabic": ("السودان", "جنوب السودان"),
    "Congos": ("Congo", "Democratic Republic of the Congo"),
    "Oman and Amman, Latin": ("Oman", "Amman"),
    "Oman and Amman": ("عُمان", "عمّان"),
    "with all their marks": ("عُمَان", "عَمَّان"),
    "shadda first": ("عُمَان", "عَم\u0651\u064eان"),
    "within longer names": ("مدينة عُمان", "مدينة عمّان"),
    "Russia by its long name": ("Russia", "Russian Federation"),
    "other script": ("السيسي", "El-Sisi"),
    "Niger and Nigeria": ("Niger", "Nigeria"),
    "Iran and Iraq": ("إيران", "العراق"),
    "Niger and Nigeria, Arabic": ("القوات النيجرية", "القوات النيجيرية"),
    "Austria and Australia": ("Austria", "Australia"),
    "Iceland and Ireland": ("Iceland", "Ireland"),
    "Iceland and Ireland, Arabic": ("أيسلندا", "أيرلندا"),
    "navy and army": ("القوات البحرية", "القوات البرية"),
    "east and west": ("Eastern Command", "Western Command"),
    "north-east and north-west": ("Northeast Command", "Northwest Command"),
    "second and eighth": ("الدورة الثانية", "الدورة الثامنة"),
    "fourth and seventh": ("الدورة الرابعة", "الدورة السابعة"),
    "Muhammad and Mahmud": ("محمد زكي", "محمود زكي"),
    "Hasan and Husain": ("حسن", "حسين"),
    "Umar and Amr": ("عمر", "عمرو"),
    "Salman and Sulaiman": ("سلمان", "سليمان"),
    "editions": ("Calm Fjord 3", "Calm Fjord 4"),
    "years": ("Bright Star 2023", "Bright Star 2025"),
    "long numbers": ("INV-20240017", "INV-20240018"),
    "numbers that only join": ("1 23", "12 3"),
    "words exchanged": ("Rui Pires", "Pires Rui"),
    "nothing and something": ("؟", "Oslo"),
    "nothing but other signs": ("!", "…"),
}


@pytest.mark.parametrize("names", ONE.values(), ids=ONE)
def test_one_name_is_known_however_it_is_written(names):
    assert same_name(*names)
    assert same_name(*reversed(names))


@pytest.mark.parametrize("names", TWO.values(), ids=TWO)
def test_two_names_stay_two(names):
    assert not same_name(*names)
    assert not same_name(*reversed(names))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Mavridakis", "Mavrithakes"), True),
        (("Tarek Selim", "Tariq Salim"), True),
        (("North Korea", "South Korea"), True),
        (("Oslo", "Lisbon"), False),
        (("Oslo", "Oslo"), False),
        (("Sudan", "South Sudan"), False),
    ],
    ids=["transliteration", "both words", "to be looked at", "nothing alike", "the same", "other number of words"],
)
def test_names_are_near_if_a_person_should_look_for_an_alias(names, expected):
    assert is_near(*names) is expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Bright Star", "Exercise Bright Star 2023"), True),
        (("صقور الأفق", "النسخة الثالثة من «صقور الأفق»"), True),
        (("Saiqa", "Saiqa 3"), True),
        (("Sudan", "South Sudan"), False),
        (("Korea", "North Korea"), False),
        (("North Korea", "South Korea"), False),
        (("Bright Star 2023", "Bright Star 2025"), False),
        (("Red Sea", "the annual summit of the states of the Red Sea littoral"), False),
        (("", "Oslo"), False),
    ],
    ids=["extended", "Arabic", "number only", "one word", "Korea", "changed", "edition", "lost", "empty"],
)
def test_a_name_is_part_of_another_only_if_nothing_is_changed_and_little_is_cut(names, expected):
    assert is_part(*names) is expected
    assert is_part(*reversed(names)) is expected


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", "unknown", "Unknown ", "غير محدد", "غير معروف", "n/a", "null", "?", [], [""], {}, {"city": None}],
    ids=repr,
)
def test_what_says_nothing_is_not_stated(value):
    assert not is_stated(value)


@pytest.mark.parametrize("value", [0, False, 0.0, "x", "Unknown Peak", [0], {"city": "Oslo"}], ids=repr)
def test_what_says_something_is_stated(value):
    assert is_stated(value)


def test_shared_words_count_each_word_once():
    assert shared_words("naval naval training", "naval exercise") == pytest.approx(2 / 5)
    assert shared_words("", "") == 0.0


def test_plain_text_has_no_marks_and_single_spaces():
    assert plain("  «النَّسر   السَّاطع» — 2032 ") == "النسر الساطع 2032"


def test_the_canonical_text_knows_no_order_and_no_nulls():
    one = {"b": [{"x": 1, "y": 2}, "z"], "a": None}
    other = {"b": ["z", {"y": 2, "x": 1}]}

    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical({**one, "a": 0})
