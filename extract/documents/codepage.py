"""The encodings from before Unicode, told apart by the words that they make."""

from __future__ import annotations

import re

from extract.errors import InputError

_ARABIC_MARKS = re.compile(r"[\u0640\u064b-\u065f\u0670]")
_WORD = re.compile(r"[^\W\d_]+")
_GUESSES = [
    *("cp1252", "cp1250", "cp1254", "cp1251", "koi8_r", "cp1253", "cp1255"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
]


def guess(sample: bytes) -> str:
    """Codec that makes the likeliest words of `sample`; raises InputError (kind "binary") when none does."""
    # The first of equals is taken: Windows-1256 is far more common than ISO-8859-6.
    codec = max(("cp1256", "iso8859_6"), key=lambda codec: _arabic_share(sample, codec))
    if _arabic_share(sample, codec) > 0.5:
        return codec
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    if best is None:
        raise InputError("is in no encoding that we know; save it as UTF-8", kind="binary")
    return _latin(sample) if best.encoding in {"cp1250", "cp1252", "cp1254"} else best.encoding


def _arabic_share(sample: bytes, codec: str) -> float:
    """Share of letters, of those beyond ASCII, that stand in words all Arabic."""
    try:
        text = _ARABIC_MARKS.sub("", sample.decode(codec))
    except UnicodeDecodeError:
        return 0.0
    # A lone letter says nothing: the French "À" reads as one in Windows-1256.
    words = [word for word in _WORD.findall(text) if len(word) > 1 and not word.isascii()]
    arabic = sum(len(word) for word in words if all("\u0600" <= c <= "\u06ff" for c in word))
    return arabic / sum(map(len, words)) if words else 0.0


def _latin(sample: bytes) -> str:
    """Which Latin encoding: they differ in a few letters only, too few for statistics on a short report."""
    western = sample.decode("cp1252", "replace")
    # ğ ı ş İ Ş Ğ are the only difference between 1254 and 1252, where these bytes are Icelandic.
    if re.search("[ðýþÝÞÐ]", western) and not re.search("[áéíóúæ]", western):
        return "cp1254"
    # Signs amid a word ("³ódź") are Polish or Hungarian letters.
    return "cp1250" if re.search(r"[a-z][¹³¿¾£¥]|[¹³¿¾][a-z]", western) else "cp1252"
