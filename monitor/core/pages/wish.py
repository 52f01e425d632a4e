"""Whether an entry's page is to be read, and for whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from monitor.core.rules.nearness import nearness
from monitor.core.rules.ruleset import RuleSet
from monitor.core.text.document import Document
from monitor.model import Entry, Feed, FeedEntry, Match, Page

WHOLE: Final = 1_000
"""Characters of content from which a feed is taken to carry the whole text: teasers have some hundred."""
CUT_OFF: Final = ("…", "...", "[…]", "[...]", "(…)", "→")
"""How long teasers end: with dots, or with what leads on."""
NEAR: Final = 0.5
"""How much of a rule must be there in what the feed gives: half of the parts of an AND."""
LONGEST_URL: Final = 2_000
"""Characters. No publisher's address is longer; many servers refuse what is."""


def wish(
    entry: FeedEntry, document: Document, matches: Sequence[Match], *, feed: Feed, rules: RuleSet
) -> str:
    """Why the entry's page is wanted, in words; empty: it is not. `document` is what `matches` were found in.

    The stronger wish counts, the feed's or a rule's, but a feed that says "never" is obeyed.
    """
    if feed.fulltext == "never" or not (feed.fulltext or rules.wanting_pages):
        return ""
    if site_of(entry.url or "") is None or is_whole(entry):
        return ""
    if feed.fulltext == "always":
        return f"feed {feed.id} wants every page"
    for one in rules.wanting_pages:
        if one.rule.fulltext == "always" and one.reads(document) and one.speaks(document):
            return f"rule {one.rule.id} wants every page"
    asking = {one.rule.id for one in rules.wanting_pages} if feed.fulltext is None else None
    return _near(document, matches, rules, asking=asking)


def _near(
    document: Document, matches: Sequence[Match], rules: RuleSet, *, asking: Collection[str] | None
) -> str:
    """`asking`: the rules that count; None: all."""
    for match in matches:
        if asking is None or match.rule_id in asking:
            return f"rule {match.rule_id} matches"
    reading = rules.reading(document)
    for one in rules.touched(reading):
        if (asking is None or one.rule.id in asking) and (share := nearness(one, reading)) >= NEAR:
            return f"rule {one.rule.id} nearly matches ({share:.0%} of it)"
    return ""


def unwanted(entry: Entry, *, feed: Feed, rules: RuleSet) -> str:
    """Why an entry's page was never asked for, as the config is now, in words."""
    if feed.fulltext == "never":
        return f'feed {feed.id} says fulltext = "never"'
    if not (feed.fulltext or rules.wanting_pages):
        return "neither its feed nor a rule asks for pages"
    if site_of(entry.url or "") is None:
        return "it has no address on the web"
    if entry.baseline:
        return "it was in the feed, or published, before the first poll"
    if is_whole(entry):
        return "its feed carries the whole text"
    return "no rule that asks for pages came near it, or it was too old"


def is_whole(entry: FeedEntry | Entry) -> bool:
    """Whether the feed itself carries the entry's whole text, as far as can be told from it."""
    return len(entry.content) >= WHOLE and not entry.content.rstrip().endswith(CUT_OFF)


def site_of(url: str) -> str | None:
    """Scheme, host and port of a page of the web, as they stand; None where it is none, or none to be asked."""
    if len(url) > LONGEST_URL or any(one.isspace() for one in url):
        return None
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    if split.scheme not in {"http", "https"} or not split.hostname:
        return None
    usual = port is None or port == (443 if split.scheme == "https" else 80)
    host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
    return f"{split.scheme}://{host}" + ("" if usual else f":{port}")


def queued(entry: Entry, wanted: str, *, max_age: timedelta, now: datetime) -> Page | None:
    """The entry's page, due now; None for what was there before us and for what is too old to be told."""
    if not wanted or entry.url is None or entry.baseline:
        return None
    site = site_of(entry.url)
    if site is None or now - (entry.published_at or entry.first_seen_at) > max_age:
        return None
    return Page(
        entry_id=entry.id,
        feed_id=entry.feed_id,
        url=entry.url,
        site=site,
        wanted=wanted,
        queued_at=now,
        next_at=now,
    )
