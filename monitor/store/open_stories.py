"""The reports of the open stories, in memory: what everything that a rule matches is compared with.

Whoever plans changes them as it goes, and the mark in the database says whether they are what is stored: every
change of a story's entries leaves another one. So a plan that came to nothing, a rollback, another process and a
restored backup are noticed alike, and only what differs is read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import log
from secrets import randbits
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, select

from monitor.core.stories.open_reports import WINDOW, OpenReports
from monitor.core.stories.recurring import ENTRIES, Recurring, folded_sentences, recurring
from monitor.core.stories.report import Report, joined, report_of, watched_in
from monitor.core.stories.weighing import Rarity
from monitor.model import Feed
from monitor.store import entries, labels, words
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow, EntryRow, FeedRow, MatchRow

COUNTER, ENTRY, FEED, MATCH = table(CounterRow), table(EntryRow), table(FeedRow), table(MatchRow)
MARK: Final = "stories"
"""The counter that holds the mark."""
REFRESHED: Final = timedelta(hours=1)
"""How often what is older than `WINDOW` is let go."""
NEWEST: Final = 5_000
"""Entries in which words are counted: how common they are today."""
FEWEST: Final = 200
"""Entries that an archive is taken to have at least: in an emptier one every word would be rare."""
ENDLESS: Final = (1 << 63) - 1
KEPT_COUNTS: Final = 50_000
"""Words whose counts are kept."""
COUNTED_AGAIN: Final = 500
"""Entries after which they are counted anew; in a larger archive as many as it has, `NEWEST` at most."""

_NEWEST: Final = (
    select(ENTRY.c.title, ENTRY.c.summary, ENTRY.c.content)
    .where(ENTRY.c.feed_id == bindparam("feed"), ENTRY.c.id < bindparam("before"))
    .order_by(ENTRY.c.id.desc())
    .limit(ENTRIES)
)
_TITLE: Final = select(FEED.c.title).where(FEED.c.feed_id == bindparam("feed"))
_MARK: Final = select(COUNTER.c.next).where(COUNTER.c.name == MARK)

_IS_OPEN: Final = and_(ENTRY.c.story_id.is_not(None), ENTRY.c.first_seen_at >= bindparam("since"))
_OPEN: Final = select(
    ENTRY.c.id, ENTRY.c.story_id, ENTRY.c.copy_of, ENTRY.c.content_hash, ENTRY.c.page_at, ENTRY.c.language
).where(_IS_OPEN)  # fmt: skip
_RULES_OF_OPEN: Final = (
    select(MATCH.c.entry_id, MATCH.c.rule_id).join(ENTRY, ENTRY.c.id == MATCH.c.entry_id).where(_IS_OPEN)
)

NO_FEEDS: Final[Mapping[str, Feed]] = MappingProxyType({})

_Text = tuple[str, datetime | None, str | None]
"""The text that a report was made of: the hash of what the feed gave, when its page was read, its language."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Entries among which words are counted and what recurs in a feed is looked for."""

    connection: Connection
    before: int = ENDLESS
    """The id of the first that is not among them."""
    divided: Callable[[str, str], Sequence[str]] = folded_sentences
    """As in `recurring`."""

    def counts(self, asked: Collection[str], *, since: int) -> dict[str, int]:
        return words.counts(self.connection, asked, since=since, before=self.before)

    def recurring(self, feed: Feed, given: Sequence[tuple[str, str]] = ()) -> Recurring:
        """What recurs in a feed: in its newest entries and in those that it has just `given` (titles and texts)."""
        stored = self.connection.execute(_NEWEST, {"feed": feed.id, "before": self.before}).all()
        texts = [*given, *((title, joined(summary, content)) for title, summary, content in stored)]
        own = self.connection.execute(_TITLE, {"feed": feed.id}).scalar()
        return recurring(dict.fromkeys(texts), outlet=feed.title or own or "", divided=self.divided)


