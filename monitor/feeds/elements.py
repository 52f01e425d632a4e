"""feedparser, driven by expat and kept from mistaking one entry for another.

What an element of any feed means is feedparser's knowledge and stays its own. Replaced is what it carries along: here
the meaning of a tag depends on what stands around it, and never on what stood before, so that an entry is read alike
with its neighbours and without. Also replaced: what it guesses of texts that become plain text anyway, and its dates.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import re
from dataclasses import dataclass
from functools import lru_cache
from pyexpat import ExpatError, ParserCreate
from typing import Any, Final
from xml.sax import saxutils

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.html import _cp1252
from feedparser.sanitizer import replace_doctype
from feedparser.util import FeedParserDict

SEPARATOR: Final = " "
"""Between the namespace, the local name and the prefix of a name: none of them can hold one."""
TEXTS: Final = frozenset({"content", "description", "summary"})
"""Elements of an entry that are its text."""
_MARKUP: Final = frozenset({"", "xhtml"})
"""Prefixes under which an element inside a text is markup; a feed's own element there is the entry's."""
TEXTS_OF: Final = " texts"
PERMALINK: Final = " permalink"
"""Of an entry, beside feedparser's keys; no element has such a name."""
_NAMESPACES: Final = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items()}
_ATOM: Final = "http://www.w3.org/2005/Atom"
PREFIXES: Final[dict[str, str]] = {
    **{prefix: uri for uri, prefix in StrictFeedParser.namespaces.items() if prefix},
    **dict.fromkeys(("atom", "atom10", "a10"), _ATOM),
}
"""What a prefix means where nobody declared it."""
_C1: Final = re.compile("[\x80-\x9f]")
_BEYOND_LATIN_1: Final = re.compile("[^\x00-\xff]")


@dataclass(frozen=True, slots=True)
class Elements:
    """What feedparser made of a document."""

    feed: Any
    entries: list[Any]
    version: str
    flaw: str
    """Why the document is not well-formed; empty: it is."""


def read(document: bytes) -> Elements:
    """The elements of a UTF-8 document; where it is not well-formed, by feedparser's tolerant reader."""
    version, document, entities = replace_doctype(document)
    strict = Strict()
    try:
        strict.read(document)
    except ExpatError as error:
        loose = Loose("", None, "utf-8", entities)
        loose.feed(document.decode("utf-8", "replace"))
        return Elements(loose.feeddata, loose.entries, version or loose.version, str(error))
    return Elements(strict.feeddata, strict.entries, version or strict.version, "")


