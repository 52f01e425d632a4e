"""A web page's bytes → the text of its article. Touches neither network nor disk; runs in the worker processes.

Promise: text as feeds' texts are (`core.text.html`), at most `MAX_TEXT` of it, or a `ParseError`. Time is bounded
by whoever calls.
"""

from __future__ import annotations

import re

from monitor.core.text.document import MAX_TEXT
from monitor.core.text.html import tidy
from monitor.errors import ParseError, ParseReason
from monitor.feeds.decode import to_utf8

TYPES = frozenset({"", "text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain"})
"""What a web page may call itself; some servers have no name for it."""
HEAD_BYTES = 4096
"""HTML §13.2.3.2 looks for the encoding in 1 024 bytes; some heads say other things first."""

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|p|div|article)[\s>]", re.IGNORECASE)
_SOFT_END = re.compile(r"\n[^\n]*\Z")


def text_of(body: bytes, *, content_type: str) -> str:
    """The page's article without what stands around it, paragraphs divided by newlines. Raises `ParseError`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise ParseError(f"it is no web page but {kind[:80]}", reason=ParseReason.NO_PAGE)
    document, _ = to_utf8(body, content_type=_with_charset(content_type, body))
    if not _MARKUP.search(document, 0, 16 * HEAD_BYTES):
        raise ParseError("it is no web page", reason=ParseReason.NO_PAGE)
    try:
        text = _extracted(document.decode("utf-8", "replace"))
    except MemoryError:
        raise
    except Exception as error:  # hostile pages kill libraries in many ways; each is its entry's alone
        raise ParseError(f"the reader failed: {type(error).__name__}", reason=ParseReason.CRASHED) from error
    if not text:
        raise ParseError("no article was found on the page", reason=ParseReason.NO_TEXT)
    return text


def _extracted(markup: str) -> str:
    from trafilatura import bare_extraction  # noqa: PLC0415 - 0.4 s and 20 MB that only readers of pages need

    found = bare_extraction(markup, include_comments=False, include_tables=True)
    text = tidy(getattr(found, "text", None) or "")
    return text if len(text) <= MAX_TEXT else _SOFT_END.sub("", text[:MAX_TEXT])


def _with_charset(content_type: str, body: bytes) -> str:
    """The header, with the encoding that the page itself names where the header names none."""
    if "charset" in content_type.lower() or not (named := _META.search(body[:HEAD_BYTES])):
        return content_type
    return f"text/html; charset={named[1].decode('ascii', 'replace')}"
