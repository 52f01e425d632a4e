"""OPML 2.0 lists of feeds, as other readers export and import them.

A list may come from a stranger: it is bounded, defines no entities, reaches no files, and no `${NAME}` in it
is filled in.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html.entities import html5
from pathlib import Path
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.config.addresses import Refused, web_address
from monitor.config.feed_ids import feed_id
from monitor.config.files import read_bytes
from monitor.config.opml_text import decoded, outlines
from monitor.config.values import is_an_id
from monitor.errors import Place, Problem, Severity
from monitor.model import Feed

MAX_DEPTH: Final = 100
"""Outlines in outlines. People stop at three or four."""

MAX_TAG_LENGTH: Final = 100
"""Characters; the same as an id's in the config."""

NOTHING_ELSE: Final = "list the feeds in feeds.toml, or have the list exported as OPML"
EXPORT: Final = "have it exported again"

_WEB = ("http://", "https://")
_ADDRESSES = ("xmlurl", "feedurl", "rssurl", "atomurl", "xml_url", "feed_url")
"""What exports call a feed's address: OPML's own name first."""
_FEED_TYPE = re.compile(r"rss|atom|rdf|feed|json", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"(?:feed|pcast|podcast|itpc|rss):(?://)?", re.IGNORECASE)
_BARE_HOST = re.compile(r"(?:www\.[\w.-]+|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/\S)", re.IGNORECASE)
_BREAKS = re.compile(r"[\t\r\n]+|[ \t\r\n]{2,}")
_LIST = re.compile(r"<(?:[\w.-]{1,40}:)?(?:opml|outline)\b", re.IGNORECASE)
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0" xmlns:monitor="urn:news-monitor:opml">
  <head>
    <title>Feeds of the news monitor</title>
  </head>
  <body>"""
_FOOT = """\
  </body>
</opml>
"""
_A_FEED = 'this is a feed: list its address as [[feed]] url = "…"'
_NOT_OPML = {
    "rss": _A_FEED,
    "feed": _A_FEED,
    "rdf:rdf": _A_FEED,
    "html": "this is a web page: save the list itself",
}
_XML_ENTITIES = {b"amp", b"lt", b"gt", b"quot", b"apos"}
_AMPERSAND = re.compile(rb"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));|&")
_BEGINNING = re.compile(rb"<(?=\?xml\s|!|opml\b|[a-z]{1,20}:opml\b)", re.IGNORECASE)
_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DIVIDERS = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed as an OPML file lists it."""

    url: str
    title: str = ""
    tags: frozenset[str] = frozenset()
    """The names of the folders around it, and its categories, as tags."""
    id: str = ""
    """Ours alone: written by `write_opml`, empty in other programs' files."""
    place: Place


def read_opml(path: Path) -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    """The feeds of an OPML file in its order, and what is wrong with it. Raises `ConfigError`: no such file.

    Of a broken file, what stands before the break. A feed in several folders comes once, with the tags of all.
    """
    text, file = decoded(read_bytes(path)), str(path)
    raw = text.encode("utf-8", "replace")
    found, fault = _parse(raw, file)
    if fault is None:
        return usable(found)
    mended, mended_fault = _parse(_mended(raw), file)
    if mended_fault is None:
        return _read_all_the_same(mended, fault)
    if fault.cure != EXPORT or mended_fault.cure != EXPORT:  # it was refused, and not only broken
        refused = fault if fault.cure != EXPORT else mended_fault
        return ((), (refused,)) if not found else _cut(found, refused)
    before = max(found, mended, key=len)
    salvaged = _salvaged(text, file)
    if len(salvaged) > len(before):
        return _read_all_the_same(salvaged, fault)
    return _cut(before, mended_fault) if before else ((), (fault,))


def _read_all_the_same(
    found: Iterable[Outline], fault: Problem
) -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    outlines, problems = usable(found)
    cure = "it was read all the same; have it exported again"
    return outlines, (replace(fault, severity=Severity.WARNING, cure=cure), *problems)


