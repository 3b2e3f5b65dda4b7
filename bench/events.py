"""Invented events: what a report says of each, and the record that is right for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from bench.scenes import MOST_SCENES, Scene, scenes, when_record
from bench.words import Draw, State, written


class Told(NamedTuple):
    """One event: its headline, its sentences (the first tells it), its record, in which `mention` is background."""

    headline: str
    sentences: tuple[str, str]
    record: dict[str, Any]


def told(i: int, kinds: tuple[str, ...]) -> list[Told]:
    """The events of a report, one of each kind named, in that order; no state, name or city comes twice.

    ValueError for no kind, one that is not known, or more than there are states for.
    """
    if not 0 < len(kinds) <= MOST_SCENES or not set(kinds) <= set(_TELLERS):
        raise ValueError(f"kinds must be 1 to {MOST_SCENES} of {', '.join(_TELLERS)}: {kinds}")
    return [_TELLERS[kind](scene) for kind, scene in zip(kinds, scenes(i, len(kinds)), strict=True)]


_TOPICS = (
    ("الأمن البحري وحماية الممرات", "maritime"),
    ("تبادل المدربين والدورات", "training_exercises"),
    ("التصنيع الدفاعي المشترك", "defence_industry"),
    ("مكافحة الإرهاب", "counterterrorism"),
    ("ضبط الحدود البرية", "border_migration"),
    ("أعمال الإغاثة بعد الكوارث", "humanitarian"),
    ("تبادل المعلومات الاستخبارية", "intelligence_security"),
)
_OPENINGS = ("وتناولت المحادثات", "وبحث الجانبان خلال اللقاء", "وركز الطرفان على", "وشمل جدول الأعمال")


def _topics(draw: Draw) -> tuple[str, list[str]]:
    """What was dealt with, as the report says it, and the topics."""
    first = draw.below(len(_TOPICS))
    second = (first + 1 + draw.below(len(_TOPICS) - 1)) % len(_TOPICS)
    return f"{_TOPICS[first][0]} إلى جانب {_TOPICS[second][0]}", [_TOPICS[first][1], _TOPICS[second][1]]


def _meeting(scene: Scene) -> Told:
    host, guest, draw = scene.host, scene.guest, scene.draw
    said, when = scene.date()
    topics, codes = _topics(draw)
    sentence, fields, summary = draw.pick(_MEETINGS)(scene, said)
    second = f"{draw.pick(_OPENINGS)} {topics}"
    record = {
        "evidence": [sentence, second],
        "summary": f"{summary} ({scene.when.isoformat()}).",
        "mention": "background",
        "status": "held",
        "format": "in_person",
        "date": when,
        "place": scene.place_record(),
        "participants": [host.record("host"), guest.record("visitor")],
        "topics": codes,
        **fields,
    }
    return Told(f"{host.state.name} و{guest.state.name}: لقاء جديد بين الجانبين", (sentence, second), record)


Meeting = tuple[str, Mapping[str, Any], str]


def _received(scene: Scene, said: str) -> Meeting:
    sentence = f"استقبل {scene.host.titled} في {scene.place} {scene.guest.titled} يوم {said}"
    return sentence, {}, f"The {scene.host.english} received the {scene.guest.english} in {scene.city.latin}"


def _talked(scene: Scene, said: str) -> Meeting:
    sentence = f"عقد {scene.guest.titled} يوم {said} جلسة مباحثات مع {scene.host.titled} في {scene.place}"
    return sentence, {}, f"The {scene.guest.english} held talks with the {scene.host.english} in {scene.city.latin}"


def _called(scene: Scene, said: str) -> Meeting:
    sentence = f"أجرى {scene.host.titled} اتصالا هاتفيا مع {scene.guest.titled} يوم {said}"
    both = [scene.host.record("participant"), scene.guest.record("participant")]
    fields = {"format": "call", "place": None, "participants": both}
    return sentence, fields, f"The {scene.host.english} and the {scene.guest.english} spoke by telephone"


def _planned(scene: Scene, said: str) -> Meeting:
    sentence = f"يلتقي {scene.guest.titled} في {scene.place} {scene.host.titled} يوم {said} بدعوة منه"
    return sentence, {"status": "planned"}, f"The {scene.guest.english} is to meet the {scene.host.english}"


def _aside(scene: Scene, said: str) -> Meeting:
    session = 2 + scene.draw.below(30)
    forum = f"منتدى {scene.city.arabic} للأمن البحري"
    sentence = f"التقى {scene.host.titled} نظراءه ومنهم {scene.guest.titled} يوم {said} في الدورة {session} من {forum}"
    fields = {"forum": forum, "forum_session": session, "place": None}
    parts = [scene.host.record("participant"), scene.guest.record("participant")]
    return sentence, {**fields, "participants": parts}, f"The {scene.host.english} and the {scene.guest.english} met"


_MEETINGS: tuple[Callable[[Scene, str], Meeting], ...] = (_received, _talked, _called, _planned, _aside)

_SHIELDS = ("درع", "رمح", "جسر", "حارس", "موج", "صقر", "فجر")
_ACTIVITIES = (
    "الرماية الليلية",
    "الإخلاء الطبي",
    "اقتحام السفن",
    "الإنزال الجوي",
    "إزالة الألغام",
    "التزود بالوقود جوا",
)
_DOMAINS = (("البحرية", "sea"), ("الجوية", "air"), ("البرية", "land"), ("الخاصة", "special_forces"))


def _exercise(scene: Scene) -> Told:
    host, guest, draw = scene.host.state, scene.guest.state, scene.draw
    end = scene.when + timedelta(days=3 + draw.below(12))
    series = f"{draw.pick(_SHIELDS)} {scene.city.arabic}"
    edition = 2 + draw.below(40)
    forces, domain = draw.pick(_DOMAINS)
    said = written(scene.when, 0, end)
    first = draw.below(len(_ACTIVITIES))
    items = [_ACTIVITIES[(first + step) % len(_ACTIVITIES)] for step in (0, 2, 3)]
    sentence = (
        f"نفذت القوات {forces} {host.of}ة والقوات {forces} {guest.of}ة قرب {scene.place} "
        f"التدريب المشترك «{series} {edition}» من {said}"
    )
    second = f"واشتملت فعاليات التدريب على {items[0]} و{items[1]} و{items[2]}"
    record = {
        "evidence": [sentence, second],
        "summary": f"{host.english} and {guest.english} forces trained together near {scene.city.latin}.",
        "mention": "background",
        "status": "completed",
        "name": f"{series} {edition}",
        "series": series,
        "edition": str(edition),
        "date": when_record(said, scene.when, end),
        "place": scene.place_record(),
        "forces": [_party(host, "host"), _party(guest, "participant")],
        "domains": [domain],
        "activities": items,
    }
    return Told(f"ختام التدريب المشترك «{series} {edition}»", (sentence, second), record)


def _party(state: State, part: str) -> dict[str, Any]:
    return {"name": None, "country": state.code, "kind": "state", "part": part}


_INSTRUMENTS = (("مذكرة تفاهم", "mou"), ("اتفاقية تعاون", "agreement"), ("بروتوكول تنفيذي", "protocol"))
_SUBJECTS = (
    ("في مجال الأمن البحري", "maritime"),
    ("في مجال التدريب العسكري", "training_exercises"),
    ("في مجال الصناعات الدفاعية", "defence_industry"),
    ("في مجال مكافحة الإرهاب", "counterterrorism"),
)
_PRODUCTS = ("زوارق دورية سريعة", "أجهزة رؤية ليلية", "محركات ديزل بحرية", "مستشفيات ميدانية متنقلة")


def _agreement(scene: Scene) -> Told:
    host, guest, draw = scene.host, scene.guest, scene.draw
    said, when = scene.date()
    (instrument, kind), (subject, topic), product = draw.pick(_INSTRUMENTS), draw.pick(_SUBJECTS), draw.pick(_PRODUCTS)
    title = f"{instrument} {subject}"
    sentence = f"وقّع {host.titled} و{guest.titled} في {scene.place} {title} يوم {said}"
    second = f"وتنص الوثيقة على توريد {product} خلال {3 + draw.below(7)} سنوات"
    record = {
        "evidence": [sentence, second],
        "summary": f"The {host.english} and the {guest.english} signed a document in {scene.city.latin}.",
        "mention": "background",
        "status": "signed",
        "kind": kind,
        "title": title,
        "date": when,
        "parties": [_party(host.state, "party"), _party(guest.state, "party")],
        "signatories": [host.record("signatory"), guest.record("signatory")],
        "topics": [topic],
        "product": product,
    }
    return Told(f"توقيع {instrument} بين {host.state.name} و{guest.state.name}", (sentence, second), record)


_TELLERS: Mapping[str, Callable[[Scene], Told]] = {
    "meeting": _meeting,
    "exercise": _exercise,
    "agreement": _agreement,
}
