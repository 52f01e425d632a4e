"""Only new entries go to feedparser, and what it makes of them is what it makes of them in the whole document."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.stories.identity import keys_digest, keys_of
from monitor.feeds.parse import MAX_ENTRIES, parse
from monitor.feeds.spans import MAX_SPANS, RECORD_BYTES, Doubt, find_spans, unpacked, without
from monitor.feeds.xmlfeed import read_xml

STORIES = Path(__file__).parent.parent / "data" / "stories"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "https://feeds.example/news/rss.xml"
XHTML = "http://www.w3.org/1999/xhtml"
MEDIA = "http://search.yahoo.com/mrss/"


def read(body, *, seen=b"", url=URL):
    return parse(
        body if isinstance(body, bytes) else body.encode(), content_type="", url=url, now=NOW, seen=seen
    )


def rss(*items, root="", channel="", head=""):
    return (
        f'{head}<rss version="2.0" {root}><channel><title>T</title>{channel}{"".join(items)}</channel></rss>'
    )


def atom(*entries, root="", head=""):
    return f'{head}<feed xmlns="http://www.w3.org/2005/Atom" {root}><title>T</title>{"".join(entries)}</feed>'


def rdf(*items):
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title>'
        f'<items><rdf:Seq><rdf:li resource="a"/></rdf:Seq></items></channel>{"".join(items)}</rdf:RDF>'
    )


def json_feed(*items):
    return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{", ".join(items)}]}}'


def hashes(make, *entries):
    """What is remembered of a document of these entries."""
    return read(make(*entries)).entry_hashes


RSS_ITEMS = (
    "<item><title>one</title><link>/1</link><guid>1</guid><pubDate>Tue, 06 Jan 2026 21:15:00 +0100</pubDate></item>",
    '<item xml:lang="fr"><title>deux</title><link>2</link></item>',
    "<item><title>three</title><description><![CDATA[<p>an <item> in</p></item>]]></description></item>",
    "<!-- <item><title>commented</title></item> --><item><title>four</title><author>a@x.example</author></item>",
    f'<item><title>five</title><m:content xmlns:m="{MEDIA}" url="/5.jpg"><m:title>p</m:title></m:content></item>',
    f'<item><title>six</title><m:content xmlns:m="{MEDIA}" url="/6.jpg"><m:title>q</m:title></m:content></item>',
    '<item><title>seven</title><source url="/s">S</source><image><url>/i</url></image></item>',
    "<item><title>a &amp; b &#8217; c</title><description>&lt;p&gt;eight&lt;/p&gt;</description></item>",
    "<item ><title>nine</title><enclosure url='/9.mp3' type='audio/mpeg' length='1'/></item >",
)
ATOM_ENTRIES = (
    "<entry><title>one</title><id>urn:1</id><link href='/1'/><updated>2026-01-06T20:06:00Z</updated></entry>",
    f'<entry><title>two</title><content type="xhtml"><div xmlns="{XHTML}"><p>a<br/>b</p></div></content></entry>',
    '<entry xml:lang="de"><title type="html">&lt;b>drei&lt;/b></title><author><name>Ann</name></author></entry>',
    "<entry><title>four</title><source><title>other</title><id>urn:s</id></source><summary>s</summary></entry>",
    '<entry><title>five</title><content type="html">&lt;p>long&lt;/p></content><category term="war"/></entry>',
)
RDF_ITEMS = (
    '<item rdf:about="urn:1"><title>one</title><link>/1</link><dc:date>2026-01-06T20:06:00Z</dc:date></item>',
    '<item rdf:about="urn:2"><title>two</title><dc:creator>Ann</dc:creator></item>',
    '<item rdf:about="urn:3"><title>three</title><description>d</description></item>',
)
JSON_ITEMS = tuple(f'{{"id": "{n}", "title": "t{n}", "content_html": "<p>c{n}</p>"}}' for n in range(4))
KINDS = {
    "RSS": (rss, RSS_ITEMS),
    "Atom": (atom, ATOM_ENTRIES),
    "RDF": (rdf, RDF_ITEMS),
    "JSON": (json_feed, JSON_ITEMS),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)  # each parses three documents
@given(data=st.data())
def test_whatever_is_known_the_other_entries_are_those_of_the_whole_document(kind, data):
    make, entries = KINDS[kind]
    order = data.draw(st.lists(st.sampled_from(entries), unique=True, min_size=1))
    known = data.draw(st.sets(st.sampled_from(order)))
    whole = read(make(*order))
    narrow = read(make(*order), seen=hashes(make, *known))
    assert len(whole.entries) == len(order)
    assert whole.unchanged == 0
    assert narrow.entries == tuple(
        entry for entry, raw in zip(whole.entries, order, strict=True) if raw not in known
    )
    assert narrow.unchanged == len(known)
    assert narrow.present == {
        keys_digest(keys_of(entry)) for entry, raw in zip(whole.entries, order, strict=True) if raw in known
    }
    assert narrow.entry_hashes == whole.entry_hashes
    assert len(unpacked(whole.entry_hashes)) == len(order)


@pytest.mark.parametrize(
    "path", sorted(STORIES.glob("*.*ml")) + sorted(STORIES.glob("*.rdf")), ids=lambda path: path.name
)
def test_every_labelled_feed_may_lose_any_of_its_entries(path):
    """Each document, in its encoding, is an earlier document of itself with one entry taken out."""
    body = path.read_bytes()
    whole = read(body)
    records = range(0, len(whole.entry_hashes), RECORD_BYTES)
    known = [whole.entry_hashes[at : at + RECORD_BYTES] for at in records]
    assert len(known) == len(whole.entries) > 0
    one_each = [read(body, seen=b"".join(known[:at] + known[at + 1 :])) for at in range(len(known))]
    assert all((len(feed.entries), feed.unchanged) == (1, len(known) - 1) for feed in one_each)
    assert {feed.entries[0] for feed in one_each} == set(whole.entries)
    assert {feed.title for feed in one_each} == {whole.title}


def test_where_nothing_is_new_nothing_is_read_but_all_is_remembered():
    known = hashes(rss, *RSS_ITEMS)
    feed = read(rss(*RSS_ITEMS), seen=known)
    assert (feed.entries, feed.unchanged, feed.entry_hashes) == ((), len(RSS_ITEMS), known)
    assert not feed.warnings


def test_what_left_the_document_is_forgotten():
    feed = read(rss(*RSS_ITEMS[1:3]), seen=hashes(rss, *RSS_ITEMS[:2]))
    assert (len(feed.entries), feed.unchanged) == (1, 1)
    assert feed.entry_hashes == hashes(rss, *RSS_ITEMS[1:3])


def test_a_changed_byte_makes_an_entry_new():
    changed = RSS_ITEMS[0].replace("21:15", "21:16")
    feed = read(rss(changed, *RSS_ITEMS[1:]), seen=hashes(rss, *RSS_ITEMS))
    assert [entry.title for entry in feed.entries] == ["one"]


@pytest.mark.parametrize(
    "around",
    [
        {"root": 'xml:base="https://elsewhere.example/"'},
        {"root": 'xml:lang="fr"'},
        {"root": f'xmlns:m="{MEDIA}"'},
    ],
)
def test_entries_are_new_where_what_surrounds_them_changed(around):
    feed = read(atom(*ATOM_ENTRIES, **around), seen=hashes(atom, *ATOM_ENTRIES))
    assert (len(feed.entries), feed.unchanged) == (len(ATOM_ENTRIES), 0)


def test_entries_are_new_where_the_document_came_from_elsewhere():
    """Relative links go by the document's address."""
    feed = read(rss(*RSS_ITEMS), seen=hashes(rss, *RSS_ITEMS), url="https://elsewhere.example/")
    assert feed.unchanged == 0
    assert feed.entries[0].url == "https://elsewhere.example/1"


