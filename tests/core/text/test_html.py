"""Markup → text: what a reader sees, whatever the markup is."""

import re

import pytest
from cases import cases
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text.fold import INVISIBLE, JOINERS
from monitor.core.text.html import MAX_MARKUP, to_line, to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <b>t</b>wo</p><p>three", "One two\nthree"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("caf&eacute; &amp;eacute; &#8217;", "café é ’"),
        ("&lt;p&gt;Hi&lt;/p&gt;there", "Hi\nthere"),
        ("<p>a</p>\n<p>&lt;i&gt;b&lt;/i&gt;</p>", "a\n<i>b</i>"),  # real tags are there: this one is a word
        ("<script>x<y</script>a<style>p{}</style><!-- c -->b", "ab"),
        ("<head><title>T</title></head>a", "a"),
        ("so\u00adft\u200b &shy;a&nbsp;b&#8239;c", "soft a b c"),
        ("<![CDATA[hello <b>you</b>]]>", "hello you"),
        ("<img alt='a > b'>c", "c"),
        ("<p>a\n  b</p>", "a b"),
        ('cut off <a href="http:', "cut off"),
        ("&#0;a&#27;b&#150;", "\ufffdab–"),
        ("\ud800", "\ufffd"),
        ("a</p></script></b>b", "a\nb"),
        ("", ""),
    ],
)
def test_markup_becomes_what_is_shown(markup, text):
    assert to_text(markup) == text


SHOWN = cases("text/shown.tsv")


@pytest.mark.parametrize("case", SHOWN, ids=[case["markup"] for case in SHOWN])
def test_joiners_are_shown_where_they_join(case):
    assert to_text(case["markup"]) == case["shown"]


@pytest.mark.parametrize(
    "first",
    ["<sup>1", "<script>x", "<b><i><table><td>x", "<svg><p>x", "<p>" * 5_000, "a<p\0>\0</sup>", "<title>"],
)
def test_nothing_of_a_text_is_left_for_the_next(first):
    to_text(first)
    assert to_text("<p>a<b>1</b>c <i>d</i></p>") == "a1c d"


@pytest.mark.parametrize(
    "text",
    ["a < b & c", "AT&T", "x<y and z", "Q&A", "1 <3 2", "Tom <tom@x.org> wrote", "a\nb", "&foo; &copy=2"],
)
def test_plain_text_stays_as_it_is(text):
    assert to_text(text) == text


@given(st.text())
def test_no_text_has_control_or_invisible_characters_or_loose_spaces(markup):
    text = to_text(markup)
    assert not INVISIBLE.search(re.sub(rf"(?<=\S){JOINERS}", "", text))
    assert all(
        character.isprintable() or character in "\n\ue000" or ord(character) > 0x9F for character in text
    )
    assert all(line == " ".join(line.split()) and line for line in text.split("\n") if text)


@given(st.text(alphabet="abc é\n.,!?中ب").filter(lambda text: text == text.strip()))
def test_what_is_shown_already_comes_out_unchanged(text):
    shown = to_text(text)
    assert to_text(shown) == shown


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<a ",
        '<a "',
        "<",
        "&",
        "&amp;",
        "<!--",
        "&lt;!--",
        "&lt;a&gt;",
        "</a<",
        "<font color=1>",
        "<table>x",
        "<a><b>",
        "<script>",
        "<svg><p>",
        "a" * 50,
    ],
)
def test_hostile_markup_takes_time_in_proportion(piece):
    """A megabyte of anything: a quadratic reader would not come back from it within the suite's time."""
    assert len(to_text(piece * (MAX_MARKUP // len(piece)) + "cut")) <= MAX_MARKUP
    assert len(to_line(piece * (MAX_MARKUP // len(piece)) + "cut")) <= MAX_MARKUP
