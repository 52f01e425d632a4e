"""What was said of stories, and what gathered since: the facts that an update is decided on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update

from monitor.core.alerts.news import Correction, Coverage, Headline
from monitor.core.alerts.threads import Thread
from monitor.model import Verdict
from monitor.store import entries, stories
from monitor.store.sql import chunks, insert_new, put, table
from monitor.store.tables import EntryRow, MatchRow, ThreadRow

THREAD, ENTRY, MATCH = table(ThreadRow), table(EntryRow), table(MatchRow)

MOST_HEADLINES: Final = 200
"""That are read of what came since, the newest: more say nothing more."""
MOST_KNOWN: Final = 300
"""Entries that are read of what was there, the newest."""
MOST_GATHERED: Final = 50
"""Reports that one update tells, the newest; a message shows fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A match that no message told yet."""

    entry_id: int
    rule_id: str


def known(connection: Connection, story_ids: Collection[int]) -> dict[int, Thread]:
    """By story id."""
    found: dict[int, Thread] = {}
    for ids in chunks(sorted(story_ids)):
        for row in connection.execute(select(THREAD).where(THREAD.c.story_id.in_(ids))):
            found[row.story_id] = _thread(row)
    return found


def due(connection: Connection, now: datetime, *, limit: int) -> list[int]:
    """The stories to be looked at now, the longest waiting first."""
    query = (
        select(THREAD.c.story_id).where(THREAD.c.update_at <= now).order_by(THREAD.c.update_at).limit(limit)
    )
    return list(connection.execute(query).scalars())


def skip(connection: Connection, story_id: int) -> None:
    """The story is not looked at before something more comes."""
    connection.execute(update(THREAD).where(THREAD.c.story_id == story_id).values(update_at=None))


def save(connection: Connection, threads: Mapping[int, Thread]) -> None:
    put(
        connection,
        ThreadRow,
        [
            {
                "story_id": story_id,
                "told_at": thread.told_at,
                "update_at": thread.update_at,
                "corrections": [list(astuple(one)) for one in thread.corrections],
            }
            for story_id, thread in threads.items()
        ],
    )


def say(connection: Connection, story_ids: Collection[int], at: datetime) -> None:
    """A summary told these stories. One of which something was said before goes on from there."""
    rows: list[dict[str, Any]] = [
        {"story_id": story_id, "told_at": at, "update_at": None, "corrections": []}
        for story_id in sorted(story_ids)
    ]
    insert_new(connection, ThreadRow, rows)


def gathered(connection: Connection, story_id: int) -> list[Gathered]:
    """Matches of a told story that were not told, the newest entries first, at most `MOST_GATHERED`."""
    query = (
        select(MATCH.c.entry_id, MATCH.c.rule_id)
        .join(ENTRY, ENTRY.c.id == MATCH.c.entry_id)
        .where(
            ENTRY.c.story_id == story_id,
            MATCH.c.verdict == Verdict.JOINED_STORY,
            MATCH.c.alert_id.is_(None),
        )
        .order_by(MATCH.c.entry_id.desc(), MATCH.c.rule_id)
        .limit(MOST_GATHERED)
    )
    return [Gathered(entry_id=row.entry_id, rule_id=row.rule_id) for row in connection.execute(query)]


def told_matches(connection: Connection, entry_ids: Collection[int]) -> list[Gathered]:
    """The matches of entries that were told."""
    query = select(MATCH.c.entry_id, MATCH.c.rule_id).where(
        MATCH.c.entry_id.in_(sorted(entry_ids)), MATCH.c.alert_id.is_not(None)
    )
    return [Gathered(entry_id=row.entry_id, rule_id=row.rule_id) for row in connection.execute(query)]


def coverage(connection: Connection, story_id: int, thread: Thread) -> Coverage:
    """The story when it was last told, and now."""
    spread = stories.spread(connection, [story_id]).get(story_id, stories.Spread())
    then = stories.spread(connection, [story_id], until=thread.told_at).get(story_id, stories.Spread())
    since = (
        select(ENTRY.c.feed_id, ENTRY.c.title, ENTRY.c.language)
        .where(
            ENTRY.c.story_id == story_id, ENTRY.c.first_seen_at > thread.told_at, ENTRY.c.copy_of.is_(None)
        )
        .order_by(ENTRY.c.id.desc())
        .limit(MOST_HEADLINES)
    )
    return Coverage(
        outlets_then=len(then.since),
        outlets=len(spread.since),
        languages_then=frozenset(then.languages),
        languages=frozenset(spread.languages),
        headlines=[Headline(*row) for row in connection.execute(since)],
        known=entries.said(connection, story_id, until=thread.told_at, newest=MOST_KNOWN),
        corrections=thread.corrections,
    )


def explain(connection: Connection, gathered: Collection[Gathered], *, reason: str) -> None:
    """Why these were not told."""
    _decided(connection, gathered, {"reason": reason})


def join(connection: Connection, gathered: Collection[Gathered], alert_id: int) -> None:
    """These are told by the alert; one that another told stays with that."""
    joined = {"verdict": Verdict.JOINED_ALERT, "reason": f"joined alert {alert_id}", "alert_id": alert_id}
    _decided(connection, gathered, joined)


def _decided(connection: Connection, gathered: Collection[Gathered], values: Mapping[str, Any]) -> None:
    for one in gathered:
        row = (MATCH.c.entry_id == one.entry_id) & (MATCH.c.rule_id == one.rule_id)
        connection.execute(update(MATCH).where(row, MATCH.c.alert_id.is_(None)).values(**values))


def _thread(row: Any) -> Thread:
    return Thread(
        told_at=row.told_at,
        update_at=row.update_at,
        corrections=tuple(Correction(*one) for one in row.corrections),
    )