def _cut(found: Iterable[Outline], fault: Problem) -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    outlines, problems = usable(found)
    count = f"{len(outlines)} feed{'' if len(outlines) == 1 else 's'}"
    cure = f"only the {count} before this place could be read: have it exported again"
    return outlines, (*problems, replace(fault, severity=Severity.WARNING, cure=cure))


def usable(found: Iterable[Outline]) -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    """The feeds that can be polled, each once with the tags of all its folders, and a warning for each other."""
    outlines: dict[str, Outline] = {}
    problems: list[Problem] = []
    for each in found:
        url = meant_url(each.url)
        where = web_address(url)
        if isinstance(where, Refused) or "${" in url:
            message = f'left out: "{each.title[:60]}" has no web address'
            problems.append(Problem(each.place, message, severity=Severity.WARNING))
            continue
        if each.id and not is_an_id(each.id):
            message = f'"{each.id[:40]}" is no id: the feed is called by its address'
            problems.append(Problem(each.place, message, severity=Severity.WARNING))
        outline = replace(each, url=url, id=each.id if is_an_id(each.id) else "")
        first = outlines.get(where.url, outline)
        outlines[where.url] = replace(first, tags=first.tags | each.tags)
    return tuple(outlines.values()), tuple(problems)


def meant_url(written: str) -> str:
    """The address that a list of feeds means, which browsers, podcast players and careless scripts wrote."""
    url = _BREAKS.sub("", written.strip()).replace("&amp;", "&")
    if found := _FEED_SCHEME.match(url):
        rest = url[found.end() :]
        return rest if rest.lower().startswith(_WEB) else f"https://{rest.lstrip('/')}"
    if url.startswith("//"):
        return f"https:{url}"
    return f"https://{url}" if _BARE_HOST.match(url) else url


def _salvaged(text: str, file: str) -> tuple[Outline, ...]:
    """The feeds of all outlines in the text, whatever stands around them; none where it is another kind of file."""
    if not _LIST.search(text):
        return ()
    reader, line, at = _Reader(file), 1, 0
    reader.around.append("")  # as if of <opml>
    for start, given, is_whole in outlines(text):
        line, at = line + text.count("\n", at, start), start
        place = Place(file, line, start - text.rfind("\n", 0, start))
        if given is None:
            if len(reader.around) > 1:
                reader.around.pop()
            continue
        if len(reader.around) > MAX_DEPTH:
            break
        reader.outline(given, place)
        if is_whole:
            reader.around.pop()
    return tuple(reader.outlines)


def write_opml(feeds: Iterable[Feed], *, secrets: frozenset[str]) -> str:
    """An OPML document of the feeds on the web, without credentials.

    A feed whose address holds a secret is left out, and a comment says so; files are nothing to others. Each
    stands once, in the folder of its first tag; `category` has all of its tags.
    """
    folders: dict[str, list[str]] = {}
    left_out = []
    for feed in feeds:
        if not feed.url.startswith(_WEB):
            continue
        if any(secret in feed.url for secret in secrets):
            left_out.append(
                f"    <!-- {feed.id.replace('--', '-_')}: left out, its address holds a secret -->"
            )
            continue
        folders.setdefault(min(feed.tags, default=""), []).append(_element(feed))
    lines = folders.pop("", [])
    for folder, elements in sorted(folders.items()):
        name = quoteattr(folder)
        lines += [f"<outline text={name} title={name}>", *(f"  {each}" for each in elements), "</outline>"]
    return "\n".join([_HEAD, *left_out, *(f"    {line}" for line in lines), _FOOT])


def as_tag(name: str) -> str:
    """A folder's name as a tag: "World News" is `world-news`; empty where nothing of it can be one."""
    return _DIVIDERS.sub("-", name.casefold())[:MAX_TAG_LENGTH].strip("-.")


