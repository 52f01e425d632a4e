"""An outlet's entries → the text of its feed, in the formats that feeds have: RSS 2.0, RSS 1.0, Atom, JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from monitor.cli.demo.corpus import Outlet, PrintedEntry

XML = "{http://www.w3.org/XML/1998/namespace}"
ATOM = "{http://www.w3.org/2005/Atom}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
RSS1 = "{http://purl.org/rss/1.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"

Printed = Sequence[PrintedEntry]


def rss(outlet: Outlet, entries: Printed) -> bytes:
    """As RSS 2.0."""
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    _add(channel, title=outlet.title, link=outlet.home, description=outlet.title, language=outlet.language)
    for entry in entries:
        item = SubElement(channel, "item")
        _add(item, title=entry.title, link=entry.url, description=entry.summary, guid=entry.url)
        _add(item, pubDate=format_datetime(entry.at))
        if entry.content:
            _add(item, **{CONTENT: entry.content})
    return _document(root)


def rdf(outlet: Outlet, entries: Printed) -> bytes:
    """As RSS 1.0."""
    root = Element(f"{RDF}RDF")
    channel = SubElement(root, f"{RSS1}channel", {f"{RDF}about": outlet.home})
    named = {f"{RSS1}title": outlet.title, f"{RSS1}link": outlet.home, f"{RSS1}description": outlet.title}
    _add(channel, **named, **{f"{DC}language": outlet.language})
    order = SubElement(SubElement(channel, f"{RSS1}items"), f"{RDF}Seq")
    for entry in entries:
        SubElement(order, f"{RDF}li", {f"{RDF}resource": entry.url})
        item = SubElement(root, f"{RSS1}item", {f"{RDF}about": entry.url})
        told = {f"{RSS1}title": entry.title, f"{RSS1}link": entry.url, f"{RSS1}description": entry.summary}
        _add(item, **told, **{f"{DC}date": entry.at.isoformat()})
        if entry.content:
            _add(item, **{CONTENT: entry.content})
    return _document(root)


def atom(outlet: Outlet, entries: Printed) -> bytes:
    """As Atom."""
    root = Element(f"{ATOM}feed", {f"{XML}lang": outlet.language})
    updated = max(entry.at for entry in entries).isoformat() if entries else "1970-01-01T00:00:00Z"
    _add(root, **{f"{ATOM}id": outlet.home, f"{ATOM}title": outlet.title, f"{ATOM}updated": updated})
    for entry in entries:
        item, at = SubElement(root, f"{ATOM}entry"), entry.at.isoformat()
        told = {f"{ATOM}id": entry.url, f"{ATOM}title": entry.title, f"{ATOM}summary": entry.summary}
        _add(item, **told, **{f"{ATOM}published": at, f"{ATOM}updated": at})
        SubElement(item, f"{ATOM}link", href=entry.url)
        if entry.content:
            _add(item, **{f"{ATOM}content": entry.content})
    return _document(root)


def json_feed(outlet: Outlet, entries: Printed) -> bytes:
    """As JSON Feed."""
    items = [
        {
            "id": entry.url,
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "content_text": entry.content or entry.summary,
            "date_published": entry.at.isoformat(),
        }
        for entry in entries
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": outlet.home,
        "language": outlet.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Format:
    """How an outlet prints its entries."""

    content_type: str
    write: Callable[[Outlet, Printed], bytes]


FORMATS: Mapping[str, Format] = {
    "rss": Format("application/rss+xml; charset=utf-8", rss),
    "rdf": Format("application/rdf+xml; charset=utf-8", rdf),
    "atom": Format("application/atom+xml; charset=utf-8", atom),
    "json": Format("application/feed+json", json_feed),
}


def _add(parent: Element, **texts: str) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = text


def _document(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