def test_a_date_of_the_feed_that_changes_at_every_poll_makes_nothing_new():
    built = "<lastBuildDate>Tue, 06 Jan 2026 21:{}:00 GMT</lastBuildDate><a:link xmlns:a='urn:a' href='?{}'/>"
    before = read(rss(*RSS_ITEMS, channel=built.format(10, 1)))
    assert read(rss(*RSS_ITEMS, channel=built.format(11, 2)), seen=before.entry_hashes).entries == ()


DTD = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://a.example/rss.dtd">'
ENTANGLING = {
    # What feedparser by itself carries from one entry to the next, or what is mended before it is read.
    "a bare ampersand": rss("<item><title>a & b</title></item>"),
    "a bare less-than": rss("<item><title>a < b</title></item>"),
    "an entity that nobody declared": rss("<item><title>caf&eacute;</title></item>"),
    "an entity of a DTD that nobody fetches": rss("<item><title>caf&eacute;</title></item>", head=DTD),
    "a prefix that nobody declared": rss("<item><dc:title>a</dc:title></item>"),
    "a prefix that means two things": rss(
        '<item><title>a</title><p:a xmlns:p="urn:a"/></item>',
        '<item><p:title xmlns:p="http://purl.org/dc/elements/1.1/">b</p:title></item>',
    ),
    "two prefixes that mean one thing": rss(
        '<item><p:title xmlns:p="http://purl.org/dc/elements/1.1/">a</p:title></item>',
        '<item><q:title xmlns:q="http://purl.org/dc/elements/1.1/">b</q:title></item>',
    ),
    "a default namespace further in": rss(
        '<item><title>a</title><x xmlns="http://www.w3.org/2005/Atom">y</x></item>'
    ),
    "bare markup in a text": rss("<item><description>a <summary>b</summary></description></item>"),
    "a base where there was none": rss('<item xml:base="/b/"><link>2</link></item>'),
    "a base on a content": atom(
        '<entry><content type="html" xml:base="https://b.example/">a</content></entry>',
        "<entry><link href='1'/></entry>",
    ),
    "a body in a content": atom(
        f'<entry><content type="xhtml"><body xmlns="{XHTML}">a</body></content></entry>'
    ),
    "markup in a content that says it is escaped": atom(
        f'<entry><content type="html"><div xmlns="{XHTML}">a</div></content></entry>'
    ),
    "a content in a description": rss(
        '<item><description>a<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/">b</c:encoded>c'
        "</description></item>"
    ),
    "a summary of the feed": rss(
        "<item><description>a</description></item>",
        channel='<i:summary xmlns:i="http://www.itunes.com/DTDs/PodCast-1.0.dtd">x</i:summary>'
        "<description>y</description>",
    ),
}


