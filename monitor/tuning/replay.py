"""The replay: what would have been told of stored entries, had a config been in force when they came.

    with Replay(store, config) as replay:
        for entry, matches in …:                      # the oldest first
            for told in replay.arrive(entry, matches): …
        for told in replay.end(now): …
        replay.decisions()

Everything after the match is the daemon's own: copies and stories, when to tell, waits, quiet hours, limits,
silences, digests, updates, messages. It happens in a database in memory, by the clock of the entries' first sight; of
the live database only what bears on it is read (how common words are, what recurs in a feed, silences of rules and
feeds), as of then. Nothing is sent. What is not stored cannot come again: texts before an edit, pauses of the
monitor, and with them bursts and lulls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from sqlalchemy import Connection

from monitor.core.alerts.compose import compose
from monitor.core.alerts.silences import muted
from monitor.core.examine import Examined
from monitor.core.plan import plan_poll
from monitor.core.poll_facts import Polled
from monitor.core.stories.identity import New, keys_of
from monitor.core.stories.open_reports import WINDOW, OpenReports
from monitor.core.stories.recurring import folded_sentences
from monitor.core.text.filing import words_of
from monitor.jobs.digest import released
from monitor.jobs.story_updates import AT_ONCE, look
from monitor.model import (
    Config,
    Decision,
    Entry,
    Feed,
    FeedEntry,
    FeedState,
    Match,
    Message,
    NotModified,
)
from monitor.store import Store, alerts, feeds, messages, outbox, polls, silences, threads
from monitor.store.open_stories import NO_FEEDS, Archive, OpenStories

LEASE: Final = timedelta(minutes=5)
POLL: Final = timedelta(minutes=15)
"""Before an entry came its feed was asked so long ago."""
REMEMBERED: Final = 5_000
"""Texts whose sentences are not folded again: the newest forty of a hundred feeds or more."""
LONG_AGO: Final = datetime(1970, 1, 2, tzinfo=UTC)
WAS_THERE: Final = "it was in the feed before the first poll"


@dataclass(frozen=True, slots=True)
class Told:
    """A message that would have been sent, to one recipient or more."""

    at: datetime
    message: Message
    """As the first of them would have got it."""
    to: tuple[tuple[str, str], ...]
    """Channels and their recipients; empty where the channel itself is the recipient."""


class Replay:
    """One run of a config over entries. Used within `with`; one thread at a time."""

    def __init__(self, store: Store, config: Config) -> None:
        """`store`: the live database, which is only read."""
        self._live, self._config = store, config
        self._opened = _PastStories()
        self._past = Store("sqlite://")
        self._known: dict[str, FeedState] = {}
        self._now: datetime | None = None
        self._arrived: list[int] = []
        self._divided = lru_cache(REMEMBERED)(folded_sentences)

    def __enter__(self) -> Self:
        with self._live.reading() as live:
            known = feeds.states(live)
            kept = [one for one in silences.listed(live) if one.story_id is None]
        with self._past.writing() as past:
            self._register(past, known.values())
            for silence in kept:
                silences.add(past, silence)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._past.close()

    def arrive(self, entry: Entry, matches: Sequence[Match]) -> Iterator[Told]:
        """What is told before it comes. From then on it is there, with the rules that match it.

        Entries come in the order of their first sight and, at one instant, of their ids.
        """
        yield from self._until(entry.first_seen_at)
        self._now = entry.first_seen_at
        self._arrived.append(entry.id)
        with self._live.reading() as live, self._past.writing() as past:
            self._opened.live = Archive(live, before=entry.id, divided=self._divided)
            polled = self._polled(past, entry, matches)
            polls.save_next_ids(past, replace(polls.next_ids(past), entry=entry.id))
            facts = polls.facts(past, polled, self._opened, configured=self._config.feeds)
            polls.apply(past, plan_poll(polled, facts, config=self._config), self._opened)
            self._opened.seen[entry.id] = entry.first_seen_at

    def end(self, now: datetime) -> Iterator[Told]:
        """What is told after the last has come, until now."""
        yield from self._until(now)
        yield from self._tick(now)

    def decisions(self) -> Iterator[Decision]:
        """What became of every match so far."""
        with self._past.reading() as past:
            yield from alerts.decisions(past, entry_ids=self._arrived)

    # ── the clock ──

    def _until(self, end: datetime) -> Iterator[Told]:
        """What is told before `end`: whatever waits has its turn when it is due."""
        last = self._now
        while (at := self._next_at()) is not None and at < end:
            now = at if last is None or at > last else last + timedelta(seconds=1)
            if now >= end:
                break
            yield from self._tick(now)
            last = now

    def _next_at(self) -> datetime | None:
        with self._past.reading() as past:
            waits = (outbox.next_at(past), threads.next_at(past))
        return min((at for at in waits if at is not None), default=None)

    def _tick(self, now: datetime) -> Iterator[Told]:
        """As the daemon's."""
        self._now = now
        with self._past.writing() as past:
            for story_id in threads.due(past, now, limit=AT_ONCE):
                look(past, story_id, config=self._config, now=now)
        released(self._past, self._config, now)
        yield from self._delivered(now)

    def _delivered(self, now: datetime) -> Iterator[Told]:
        sent: dict[int, Told] = {}
        with self._past.writing() as past:
            for channel in outbox.channels_with_due(past, now):
                while leases := outbox.lease(
                    past, now, for_=LEASE, token=uuid4().hex, channel=channel, limit=AT_ONCE
                ):
                    for held in leases:
                        self._send(past, held, now=now, sent=sent)
        yield from sent.values()

    def _send(self, past: Connection, held: outbox.Lease, *, now: datetime, sent: dict[int, Told]) -> None:
        material = messages.material(past, held.delivery)
        silence = muted(material, silences.listed(past, ending_after=now), now=now)
        if silence is not None:
            outbox.hold_back(past, held, until=silence.until_at, silence_id=silence.id)
            return
        message = compose(held.delivery, material, config=self._config)
        outbox.mark_sent(past, held, now=now, reply_to="", subject="")
        to = (held.delivery.channel, held.delivery.recipient)
        before = sent.get(message.alert_id)
        sent[message.alert_id] = replace(before, to=(*before.to, to)) if before else Told(now, message, (to,))

    # ── an entry as its poll brought it ──

    def _polled(self, past: Connection, entry: Entry, matches: Sequence[Match]) -> Polled:
        feed = self._config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
        if feed.id not in self._known:
            self._register(past, [FeedState(feed_id=feed.id, url=feed.url, next_poll_at=entry.first_seen_at)])
        came = _came(entry)
        examined = Examined(
            entry=came,
            identity=New(keys_of(came), ""),
            language=entry.language,
            words=words_of(entry),
            matches=tuple(matches),
            was_there=WAS_THERE if entry.baseline else "",
        )
        state = replace(
            self._known[feed.id],
            baseline_at=LONG_AGO,
            last_poll_at=entry.first_seen_at - POLL,
            told_until_at=None,
        )
        return Polled(
            feed=feed,
            before=state,
            after=state,
            outcome=NotModified(),
            at=entry.first_seen_at,
            examined=(examined,),
            more_follows=True,  # nothing of the feed's own state is told or kept
        )

    def _register(self, past: Connection, states: Iterable[FeedState]) -> None:
        given = {state.feed_id: state for state in states}
        at = max((state.next_poll_at for state in given.values()), default=None)
        if at is None:
            return
        feeds.register(past, {feed_id: state.url for feed_id, state in given.items()}, at)
        made = feeds.states(past, given)
        titled = [(state, replace(state, title=given[name].title)) for name, state in made.items()]
        feeds.save_all(past, titled)
        self._known |= feeds.states(past, given)


class _PastStories(OpenStories):
    """The stories of the replay, whose words are counted in the live database as it was.

    Every plan is carried out, so what it made of the reports is what is stored: nothing is read anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live: Archive
        self.seen: dict[int, datetime] = {}
        """When the entries came that may still be compared with others."""
        self._kept = OpenReports()

    def archive(self, _connection: Connection) -> Archive:
        return self.live

    def reports(
        self,
        _connection: Connection,
        *,
        now: datetime,
        feeds: Mapping[str, Feed] = NO_FEEDS,  # noqa: ARG002
        again: bool = False,  # noqa: ARG002
    ) -> OpenReports:
        late = [entry_id for entry_id, at in self.seen.items() if at < now - WINDOW]
        if late:
            for entry_id in late:
                del self.seen[entry_id]
            self._kept.keep(self.seen)
        return self._kept


def _came(entry: Entry) -> FeedEntry:
    return FeedEntry(
        title=entry.title,
        summary=entry.summary,
        content=entry.content,
        guid=entry.guid,
        url=entry.url,
        author=entry.author,
        categories=entry.categories,
        language=entry.language,
        published_at=entry.published_at,
        updated_at=entry.updated_at,
    )
