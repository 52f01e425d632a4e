"""feeds.toml and the OPML files that it names → feeds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from monitor.config.addresses import Address, Refused, feed_address, tokens, web_address
from monitor.config.credentials import Sources, filled_in, secret_values
from monitor.config.document import Document, Fault, tables_of, texts_of
from monitor.config.feed_ids import feed_id
from monitor.config.files import read_if_there
from monitor.config.opml import Outline, read_opml
from monitor.config.sentences import check, is_open, is_secret, keys_of
from monitor.config.shapes import FeedsFile, FeedTable
from monitor.config.spots import KeyPath
from monitor.config.values import is_an_id
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.folders import FEEDS_FILE
from monitor.model import Feed, FeedRetention


def open_keys() -> frozenset[str]:
    """The keys of feeds.toml that hold no secret."""
    return frozenset(name for name, key in keys_of(FeedsFile) if not is_secret(key))


def may_show(_values: Mapping[str, Any], path: KeyPath) -> bool:
    """True where what stands at `path` of feeds.toml is certainly no secret."""
    return is_open(FeedsFile, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A feed, and where the config lists it."""

    feed: Feed
    default_id: str
    place: Place
    path: KeyPath | None
    """In feeds.toml; None: in an OPML file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """feeds.toml and its OPML files as they were read."""

    feeds: dict[str, Feed] | None
    """By id. None: which there are is not known."""
    understood: dict[str, Feed] = field(default_factory=dict)
    """Those without a mistake."""
    listed: list[Listed] = field(default_factory=list)
    document: Document | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    problems: list[Problem]


def read_feeds(folder: Path, sources: Sources) -> Feeds:
    """The feeds, and all that is wrong with them."""
    path = folder / FEEDS_FILE
    written, problems = read_if_there(path, may_show=may_show, open_keys=open_keys)
    if written is None:
        return Feeds(feeds=None, problems=problems)
    document, missing = filled_in(written, sources)
    _, faults = check(FeedsFile, document.values)
    problems += document.problems(missing, faults)
    listed, found = _listed(document, written, folder, without={fault.path for fault in missing})
    problems += found
    for index, name in enumerate(texts_of(document.values, "opml")):
        outlined, found = _outlined(folder / name, document, index)
        listed += outlined
        problems += found
    feeds, found = _merged(listed, document)
    problems += found
    if not feeds and not problems:
        message, cure = "there are no feeds", "`monitor feeds add URL` adds one"
        problems.append(Problem(Place(str(path)), message, cure, Severity.WARNING))
    passwords = {feed.password.get_secret_value() for feed in feeds.values() if feed.password}
    return Feeds(
        feeds=None if any(each.severity is Severity.ERROR for each in problems) else feeds,
        understood=feeds,
        listed=listed,
        document=document,
        secrets=secret_values(document).union(passwords, *(tokens(feed.url) for feed in feeds.values())),
        problems=problems,
    )


def too_eager(feeds: Feeds, least: timedelta) -> list[Problem]:
    """A warning for each feed that asks to be polled more often than `[polling] min_interval` allows."""
    message, cure = "it is polled less often than this", "[polling] min_interval is longer: lower it, too"
    return [
        _problem(each, feeds.document, "interval", message, cure=cure, severity=Severity.WARNING)
        for each in feeds.listed
        if each.feed.interval is not None and each.feed.interval < least
    ]


def _listed(
    document: Document, written: Document, folder: Path, *, without: set[KeyPath]
) -> tuple[list[Listed], list[Problem]]:
    """The feeds of feeds.toml itself, those that have their shape; ids are made of what was `written`."""
    found: list[Listed] = []
    problems: list[Problem] = []
    for index, (values, raw) in enumerate(
        zip(tables_of(document.values, "feed"), tables_of(written.values, "feed"), strict=True)
    ):
        table, path = check(FeedTable, values)[0], ("feed", index)
        if table is None or (*path, "url") in without:
            continue
        match feed_address(table.url, folder):
            case Refused(message, cure):
                problems.append(document.problem(Fault((*path, "url"), message, cure)))
            case Address() as where:
                problems += _doubts(table, where, path, document)
                default_id = feed_id(str(raw["url"]))
                feed = _feed(table, where, id_=table.id or default_id)
                place = document.place((*path, "url"))
                found.append(Listed(feed=feed, default_id=default_id, place=place, path=path))
    return found, problems


def _feed(table: FeedTable, where: Address, *, id_: str) -> Feed:
    return Feed(
        id=id_,
        url=where.url,
        title=table.title,
        tags=frozenset(table.tags),
        interval=table.interval,
        fulltext=table.fulltext,
        headers=table.headers,
        user=table.user or where.user,
        password=table.password or where.password,
        proxy=table.proxy,
        allow_private=table.allow_private,
        enabled=table.enabled,
        retention=FeedRetention(
            age=table.retention.age, entries=table.retention.entries, bytes=table.retention.size
        ),
    )


def _doubts(table: FeedTable, where: Address, path: KeyPath, document: Document) -> Iterator[Problem]:
    if table.password and not (table.user or where.user):
        fault = Fault((*path, "password"), "a password without a user", 'add user = "…"', at="key")
        yield document.problem(fault)
    if where.url.startswith("file:"):
        file = Path(unquote(urlsplit(where.url).path))
        if not file.is_file():
            fault = Fault((*path, "url"), f"there is no file {file}", "the feed fails until there is one")
            yield document.problem(fault, severity=Severity.WARNING)


def _outlined(path: Path, document: Document, index: int) -> tuple[list[Listed], list[Problem]]:
    """The feeds of one OPML file."""
    try:
        outlines, problems = read_opml(path)
    except ConfigError as error:
        [problem] = error.problems
        fault = Fault(("opml", index), f"{path}: {problem.message}", problem.cure)
        return [], [document.problem(fault)]
    addresses = ((outline, web_address(outline.url)) for outline in outlines)
    listed = [_of_outline(outline, where) for outline, where in addresses if isinstance(where, Address)]
    return listed, list(problems)


def _of_outline(outline: Outline, where: Address) -> Listed:
    default_id = feed_id(outline.url)
    feed = Feed(
        id=outline.id if is_an_id(outline.id) else default_id,
        url=where.url,
        title=outline.title,
        tags=outline.tags,
        user=where.user,
        password=where.password,
    )
    return Listed(feed=feed, default_id=default_id, place=outline.place, path=None)


def _with_tags(listed: Listed, tags: frozenset[str]) -> Listed:
    return replace(listed, feed=replace(listed.feed, tags=listed.feed.tags | tags))


def _merged(lists: Iterable[Listed], document: Document) -> tuple[dict[str, Feed], list[Problem]]:
    """All feeds by id: of several with one address the first, with the tags of all.

    A list of feeds that another program wrote cannot be mended here, so an id of its own gives way.
    """
    by_url: dict[str, Listed] = {}
    problems: list[Problem] = []
    for listed in lists:
        if twin := by_url.get(listed.feed.url):
            by_url[listed.feed.url] = _with_tags(twin, listed.feed.tags)
            message = f"the same feed as at {twin.place}: this one is left out, its tags count"
            problems.append(_problem(listed, document, "url", message, severity=Severity.WARNING))
        else:
            by_url[listed.feed.url] = listed
    by_id: dict[str, Listed] = {}
    for listed in by_url.values():
        id_ = listed.feed.id
        if listed.path is None and id_ in by_id:
            id_ = listed.default_id
        if twin := by_id.get(id_):
            message = f'the feed at {twin.place} has the id "{id_}" too'
            problems.append(_problem(listed, document, "id", message, cure="give one of them another id"))
        by_id[id_] = replace(listed, feed=replace(listed.feed, id=id_))
    return {id_: listed.feed for id_, listed in by_id.items()}, problems


def _problem(
    listed: Listed,
    document: Document | None,
    key: str,
    message: str,
    *,
    cure: str = "",
    severity: Severity = Severity.ERROR,
) -> Problem:
    if listed.path is None or document is None:
        return Problem(listed.place, message, cure, severity)
    return document.problem(Fault((*listed.path, key), message, cure), severity=severity)
