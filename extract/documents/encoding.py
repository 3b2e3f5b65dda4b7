"""Bytes to text: which encoding a file has, and the one form all texts are put in."""

from __future__ import annotations

import codecs
import re
import unicodedata

from extract.documents import codepage
from extract.errors import InputError

SAMPLE = 65_536

# UTF-32 stands before UTF-16: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF (its ending must be .pdf)"),
    (b"PK\x03\x04", "a ZIP archive or an Office file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
)
# Tab, line feed, form feed, carriage return, DOS end of file and escape do occur in text files.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x19\x1c-\x1f]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
# A page that says Latin-1 means Windows-1252: so do all browsers read it.
_LABELS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}


def decode(data: bytes, *, declared: str | None = None) -> str:
    """Text of `data` in NFC with newlines as line feeds; raises InputError (kind "binary") when it is no text.

    `declared` is an encoding that the data claims for itself; it is used where it works.
    """
    # Broken bytes in a text that is otherwise sound become U+FFFD: a report is not lost for one of them.
    text = data.decode(detect(data, declared=declared), "replace")
    _refuse_binary(text)
    return clean(text)


def clean(text: str) -> str:
    """`text` in NFC, with line feeds and without a leading byte order mark; nothing else is changed."""
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair (a cut "\ud83d" in JSON, an odd file name) could never be written again.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def detect(data: bytes, *, declared: str | None = None) -> str:
    """Codec of `data`, or of a file that begins with it; raises InputError (kind "binary")."""
    sample = data[:SAMPLE]
    for magic, what in _MAGIC:
        if sample.startswith(magic):
            raise InputError(f"is {what}, not text; give the text itself", kind="binary")
    codec = _by_mark(sample) or _by_zeros(sample)
    if codec is None:
        _refuse_binary(sample.decode("latin-1"))
        codec = _utf8(data) or _by_claim(data, declared) or codepage.guess(_telling(data))
    _refuse_binary(sample.decode(codec, "replace"))
    return codec


def _telling(data: bytes) -> bytes:
    """A sample from where the first byte beyond ASCII is: before it all these encodings are equal."""
    first = _BEYOND_ASCII.search(data)
    return data[max(0, first.start() - 1000 if first else 0) :][:SAMPLE]


def _refuse_binary(text: str) -> None:
    controls = len(_CONTROL.findall(text))
    if "\0" in text or controls > max(3, len(text) // 50):
        raise InputError("holds bytes that are no text; give the text itself, saved as UTF-8", kind="binary")


def _by_mark(sample: bytes) -> str | None:
    return next((codec for mark, codec in _MARKS if sample.startswith(mark)), None)


def _by_zeros(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: every other byte is 0 (Latin) or 6 (Arabic)."""
    if b"\0" not in sample and b"\6" not in sample:
        return None
    for codec, high in (("utf-16-le", 1), ("utf-16-be", 0)):
        if _blocks(sample[high::2]) >= 0.7 and _blocks(sample[1 - high :: 2]) < 0.3:
            return codec
    for codec in ("utf-32-le", "utf-32-be"):
        if len(sample) % 4 == 0 and _decodes(sample, codec):
            return codec
    return None


def _blocks(sample: bytes) -> float:
    """Share of bytes that are the high byte of a Latin or an Arabic UTF-16 unit."""
    return (sample.count(0) + sample.count(6)) / len(sample) if sample else 0.0


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except (LookupError, UnicodeError):
        return False
    return True


def _utf8(data: bytes) -> str | None:
    """UTF-8, be it damaged here and there: other encodings hardly ever look like it."""
    if _decodes(data, "utf-8"):
        return "utf-8"
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = sum(not c.isascii() for c in text) - broken
    return "utf-8" if sound > broken else None


def _by_claim(data: bytes, label: str | None) -> str | None:
    try:
        codec = codecs.lookup(label or "").name
    except LookupError:
        return None
    # A claim that can be read byte by byte is not UTF-16; and UTF-8 was tried already.
    if codec.startswith("utf"):
        return None
    codec = _LABELS.get(codec, codec)
    return codec if _decodes(data, codec) else None
