"""What invented reports are made of: names in Arabic and Latin letters, states, offices, dates, empty sentences.

The tables of which several entries are drawn for one report have a prime length, so that any stride walks
through all of them and no entry comes twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import blake2b
from itertools import product
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Draw:
    """Choices that depend on a seed text and on nothing else."""

    __slots__ = ("_left",)

    def __init__(self, seed: str) -> None:
        self._left = int.from_bytes(blake2b(seed.encode(), digest_size=16).digest(), "big")

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1; the product of all limits may have some hundred bits."""
        self._left, number = divmod(self._left, limit)
        return number

    def pick(self, table: Sequence[T]) -> T:
        """One entry of a table."""
        self._left, number = divmod(self._left, len(table))
        return table[number]


class State(NamedTuple):
    """A state: its code, its name, and "of that state" with the article, masculine."""

    code: str
    name: str
    of: str
    english: str


class Office(NamedTuple):
    """An office that people hold, and the rank with its article and without, where they have one."""

    title: str
    code: str
    english: str
    shown_rank: str = ""
    rank: str | None = None


class Spelt(NamedTuple):
    """A name in Arabic and in Latin letters."""

    arabic: str
    latin: str


STATES = (
    State("NOR", "النرويج", "النرويجي", "Norwegian"),
    State("PRT", "البرتغال", "البرتغالي", "Portuguese"),
    State("FIN", "فنلندا", "الفنلندي", "Finnish"),
    State("CHL", "تشيلي", "التشيلي", "Chilean"),
    State("URY", "أوروغواي", "الأوروغواياني", "Uruguayan"),
    State("NZL", "نيوزيلندا", "النيوزيلندي", "New Zealand"),
    State("MYS", "ماليزيا", "الماليزي", "Malaysian"),
    State("MNG", "منغوليا", "المنغولي", "Mongolian"),
    State("KEN", "كينيا", "الكيني", "Kenyan"),
    State("GHA", "غانا", "الغاني", "Ghanaian"),
    State("SEN", "السنغال", "السنغالي", "Senegalese"),
    State("NPL", "نيبال", "النيبالي", "Nepalese"),
    State("LTU", "ليتوانيا", "الليتواني", "Lithuanian"),
    State("EST", "إستونيا", "الإستوني", "Estonian"),
    State("LVA", "لاتفيا", "اللاتفي", "Latvian"),
    State("SVN", "سلوفينيا", "السلوفيني", "Slovenian"),
    State("HRV", "كرواتيا", "الكرواتي", "Croatian"),
    State("BGR", "بلغاريا", "البلغاري", "Bulgarian"),
    State("ROU", "رومانيا", "الروماني", "Romanian"),
    State("POL", "بولندا", "البولندي", "Polish"),
    State("CAN", "كندا", "الكندي", "Canadian"),
    State("BRA", "البرازيل", "البرازيلي", "Brazilian"),
    State("PHL", "الفلبين", "الفلبيني", "Philippine"),
    State("MDG", "مدغشقر", "المدغشقري", "Malagasy"),
    State("VNM", "فيتنام", "الفيتنامي", "Vietnamese"),
    State("BWA", "بوتسوانا", "البوتسواني", "Botswanan"),
    State("ISL", "آيسلندا", "الآيسلندي", "Icelandic"),
    State("DNK", "الدنمارك", "الدنماركي", "Danish"),
    State("BEL", "بلجيكا", "البلجيكي", "Belgian"),
    State("JAM", "جامايكا", "الجامايكي", "Jamaican"),
    State("LUX", "لوكسمبورغ", "اللوكسمبورغي", "Luxembourgish"),
)

OFFICES = (
    Office("وزير الدفاع", "defence_minister", "defence minister"),
    Office("وزير الخارجية", "foreign_minister", "foreign minister"),
    Office("رئيس الأركان", "chief_of_staff", "chief of staff", "الفريق الركن", "فريق ركن"),
    Office("قائد القوات البحرية", "service_commander", "naval commander", "اللواء", "لواء"),
    Office("قائد القوات الجوية", "service_commander", "air force commander", "الفريق", "فريق"),
    Office("وكيل وزارة الدفاع", "senior_official", "defence under-secretary"),
)


def _spelt(table: str) -> tuple[Spelt, ...]:
    """Names, each given as arabic/latin."""
    return tuple(Spelt(*pair.split("/")) for pair in table.split())


def _joined(heads: str, tails: str) -> tuple[Spelt, ...]:
    """Names put together from every beginning and every end."""
    pairs = product(_spelt(heads), _spelt(tails))
    return tuple(Spelt(head.arabic + tail.arabic, head.latin + tail.latin) for head, tail in pairs)


