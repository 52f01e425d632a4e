"""Hubs that feeds name, in every place where they may."""

from datetime import UTC, datetime

import pytest

from monitor.feeds import hubs
from monitor.feeds.parse import parse
from monitor.model import Hubs

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
URL = "https://wire.example/feed"
FOUND = Hubs(urls=("https://hub.example/?a=1&b=2",), topic="https://wire.example/all.xml")
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Wire</title>
<link>https://wire.example/</link><atom:link href="https://hub.example/?a=1&amp;b=2" rel='hub'/>
<atom:link rel="self" href="/all.xml" type="application/rss+xml"></atom:link>
<item><title>A</title><guid>1</guid><atom:link rel="hub" href="https://evil.example/"/></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><id>w</id><updated>2026-01-06T18:00:00Z</updated>
<link rel="HUB" href="https://hub.example/?a=1&amp;b=2"/><!-- <link rel="hub" href="https://old.example/"/> -->
<link rel="self alternate" href="https://wire.example/all.xml"/>
<entry><id>1</id><title>A</title><link rel="self" href="https://evil.example/"/></entry></feed>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "feed_url": "/all.xml", "hubs":
[{"type": "rssCloud", "url": "https://cloud.example/"}, 7, {"type": "WebSub", "url": "https://hub.example/?a=1&b=2"}],
"items": [{"id": "1", "content_text": "A"}]}"""


@pytest.mark.parametrize("document", [RSS, ATOM, JSON], ids=["RSS", "Atom", "JSON Feed"])
def test_a_feed_names_its_hub_also_where_all_its_entries_are_known(document):
    feed = parse(document.encode(), content_type="", url=URL, now=NOW)
    assert feed.hubs == FOUND
    again = parse(document.encode(), content_type="", url=URL, now=NOW, seen=feed.entry_hashes)
    assert (again.entries, again.hubs) == ((), FOUND)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            '<https://h.example/>; rel="hub", <https://f.example/>; rel="self"',
            ("https://h.example/", "https://f.example/"),
        ),
        (
            "<https://h.example/>;rel=hub,</f>;type=x; rel=self",
            ("https://h.example/", "https://wire.example/f"),
        ),
        (
            '<https://h.example/a,b>; title="x"; REL="self hub"',
            ("https://h.example/a,b", "https://h.example/a,b"),
        ),
        ('<javascript:alert(1)>; rel="hub"', None),
        ('<https://h.example/>; title="rel=hub"', None),
        ("https://h.example/; rel=hub", None),
        ("", None),
    ],
)
def test_link_headers(header, found):
    read = hubs.in_header(header, url=URL)
    assert read == (Hubs(urls=(found[0],), topic=found[1]) if found else Hubs())


def test_of_very_many_hubs_a_few_are_remembered():
    header = ", ".join(f"<https://hub{number}.example/>; rel=hub" for number in range(1000))
    assert len(hubs.in_header(header, url=URL).urls) == hubs.MOST_HUBS


@pytest.mark.parametrize("value", [None, 7, "hub", {"url": 1}, [[]], [{"type": "WebSub"}]])
def test_broken_hubs_of_a_json_feed_are_none(value):
    assert hubs.in_json({"hubs": value, "feed_url": 3}, url=URL) == Hubs()