def _element(feed: Feed) -> str:
    attributes = {"type": "rss", "text": feed.title or feed.id, "xmlUrl": feed.url}
    if feed.title:
        attributes["title"] = feed.title
    if feed.tags:
        attributes["category"] = ",".join(f"/{tag}" for tag in sorted(feed.tags))
    if feed.id != feed_id(feed.url):
        attributes["monitor:id"] = feed.id
    return f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items())}/>"


class _Refused(Exception):  # noqa: N818 - it carries a verdict out of expat's callbacks, and goes no further
    def __init__(self, message: str, cure: str) -> None:
        self.message, self.cure = message, cure
        super().__init__(message)


class _Reader:
    """expat's callbacks."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.outlines: list[Outline] = []
        self.around: list[str] = []
        """A tag for each open element, empty where it is no folder."""
        self.parser = expat.ParserCreate("utf-8")  # whatever it declares: it is text by now
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity

    def place(self) -> Place:
        return Place(self.file, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.lower().rpartition(":")[2]
        if not self.around and kind not in {"opml", "outline", "body"}:
            raise _Refused(
                f"this is no OPML file, it begins with <{name[:40]}>", _NOT_OPML.get(name.lower(), "")
            )
        if len(self.around) >= MAX_DEPTH:
            raise _Refused(
                f"more than {MAX_DEPTH} elements stand in each other", "take some of the folders out"
            )
        if kind == "outline":
            self.outline(attributes, self.place())
        else:
            self.around.append("")

    def outline(self, attributes: dict[str, str], place: Place) -> None:
        """A feed, or a folder that is open from now on."""
        given = {key.lower(): value.strip() for key, value in attributes.items()}
        title = given.get("title") or given.get("text", "")
        url = next((given[name] for name in _ADDRESSES if given.get(name)), "")
        if not url and _FEED_TYPE.search(given.get("type", "")):
            url = given.get("url", "")
        if url:
            self.outlines.append(self._feed(url, title, given, place))
        self.around.append("" if url else as_tag(title))

    def _feed(self, url: str, title: str, given: dict[str, str], place: Place) -> Outline:
        categories = re.split("[,/]", given.get("category", ""))
        tags = {*self.around, *(as_tag(each) for each in categories)} - {""}
        id_ = given.get("monitor:id", "")
        return Outline(url=url, title=title, tags=frozenset(tags), id=id_, place=place)

    def _end(self, _name: str) -> None:
        self.around.pop()

    def _entity(self, name: str, *_: object) -> None:
        # Entities in entities are how a small file becomes gigabytes; no reader's export has any.
        raise _Refused(
            f'it defines the entity "{name[:40]}"', "an OPML file needs none: have it exported again"
        )


def _parse(raw: bytes, file: str) -> tuple[tuple[Outline, ...], Problem | None]:
    reader = _Reader(file)
    try:
        reader.parser.Parse(raw, True)  # noqa: FBT003 - expat's "this is all", which takes no name
    except expat.ExpatError as error:
        place = Place(file, error.lineno, error.offset + 1)
        message = f"this is not well-formed XML: {expat.ErrorString(error.code)}"
        return tuple(reader.outlines), Problem(place, message, EXPORT)
    except _Refused as error:
        return tuple(reader.outlines), Problem(reader.place(), error.message, error.cure or NOTHING_ELSE)
    return tuple(reader.outlines), None


def _mended(raw: bytes) -> bytes:
    """The document without what people's scripts add: bare ampersands, HTML's entities, words around it."""
    start = _BEGINNING.search(raw)
    end = raw.rfind(b"</opml>")
    raw = raw[start.start() if start else 0 : end + len(b"</opml>") if end >= 0 else None]
    return _AMPERSAND.sub(_escaped, _NO_XML.sub(b"", raw))


def _escaped(found: re.Match[bytes]) -> bytes:
    number, name = found.groups()
    if number or name in _XML_ENTITIES:
        return found[0]
    if name and (characters := html5.get(f"{name.decode()};")):
        return "".join(f"&#{ord(character)};" for character in characters).encode()
    return b"&amp;" + found[0][1:]
