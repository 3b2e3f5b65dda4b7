"""A slip of spelling does not hide a quote, and no likeness makes a false one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from extract.ground import Text

ARABIC = (
    "عقد رئيس الأركان المصري ونظيره التركي اجتماعاً في أنقرة يوم ٢١ يونيو ٢٠٢٤، وبحثا التعاون العسكري "
    "والتدريب المشترك. وقال المتحدث إن القوات البرية التركية ستشارك في مناورات تقام في محافظة قونية التركية. "
    "ولم يوقع الجانبان اتفاقية للتصنيع العسكري المشترك، وغادر الوفد العاصمة عبر مطار أنقرة. "
    "وسيلتقي وزير الدفاع السعودي نظيره الأردني خلال زيارته المقررة للعاصمة عمّان هذا الأسبوع. "
    "وزار الرئيس عبد الفتاح السيسي مقر القيادة العسكرية الموحّدة في الرياض سنة ١٤٤٥هـ. "
    "ووصل اللواء محمد سالم إلى قاعدة عسكرية جوية قرب العاصمة الليبية لحضور العرض."
)
ENGLISH = (
    "The Egyptian defence minister met his Turkish counterpart in Ankara on 21 June 2024, and they “discussed "
    "joint naval exercises” – the first in thirteen years. The two sides did not sign an agreement on drone "
    "production, officials said. The exercise was held near Mersin with 27 ships and more than 1,500 troops. "
    "A delegation from Iran would visit the Gambia and Niger in March, according to the former ambassador. "
    "The sixth round of the bilateral military dialogue between the general staffs will follow in Cairo."
)
TURKISH = (
    "Millî Savunma Bakanı Yaşar Güler, Mısır Savunma Bakanı ile 21 Haziran 2024’te Ankara’da bir araya geldi. "
    "Görüşmede iki ülke arasındaki askerî eğitim işbirliği ve savunma sanayii konuları ele alındı. "
    "Türk heyeti bu yılki ortak deniz tatbikatına katılmıyor, ancak gözlemci gönderecek. "
    "Tatbikat Mersin açıklarında 15 gemiyle icra edildi; anlaşma henüz imzalanmadı."
)
FRENCH = (
    "Le ministre français des Armées a reçu son homologue égyptien à Paris le 14 juin 2024 pour évoquer la "
    "coopération militaire. Les deux pays n’ont pas signé d’accord sur la livraison de frégates. "
    "L’exercice naval conjoint s’est déroulé au large d’Alexandrie avec 12 bâtiments. "
    "Une délégation iranienne est attendue à Niamey par le gouvernement nigérien la semaine prochaine."
)
TEXTS = {"ar": Text(ARABIC), "en": Text(ENGLISH), "tr": Text(TURKISH), "fr": Text(FRENCH)}

SLIPS = [
    ("ar", "missing letter", "وبحثا التعاون العسكري والتدريب المشتك", "وبحثا التعاون العسكري والتدريب المشترك"),
    ("ar", "swapped letters", "وغادر الوفد العاصمة عبر مطار أنرقة", "وغادر الوفد العاصمة عبر مطار أنقرة"),
    (
        "ar",
        "wrong letter",
        "ستشارك في مناورات تقام في محافضة قونية التركية",
        "ستشارك في مناورات تقام في محافظة قونية التركية",
    ),
    ("ar", "joined name", "الرئيس عبدالفتاح السيسي مقر القيادة", "الرئيس عبد الفتاح السيسي مقر القيادة"),
    ("ar", "missing shadda", "القيادة العسكرية الموحدة في الرياض", "القيادة العسكرية الموحّدة في الرياض"),
    ("ar", "missing hamza", "عقد رييس الاركان المصري", "عقد رئيس الأركان المصري"),
    ("ar", "ha for ta marbuta", "اتفاقيه للتصنيع العسكري", "اتفاقية للتصنيع العسكري"),
    ("ar", "tatweel", "التعـــاون العسكـــري", "التعاون العسكري"),
    ("ar", "Latin digits", "يوم 21 يونيو 2024", "يوم ٢١ يونيو ٢٠٢٤"),
    ("ar", "Hijri year", "في الرياض سنة 1445", "في الرياض سنة ١٤٤٥"),
    ("ar", "dropped comma", "٢١ يونيو ٢٠٢٤ وبحثا التعاون", "٢١ يونيو ٢٠٢٤، وبحثا التعاون"),
    ("ar", "bidi controls", "\u202bالقوات البرية\u202c التركية", "القوات البرية التركية"),
    ("ar", "added conjunction", "وقال المتحدث إن والقوات البرية التركية", "وقال المتحدث إن القوات البرية التركية"),
    ("ar", "dropped prefix", "القاعدة عسكرية جوية قرب العاصمة", "قاعدة عسكرية جوية قرب العاصمة"),
    ("ar", "missing final letter", "وقال المتحد إن القوات البرية", "وقال المتحدث إن القوات البرية"),
    ("ar", "missing tanwin", "ونظيره التركي اجتماعا في أنقرة", "ونظيره التركي اجتماعاً في أنقرة"),
    ("en", "missing letter", "discussed joint naval exercses", "discussed joint naval exercises"),
    ("en", "straight quotation marks", 'they "discussed joint naval', "they “discussed joint naval"),
    ("en", "hyphen for dash", "naval exercises” - the first", "naval exercises” – the first"),
    ("en", "doubled space", "The  Egyptian  defence minister", "The Egyptian defence minister"),
    ("en", "line break", "met his Turkish\ncounterpart in", "met his Turkish counterpart in"),
    ("en", "no-break space", "held near\u00a0Mersin with", "held near Mersin with"),
    ("en", "other capitals", "the exercise was held near mersin", "The exercise was held near Mersin"),
    ("en", "American spelling", "The Egyptian defense minister met his", "The Egyptian defence minister met his"),
    (
        "en",
        "swapped letters",
        "an agreement on drone produciton, officials said",
        "an agreement on drone production, officials said",
    ),
    ("en", "dropped comma", "on drone production officials said", "on drone production, officials said"),
    ("en", "added full stop", "with 27 ships and more than 1,500 troops!", "with 27 ships and more than 1,500 troops"),
    ("en", "doubled letter", "the bilateral millitary dialogue between", "the bilateral military dialogue between"),
    ("tr", "no accents", "Milli Savunma Bakani Yasar Guler", "Millî Savunma Bakanı Yaşar Güler"),
    ("tr", "all capitals", "YAŞAR GÜLER, MISIR SAVUNMA BAKANI", "Yaşar Güler, Mısır Savunma Bakanı"),
    ("tr", "straight apostrophe", "2024'te Ankara'da bir araya geldi", "2024’te Ankara’da bir araya geldi"),
    (
        "tr",
        "no apostrophe",
        "21 Haziran 2024’te Ankarada bir araya geldi",
        "21 Haziran 2024’te Ankara’da bir araya geldi",
    ),
    ("tr", "missing letter", "askerî eğitim işbirlği ve savunma sanayii", "askerî eğitim işbirliği ve savunma sanayii"),
    ("tr", "split word", "askerî eğitim iş birliği ve savunma sanayii", "askerî eğitim işbirliği ve savunma sanayii"),
    ("fr", "no accents", "Le ministre francais des Armees a recu", "Le ministre français des Armées a reçu"),
    ("fr", "straight apostrophe", "pas signé d'accord sur", "pas signé d’accord sur"),
    ("fr", "missing letter", "pour évoquer la coopértion militaire", "pour évoquer la coopération militaire"),
    ("fr", "wrapped", "« L'exercice naval conjoint »", "L’exercice naval conjoint"),
]

NEAR_MISSES = [
    ("ar", "other nationality", "عقد رئيس الأركان السوري ونظيره التركي اجتماعاً في أنقرة"),
    ("ar", "other day", "اجتماعاً في أنقرة يوم ٢٧ يونيو ٢٠٢٤"),
    ("ar", "other year", "اجتماعاً في أنقرة يوم ٢١ يونيو ٢٠٢٥"),
    ("ar", "other month", "اجتماعاً في أنقرة يوم ٢١ يوليو ٢٠٢٤"),
    ("ar", "other Hijri year", "في الرياض سنة ١٤٤٦هـ"),
    ("ar", "other branch", "وقال المتحدث إن القوات البحرية التركية ستشارك في مناورات"),
    ("ar", "no longer denied", "ويوقع الجانبان اتفاقية للتصنيع العسكري المشترك"),
    ("ar", "denial changed", "ولن يوقع الجانبان اتفاقية للتصنيع العسكري المشترك"),
    ("ar", "will becomes does", "ويلتقي وزير الدفاع السعودي نظيره الأردني خلال زيارته"),
    ("ar", "one letter makes Armenian", "وزير الدفاع السعودي نظيره الأرمني خلال زيارته المقررة للعاصمة"),
    ("ar", "other person", "ووصل اللواء محمود سالم إلى قاعدة عسكرية جوية قرب العاصمة"),
    ("ar", "other place", "ستشارك في مناورات تقام في محافظة قيصرية التركية"),
    ("ar", "skipped word", "ووصل اللواء محمد سالم إلى قاعدة جوية قرب العاصمة الليبية"),
    ("ar", "added word", "وغادر الوفد العسكري العاصمة عبر مطار أنقرة"),
    ("ar", "other word of the text", "وسيلتقي وزير الدفاع السعودي نظيره الأردني خلال زيارته المقررة للقاعدة"),
    ("ar", "held becomes planned", "سيعقد رئيس الأركان المصري ونظيره التركي اجتماعاً في أنقرة"),
    ("en", "other nationality", "The Syrian defence minister met his Turkish counterpart in Ankara"),
    ("en", "other day", "his Turkish counterpart in Ankara on 27 June 2024"),
    ("en", "other month", "his Turkish counterpart in Ankara on 21 July 2024"),
    ("en", "negation dropped", "The two sides did sign an agreement on drone production"),
    ("en", "held becomes planned", "The exercise was planned near Mersin with 27 ships"),
    ("en", "other number", "held near Mersin with 21 ships and more than 1,500 troops"),
    ("en", "other magnitude", "with 27 ships and more than 1,900 troops"),
    ("en", "other country, one letter", "A delegation from Iraq would visit the Gambia and Niger in March"),
    ("en", "other country, first letter", "A delegation from Iran would visit the Zambia and Niger in March"),
    ("en", "longer country", "A delegation from Iran would visit the Gambia and Nigeria in March"),
    ("en", "would becomes could", "A delegation from Iran could visit the Gambia and Niger in March"),
    ("en", "former dropped", "visit the Gambia and Niger in March, according to the ambassador"),
    ("en", "sixth becomes sixty", "The sixty round of the bilateral military dialogue between the general staffs"),
    ("en", "words skipped with an ellipsis", "The Egyptian defence minister … discussed joint naval exercises"),
    ("tr", "other day", "Mısır Savunma Bakanı ile 27 Haziran 2024’te Ankara’da bir araya geldi"),
    ("tr", "other month", "Mısır Savunma Bakanı ile 21 Temmuz 2024’te Ankara’da bir araya geldi"),
    ("tr", "other nationality", "Suriye Savunma Bakanı ile 21 Haziran 2024’te Ankara’da bir araya geldi"),
    (
        "tr",
        "negative verb made positive",
        "Türk heyeti bu yılki ortak deniz tatbikatına katılıyor, ancak gözlemci gönderecek",
    ),
    ("tr", "signed after all", "Tatbikat Mersin açıklarında 15 gemiyle icra edildi; anlaşma henüz imzalandı"),
    ("tr", "held becomes planned", "Tatbikat Mersin açıklarında 15 gemiyle icra edilecek"),
    ("fr", "other month", "son homologue égyptien à Paris le 14 juillet 2024 pour évoquer"),
    ("fr", "other nationality", "Le ministre français des Armées a reçu son homologue syrien à Paris"),
    ("fr", "negation dropped", "Les deux pays ont signé d’accord sur la livraison de frégates"),
    ("fr", "other number", "déroulé au large d’Alexandrie avec 17 bâtiments"),
    ("fr", "one letter makes Iraqi", "Une délégation irakienne est attendue à Niamey par le gouvernement"),
    ("fr", "one letter makes Nigerian", "est attendue à Niamey par le gouvernement nigérian la semaine prochaine"),
    ("fr", "held becomes planned", "L’exercice naval conjoint se déroulera au large d’Alexandrie avec 12 bâtiments"),
]


def ids(rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"{language}: {what}" for language, what, *_ in rows]


@pytest.mark.parametrize(("language", "what", "quote", "expected"), SLIPS, ids=ids(SLIPS))
def test_a_slip_does_not_hide_a_quote(language, what, quote, expected):
    text = TEXTS[language]

    span = text.locate(quote)

    assert (span and text.text[span.start : span.end]) == expected


@pytest.mark.parametrize(("language", "what", "quote"), NEAR_MISSES, ids=ids(NEAR_MISSES))
def test_a_near_miss_is_not_grounded(language, what, quote):
    assert TEXTS[language].locate(quote) is None
