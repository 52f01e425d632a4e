"""Feeds put into and taken out of `feeds.toml`; everything else in it stays as it was written.

tomlkit writes the new tables. The file is cut and joined as text, at the places that the scanner knows: tomlkit
counts the comment above a `[[feed]]` to the table before it, and would take it away with that one.
"""

import os
import stat
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import tomlkit

from monitor.config.addresses import Refused, feed_address
from monitor.config.credentials import REFERENCE
from monitor.config.document import Document, tables_of
from monitor.config.feed_ids import feed_id as default_id
from monitor.config.feed_ids import readable_id
from monitor.config.feeds import may_show, open_keys
from monitor.config.files import empty_document, read_bytes, read_document
from monitor.config.opml import Outline
from monitor.config.sentences import check
from monitor.config.shapes import FeedTable
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.folders import FEEDS_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """What `feeds.toml` shall say of a feed; what is empty is not written.

    Every text is written so that it is read again as it is here, whoever chose it: a page, a list, a redirect.
    """

    url: str
    id: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    interval: str = ""
    allow_private: bool = False
    typed: bool = False
    """The user typed `url`: a `${NAME}` in it is a reference, filled in when the config is read."""


def add_feeds(folder: Path, feeds: Sequence[NewFeed]) -> None:
    """`feeds.toml` ends with these feeds. Raises `ConfigError`; the file is then as before."""
    if not feeds:
        return
    document = _read(folder)
    tables = [_table(feed) for feed in feeds]
    problems = [*_unusable(tables, document, folder), *_taken(tables, document)]
    if problems:
        raise ConfigError(problems)
    added = tomlkit.dumps({"feed": tables}).strip("\n")
    text = "\n\n".join(part for part in (document.text.text.rstrip("\n"), added) if part)
    _replace(document, text, feeds=[*_feeds(document), *tables])


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list's feeds."""

    added: int
    there: int
    """So many were listed already."""
    problems: tuple[Problem, ...]


def import_feeds(folder: Path, outlines: Iterable[Outline], *, known: Collection[str]) -> Imported:
    """`feeds.toml` ends with the feeds of a list that are not there already. Raises `ConfigError`.

    `known`: the addresses that the config lists already, wherever. One feed that cannot be taken keeps out no other;
    an id that another feed has gives way to the address.
    """
    document = _read(folder)
    listed = {default_id(url) for url in known} | {
        default_id(str(table.get("url"))) for table in _feeds(document)
    }
    taken = listed | {_id(table) for table in _feeds(document)}
    new: list[NewFeed] = []
    problems: list[Problem] = []
    there = 0

    def doubt(outline: Outline, message: str, cure: str = "") -> None:
        problems.append(Problem(outline.place, message, cure, Severity.WARNING))

    for outline in outlines:
        own_ids = {default_id(outline.url), default_id(literal(outline.url))}
        if own_ids & listed:
            there += 1
            continue
        if own_ids & taken:
            doubt(outline, f"{outline.url} is left out: another feed has the id that it would have")
            continue
        id_ = outline.id if outline.id not in taken else ""
        if not outline.id and outline.title:
            id_ = readable_id(outline.title, outline.url, taken=taken)
        feed = NewFeed(url=outline.url, id=id_, title=outline.title, tags=tuple(sorted(outline.tags)))
        if faults := list(_unusable([_table(feed)], document, folder)):
            doubt(outline, faults[0].message, faults[0].cure)
            continue
        if outline.id and id_ != outline.id:
            doubt(outline, f'another feed has the id "{outline.id}": this one is called by its address')
        listed |= own_ids
        taken |= own_ids | ({id_} - {""})
        new.append(feed)
    add_feeds(folder, new)
    return Imported(len(new), there, tuple(problems))


def remove_feed(folder: Path, feed_id: str) -> None:
    """`feeds.toml` lists the feed no more. Raises `ConfigError` where it does not list it by itself.

    The comment right above it goes with it, unless the file begins with that.
    """
    document = _read(folder)
    feeds = _feeds(document)
    index = next((i for i, table in enumerate(feeds) if _id(table) == feed_id), None)
    if index is None:
        message = f'there is no [[feed]] with the id "{feed_id}"'
        cure = "`monitor feeds list` shows those there are"
        if document.values.get("opml"):
            cure += "; one of an OPML file is taken out there"
        raise ConfigError([Problem(Place(document.text.file), message, cure)])
    start, end = _extent(document, index)
    parts = (document.text.text[:start].rstrip("\n"), document.text.text[end:].strip("\n"))
    _replace(document, "\n\n".join(part for part in parts if part), feeds=feeds[:index] + feeds[index + 1 :])


