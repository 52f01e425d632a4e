"""One entry as every format of thirty years writes it, in every encoding, whole and broken: always the same entry."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.feeds.parse import parse
from monitor.model import FeedEntry

NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "https://feeds.example/news/rss.xml"
AT = datetime(2026, 1, 6, 19, 15, tzinfo=UTC)
TITLE, LINK, GUID = "L’Élysée : « oui »", "https://feeds.example/a?x=1&y=2", "urn:paris:1"
SHORT, LONG = "Trente-cinq pays", "Trente-cinq pays ont signé la déclaration."
AUTHOR, CATEGORIES = "Ève Noël", ("Europe", "Ukraine")
WHOLE = FeedEntry(
    title=TITLE,
    summary=SHORT,
    content=LONG,
    guid=GUID,
    url=LINK,
    author=AUTHOR,
    categories=CATEGORIES,
    language="fr",
    published_at=AT,
)
BARE = replace(WHOLE, summary="", content="", guid=None, author="", categories=(), published_at=None)

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
CHANNEL = "<title>T</title><link>https://feeds.example/</link><description>D</description>"
TITLE_AND_LINK = f"<title>{TITLE}</title><link>https://feeds.example/a?x=1&amp;y=2</link>"
DESCRIPTION = f"<description>{SHORT}</description>"
FULL = f"<content:encoded><![CDATA[<p>{LONG}</p>]]></content:encoded>"
SUBJECTS = "".join(f"<category>{one}</category>" for one in CATEGORIES)
DC_SUBJECTS = "".join(f"<dc:subject>{one}</dc:subject>" for one in CATEGORIES)
DC_REST = f"<dc:creator>{AUTHOR}</dc:creator>{DC_SUBJECTS}<dc:date>2026-01-06T20:15:00+01:00</dc:date>"
PUB_DATE = "<pubDate>Tue, 06 Jan 2026 20:15:00 +0100</pubDate>"
ID = f'<guid isPermaLink="false">{GUID}</guid>'
NETSCAPE = (
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
    '"http://my.netscape.com/publish/formats/rss-0.91.dtd">'
)


def rss(version, item, *, names="", channel="", head=""):
    return (
        f'{head}<rss version="{version}" {names}><channel>{CHANNEL}<language>fr-fr</language>{channel}'
        f"<item>{item}</item></channel></rss>"
    )


def atom(item, *, names='xmlns="http://www.w3.org/2005/Atom"'):
    return f'<feed {names} xml:lang="fr-FR"><title>T</title><id>urn:f</id><entry>{item}</entry></feed>'


def json_feed(version, **item):
    entry = {"id": GUID, "url": LINK, "title": TITLE, "summary": SHORT, "content_html": f"<p>{LONG}</p>"}
    entry |= {"date_published": "2026-01-06T20:15:00+01:00", "tags": CATEGORIES, **item}
    feed = {"version": f"https://jsonfeed.org/version/{version}", "title": "T", "language": "fr-FR"}
    return json.dumps(feed | {"items": [entry]}, ensure_ascii=False)


ATOM_TEXT = (
    f'<title>{TITLE}</title><id>{GUID}</id><link rel="alternate" href="{LINK.replace("&", "&amp;")}"/>'
)
ATOM_REST = (
    "".join(f'<category term="{one}"/>' for one in CATEGORIES) + f"<author><name>{AUTHOR}</name></author>"
)
ATOM_03 = 'version="0.3" xmlns="http://purl.org/atom/ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
DATES_03 = "<issued>2026-01-06T20:15:00+01:00</issued>"
PACKED = base64.b64encode(f"<p>{LONG}</p>".encode()).decode()

FORMATS = {
    "RSS 0.90": (
        (
            f'<rdf:RDF {RDF} xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel>{CHANNEL}</channel>'
            f"<item>{TITLE_AND_LINK}</item></rdf:RDF>"
        ),
        replace(BARE, language=None),
    ),
    "RSS 0.91 of Netscape": (
        rss("0.91", TITLE_AND_LINK + DESCRIPTION, head=NETSCAPE),
        replace(BARE, summary=SHORT),
    ),
    "RSS 0.91 of Userland": (rss("0.91", TITLE_AND_LINK + DESCRIPTION), replace(BARE, summary=SHORT)),
    "RSS 0.92": (
        rss(
            "0.92",
            TITLE_AND_LINK
            + DESCRIPTION
            + SUBJECTS
            + '<enclosure url="/a.mp3" length="1" type="audio/mpeg"/>',
        ),
        replace(BARE, summary=SHORT, categories=CATEGORIES),
    ),
    "RSS 0.93": (
        rss("0.93", TITLE_AND_LINK + DESCRIPTION + SUBJECTS + PUB_DATE),
        replace(BARE, summary=SHORT, categories=CATEGORIES, published_at=AT),
    ),
    "RSS 0.94": (
        rss("0.94", TITLE_AND_LINK + DESCRIPTION + SUBJECTS + PUB_DATE + ID),
        replace(BARE, summary=SHORT, categories=CATEGORIES, published_at=AT, guid=GUID),
    ),
    "RSS 1.0 with modules": (
        (
            f'<rdf:RDF {RDF} {DC} {CONTENT} {SY} xmlns="http://purl.org/rss/1.0/"><channel rdf:about="urn:f">'
            f"{CHANNEL}<dc:language>fr</dc:language><sy:updatePeriod>hourly</sy:updatePeriod><items><rdf:Seq>"
            f'<rdf:li rdf:resource="{GUID}"/></rdf:Seq></items></channel>'
            f'<item rdf:about="{GUID}">{TITLE_AND_LINK}{DESCRIPTION}{FULL}{DC_REST}</item></rdf:RDF>'
        ),
        WHOLE,
    ),
    "RSS 2.0": (
        rss("2.0", f"{TITLE_AND_LINK}{DESCRIPTION}{SUBJECTS}{PUB_DATE}{ID}<author>{AUTHOR}</author>"),
        replace(WHOLE, content=""),
    ),
    "RSS 2.0 with content and dc": (
        rss("2.0", TITLE_AND_LINK + DESCRIPTION + FULL + ID + DC_REST, names=f"{DC} {CONTENT}"),
        WHOLE,
    ),
    "RSS 2.0 with media": (
        rss(
            "2.0",
            f"{TITLE_AND_LINK}{DESCRIPTION}{FULL}{ID}{DC_REST}<media:group><media:title>Photo</media:title>"
            '<media:description>An image</media:description><media:content url="/a.jpg" medium="image"/>'
            "</media:group><media:credit>Somebody</media:credit>",
            names=f"{DC} {CONTENT} {MEDIA}",
        ),
        WHOLE,
    ),
    "RSS 2.0 with itunes": (
        rss(
            "2.0",
            f"{TITLE_AND_LINK}{DESCRIPTION}{FULL}{ID}{PUB_DATE}{SUBJECTS}<itunes:author>{AUTHOR}</itunes:author>"
            "<itunes:explicit>no</itunes:explicit><itunes:duration>10:00</itunes:duration>",
            names=f"{CONTENT} {ITUNES}",
            channel="<itunes:author>The Wire</itunes:author>",
        ),
        WHOLE,
    ),
    "RSS 2.0 without a version": (
        rss("", TITLE_AND_LINK + DESCRIPTION).replace('version=""', ""),
        replace(BARE, summary=SHORT),
    ),
    "Atom 0.3, escaped": (
        atom(
            f'{ATOM_TEXT}<summary>{SHORT}</summary><content type="text/html" mode="escaped">&lt;p>{LONG}&lt;/p>'
            f"</content>{DATES_03}{DC_SUBJECTS}<author><name>{AUTHOR}</name></author>",
            names=ATOM_03,
        ),
        WHOLE,
    ),
    "Atom 0.3, base64": (
        atom(
            f'{ATOM_TEXT}<summary>{SHORT}</summary><content type="text/html" mode="base64">{PACKED}</content>'
            f"{DATES_03}{DC_SUBJECTS}<author><name>{AUTHOR}</name></author>",
            names=ATOM_03,
        ),
        WHOLE,
    ),
    "Atom 0.3, inline": (
        atom(
            f'{ATOM_TEXT}<summary>{SHORT}</summary><content type="application/xhtml+xml" mode="xml">'
            f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{LONG}</p></div></content>'
            f"{DATES_03}{DC_SUBJECTS}<author><name>{AUTHOR}</name></author>",
            names=ATOM_03,
        ),
        WHOLE,
    ),
    "Atom 1.0, html": (
        atom(
            f'{ATOM_TEXT}<summary>{SHORT}</summary><content type="html">&lt;p>{LONG}&lt;/p></content>{ATOM_REST}'
            "<published>2026-01-06T20:15:00+01:00</published>"
        ),
        WHOLE,
    ),
    "Atom 1.0, xhtml": (
        atom(
            f'{ATOM_TEXT}<summary>{SHORT}</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
            f"<p>{LONG}</p></div></content>{ATOM_REST}<published>2026-01-06T20:15:00+01:00</published>"
        ),
        WHOLE,
    ),
    "news sitemap": (
        (
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {NEWS}><url>'
            "<loc>https://feeds.example/a?x=1&amp;y=2</loc><news:news><news:publication><news:name>T</news:name>"
            "<news:language>fr</news:language></news:publication>"
            f"<news:publication_date>2026-01-06T20:15:00+01:00</news:publication_date><news:title>{TITLE}</news:title>"
            f"<news:keywords>{', '.join(CATEGORIES)}</news:keywords></news:news></url></urlset>"
        ),
        replace(BARE, categories=CATEGORIES, published_at=AT),
    ),
    "JSON Feed 1.0": (json_feed("1", author={"name": AUTHOR}), WHOLE),
    "JSON Feed 1.1": (json_feed("1.1", authors=[{"name": AUTHOR}]), WHOLE),
}
ENCODINGS = {
    "UTF-8": ("utf-8", "utf-8"),
    "UTF-8 with a mark": ("utf-8-sig", "utf-8"),
    "UTF-8 that calls itself Latin-1": ("utf-8", "iso-8859-1"),
    "UTF-8 that calls itself nothing": ("utf-8", None),
    "UTF-16 with a mark": ("utf-16", "utf-16"),
    "UTF-16 without": ("utf-16-be", "utf-16"),
    "UTF-16, little-endian, without": ("utf-16-le", None),
    "UTF-32": ("utf-32", None),
    "Windows": ("windows-1252", "windows-1252"),
    "Windows that calls itself Latin-1": ("windows-1252", "iso-8859-1"),
    "Windows that calls itself UTF-8": ("windows-1252", None),
}


def read(body):
    return parse(body, content_type="", url=URL, now=NOW)


def same(entry, expected):
    """The entry is the expected one; a format whose one date is the entry's last change has that as well."""
    assert replace(entry, updated_at=None) == expected


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_entry_comes_out_of_every_format_in_every_encoding(name, encoding):
    document, expected = FORMATS[name]
    codec, declared = ENCODINGS[encoding]
    head = "" if name.startswith("JSON") else "<?xml version='1.0'?>"
    if declared and head:
        head = f"<?xml version='1.0' encoding='{declared}'?>"
    feed = read((head + document).encode(codec))
    [entry] = feed.entries
    same(entry, expected)
    assert feed.title == "T"


