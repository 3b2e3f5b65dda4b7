"""One Arabic paragraph, its quotes typed as models type them: all are found, whole, and nothing else is."""

from __future__ import annotations

import pytest

from extract.ground import Text

PARAGRAPH = (
    "استقبل وزيرُ الدفاع القطريّ في الدوحة أمسِ نظيرَه العُمانيّ، وبحثَ الجانبانِ سبلَ تعزيز التعاون العسكري. "
    "وأعلنت رئاسة الأركان أنّ تمرين «درع الصحراء ٣» سيُقام في ١٧ شوّال ١٤٤٦هـ بمشاركة ٢٥٠٠ جندي، "
    "فيما أكّد قائد القوات البحرية أن الاتفاقية وُقّعت في إسطنبول بحضور ممثلين للدفاع المدني. "
    "وقال المتحدث الرسمي إن المرحلة المقبلة ستشهد زيارات متبادلة بين المؤسسات التعليمية في البلدين."
)
# In each case: the quote as typed, the passage it must lead to, and how it matches.
QUOTES = {
    "verbatim sentence part": ("تعزيز التعاون العسكري", "تعزيز التعاون العسكري", "verbatim"),
    "verbatim with hamza": ("رئاسة الأركان", "رئاسة الأركان", "verbatim"),
    "verbatim long": (
        "المرحلة المقبلة ستشهد زيارات متبادلة بين المؤسسات التعليمية في البلدين",
        "المرحلة المقبلة ستشهد زيارات متبادلة بين المؤسسات التعليمية في البلدين",
        "verbatim",
    ),
    "verbatim across words": ("فيما أكّد قائد القوات البحرية", "فيما أكّد قائد القوات البحرية", "verbatim"),
    "missing shadda and vowels": ("وزير الدفاع القطري في الدوحة", "وزيرُ الدفاع القطريّ في الدوحة", "folded"),
    "missing hamza": ("واعلنت رئاسة الاركان ان تمرين", "وأعلنت رئاسة الأركان أنّ تمرين", "folded"),
    "Latin year in a Hijri date": ("17 شوال 1446هـ", "١٧ شوّال ١٤٤٦هـ", "folded"),
    "Hijri date without tatweel": ("في ١٧ شوال ١٤٤٦ه", "في ١٧ شوّال ١٤٤٦هـ", "folded"),
    "ta marbuta typed as ha": ("أن الاتفاقيه وقعت في إسطنبول", "أن الاتفاقية وُقّعت في إسطنبول", "folded"),
    "tatweel": ("المتحـــدث الرسمـــي", "المتحدث الرسمي", "folded"),
    "Latin digits": ("بمشاركة 2500 جندي", "بمشاركة ٢٥٠٠ جندي", "folded"),
}
VALUES = {
    "single word without hamza": ("اسطنبول", "إسطنبول", "folded"),
    "article taken off": ("دوحة", "دوحة", "verbatim"),
    "article within a prefix": ("الدفاع المدني", "للدفاع المدني", "folded"),
}


@pytest.mark.parametrize(("quote", "passage", "match"), QUOTES.values(), ids=QUOTES)
def test_a_quote_is_found_whole_as_a_model_types_it(quote, passage, match):
    span = Text(PARAGRAPH).locate(quote)

    assert span is not None
    assert (PARAGRAPH[span.start : span.end], span.match, span.score) == (passage, match, 100)


@pytest.mark.parametrize(("value", "passage", "match"), VALUES.values(), ids=VALUES)
def test_a_value_is_found_whole_as_a_model_types_it(value, passage, match):
    span = Text(PARAGRAPH).locate_value(value)

    assert span is not None
    assert (PARAGRAPH[span.start : span.end], span.match) == (passage, match)


@pytest.mark.parametrize(
    "quote",
    ["التقى وزير الدفاع القطري بنظيره العماني في الدوحة", "وقّع الطرفان مذكرة تفاهم بشأن الصناعات الجوية"],
    ids=["paraphrase", "invented"],
)
def test_what_the_paragraph_does_not_say_is_not_found(quote):
    assert Text(PARAGRAPH).locate(quote) is None