def _read(folder: Path) -> Document:
    path = folder / FEEDS_FILE
    if not path.exists():
        return empty_document(str(path))
    return read_document(path, may_show=may_show, open_keys=open_keys)


def _table(feed: NewFeed) -> dict[str, Any]:
    table = {
        "url": feed.url if feed.typed else literal(feed.url),
        "id": literal(feed.id),
        "title": literal(feed.title),
        "tags": [literal(tag) for tag in feed.tags],
        "interval": literal(feed.interval),
        "allow_private": feed.allow_private,
    }
    return {key: value for key, value in table.items() if value}


def literal(text: str) -> str:
    """The text as a config file says it: no `${NAME}` in it is filled in."""
    return text.replace("${", "$${")


def _unusable(tables: Iterable[dict[str, Any]], document: Document, folder: Path) -> Iterator[Problem]:
    place = Place(document.text.file)
    for table in tables:
        for fault in check(FeedTable, table)[1]:
            yield Problem(place, f"{table.get('url', 'a feed')}: {fault.message}", fault.cure)
        url = str(table.get("url", ""))
        where = feed_address(url.replace("$${", "${"), folder)
        if isinstance(where, Refused) and not REFERENCE.search(url):
            yield Problem(place, f"{table.get('url', 'a feed')}: {where.message}", where.cure)


def _taken(tables: Iterable[dict[str, Any]], document: Document) -> Iterator[Problem]:
    """Problems where the file lists a feed of this address, or this id, already."""
    known: dict[str, Place] = {}
    for index, table in enumerate(_feeds(document)):
        place = document.place(("feed", index))
        known |= {_id(table): place, default_id(str(table.get("url"))): place}
    for table in tables:
        names = {_id(table), default_id(str(table.get("url")))}
        for name in sorted(names & known.keys()):
            yield Problem(known[name], f'the feed "{name}" is there already')
        known |= dict.fromkeys(names, Place(document.text.file))


def _extent(document: Document, index: int) -> tuple[int, int]:
    """Where a feed's tables and the comment right above them begin, and the line behind them."""
    text = document.text.text
    inside = [spot for path, spot in document.spots.items() if path[:2] == ("feed", index)]
    start = text.rfind("\n", 0, min(spot.start for spot in inside)) + 1
    first = start
    while (above := text.rfind("\n", 0, max(first - 1, 0)) + 1) < first and text[above:first].lstrip(
        " \t"
    ).startswith("#"):
        first = above
    end = text.find("\n", max(spot.end for spot in inside))
    return (start if first == 0 else first), (len(text) if end < 0 else end + 1)


def _feeds(document: Document) -> list[dict[str, Any]]:
    return tables_of(document.values, "feed")


def _id(table: dict[str, Any]) -> str:
    return str(table.get("id") or default_id(str(table.get("url"))))


def _replace(document: Document, text: str, *, feeds: list[dict[str, Any]]) -> None:
    """Writes the file whole or not at all. Raises `ConfigError` where the text would say something else."""
    path = Path(document.text.file)
    text = text + "\n" if text else ""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        read = {}
    if {"feed": [], **read} != {**document.values, "feed": feeds}:
        cure = "write each feed as a table of its own under [[feed]]"
        raise ConfigError([Problem(Place(str(path)), "this file's feeds can only be changed by hand", cure)])
    if path.exists() and b"\r\n" in read_bytes(path):
        text = text.replace("\n", "\r\n")
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise ConfigError([Problem(Place(str(path)), f"it cannot be written: {error.strerror}")]) from error


def write_whole(path: Path, content: bytes) -> None:
    """After a crash at any point the file has its old content or all of the new one; its mode stays.

    A link keeps pointing where it does. Raises `OSError`.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{token_hex(4)}.tmp")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(file, "wb") as opened:
            if target.exists():
                os.fchmod(opened.fileno(), stat.S_IMODE(target.stat().st_mode))
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name, too, is on the disk
    finally:
        os.close(folder)
