"""feeds.toml and the OPML files that it names → feeds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from monitor.config.addresses import Address, Refused, feed_address, web_address
from monitor.config.document import Document, Fault
from monitor.config.feed_ids import feed_id
from monitor.config.opml import Outline
from monitor.config.sentences import is_open, is_secret, keys_of
from monitor.config.shapes import FeedsFile, FeedTable, is_an_id
from monitor.config.spots import KeyPath
from monitor.errors import Place, Problem, Severity
from monitor.model import Feed

OPEN_KEYS = frozenset(name for name, field in keys_of(FeedsFile) if not is_secret(field))


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


def listed_feeds(
    file: FeedsFile, document: Document, *, written: Mapping[str, Any], folder: Path
) -> tuple[list[Listed], list[Problem]]:
    """The feeds of feeds.toml itself; `written` are its values before secrets were filled in."""
    found: list[Listed] = []
    problems: list[Problem] = []
    for index, (table, raw) in enumerate(zip(file.feed, written.get("feed", ()), strict=True)):
        path = ("feed", index)
        match feed_address(table.url, folder):
            case Refused(message, cure):
                problems.append(document.problem(Fault((*path, "url"), message, cure)))
            case Address() as where:
                problems += _doubts(table, where, path, document)
                default_id = feed_id(str(raw["url"]))
                found.append(
                    Listed(
                        feed=_feed(table, where, id_=table.id or default_id),
                        default_id=default_id,
                        place=document.place((*path, "url")),
                        path=path,
                    )
                )
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


def outlined_feeds(outlines: Iterable[Outline]) -> list[Listed]:
    """The feeds of one OPML file."""
    return [
        _outlined(outline, where)
        for outline in outlines
        if isinstance(where := web_address(outline.url), Address)
    ]


def _outlined(outline: Outline, where: Address) -> Listed:
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


def merged(lists: Iterable[Listed], document: Document | None) -> tuple[dict[str, Feed], list[Problem]]:
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


def too_eager(listed: Iterable[Listed], document: Document | None, least: timedelta) -> list[Problem]:
    """A warning for each feed that asks to be polled more often than `[polling] min_interval` allows."""
    message = "polled less often than this: [polling] min_interval is longer"
    return [
        _problem(each, document, "interval", message, severity=Severity.WARNING)
        for each in listed
        if each.feed.interval is not None and each.feed.interval < least
    ]


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
