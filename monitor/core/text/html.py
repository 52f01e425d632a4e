"""HTML → the text that is shown, matched and hashed.

Plain text comes out as it went in. Whatever the markup, the work is linear in its bounded length.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, cast

from lxml import etree

from monitor.core.text.fold import INVISIBLE, JOINERS

if TYPE_CHECKING:
    from lxml.etree._saxparser import ParserTarget

MAX_MARKUP = 1_000_000
"""Characters of markup that are read; the longest article among 36 000 real entries had a tenth of it."""

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol",
    "option", "p", "pre", "search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul",
})  # fmt: skip
_UNSHOWN = frozenset({
    "head", "iframe", "noscript", "object", "script", "style", "svg", "template", "title",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "audio", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "link", "map", "mark", "meta", "nobr", "q", "rp", "rt", "ruby", "s",
    "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "video",
    "wbr",
})  # fmt: skip

_REPLACED = frozenset({"audio", "canvas", "embed", "iframe", "img", "object", "svg", "video"})
"""What is shown in their place stands between the words around them, whether anything is."""
_NOTHING = frozenset({"noscript", "script", "style", "template", "wbr"})
"""Elements that leave no trace in a word."""
_CLOSED_AT_ONCE = re.compile(rf"<({'|'.join(sorted(_UNSHOWN))})(\s[^<>]*)?/>", re.IGNORECASE)
"""`<iframe/>` as XHTML closes it; HTML would take all that follows for its content."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Digits in `<sup>`: marks of footnotes and powers, which are no part of the word before them."""
_UNSHOWN_JOINER = re.compile(rf"(?<!\S){JOINERS}+|(?<={JOINERS}){JOINERS}+")
"""Joiners that follow nothing: newsletters fill their previews with them. Behind a Malayalam word one counts."""

_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9:-]*+(?=[\s/>])|<!--|<!doctype|<\?xml", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BARE_AMPERSAND = re.compile(rf"&(?!{_ENTITY.pattern[1:]})")
_BARE_LESS_THAN = re.compile(
    rf"<(?!{'|'.join(p.removeprefix('<') for p in _TAG.pattern.split('|'))})", re.IGNORECASE
)
_CUT_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS | _UNSHOWN | _INLINE))})(?:\s|$)", re.IGNORECASE)
_BLOCK_END = re.compile(rf"</(?:{'|'.join(sorted(_BLOCKS))})\s*>", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_SPACES = re.compile(r"[^\S\n]+")
_ALL_SPACES = re.compile(r"\s+")
_UNSHOWN_INVISIBLE = re.compile(rf"(?!{JOINERS}){INVISIBLE.pattern}")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def to_text(markup: str) -> str:
    """The text that a reader of `markup` sees: paragraphs divided by a newline, single spaces inside them.

    Tags, comments and what is never shown are out, entities are decoded, also those that were
    encoded twice, and so is markup that was encoded as text. A `<` or `&` that begins no tag or entity stays.
    No control or invisible characters are left but joiners, which Persian, Sinhala, Malayalam and emoji need.
    """
    text, had_tags = _decode(_SURROGATE.sub("\ufffd", markup[:MAX_MARKUP]), divided=False)
    if _TAG.search(text) or _ENTITY.search(text):
        text, _ = _decode(text, divided=had_tags)
    return _tidy(text)


def tidy(text: str) -> str:
    """Plain text as `to_text` leaves it: nothing of it is taken for markup."""
    return _tidy(_SURROGATE.sub("\ufffd", text))


def _decode(markup: str, *, divided: bool) -> tuple[str, bool]:
    """`markup` with one layer of tags and entities taken off, and whether there were tags.

    `divided`: a newline in `markup` divides paragraphs already; otherwise, among tags, it is a space.
    """
    markup = _without_cut_tag(_CDATA.sub("", markup))
    if not _TAG.search(markup):
        return _ENTITY.sub(lambda entity: html.unescape(entity[0]), markup), False
    markup = markup.replace("\n", "<p>") if divided else _ALL_SPACES.sub(" ", markup)
    markup = _CLOSED_AT_ONCE.sub(r"<\1\2></\1>", markup)
    markup = _BLOCK_END.sub(r"\g<0><br>", markup)  # a block that was never opened ends a paragraph too
    markup = _BARE_LESS_THAN.sub("&lt;", _BARE_AMPERSAND.sub("&amp;", markup))
    parser = etree.HTMLParser(target=cast("ParserTarget[str]", _Shown()))
    parser.feed(f"<body>{markup}")
    return str(parser.close()), True


def _without_cut_tag(markup: str) -> str:
    """`markup` without a last tag that was cut off, where summaries are cut by length; other `<` are kept."""
    end = markup.rfind(">") + 1
    last = markup.rfind("<", end)
    if last >= 0 and _CUT_TAG.match(markup, last):
        markup = markup[:last]
    return markup[:end] + markup[end:].replace("<", "&lt;")


class _Shown:
    """A target for lxml's parser that collects what is shown. It does without the events that it needs not."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._unshown = 0
        self._raised = 0
        self._opened = ("", 0)
        """The last tag that was opened, and how many parts there were then."""

    def start(self, tag: str, _attributes: object) -> None:
        if tag in _REPLACED:
            self._parts.append(" ")
        if tag in _UNSHOWN:
            self._unshown += 1
        if tag in _BLOCKS:
            self._parts.append("\n")
        if tag == "sup":
            self._raised += 1
        self._opened = (tag, len(self._parts))

    def end(self, tag: str) -> None:
        if tag in _UNSHOWN and self._unshown:
            self._unshown -= 1
        if tag in _BLOCKS:
            self._parts.append("\n")
        if tag == "sup" and self._raised:
            self._raised -= 1
        if self._opened == (tag, len(self._parts)) and tag not in _NOTHING:
            self._parts.append(" ")  # an icon or an anchor: it stands between words, not inside one

    def data(self, data: str) -> None:
        if not self._unshown:
            self._parts.append(data.translate(_RAISED) if self._raised else data)

    def close(self) -> str:
        return "".join(self._parts)


def _tidy(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text)
    text = _CONTROL.sub("", _UNSHOWN_INVISIBLE.sub("", text))
    if not text.isascii():
        text = _UNSHOWN_JOINER.sub("", text)
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