class _Mended:
    """What is otherwise than feedparser does it, however the document is read."""

    entries: list[Any]
    contentparams: Any

    def _start_item(self: Any, attributes: dict[str, str]) -> None:
        self.incontent = self.hasContent = self.inimage = self.intextinput = self.insource = 0
        self.inauthor = self.incontributor = self.inpublisher = self.svgOK = 0
        self._summaryKey = None
        self.contentparams.clear()
        self.sourcedata.clear()
        super()._start_item(attributes)  # type: ignore[misc]

    _start_entry = _start_item

    def _end_guid(self: Any) -> None:
        self.pop("id")
        self._save(PERMALINK, bool(self.guidislink), overwrite=True)

    _end_id = _end_guid

    def _end_media_description(self: Any) -> None:
        """A picture's caption is an entry's text only where it has no other."""
        before = len(self._get_context().get(TEXTS_OF, ()))
        super()._end_media_description()  # type: ignore[misc]
        del self._get_context().get(TEXTS_OF, [])[before:]

    def _end_author(self: Any) -> None:
        """A name without elements of its own stays as it is written."""
        value = self.pop("author")
        self.inauthor = 0
        authors = self._get_context().get("authors") or [{}]
        if value and not authors[-1]:
            authors[-1]["name"] = value
        elif authors[-1]:
            self._sync_author_detail()

    _end_managingeditor = _end_dc_author = _end_dc_creator = _end_itunes_author = _end_author

    # Dates stay as they are written: `dates` reads them.

    def _end_published(self: Any) -> None:
        self.pop("published")

    _end_issued = _end_pubdate = _end_dcterms_issued = _end_published

    def _end_updated(self: Any) -> None:
        self.pop("updated")

    _end_modified = _end_lastbuilddate = _end_dc_date = _end_dcterms_modified = _end_updated

    def _end_created(self: Any) -> None:
        self.pop("created")

    _end_dcterms_created = _end_created

    def _end_expirationdate(self: Any) -> None:
        self.pop("expired")

    def pop(self: Any, element: str, strip_whitespace: int = 1) -> Any:
        """The text of an element that ends, stored where it belongs; None where another one is open."""
        if not self.elementstack or self.elementstack[-1][0] != element:
            return None
        _, expecting_text, pieces = self.elementstack.pop()
        output = "".join(piece.decode() if isinstance(piece, bytes) else piece for piece in pieces)
        if strip_whitespace:
            output = output.strip()
        if not expecting_text:
            return output
        if dict.get(self.contentparams, "base64"):
            output = _from_base64(output)
        elif output and element in self.can_be_relative_uri and (element != "id" or self.guidislink):
            output = self.resolve_uri(output)
        if not self.contentparams.pop("base64", 0):
            output = self.decode_entities(element, output)
        self.contentparams.pop("mode", None)
        output = _unmangled(output)
        self._store(element, output)
        return output

    def _store(self: Any, element: str, output: str) -> None:
        if element in {"category", "tags", "itunes_keywords"}:
            return  # stored by whoever asked
        if element == "title" and -1 < self.title_depth <= self.depth:
            return
        if self.inentry and not self.insource:
            self._store_in_entry(element, output)
        elif self.infeed or self.insource:
            context = self._get_context()
            name = "subtitle" if element == "description" else element
            context[name] = output
            if element == "link" and context.get("links"):
                context["links"][-1]["href"] = output
            elif self.incontent:
                context[f"{name}_detail"] = FeedParserDict(self.contentparams, value=output)

    def _store_in_entry(self: Any, element: str, output: str) -> None:
        entry = self.entries[-1]
        if element in TEXTS and output:
            entry.setdefault(TEXTS_OF, []).append(output)
        if element == "content":
            entry.setdefault(element, []).append(FeedParserDict(self.contentparams, value=output))
        elif element == "link":
            if not self.inimage and output:
                entry[element] = output
                entry["links"][-1]["href"] = output
        else:
            name = "summary" if element == "description" else element
            depths = self.property_depth_map.setdefault(entry, {})
            if self.depth <= depths.get(name, self.depth):
                depths[name] = self.depth
                entry[name] = output
            if self.incontent:
                entry[f"{name}_detail"] = FeedParserDict(self.contentparams, value=output)


