"""A document that is nearly XML → one that is, where it is plain what was meant.

A bare ampersand or `<` is one, an entity of HTML is its character, a prefix that nobody declared is the usual one,
what stands before or behind the feed is no part of it. Every other flaw is left to feedparser's tolerant reader.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Final

import regex

from monitor.feeds.elements import PREFIXES

_TEXT: Final = re.compile(
    rb"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<!DOCTYPE[^\[>]{0,2000}(?:\[.{0,20000}?\]\s*)?>)"
    rb"|(<)(?![A-Za-z_/!?:])"
    rb"|&(?:(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)|([A-Za-z][A-Za-z0-9]{1,31});)?",
    re.DOTALL | re.IGNORECASE,
)
_DECLARED_ENTITY: Final = re.compile(rb"<!ENTITY\s+([\w.-]{1,40})\s", re.IGNORECASE)
_HEAD_BYTES: Final = 65_536
# `regex`: possessive groups that match in several ways are wrong in the `re` of Python before 3.11.5 (gh-106052).
_PROLOGUE: Final = regex.compile(
    rb"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?!\s+html\b)[^\[>]*(?:\[.*?\]\s*)?>)*+",
    regex.DOTALL | regex.IGNORECASE,
)
_PREFIX: Final = re.compile(
    rb"</?([A-Za-z_][\w.-]{0,39}):[A-Za-z_]|\s([A-Za-z_][\w.-]{0,39}):[\w.-]{1,60}\s*="
)
_DECLARED_PREFIX: Final = re.compile(rb"\sxmlns:([\w.-]{1,40})\s*=")
_UNKNOWN: Final = "urn:undeclared:"


def from_root(document: bytes, root: re.Match[bytes]) -> bytes:
    """The document without what stands before its root and is no prologue of a feed: a page's, a warning of PHP's."""
    if _PROLOGUE.fullmatch(document, 0, root.start()):
        return document
    return document[root.start() :]


def mended(document: bytes, root: re.Match[bytes] | None) -> bytes:
    """The document with its flaws mended, whose root element begins as `root` found it."""
    if root is not None:
        document = _ended(_declared(document, root), root)
    return texts_mended(document)


def texts_mended(document: bytes) -> bytes:
    """With every bare ampersand, bare `<` and entity of HTML as XML writes it; entities of its own stay."""
    own = frozenset(_DECLARED_ENTITY.findall(document, 0, _HEAD_BYTES))

    def escaped(found: re.Match[bytes]) -> bytes:
        hidden, less, reference, name = found.groups()
        if hidden or reference or (name and name in own):
            return found[0]
        if less:
            return b"&lt;"
        characters = html5.get(f"{name.decode()};") if name else None
        if characters is None:
            return b"&amp;" + found[0][1:]
        return "".join(f"&#{ord(character)};" for character in characters).encode()

    return _TEXT.sub(escaped, document)


def _declared(document: bytes, root: re.Match[bytes]) -> bytes:
    """With the prefixes declared on the root that are used and declared nowhere."""
    used = {prefix or other for prefix, other in _PREFIX.findall(document)}
    unknown = used - set(_DECLARED_PREFIX.findall(document)) - {b"xml", b"xmlns"}
    if not unknown:
        return document
    names = "".join(
        f' xmlns:{prefix}="{PREFIXES.get(prefix.lower(), _UNKNOWN + prefix)}"'
        for prefix in sorted(name.decode("ascii", "replace") for name in unknown)
        if prefix.isascii()
    )
    return document[: root.end()] + names.encode() + document[root.end() :]


def _ended(document: bytes, root: re.Match[bytes]) -> bytes:
    """Without what stands behind the root's last end tag."""
    end = re.compile(rb"</" + re.escape(root[0][1:]) + rb"\s*>", re.IGNORECASE)
    last = max((found.end() for found in end.finditer(document)), default=len(document))
    return document[:last]
