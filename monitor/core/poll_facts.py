"""What a poll brought, and what the database knows that bears on it: all that a plan is made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from monitor.core.alerts.dedup import EarlierOutcome, ToldAlert
from monitor.core.alerts.holding import Traffic
from monitor.core.alerts.threads import Thread
from monitor.core.examine import Examined
from monitor.core.stories.guids import Guids
from monitor.core.stories.identity import Changed
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.recurring import Recurring
from monitor.core.stories.report import Report, report_of, reported_at, watched_in
from monitor.core.stories.weighing import Rarity
from monitor.core.text.filing import FiledWords
from monitor.model import Entry, EntryKeys, Feed, FeedState, PollOutcome, Pushed, Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A poll that ended, with all that can be known of it without the other feeds' entries."""

    feed: Feed
    before: FeedState
    after: FeedState
    outcome: PollOutcome | Pushed
    at: datetime
    examined: tuple[Examined, ...] = ()
    rekeyed: Mapping[int, EntryKeys] = field(default_factory=dict)
    """Known, unchanged entries that go by other keys now, by entry id."""
    guids: Guids = Guids.SILENT
    """What the response says of its feed's guids."""
    restructured: str = ""
    """What shows that the feed was restructured (`stories.floods`); empty: nothing does."""
    more_follows: bool = False
    """A part of a poll, and not its last: the feed's state stays as it was."""

    @property
    def last_poll_at(self) -> datetime | None:
        """When the feed was polled before."""
        return self.before.last_poll_at


class Brought(Protocol):
    """Entries that came, whichever way: what `Facts` are gathered for."""

    @property
    def feed(self) -> Feed:
        """Whose they are."""

    @property
    def at(self) -> datetime:
        """When they came."""

    @property
    def examined(self) -> tuple[Examined, ...]:
        """The entries, in their order."""

    @property
    def last_poll_at(self) -> datetime | None:
        """What came out since then was not seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIds:
    """The next free ids."""

    entry: int
    story: int
    alert: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An entry that changed, as it is stored."""

    entry: Entry
    rules: frozenset[str]
    """The rules that it matched before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database knows that bears on a poll."""

    next_ids: NextIds
    reports: OpenReports = field(default_factory=OpenReports)
    """Of the stories of the last days. The plan adds what comes, and merges."""
    rarity: Rarity = lambda _: 1.0
    saying: Mapping[int, Report] = field(default_factory=dict)
    """By the index of `Brought.examined`: what those say that are compared with others."""
    told: Mapping[tuple[int, str], ToldAlert] = field(default_factory=dict)
    """By story and rule, for every story near what comes, and those of `earlier`."""
    became: Mapping[tuple[int, str], EarlierOutcome] = field(default_factory=dict)
    """By entry and rule: what became of the matches of the entries of those stories."""
    earlier: Mapping[int, Earlier] = field(default_factory=dict)
    """By entry id, for every changed entry."""
    traffic: Traffic = field(default_factory=Traffic)
    silences: tuple[Silence, ...] = ()
    """Those that are not over."""
    threads: Mapping[int, Thread] = field(default_factory=dict)
    """By story id, for the stories of `told`."""
    changes_at: Mapping[int, tuple[datetime, ...]] = field(default_factory=dict)
    """By entry id: when those changes of a changed entry came that are kept."""


def saying(
    brought: Brought,
    reports: OpenReports,
    rarity: Rarity,
    *,
    recurring: Recurring,
    storied: Collection[int],
) -> dict[int, Report]:
    """What those of the entries say that are compared with others, by their index.

    They are those that a rule matches, `storied` ones that changed, and those that resemble an open report. What a
    feed's first poll brings was there before: it is no further report, and in a young archive every word is rare.
    """
    found: dict[int, Report] = {}
    is_first = brought.last_poll_at is None
    for index, one in enumerate(brought.examined):
        known = one.identity.entry_id if isinstance(one.identity, Changed) else None
        if one.matches or known in storied or (not is_first and reports.resembles(one.words.told(), rarity)):
            found[index] = report_of(
                one.entry,
                entry_id=-1 - index if known is None else known,
                feed_id=brought.feed.id,
                reported_at=reported_at(one.entry, seen_at=brought.at),
                language=one.language,
                rules=frozenset(match.rule_id for match in one.matches),
                watched=watched_in(one.entry, [span for match in one.matches for span in match.spans]),
                recurring=recurring,
            )
    return found


NO_FACTS: Final = Facts(next_ids=NextIds(entry=0, story=0, alert=0))
"""For a poll of which nothing follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry with what the store files it under."""

    entry: Entry
    keys: EntryKeys
    words: FiledWords
    reported_at: datetime
    """`report.reported_at`."""
