"""Which feeds a page links to."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.discovery import MAX_FOUND, PAGE_BYTES, find_feeds

URL = "https://paper.example/news/index.html"
RSS, ATOM, JSON = "application/rss+xml", "application/atom+xml", "application/feed+json"


def link(href="/feed", *, rel="alternate", kind=RSS, more=""):
    return f'<link rel="{rel}" type="{kind}" href="{href}" {more}>'


def found(page):
    return list(find_feeds(page.encode(), url=URL))


@pytest.mark.parametrize(
    "page",
    [
        f"<!doctype html><html><head><title>T</title>{link()}</head><body>x</body></html>",
        f"<html><body><p>late {link()}",
        "<LINK REL='Alternate Home' TYPE='Application/RSS+XML; charset=utf-8' HREF=/feed>",
        link("https://paper.example/feed"),
        link("../feed"),
        link("//paper.example/feed"),
        f'<base href="https://paper.example/x/">{link("../feed")}',
        link(kind=ATOM),
        link(kind=JSON),
        link() + link(),
    ],
)
def test_a_feed_that_a_page_links_to_is_found(page):
    assert found(page) == ["https://paper.example/feed"]


UGLY = {
    "WordPress behind a notice of PHP": f"Notice: undefined index on line 3<html><head>{link()}</head>",
    "a head that is closed twice": f"<head><title>T</title></head></head>{link()}<body>",
    "a title that is never closed": f"<html><head>{link()}<title>Paper",
    "two heads": f"<html><head></head><body><head>{link()}</head></body></html>",
    "attributes twice": f"<link rel='alternate' rel='icon' type='{RSS}' type='text/html' href='/feed'>",
    "quotes, but no spaces": f"<link/rel='alternate'type='{RSS}'href='/feed'>",
    "lines within the tag": f"<link\n\trel = 'alternate'\r\n type\n=\n'{RSS}'\n href = ' /feed\n'>",
    "entities in the address": link("/fe&#101;d"),
    "XHTML with a declaration": f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">{link(more="/")}</html>',
    "a comment of Internet Explorer": f"<!--[if lt IE 9]><script src=x></script><![endif]-->{link()}",
    "within noscript": f"<head><noscript>{link()}</noscript></head>",
    "within a table of the nineties": f"<table><tr><td><font>{link()}<table></td>",
    "the base after the link, and empty": f"{link()}<base href=''>",
    "a NUL in the midst": f"<html>\0<head>{link()}",
}


@pytest.mark.parametrize("page", UGLY.values(), ids=UGLY)
def test_a_feed_is_found_on_a_page_that_only_browsers_read(page):
    assert found(page) == ["https://paper.example/feed"]


@pytest.mark.parametrize(
    "page",
    [
        "",
        "plain text",
        link(rel="stylesheet"),
        link(rel="alternate stylesheet"),
        link(kind="text/html"),
        link(kind="application/json+oembed"),
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        f"<!-- {link()} -->",
        f"<script>document.write('{link()}')</script>",
        '<a rel="alternate" type="text/html" href="/de/">Deutsch</a>',
        '<a href="/feedback">Feedback</a>',
        '<a href="https://elsewhere.example/feed">Another paper</a>',
        '<a href="/articles/how-we-feed-the-birds.html">How we feed the birds</a>',
        '<link rel="alternate" type="application/json" href="https://paper.example/wp-json/wp/v2/pages/2">',
        '<link rel="alternate" hreflang="de" href="/de/">',
    ],
)
def test_what_is_no_link_to_a_feed_is_not_found(page):
    assert found(page) == []


def test_feeds_of_comments_come_last():
    comments = link("/comments/feed") + link("/other", more='title="Paper » Comments Feed"')
    assert found(comments + link("/feed") + link("/sport"))[:2] == [
        "https://paper.example/feed",
        "https://paper.example/sport",
    ]


@pytest.mark.parametrize(
    "page",
    [
        "".join(link(f"/{number}") for number in range(20_000)),
        link() + "<div>" * 300_000,
        link() + "<a " * 300_000,
        link() + "x" * 2 * PAGE_BYTES + link("/late"),
        "\0" * PAGE_BYTES,
    ],
)
def test_pages_that_are_made_to_hurt_take_no_time(page):
    began = time.process_time()
    assert len(found(page)) <= MAX_FOUND
    assert time.process_time() - began < 5


@given(st.binary(max_size=300))
def test_any_bytes_have_some_feeds_or_none(page):
    head = link().encode()
    assert find_feeds(head + page, url=URL)[:1] == ("https://paper.example/feed",)
