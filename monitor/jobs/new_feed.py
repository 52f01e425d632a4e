"""A feed to be added: found at its site's address, or why not; the command and the page ask here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitor import __version__
from monitor.config import Loaded
from monitor.config.feed_ids import feed_id as default_id
from monitor.config.opml import meant_url
from monitor.errors import FetchError, FetchReason, MonitorError, ParseError
from monitor.jobs.discover import NOT_THERE, Discovered, discover, spellings
from monitor.model import Feed

FINAL: Final = frozenset({FetchReason.HOST_UNKNOWN, FetchReason.FORBIDDEN_ADDRESS, FetchReason.URL})
"""What no waiting changes: the address is wrong, or not to be asked."""


class NotAdded(MonitorError):  # noqa: N818 - reads as what it says
    """There is no feed to add."""


@dataclass(frozen=True, slots=True)
class FoundFeed:
    feed: Discovered
    said: tuple[str, ...]
    """What is worth knowing of how it was found."""


async def found_at(
    typed: str, loaded: Loaded, *, allow_private: bool, anyway: bool, now: Callable[[], datetime]
) -> FoundFeed:
    """The feed at an http address, or the one that the page there leads to; one that the config lists not yet.

    `anyway`: also where there is none now. Raises NotAdded.
    """
    from monitor.feeds.fetch import Fetcher, user_agent  # noqa: PLC0415 - half a second, for who adds a feed
    from monitor.feeds.workers import Parsers  # noqa: PLC0415

    refuse_what_is_listed(loaded, typed)
    url, polling = meant_url(typed), loaded.config.polling
    agent = user_agent(__version__, polling.contact)
    allowed = allow_private or polling.allow_private
    async with Fetcher(user_agent=agent, now=now) as fetcher, Parsers(now=now, workers=1) as parsers:
        try:
            found = await discover(url, fetcher=fetcher, parsers=parsers, allow_private=allowed)
        except (FetchError, ParseError) as error:
            meant = spellings(url)[0]
            if not anyway and not _may_pass(error):
                raise NotAdded(f"{typed}: {error}; --anyway adds it all the same") from error
            doubt = f"{typed}: {error}; it is added {'as it is' if meant == typed else f'as {meant}'}"
            return FoundFeed(Discovered(url=meant), (doubt,))
    if found.url != url:
        refuse_what_is_listed(loaded, found.url)
    said = []
    if found.url not in spellings(url):
        said.append(f"{url} is a web page: its feed {found.url} is taken")
    said += [f"the page links to another feed: {other}" for other in found.others]
    return FoundFeed(found, tuple(said))


def refuse_what_is_listed(loaded: Loaded, url: str) -> None:
    """Raises NotAdded: the config has a feed at this address, whatever file lists it."""
    if there := at_address(loaded.config.feeds.values(), url):
        raise NotAdded(f'the feed "{there.id}" has this address already: {there.url}')


def at_address(known: Iterable[Feed], url: str) -> Feed | None:
    """The feed of one of the spellings of an address."""
    meant = {default_id(url), default_id(meant_url(url))}
    return next((feed for feed in known if default_id(feed.url) in meant), None)


def _may_pass(error: FetchError | ParseError) -> bool:
    """A site that is down, or wants to be left alone, has its feed when it is back."""
    if isinstance(error, ParseError) or error.reason in FINAL:
        return False
    return error.status not in NOT_THERE