@pytest.mark.parametrize("name", ENTANGLING)
@pytest.mark.parametrize("where", ["first", "last"])
def test_what_entangles_entries_for_feedparser_leaves_them_apart(name, where):
    """Each entry is the same alone and behind or before the others, and all of them are known again."""
    document = ENTANGLING[name]
    make_atom = document.startswith("<feed")
    others = "".join(ATOM_ENTRIES if make_atom else RSS_ITEMS[:2])
    end = "</feed>" if make_atom else "</channel>"
    first = document.index("<entry" if make_atom else "<item")
    crowded = (
        document[:first] + others + document[first:]
        if where == "last"
        else document.replace(end, others + end)
    )
    alone, whole = read(document), read(crowded)
    count = len(alone.entries)
    assert count == document.count("</entry>" if make_atom else "</item>")
    assert (whole.entries[-count:] if where == "last" else whole.entries[:count]) == alone.entries
    assert read(crowded, seen=whole.entry_hashes).unchanged == len(whole.entries)
    known = set(unpacked(alone.entry_hashes))
    narrow = read(crowded, seen=b"".join(_records(whole.entry_hashes, but=known)))
    assert narrow.entries == alone.entries


def _records(packed, *, but):
    records = (packed[at : at + RECORD_BYTES] for at in range(0, len(packed), RECORD_BYTES))
    return [record for record in records if record[:8] not in but]


