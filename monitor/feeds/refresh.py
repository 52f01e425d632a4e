"""Where a page sends its reader on: the `Refresh` header and `<meta http-equiv="refresh">` (HTML §4.2.5.3).

Followed as a redirect, where what came is no feed. Read with a few patterns over the page's beginning, never with a
parser: this runs in the daemon, and the page is a stranger's.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

HEAD_BYTES = 65_536
"""As much of a page is looked at: the element stands in its head."""
LONGEST_S = 60
"""Who is to read for longer first is told news, not the way."""

_ROOT = re.compile(
    rb"<(?:(?P<page>!doctype\s+html|html|head|body|meta|title|script|noscript|center|frameset)"
    rb"|(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel|urlset|sitemapindex))(?=[\s>/])",
    re.IGNORECASE,
)
"""How a document's first element begins, of those that tell what it is."""
_HIDDEN = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|textarea|template)\b.*?(?:</\1|\Z)", re.IGNORECASE | re.DOTALL
)
_META = re.compile(rb"<meta\s([^<>]{1,4096})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([\w-]{1,20})\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_REFRESH = re.compile(
    r"""\s*(\d{0,9})(?:\.[\d.]*)?\s*[;,\s]\s*(?:url\s*=\s*)?(?P<quote>["']?)(.*)""", re.IGNORECASE | re.DOTALL
)


def target(header: Mapping[str, str], body: bytes) -> str:
    """The address, as written, that an answer with these headers (by lower-case name) sends on to; empty: none.

    A feed sends nobody on, whatever its headers say: there `Refresh` is a wish to come again.
    """
    if not _is_page(body):
        return ""
    if found := _address(header.get("refresh", "")):
        return found
    for attributes in _META.findall(_HIDDEN.sub(b" ", body[:HEAD_BYTES])):
        said = {name.lower(): value.strip(b"\"'") for name, value in _ATTRIBUTE.findall(attributes)}
        if said.get(b"http-equiv", b"").strip().lower() != b"refresh":
            continue
        if found := _address(html.unescape(said.get(b"content", b"").decode("utf-8", "replace"))):
            return found
    return ""


def _is_page(body: bytes) -> bool:
    """Whether it is one, or nothing at all: a server may leave the body to the header."""
    root = _ROOT.search(body, 0, HEAD_BYTES)
    return not body.strip() if root is None else root["page"] is not None


def _address(text: str) -> str:
    found = _REFRESH.fullmatch(text[:4096])
    if found is None or int(found[1] or 0) > LONGEST_S:
        return ""
    quote, address = found["quote"], found[3]
    return (address.partition(quote)[0] if quote else address).strip()