class Strict(_Mended, StrictFeedParser):  # type: ignore[misc]
    """Of a well-formed document."""

    def __init__(self) -> None:
        super().__init__("", None, "utf-8")
        self._open: list[tuple[str | None, Any]] = []
        """Of each open element the end of its name, None for markup; and what it interrupted."""

    def read(self, document: bytes) -> None:
        """Raises ExpatError."""
        parser = ParserCreate("UTF-8", SEPARATOR)  # whatever its declaration says: it was recoded
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.StartNamespaceDeclHandler = self._declare
        parser.CharacterDataHandler = self.handle_data
        parser.Parse(document, True)  # noqa: FBT003 - expat's own signature: this is all of it

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if not self._open and uri:  # on the root: which format it is
            self.track_namespace(prefix, uri)
            self.namespacemap.clear()  # names come here with their standard prefix

    def _begin(self, name: str, given: dict[str, str]) -> None:
        prefix, local = _named(name)
        attributes = {_attribute(key): value for key, value in given.items()} if given else {}
        for key in ("rel", "type"):
            if key in attributes:
                attributes[key] = attributes[key].lower()
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if attributes:
            self._enter(local, attributes)
        method = f"{prefix}_{local}" if prefix else local
        interrupted = None
        if self.incontent:
            if prefix in _MARKUP or not hasattr(self, f"_start_{method}"):
                self._begin_markup(prefix, local, attributes)
                return
            interrupted = (self.incontent, self.contentparams, self._summaryKey)
            self.incontent, self.contentparams, self._summaryKey = 0, FeedParserDict(), None
        self._open.append((method, interrupted))
        self._begin_element(prefix, local, attributes, method)

    def _enter(self, local: str, attributes: dict[str, str]) -> None:
        base = attributes.get("xml:base", attributes.get("base"))
        if base:
            self.baseuri = self.resolve_uri(base)
        lang = attributes.get("xml:lang", attributes.get("lang"))
        if lang is not None:
            self.lang = lang or None
            if lang and local in {"feed", "rss", "rdf"} and not self.infeed:
                self.feeddata["language"] = lang.replace("_", "-")

    def _begin_markup(self, prefix: str, local: str, attributes: dict[str, str]) -> None:
        if not self.contentparams.get("type", "xml").endswith("xml"):
            if local == "div" and prefix in _MARKUP:
                self._open.append((None, None))
                return  # escaped markup in a real `div`, as TypePad wrote it
            self.contentparams["type"] = "application/xhtml+xml"  # it declared itself as escaped, and is not
        self._open.append((None, local))
        self.handle_data(f"<{local}{self.strattrs(attributes.items())}>", escape=0)

    def _begin_element(self, prefix: str, local: str, attributes: dict[str, str], method: str) -> None:
        if not prefix:
            if local not in {"title", "link", "description", "name"}:
                self.intextinput = 0
            if local not in {"title", "link", "description", "url", "href", "width", "height"}:
                self.inimage = 0
        try:
            getattr(self, f"_start_{method}")(attributes)
        except (AttributeError, LookupError, TypeError):  # no such element, or one in a place that has none
            if attributes:
                self._get_context()[method] = attributes
            else:
                self.push(method, 1)

    def _end(self, _name: str) -> None:
        method, interrupted = self._open.pop()
        if method is not None:
            try:
                getattr(self, f"_end_{method}")()
            except (AttributeError, LookupError, TypeError):
                self.pop(method)
            if interrupted is not None:
                self.incontent, self.contentparams, self._summaryKey = interrupted
        elif interrupted is not None:
            self.handle_data(f"</{interrupted}>", escape=0)
        self.baseuri, self.lang = self.basestack.pop(), self.langstack.pop()
        self.depth -= 1

    def handle_data(self, text: str, escape: int = 1) -> None:
        """As feedparser does, without a copy for each piece; its own `get` tries a key's other names first."""
        if self.elementstack:
            if escape and dict.get(self.contentparams, "type") == "application/xhtml+xml":
                text = saxutils.escape(text)
            self.elementstack[-1][2].append(text)


class Loose(_Mended, LooseFeedParser):  # type: ignore[misc]
    """Of a document that is not well-formed."""

    def decode_entities(self, element: str, data: str) -> str:
        """Also of what is no markup: an identifier is the same however its document is written."""
        if not self.contentparams:
            return html.unescape(data)
        return str(super().decode_entities(element, data))


@lru_cache(maxsize=4096)
def _named(name: str) -> tuple[str, str]:
    """The standard prefix, or that which is given, and the local name, in lower case."""
    uri, _, rest = name.rpartition(SEPARATOR)
    if not uri:
        return "", name.lower()
    prefix = ""
    if SEPARATOR in uri:
        uri, local, prefix = name.split(SEPARATOR, 2)
    else:
        local = rest
    uri = uri.lower()
    if "backend.userland.com/rss" in uri:
        return "", local.lower()
    return _NAMESPACES.get(uri, prefix).lower(), local.lower()


@lru_cache(maxsize=4096)
def _attribute(name: str) -> str:
    uri, *rest = name.split(SEPARATOR)
    if not rest:
        return uri.lower()
    prefix = _NAMESPACES.get(uri.lower(), "")
    return f"{prefix}:{rest[0]}".lower() if prefix else rest[0].lower()


def _from_base64(text: str) -> str:
    try:
        return base64.decodebytes(text.encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def _unmangled(text: str) -> str:
    """The text, where UTF-8 was once taken for ISO-8859-1 read as it was meant, and so with Windows' characters."""
    if text.isascii():
        return text
    if not _BEYOND_LATIN_1.search(text):
        with contextlib.suppress(UnicodeDecodeError):
            text = text.encode("iso-8859-1").decode()
    return text.translate(_cp1252) if _C1.search(text) else text