DOUBTFUL = {
    "an entry in an entry": rss("<item><title>a</title><item><title>b</title></item></item>"),
    "entries at different depths": rss(
        "<item><title>a</title></item>", "<x><item><title>b</title></item></x>"
    ),
    "ill-formed": rss("<item><title>a <b> b</title></item>"),
    "entities of its own": rss("<item><title>&e;</title></item>", head='<!DOCTYPE rss [<!ENTITY e "x">]>'),
    "an entry without an end tag of its own": rss("<item/>"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_in_doubt_the_document_is_read_whole_and_nothing_is_remembered(name):
    feed = read(DOUBTFUL[name], seen=hashes(rss, *RSS_ITEMS))
    assert find_spans(DOUBTFUL[name].encode()) in set(Doubt)
    assert (feed.entry_hashes, feed.unchanged) == (b"", 0)


def test_of_more_entries_than_anybody_has_the_first_are_looked_for():
    document = rss("<item><title>a</title></item>" * (MAX_SPANS + 1)).encode()
    assert find_spans(document) is Doubt.ENTANGLED
    assert read(document).warnings == (
        f"only the first {MAX_ENTRIES} of its {MAX_SPANS + 1} entries are read",
    )


def test_entries_that_feedparser_does_not_see_are_never_remembered():
    """An `item` of another namespace is none of a feed's entries."""
    other = "<y:item><y:title>b</y:title></y:item>"
    feed = read(rss("<item><title>a</title></item>", other, root='xmlns:y="urn:y"'))
    assert (len(feed.entries), feed.entry_hashes) == (1, b"")


def test_of_a_feed_that_is_cut_off_the_whole_entries_are_remembered():
    whole = rss(*RSS_ITEMS[:3])
    cut = read(whole[: whole.index("three")])
    assert cut.cut_off
    assert cut.entry_hashes == hashes(rss, *RSS_ITEMS[:2])
    assert [entry.title for entry in read(whole, seen=cut.entry_hashes).entries] == ["three"]


def test_entries_beyond_the_limit_are_not_remembered():
    def some(*items, seen=b""):
        return read_xml(rss(*items).encode(), url=URL, now=NOW, max_entries=3, seen=unpacked(seen))

    feed = some(*RSS_ITEMS[:3])
    more = some(*RSS_ITEMS[:5], seen=feed.entry_hashes)
    assert (more.entries, more.unchanged, more.entry_hashes) == ((), 3, feed.entry_hashes)


def test_an_item_nested_too_deeply_is_a_feed_or_an_error():
    deep = '{"id": "1", "title": "t", "x": ' + "[" * 900 + "]" * 900 + "}"
    assert read(json_feed(deep)).entries[0].title == "t"


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=6))
def test_all_bytes_outside_stay(parts):
    """Every other part is an entry."""
    document = b"".join(parts)
    ends = [sum(map(len, parts[:count])) for count in range(len(parts) + 1)]
    bounds = list(pairwise(ends))[1::2]
    assert without(document, bounds) == b"".join(parts[0::2])


@pytest.mark.parametrize(
    "strange",
    [
        "<textinput><name>x</name></textinput>",
        "<authors>x</authors><author>Ann</author>",
        '<authors a="1"/><author>Ann</author>',
        '<tags a="1"/><category>war</category>',
        '<links a="1"/><link>https://a.example/1</link>',
        "<links>x</links><link>https://a.example/1</link>",
        '<content a="1"/><image><title>p</title><url>/i</url></image>',
        '<media:group xmlns:media="http://search.yahoo.com/mrss/"><media:credit/></media:group>',
        '<i:keywords xmlns:i="http://www.itunes.com/DTDs/PodCast-1.0.dtd"/>',
        "<width>x</width><url>y</url><email>z</email>",
    ],
)
def test_an_element_in_a_place_that_has_none_costs_no_entry_behind_it(strange):
    feed = read(rss(f"<item><title>a</title>{strange}</item>", *RSS_ITEMS[:2]))
    assert [entry.title for entry in feed.entries] == ["a", "one", "deux"]
    assert feed.entries[1:] == read(rss(*RSS_ITEMS[:2])).entries
