"""Bytes to text."""

from __future__ import annotations

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.documents import decode
from extract.errors import InputError

ARABIC = "استقبل قائد البحرية في ميناء الريحانة وفداً من الدولة الصديقة، وبحثا برنامج التمرين المقبل."
TURKISH = "Donanma Komutanı Şükrü Örnek, İğdeli limanında dost ülkenin fırkateynini karşıladı."
FRENCH = "À Valmorée, le général Dupré a été reçu hier ; l’accord — signé à midi — dure cinq ans."

LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
WORDS = st.text(alphabet=LETTERS, min_size=2, max_size=9)
ARABIC_TEXTS = st.lists(WORDS, min_size=10, max_size=40).flatmap(
    lambda words: st.lists(
        st.sampled_from([" ", "، ", "\n", ". ", " 12 ", "؟ ", "ّ ", "ً "]), min_size=40, max_size=40
    ).map(lambda gaps: "".join(word + gap for word, gap in zip(words, gaps, strict=False)))
)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1256"])
@given(text=ARABIC_TEXTS)
def test_what_was_encoded_is_decoded(codec, text):
    assert decode(text.encode(codec)) == unicodedata.normalize("NFC", text)


@given(text=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_utf8_comes_back_but_for_its_normal_form_and_a_first_mark(text):
    assert decode(text.encode()) == unicodedata.normalize("NFC", text.removeprefix("\ufeff"))


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("سلام", "cp1256"),
        (ARABIC, "cp1256"),
        ("التقى Dupré بالوفد في café المرفأ، ثم غادر.", "cp1256"),
        ("وَقَّعَ الطَّرَفانِ", "cp1256"),
        (ARABIC, "iso8859_6"),
        (TURKISH, "cp1254"),
        ("barış", "cp1254"),
        (FRENCH, "cp1252"),
        ("La réunion a été annulée à Évreville.", "cp1252"),
        ("The minister’s visit – the first – ended.", "cp1252"),
        (ARABIC, "utf-16-le"),
        (FRENCH, "utf-16-be"),
        ("ب", "utf-16-le"),
        ("plain ASCII", "utf-32-le"),
    ],
    ids=lambda value: value[:12],
)
def test_an_encoding_without_a_mark_is_found(text, codec):
    assert decode(text.encode(codec)) == unicodedata.normalize("NFC", text)


def test_big_endian_marks_are_known():
    assert decode(codecs.BOM_UTF16_BE + ARABIC.encode("utf-16-be")) == ARABIC
    assert decode(codecs.BOM_UTF32_BE + ARABIC.encode("utf-32-be")) == ARABIC


def test_the_encoding_is_found_however_late_the_first_arabic_word_stands():
    text = "plain words\n" * 10_000 + ARABIC

    assert decode(text.encode("cp1256")) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"PK\x03\x04rest",
        b"%PDF-1.7 rest",
        b"words\0words and more words",
        bytes(range(1, 32)) * 20,
        "نص".encode("utf-16") + bytes(200),
    ],
    ids=["png", "zip", "pdf", "nul", "controls", "nul in UTF-16"],
)
def test_bytes_that_are_no_text_are_refused(data):
    with pytest.raises(InputError) as caught:
        decode(data)

    assert caught.value.kind == "binary"


def test_a_text_with_one_broken_byte_is_not_lost():
    data = ARABIC[:20].encode() + b"\xff" + ARABIC[20:].encode()

    assert decode(data) == ARABIC[:20] + "\ufffd" + ARABIC[20:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("cafe\u0301", "café"),
        ("\ufeffنص", "نص"),
        ("\u200fنص\u200c\u202b", "\u200fنص\u200c\u202b"),
        ("\n\n x \n", "\n\n x \n"),
        ("", ""),
    ],
    ids=["line endings", "NFC", "mark", "direction marks stay", "blank lines stay", "empty"],
)
def test_a_text_is_changed_in_its_form_only(text, expected):
    assert decode(text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "codec", "declared", "expected"),
    [
        ("ملك", "iso8859_6", "iso-8859-6", "ملك"),
        (ARABIC, "utf-8", "windows-1252", ARABIC),
        ("plain", "ascii", "utf-16", "plain"),
        (FRENCH, "cp1252", "iso-8859-1", FRENCH),
        (ARABIC, "cp1256", "no-such-thing", ARABIC),
    ],
    ids=["believed", "is UTF-8 all the same", "impossible", "Latin-1 is Windows", "unknown"],
)
def test_a_declared_encoding_is_used_where_it_works(text, codec, declared, expected):
    assert decode(text.encode(codec), declared=declared) == expected
