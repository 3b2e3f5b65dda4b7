"""Web pages: the report in an HTML file and what the page says of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from extract.documents import visible
from extract.documents.encoding import decode
from extract.documents.metadata import NOTHING, Metadata
from extract.documents.part import Part, fold
from extract.errors import InputError

_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE
)
_HEAD = 8192  # bytes in which a page must name its encoding; the standard says 1024
# libxml2 drops what lies deeper than 256 elements, such as all that follows many unclosed tags.
_TOO_DEEP = f"boolean({'/*' * 250})"
# A day in a headline or a text is what the report is about, not when it was published.
_DATED = re.compile(r"date|publi|issued|created|time")
_UNDATED = re.compile(r"modif|updat|expir|copyright|event|start|end")
_DATED_ELSEWHERE = (
    '//link[@rel="canonical"] | //script[@type="application/ld+json"][contains(., "datePublished")]'
    ' | (//article//time[@datetime] | //time[@pubdate] | //time[@itemprop="datePublished"])[1]'
)


def read(data: bytes) -> Part:
    """The report of a web page under its headline; raises InputError (kind "empty") when there is no text."""
    source = decode(data, declared=_declared(data))
    tree = _tree(source)
    page, text = (None, "") if tree is None else _extracted(tree)
    text = text or visible.lines(source)
    if not text:
        raise InputError("is a page without text, perhaps filled by a script; save it from a browser", kind="empty")
    title = (page and page.title) or ""
    return Part(text=text, title=None if _opens(text, title) else title, metadata=_metadata(tree, page))


def _declared(data: bytes) -> str | None:
    match = _CHARSET.search(data[:_HEAD])
    return (match[1] or match[2]).decode() if match else None


def _tree(page: str) -> Any:
    from trafilatura import load_html

    # A bare fragment is refused without a frame around it.
    return load_html(page if "<html" in page[:_HEAD].lower() else f"<html><body>{page}</body></html>")


def _extracted(tree: Any) -> tuple[Any, str]:
    """What trafilatura makes of a page, and the text of that; none when the page is beyond it."""
    from trafilatura import bare_extraction

    signs = _hide(tree)
    try:
        page: Any = bare_extraction(deepcopy(tree), include_comments=False, with_metadata=True)
    except Exception:  # whatever a broken page makes trafilatura stumble over; its visible text is left
        return None, ""
    if page is None:
        return None, ""
    hidden = {ord(sign): mark for mark, sign in signs.items()}
    page.title = page.title and page.title.translate(hidden)
    return page, "" if tree.xpath(_TOO_DEEP) else (page.text or "").translate(hidden).strip()


def _hide(tree: Any) -> Mapping[str, str]:
    """Put a sign for each invisible mark, and tell which stands for which.

    trafilatura drops joiners and direction marks, which belong to the text.
    """
    used = set("".join(tree.itertext()))
    free = (sign for sign in map(chr, range(0x2801, 0x2900)) if sign not in used)
    signs = dict(zip(sorted(c for c in used if unicodedata.category(c) == "Cf"), free, strict=False))
    if signs:
        table = str.maketrans(signs)
        for element in tree.iter():
            element.text = element.text and element.text.translate(table)
            element.tail = element.tail and element.tail.translate(table)
    return signs


def _metadata(tree: Any, page: Any) -> Metadata:
    if tree is None:
        return NOTHING
    return Metadata(
        published=_published(tree),
        source=page and page.sitename,
        url=page and page.url,
        language=tree.xpath("string(//html/@lang)").strip() or None,
    )


def _published(tree: Any) -> str | None:
    """The day that the mark-up gives, never one out of the text."""
    from trafilatura import extract_metadata

    dated = tree.makeelement("html")
    dated.extend(deepcopy(element) for element in [*filter(_is_date, tree.iter("meta")), *tree.xpath(_DATED_ELSEWHERE)])
    for element in dated:
        element.tail = None
    # max_date None is today: a later day is no day of publication.
    config = {"original_date": True, "extensive_search": False, "max_date": None}
    day = extract_metadata(dated, date_config=config).date
    return day if isinstance(day, str) else None


def _is_date(meta: Any) -> bool:
    label = " ".join(meta.get(key, "") for key in ("name", "property", "itemprop")).lower()
    return bool(_DATED.search(label)) and not _UNDATED.search(label)


def _opens(text: str, title: str) -> bool:
    """Whether the text's first line is the headline, which a page's title may lengthen by the site's name."""
    first, headline = fold(text.lstrip().partition("\n")[0]), fold(title)
    return first.startswith(headline) or (headline.startswith(first) and 2 * len(first) >= len(headline))