class OpenStories:
    """Of one database. Whoever uses it is the only writer."""

    def __init__(self) -> None:
        self._mark: int | None = None
        """None: the reports may be other than what is stored."""
        self._asked: int | None = None
        """The mark of the reports that somebody plans with; None: nobody does."""
        self._read_at: datetime | None = None
        self._reports = OpenReports()
        self._texts: dict[int, _Text] = {}
        self._counts: dict[str, int] = {}
        self._counted_at = 0
        self._since = 0

    def reports(
        self,
        connection: Connection,
        *,
        now: datetime,
        feeds: Mapping[str, Feed] = NO_FEEDS,
        again: bool = False,
    ) -> OpenReports:
        """Of the entries that have a story and were first seen within `WINDOW`, as the connection sees them.

        `feeds`: as they are configured, by id: one may be given the outlet's name there.
        Until `settle` they count as changed: what is planned with them may come to nothing. `again`: this transaction
        has asked for them before, so that nobody else has changed them since.
        """
        mark = self._mark if again and self._mark is not None else _mark(connection)
        late = self._read_at is None or not timedelta(0) <= now - self._read_at < REFRESHED
        if late or mark != self._mark:
            self._read(connection, now - WINDOW, feeds)
            self._read_at = now
        self._mark, self._asked = None, mark
        return self._reports

    def settle(self, connection: Connection, *, changed: bool) -> None:
        """What was planned with the reports is stored; `changed`: so the database has another mark now."""
        mark = leave_mark(connection) if changed else self._asked
        if changed or mark is not None:
            self._mark = None if self._asked is None else mark
        self._asked = None

    def rarity(self, connection: Connection, *, next_id: int) -> Rarity:
        """How rare a folded word, or a phrase, is among the newest entries. For as long as the transaction lasts."""
        patience = max(COUNTED_AGAIN, min(self._counted_at, NEWEST))
        if next_id - self._counted_at > patience or len(self._counts) > KEPT_COUNTS:
            self._counts.clear()
            self._counted_at = next_id
        total = max(FEWEST, min(NEWEST, next_id - 1))
        self._since = since = next_id - NEWEST
        archive = self.archive(connection)

        def rarity(word: str) -> float:
            count = self._counts.get(word)
            if count is None:
                count = self._counts[word] = archive.counts([word], since=since)[word]
            return 1 - log(min(max(count, 1), total)) / log(total)

        return rarity

    def count(self, connection: Connection, reports: Iterable[Report]) -> None:
        """Asks in one question how common all words of the reports are, for the `rarity` that was given last."""
        asked = {
            folded
            for report in reports
            for token, folded in zip(report.words, report.folded, strict=True)
            if token[0]
            not in "~#"  # what function words and numbers weigh does not depend on how common they are
        } - self._counts.keys()
        if asked:
            self._counts |= self.archive(connection).counts(asked, since=self._since)

    def reports_of(
        self, connection: Connection, entry_ids: Sequence[int], feeds: Mapping[str, Feed] = NO_FEEDS
    ) -> dict[int, Report]:
        """By entry, what these say, with the rules that they match and their stories; however old they are."""
        rules = entries.rules_of(connection, entry_ids)
        stored = {one.id: one for one in entries.by_ids(connection, entry_ids)}
        return {
            one: replace(
                report,
                story_id=stored[one].story_id,
                copy_of=stored[one].copy_of,
                rules=rules.get(one, frozenset()),
            )
            for one, report in self._made(connection, entry_ids, feeds).items()
        }

    def archive(self, connection: Connection) -> Archive:
        """The database itself, all of it."""
        return Archive(connection)

    def _read(self, connection: Connection, seen_since: datetime, feeds: Mapping[str, Feed]) -> None:
        """Makes the reports what is stored: only those are made anew whose text is another."""
        rows = {row.id: row for row in connection.execute(_OPEN, {"since": seen_since})}
        self._reports.keep(rows)
        texts = {row.id: (row.content_hash, row.page_at, row.language) for row in rows.values()}
        other = [
            one for one, text in texts.items() if self._texts.get(one) != text or one not in self._reports
        ]
        made = self._made(connection, other, feeds)
        rules: dict[int, set[str]] = {}
        for entry_id, rule_id in connection.execute(_RULES_OF_OPEN, {"since": seen_since}):
            rules.setdefault(entry_id, set()).add(rule_id)
        for entry_id, row in rows.items():
            report = made.get(entry_id) or self._reports[entry_id]
            its_rules = frozenset(rules.get(entry_id, ()))
            now = (row.story_id, row.copy_of, its_rules)
            if entry_id in made or (report.story_id, report.copy_of, report.rules) != now:
                self._reports.add(
                    replace(report, story_id=row.story_id, copy_of=row.copy_of, rules=its_rules)
                )
        self._texts = texts
        said = labels.about_stories(connection)
        self._reports.keep_apart(
            [one.label.entry_id for one in said], [one.stories for one in said if one.stories is not None]
        )

    def _made(
        self, connection: Connection, entry_ids: Sequence[int], feeds: Mapping[str, Feed]
    ) -> dict[int, Report]:
        archive = self.archive(connection)
        found = entries.by_ids(connection, entry_ids)
        reported_at: dict[int, Any] = entries.reported_at(connection, entry_ids)
        spans = entries.spans_of(connection, entry_ids)
        again = {
            feed_id: archive.recurring(feeds.get(feed_id) or Feed(id=feed_id, url=""))
            for feed_id in {one.feed_id for one in found}
        }
        return {
            one.id: report_of(
                one,
                entry_id=one.id,
                feed_id=one.feed_id,
                reported_at=reported_at[one.id],
                language=one.language,
                watched=watched_in(one, spans.get(one.id, ())),
                recurring=again[one.feed_id],
            )
            for one in found
        }


def leave_mark(connection: Connection) -> int:
    """Another mark: the entries of a story are others now. Whoever keeps reports reads them again."""
    mark = randbits(62)
    put(connection, CounterRow, [{"name": MARK, "next": mark}])
    return mark


def _mark(connection: Connection) -> int:
    """0 where there was no story yet."""
    return connection.execute(_MARK).scalar() or 0