def in_front(what):
    return lambda document: what + document


def behind(what):
    return lambda document: document + what


FLAWS = {
    "blank lines in front": in_front("\n\r\n \t\n"),
    "a warning of the server in front": in_front("Warning: mysql_connect() in /var/www/rss.php on line 3\n"),
    "comments in front": in_front("<!-- cached 2026 -->\n<!-- by W3 Cache -->"),
    "a declaration twice": in_front("<?xml version='1.0'?>\n<?xml version='1.0' encoding='utf-8'?>"),
    "a stylesheet in front": in_front('<?xml-stylesheet type="text/xsl" href="/x.xsl"?>'),
    "comments behind": behind("\n<!-- 0.4 s, 12 queries -->"),
    "a page's end behind": behind("</body></html>"),
    "a script behind": behind("<script>var a = 1 && 2;</script>"),
    "control characters": lambda document: document.replace("<title>T", "<title>T\x0b\x00"),
    "carriage returns": lambda document: document.replace("><", ">\r\n<"),
    "an entity that XML has not": lambda document: document.replace("é", "&eacute;"),
    "references that name no character": lambda document: document.replace(
        "<title>T", "<title>T&#xFFFF;&#0;"
    ),
    "a bare ampersand": lambda document: document.replace("&amp;y", "&y"),
    "an element of no known namespace": lambda document: document.replace(
        "<title>T<", "<x:y>z</x:y><title>T<"
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("name", [name for name in FORMATS if not name.startswith("JSON")])
def test_the_same_entry_comes_out_of_a_broken_document(name, flaw):
    document, expected = FORMATS[name]
    broken = FLAWS[flaw](document)
    [entry] = read(broken.encode()).entries
    same(entry, expected)


def test_the_flaws_break_something():
    """Each changes the documents that it is tried on."""
    document, _ = FORMATS["RSS 2.0 with content and dc"]
    assert all(flaw(document) != document for flaw in FLAWS.values())