_FIRST = _spelt(
    "آرن/Arn إلدار/Eldar تورين/Torin سيلفان/Silvan ميران/Miran كاسبار/Kaspar داريو/Dario لورين/Lorin فيكتار/Viktar "
    "بنيان/Benyan روميل/Romel أوسكان/Oskan هالدر/Halder ياروس/Yaros نيلوس/Nilos تادان/Tadan غريفان/Grevan "
    "صامويل/Samwil إيفور/Ivor"
)
FAMILIES = _joined(
    "تال/Tal كاست/Kast نور/Nor بير/Ber دالم/Dalm غور/Gor هيلد/Held رست/Rest زان/Zan شاف/Shaf فول/Ful "
    "ميرك/Merk ثورن/Thorn",
    "فيك/vik رينو/reno غاردن/garden موند/mond ساري/sari دورف/dorf بيلو/belo هافن/haven مورا/mora توفا/tova لينا/lena",
)[:139]
CITIES = _joined(
    "أول/Ol براند/Brand سيرت/Sert كولم/Kolm ماند/Mand ترين/Tren دوف/Dov غاليس/Galis يون/Yun",
    "ستاد/stad بوري/bury نيا/nia ورا/ora اندا/anda يرا/ira وسا/osa",
)[:61]

_MONTHS = (
    ("يناير", "كانون الثاني"),
    ("فبراير", "شباط"),
    ("مارس", "آذار"),
    ("أبريل", "نيسان"),
    ("مايو", "أيار"),
    ("يونيو", "حزيران"),
    ("يوليو", "تموز"),
    ("أغسطس", "آب"),
    ("سبتمبر", "أيلول"),
    ("أكتوبر", "تشرين الأول"),
    ("نوفمبر", "تشرين الثاني"),
    ("ديسمبر", "كانون الأول"),
)
_WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_FIRST_DAY = date(2032, 1, 1)
_DAYS = 1096

# Each tells something, and nothing that a record could be made of.
FILLERS = (
    "وقال المتحدث باسم الوزارة {first} {family} إن الصحف ستحصل على صور إضافية عبر الموقع الرسمي في وقت لاحق.",
    "ويرى الباحث {first} {family} أن الملفات المطروحة معقدة وأن نتائجها لن تظهر قبل عدة مواسم.",
    "وأظهر استطلاع للرأي شمل {number} شخصا أن معظم القراء يتابعون أخبار الدفاع من هواتفهم.",
    "وتبلغ مساحة الميناء القديم نحو {number} هكتارا، وقد شيد معظم مبانيه من الحجر الرمادي.",
    "وكانت المدينة قد شهدت أمطارا غزيرة أغلقت {number} طريقا فرعيا وأخرت وصول الصحفيين.",
    "وأضاف المحلل {first} {family} أن الميزانيات العامة تبقى العامل الحاسم في مثل هذه الملفات.",
    "ولم يصدر عن الأحزاب المعارضة تعليق حتى ساعة إعداد هذا التقرير.",
    "ويعمل في المصنع المجاور {number} عاملا، وينتج قطعا تستخدم في السفن المدنية.",
    "وذكّرت الصحيفة بأن السكان يطالبون منذ سنوات بترميم الجسر الحجري وسط المدينة.",
    "وأوضح أستاذ التاريخ {first} {family} أن أرشيف البحرية يضم {number} خريطة لم تنشر من قبل.",
    "وتوقعت نشرة اقتصادية أن يبلغ عدد زوار المتحف العسكري {number} زائرا في الموسم المقبل.",
    "وشكا صيادون محليون من ارتفاع أسعار الوقود ومن ضيق أماكن الرسو في الصباح.",
    "ورفض مسؤول طلب عدم ذكر اسمه الإفصاح عن أي تفاصيل، مكتفيا بالقول إن كل شيء في موعده.",
)


def person(draw: Draw, family: Spelt) -> Spelt:
    """A person's name, whose first name is drawn."""
    first = draw.pick(_FIRST)
    return Spelt(f"{first.arabic} {family.arabic}", f"{first.latin} {family.latin}")


def day(draw: Draw) -> date:
    """A day of 2032, 2033 or 2034."""
    return _FIRST_DAY + timedelta(days=draw.below(_DAYS))


def written(when: date, style: int, until: date | None = None) -> str:
    """A day as reports write it, in one of four styles; with `until` a time from one day to another."""
    plain, levantine = _MONTHS[when.month - 1]
    if until is not None:
        return f"{when.day} {plain} {when.year} إلى {until.day} {_MONTHS[until.month - 1][0]} {until.year}"
    if style == 0:
        return f"{when.day} {plain} {when.year}"
    if style == 1:
        return f"{_WEEKDAYS[when.weekday()]} {when.day} {plain} {when.year}"
    if style == 2:
        return f"{when.day} {levantine}/{plain} {when.year}"
    return f"{when.day} {plain} {when.year}".translate(_EASTERN)
