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
    from collections.abc import Callable

    from lxml.etree._parser import CustomTargetParser
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

_KNOWN = _BLOCKS | _UNSHOWN | _INLINE | frozenset({
    "acronym", "applet", "area", "base", "basefont", "bgsound", "blink", "button", "canvas", "col", "colgroup",
    "data", "datalist", "embed", "frame", "frameset", "image", "keygen", "marquee", "math", "meter", "noembed",
    "noframes", "optgroup", "output", "param", "picture", "portal", "progress", "rb", "rtc", "select", "slot",
    "textarea", "track", "xmp",
})  # fmt: skip
MOST_NAMES = 100
"""Names of elements whose ends are looked for: each look goes through the whole text."""
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
_PAGE = re.compile(r"<(?:!doctype|html|body)\b", re.IGNORECASE)
_LOOSE = frozenset({"div", "li", "p", "span"})
"""May stand unclosed around a title."""
_RAW = frozenset(
    {"iframe", "noscript", "object", "script", "style", "svg", "template", "textarea", "title", "xmp"}
)
"""Elements that swallow everything up to their end tag: without one they are no elements, but words about them."""

_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9:-]*+(?=[\s/><])|<!--|<!doctype|<\?xml", re.IGNORECASE)
_WHOLE_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)(?P<rest>(?=[\s/>])[^<>]*+)>")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BARE_AMPERSAND = re.compile(rf"&(?!{_ENTITY.pattern[1:]})")
_BARE_LESS_THAN = re.compile(
    rf"<(?!{'|'.join(p.removeprefix('<') for p in _TAG.pattern.split('|'))})", re.IGNORECASE
)
_CUT_TAG = re.compile(
    rf"</?(?:{'|'.join(sorted(_BLOCKS | _UNSHOWN | _INLINE))})(?P<attributes>(?:\s[^<>]*)?)\Z", re.IGNORECASE
)
_TORN_END = re.compile(r"(</[a-zA-Z][a-zA-Z0-9]*+)\s*(?=<)")
_BLOCK_END = re.compile(rf"</(?:{'|'.join(sorted(_BLOCKS))})\s*>", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_ALL_SPACES = re.compile(r"\s+")
_OTHER_SPACE = re.compile(r"[^\S ]")
_UNSHOWN_INVISIBLE = re.compile(rf"(?!{JOINERS}){INVISIBLE.pattern}")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def to_text(markup: str) -> str:
    """The text that a reader of `markup` sees: paragraphs divided by a newline, single spaces inside them.

    Tags, comments and what is never shown are out, entities are decoded, also those that were encoded twice. Where
    no tag stood markup that was encoded as text is taken off too, tag by tag: no word is lost by it. A `<` or `&`
    that begins no tag or entity stays. No control or invisible characters are left but
    joiners, which Persian, Sinhala, Malayalam and emoji need.
    """
    return _tidy(_text(_without_surrogates(markup[:MAX_MARKUP]), with_literal=_with_literal_elements))


def to_line(markup: str) -> str:
    """The text of a title or a name. Of a tag that nothing closes it speaks: `On the <dl>`, `A<B`, `Vec<T>`."""
    with_literal = _with_literal_elements if _PAGE.search(markup) else _with_literal_tags
    text = _text(_without_surrogates(markup[:MAX_MARKUP]), with_literal=with_literal)
    return _tidy(text).replace("\n", " ")


def tidy(text: str) -> str:
    """Plain text as `to_text` leaves it: nothing of it is taken for markup."""
    return _tidy(_without_surrogates(text))


def _without_surrogates(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _text(markup: str, *, with_literal: Callable[[str], str]) -> str:
    if "]]>" in markup or "<![CDATA[" in markup:
        markup = _CDATA.sub("", markup)
    if "<" not in markup and "&" not in markup:
        return markup
    text, had_tags = _decode(markup, with_literal, _UNSHOWN)
    if not had_tags and _TAG.search(text):
        text, _ = _decode(text, with_literal, frozenset())
    return _unescaped(text) if "&" in text else text


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _decode(markup: str, with_literal: Callable[[str], str], unshown: frozenset[str]) -> tuple[str, bool]:
    """`markup` with one layer of tags and entities taken off, and whether there were tags.

    `unshown`: elements whose text is left out.
    """
    markup = _without_cut_tag(markup)
    if _TAG.search(markup):
        markup = with_literal(_CLOSED_AT_ONCE.sub(r"<\1\2></\1>", _with_whole_comments(markup)))
    if not _TAG.search(markup):
        return _unescaped(markup), False
    if "  " in markup or (not markup.isprintable() and _OTHER_SPACE.search(markup)):
        markup = _ALL_SPACES.sub(" ", markup)
    markup = _TORN_END.sub(r"\1>", markup)
    markup = _BLOCK_END.sub(r"\g<0><br>", markup)  # a block that was never opened ends a paragraph too
    if "&" in markup:
        markup = _BARE_AMPERSAND.sub("&amp;", markup)
    return _shown_of(f"<body>{_BARE_LESS_THAN.sub('&lt;', markup)}", unshown), True


def _with_whole_comments(markup: str) -> str:
    """`markup` with the beginning of a comment escaped that has no end: it would swallow the rest."""
    last = markup.rfind("-->")
    begun = markup.find("<!--", max(last, 0))
    return markup if begun < 0 else markup[:begun] + markup[begun:].replace("<!--", "&lt;!--")


def _without_cut_tag(markup: str) -> str:
    """`markup` without a last tag that was cut off, where summaries are cut by length; other `<` are kept."""
    end = markup.rfind(">") + 1
    last = markup.rfind("<", end)
    cut = _CUT_TAG.match(markup, last) if last >= 0 else None
    # `<a hre` behind other tags, or `<a href="`; `A<B` and `if a <b then` are no tags.
    if cut and ("=" in cut["attributes"] or (end and len(cut["attributes"].split()) < 2)):
        markup = markup[:last]
    return markup[:end] + markup[end:].replace("<", "&lt;")


def _with_literal_elements(markup: str) -> str:
    """`markup` with the start tags escaped that nothing ends, of what would swallow the rest or is not HTML's."""
    ends: dict[str, int] = {}
    lowered = markup.lower()

    def literal(tag: re.Match[str]) -> str:
        name = tag["name"].lower()
        if tag["end"] or (name not in _RAW and (name in _KNOWN or not name.isalnum())):
            return tag[0]
        if name not in ends:
            ends[name] = lowered.rfind(f"</{name}") if len(ends) < MOST_NAMES else len(markup)
        return tag[0] if ends[name] > tag.start() else _unclosed(tag)

    return _WHOLE_TAG.sub(literal, markup)


def _with_literal_tags(markup: str) -> str:
    """`markup` with the tags escaped that are words: such as nothing closes, or that close nothing."""
    tags = list(_WHOLE_TAG.finditer(markup))
    kept = _paired(tags)
    end = len(markup.rstrip())
    for at, tag in enumerate(tags):
        name = tag["name"].lower()
        known = name in _BLOCKS or name in _INLINE
        outer = tag.start() == 0 or tag.end() == end
        if name in _VOID or (known and (tag["rest"].strip(" /") or (outer and name in _LOOSE))):
            kept.add(at)
        elif tag["end"] and known and tag.end() == end:
            kept.add(at)  # of a title that was cut out of a page
    parts, last = [], 0
    for at, tag in enumerate(tags):
        if at not in kept:
            parts += [markup[last : tag.start()], _unclosed(tag)]
            last = tag.end()
    return "".join([*parts, markup[last:]])


def _unclosed(tag: re.Match[str]) -> str:
    """What stands for a start tag that nothing ends: with attributes it is meant, without it is a word."""
    return "" if "=" in tag["rest"] or tag["rest"].endswith("/") else f"&lt;{tag[0][1:]}"


def _paired(tags: list[re.Match[str]]) -> set[int]:
    """The numbers of the tags that have a partner."""
    kept: set[int] = set()
    open_at: dict[str, list[int]] = {}
    for at, tag in enumerate(tags):
        waiting = open_at.setdefault(tag["name"].lower(), [])
        if not tag["end"]:
            waiting.append(at)
        elif waiting:
            kept |= {at, waiting.pop()}
    return kept


class _Shown:
    """A target for lxml's parser that collects what is shown. It does without the events that it needs not."""

    def __init__(self) -> None:
        self.begin(frozenset())

    def begin(self, unshown: frozenset[str]) -> None:
        """Nothing is collected so far. `unshown`: elements whose text is left out."""
        self._parts: list[str] = []
        self._hidden = unshown
        self._unshown = 0
        self._raised = 0
        self._opened = ("", 0)
        """The last tag that was opened, and how many parts there were then."""

    def start(self, tag: str, _attributes: object) -> None:
        if tag in _REPLACED:
            self._parts.append(" ")
        if tag in self._hidden:
            self._unshown += 1
        if tag in _BLOCKS:
            self._parts.append("\n")
        if tag == "sup":
            self._raised += 1
        self._opened = (tag, len(self._parts))

    def end(self, tag: str) -> None:
        if tag in self._hidden and self._unshown:
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


def _shown_of(markup: str, unshown: frozenset[str]) -> str:
    """What is shown of the markup. A parser that breaks is not asked again: half a document would stand in it."""
    try:
        shown, parser = _idle.pop()
    except IndexError:
        shown = _Shown()
        parser = etree.HTMLParser(target=cast("ParserTarget[str]", shown))
    shown.begin(unshown)
    parser.feed(markup)
    text = str(parser.close())
    _idle.append((shown, parser))
    return text


_idle: list[tuple[_Shown, CustomTargetParser[str]]] = []
"""Parsers that nobody uses, as many as threads once read at a time: to make one takes lxml as long as to read."""


def _tidy(text: str) -> str:
    # Control characters, line ends and all spaces but one are not printable: one look, where patterns take five times
    # as long.
    printable = text.replace("\n", " ").isprintable()
    if not printable:
        text = _CONTROL.sub("", _LINE_ENDS.sub("\n", text))
    if not text.isascii():
        text = _UNSHOWN_JOINER.sub("", _UNSHOWN_INVISIBLE.sub("", text))
    single = printable and "  " not in text
    lines = (line.strip(" ") if single else " ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
