"""Web pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extract.documents import read

BODY = (
    "<p>وصلت الفرقاطة نور إلى ميناء الريحانة صباح اليوم في زيارة تستمر ثلاثة أيام، وكان في استقبالها قائد القاعدة.</p>"
    "<p>وقال القائد إن الطاقم سيشارك في تمرين بحري مع القوات الصديقة، وإن الزيارة هي الثانية من نوعها.</p>"
)


def page(body: str = BODY, head: str = "", lang: str = "ar-EG") -> str:
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>'


def only(tmp_path: Path, html: str | bytes, name: str = "a.html") -> Any:
    (tmp_path / name).write_bytes(html if isinstance(html, bytes) else html.encode())
    (found,) = read([tmp_path / name])
    return found


def test_the_report_is_read_and_not_what_surrounds_it(tmp_path):
    html = page(f"<nav><a href=/>الرئيسية</a></nav><article>{BODY}</article><footer>الحقوق محفوظة</footer>")

    text = only(tmp_path, html).text

    assert text.startswith("وصلت الفرقاطة")
    assert text.endswith("من نوعها.")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("<title>زيارة الفرقاطة نور</title>", BODY),
        ('<meta property="og:title" content="زيارة الفرقاطة نور">', f"<article>{BODY}</article>"),
        ("", f"<header><h1>زيارة الفرقاطة نور</h1></header><article>{BODY}</article>"),
        ("<title>زيارة الفرقاطة نور | الساحل</title>", f"<article><h1>زيارة الفرقاطة نور</h1>{BODY}</article>"),
    ],
    ids=["title", "meta", "header", "in the text"],
)
def test_the_headline_is_the_first_line_and_stands_once(tmp_path, head, body):
    text = only(tmp_path, page(body, head)).text

    assert text.splitlines()[0].startswith("زيارة الفرقاطة نور")
    assert text.count("زيارة الفرقاطة نور") == 1


def test_what_the_page_says_of_itself_is_kept(tmp_path):
    head = (
        '<meta property="og:site_name" content="صحيفة الساحل"><link rel="canonical" href="https://example.org/n/17">'
        '<meta property="article:published_time" content="2021-03-04T21:00:00+03:00">'
    )

    document = only(tmp_path, page(head=head), "a.htm")

    assert (document.published, document.source) == ("2021-03-04", "صحيفة الساحل")
    assert (document.url, document.language) == ("https://example.org/n/17", "ar")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="date" content="2021-03-04">', "2021-03-04"),
        ('<script type="application/ld+json">{"datePublished": "2021-03-04T10:00:00Z"}</script>', "2021-03-04"),
        ('<script type="application/ld+json">{"@type": "Event", "startDate": "2021-03-04T10:00:00Z"}</script>', None),
        ('<meta property="article:modified_time" content="2021-03-04T10:00:00Z">', None),
        ('<meta name="description" content="They met on 2021-03-04 10:00:00.">', None),
        ("<title>A visit on 2021-03-04</title>", None),
    ],
    ids=["meta", "linked data", "another day", "modified", "described", "headline"],
)
def test_the_day_is_one_that_the_page_gives_not_one_that_it_tells_of(tmp_path, head, expected):
    html = page(f"<h1>On 2019-01-02</h1>{BODY}<p>They meet again on 2018-05-06.</p>", head)

    assert only(tmp_path, html).published == expected


def test_the_encoding_that_a_page_names_is_believed(tmp_path):
    html = page(head='<meta http-equiv="Content-Type" content="text/html; charset=windows-1256">')

    assert "وصلت الفرقاطة نور" in only(tmp_path, html.encode("cp1256")).text


def test_the_encoding_that_a_page_names_is_not_believed_where_it_cannot_be(tmp_path):
    html = page(head='<meta charset="windows-1252">')

    assert "وصلت الفرقاطة نور" in only(tmp_path, html).text
    assert "وصلت الفرقاطة نور" in only(tmp_path, page(head='<meta charset="x">').encode("cp1256")).text


@pytest.mark.parametrize(
    "html",
    [
        "وصل الوفد",
        "<p>وصل الوفد",
        "<html><body><div><b>وصل <i>الوفد</div></p></b",
        "<html/>وصل الوفد",
        "<html><head><title>x</title><noscript><body><p>وصل الوفد",
        "<?xml version='1.0' encoding='utf-8'?><html><body><p>وصل الوفد</p></body></html>",
        "<html><body>" + "<font><div>" * 1000 + "وصل الوفد",
        "<table><tr><td>وصل الوفد",
        "<p>وصل\x02 الوفد</p>",
    ],
    ids=["no mark-up", "fragment", "open tags", "closed root", "open head", "XHTML", "depth", "table", "control"],
)
def test_a_broken_page_still_gives_its_text(tmp_path, html):
    assert "وصل الوفد" in " ".join(only(tmp_path, html).text.split())


def test_a_page_too_deep_to_parse_loses_nothing_that_follows(tmp_path):
    html = page("<p>البداية</p>" + "<div>" * 600 + BODY + "</div>" * 600 + "<script>x()</script><p>النهاية</p>")

    text = only(tmp_path, html).text

    assert text.startswith("البداية\nوصلت")
    assert text.endswith("النهاية")


@pytest.mark.parametrize(
    "html",
    ["<!-- -->", "<html></html>", page(""), page("<script>render()</script>", "<title>App</title>")],
    ids=["comment", "root", "body", "script"],
)
def test_a_page_without_text_is_a_failure(tmp_path, html):
    failure = only(tmp_path, html)

    assert failure.kind == "empty"
    assert "script" in failure.message


def test_invisible_marks_stay_in_the_text(tmp_path):
    html = page(BODY.replace("الفرقاطة", "\u200fالفرقاطة&rlm;").replace("نوعها", "نوع\u200cها"))

    text = only(tmp_path, html).text

    assert "وصلت \u200fالفرقاطة\u200f نور" in text
    assert "نوع\u200cها" in text


def test_the_heavy_libraries_are_not_loaded_before_they_are_needed():
    heavy = {"trafilatura", "lxml", "pypdf", "docx", "charset_normalizer"}
    code = f"import sys, extract.documents; print(*{heavy} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "\n"
