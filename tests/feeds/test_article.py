"""A page's bytes → its article, whatever the bytes."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.text.document import MAX_TEXT
from monitor.core.text.html import tidy
from monitor.errors import ParseError, ParseReason
from monitor.feeds.article import text_of

WORDS = "The ministers signed the declaration at the palace on Tuesday evening, and went home. "
MENU = "<nav><ul>" + "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(30)) + "</ul></nav>"


def page(*paragraphs, head="", menu=MENU):
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    return f"<!doctype html><html><head>{head}</head><body>{menu}<article>{text}</article></body></html>"


def read(markup, content_type="text/html; charset=utf-8", encoding="utf-8"):
    return text_of(markup.encode(encoding), content_type=content_type)


def test_paragraphs_are_lines_and_what_stands_around_the_article_is_out():
    text = read(page(WORDS * 2, f"Second: {WORDS}", f"Third: {WORDS}"))
    assert text.count("declaration") == 4
    assert [line.partition(":")[0] for line in text.splitlines()][1:] == ["Second", "Third"]
    assert "Section" not in text


def test_a_feeds_rules_for_text_hold():
    odd = f"{WORDS}&lt;b&gt; \u200bzero\u00ad width &amp;amp; \u0007bell\u2028line\u00a0space"
    text = read(page(odd, WORDS, WORDS))
    assert "<b>" in text
    assert not any(ord(one) < 32 and one != "\n" for one in text)
    assert "\u200b" not in text
    assert "  " not in text


RUSSIAN = "Декларация подписана в Париже, заявили министры тридцати пяти стран во вторник вечером. "


@pytest.mark.parametrize(
    ("content_type", "head", "encoding"),
    [
        ("text/html; charset=windows-1251", "", "windows-1251"),
        ("text/html", '<meta charset="windows-1251">', "windows-1251"),
        ("text/html", '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r"),
        ("text/html; charset=iso-8859-1", "", "utf-8"),
        ("", "", "utf-8"),
        ("text/html; charset=utf-8", '<meta charset="windows-1252">', "utf-16"),
    ],
)
def test_the_encoding_is_the_headers_else_the_pages_own_else_the_evidences(content_type, head, encoding):
    text = read(page(*(f"{n}. {RUSSIAN}" for n in range(3)), head=head), content_type, encoding)
    assert text.count("Декларация") == 3


@pytest.mark.parametrize(
    ("markup", "content_type", "reason"),
    [
        ("%PDF-1.7", "application/pdf", ParseReason.NO_PAGE),
        ("<html><body><p>x</p>", "image/png", ParseReason.NO_PAGE),
        ('{"a": 1}', "text/html", ParseReason.NO_PAGE),
        ("", "text/html", ParseReason.NO_PAGE),
        ("<html><body></body></html>", "text/html", ParseReason.NO_TEXT),
        ("<html><script>var a = 1</script></html>", "text/html", ParseReason.NO_TEXT),
    ],
)
def test_what_is_no_article_is_refused(markup, content_type, reason):
    with pytest.raises(ParseError) as caught:
        read(markup, content_type)
    assert caught.value.reason is reason


def test_no_text_is_longer_than_rules_read():
    text = read(page(*(f"{n}. {WORDS * 10}" for n in range(1000)), menu=""))
    assert MAX_TEXT - len(WORDS) * 11 <= len(text) <= MAX_TEXT
    assert text.endswith("went home.")  # whole paragraphs


def test_nothing_on_a_page_is_fetched():
    """Neither what it embeds nor what its doctype or its base names."""
    tried = []
    watching = [True]
    sys.addaudithook(lambda event, _: tried.append(event) if watching and event == "socket.connect" else None)
    lures = (
        '<base href="http://127.0.0.1:1/"><link rel="canonical" href="http://127.0.0.1:1/c">'
        '<meta http-equiv="refresh" content="0; url=http://127.0.0.1:1/r"><iframe src="http://127.0.0.1:1/f"></iframe>'
        '<img src="http://127.0.0.1:1/i"><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
    )
    doctype = '<!DOCTYPE html SYSTEM "http://127.0.0.1:1/x.dtd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    text = read(doctype + page(WORDS, f"{WORDS}&x;", WORDS, head=lures))
    watching.clear()
    assert "root:" not in text
    assert not tried


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from([*"<>/ p", "<p>", "</div>", "<article>", "word ", "&lt;", "<!--", "<table>", "é"])
    )
)
def test_any_markup_is_text_or_a_parse_error(parts):
    try:
        text = read("<html>" + "".join(parts))
    except ParseError:
        return
    assert text
    assert "\n\n" not in text
    assert tidy(text) == text
