"""What was said of stories, and what gathered since: the facts that an update is decided on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, String, bindparam, func, select, update

from monitor.core.alerts.threads import Thread
from monitor.core.alerts.thresholds import Reach
from monitor.model import Verdict
from monitor.store import stories
from monitor.store.sql import chunks, insert_new, put, table
from monitor.store.tables import AlertRow, AlertRuleRow, EntryRow, MatchRow, ThreadRow

THREAD, ENTRY, MATCH = table(ThreadRow), table(EntryRow), table(MatchRow)
ALERT, ALERT_RULE = table(AlertRow), table(AlertRuleRow)

_OF_STORIES = select(THREAD).where(THREAD.c.story_id.in_(bindparam("ids", expanding=True)))

_SAID = bindparam("said", type_=String)
_EXPLAIN = (
    update(MATCH)
    .where(
        MATCH.c.entry_id == bindparam("entry"),
        MATCH.c.rule_id == bindparam("rule"),
        MATCH.c.alert_id.is_(None),
    )
    .values(reason=func.replace(MATCH.c.reason, _SAID, "", type_=String) + _SAID)
)

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
        for row in connection.execute(_OF_STORIES, {"ids": ids}).all():
            found[row.story_id] = _thread(row)
    return found


def due(connection: Connection, now: datetime, *, limit: int) -> list[int]:
    """The stories to be looked at now, the longest waiting first."""
    query = (
        select(THREAD.c.story_id).where(THREAD.c.update_at <= now).order_by(THREAD.c.update_at).limit(limit)
    )
    return list(connection.execute(query).scalars())


def next_at(connection: Connection) -> datetime | None:
    """When the next story is to be looked at; None: none is."""
    return connection.execute(select(func.min(THREAD.c.update_at))).scalar()


def skip(connection: Connection, story_id: int) -> None:
    """The story is not looked at before something more comes."""
    connection.execute(update(THREAD).where(THREAD.c.story_id == story_id).values(update_at=None))


def save(connection: Connection, threads: Mapping[int, Thread]) -> None:
    """As they are now, by story id."""
    put(
        connection,
        ThreadRow,
        [
            {
                "story_id": story_id,
                "told_at": thread.told_at,
                "update_at": thread.update_at,
            }
            for story_id, thread in threads.items()
        ],
    )


def say(connection: Connection, story_ids: Collection[int], at: datetime) -> None:
    """A summary told these stories. One of which something was said before goes on from there."""
    rows: list[dict[str, Any]] = [
        {"story_id": story_id, "told_at": at, "update_at": None} for story_id in sorted(story_ids)
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


def first_told(connection: Connection, story_id: int, rule_ids: Collection[str]) -> int | None:
    """The entry by which the story was first told to one of the rules; None where that is not known any more."""
    query = (
        select(ALERT.c.entry_id)
        .join(ALERT_RULE, ALERT_RULE.c.alert_id == ALERT.c.id)
        .where(
            ALERT.c.story_id == story_id,
            ALERT_RULE.c.rule_id.in_(sorted(rule_ids)),
            ALERT.c.entry_id.is_not(None),
        )
        .order_by(ALERT.c.id)
        .limit(1)
    )
    return connection.execute(query).scalar()


def coverage(connection: Connection, story_id: int, thread: Thread) -> Reach:
    """The story when it was last told, and now."""
    spread = stories.spread(connection, [story_id]).get(story_id, stories.Spread())
    then = stories.spread(connection, [story_id], until=thread.told_at).get(story_id, stories.Spread())
    return Reach(
        outlets_then=len(then.since),
        outlets=len(spread.since),
        languages_then=frozenset(then.languages),
        languages=frozenset(spread.languages),
    )


def explain(connection: Connection, gathered: Collection[Gathered], *, reason: str) -> None:
    """Why these were not told, beside what was said of each when it came."""
    told = [{"entry": one.entry_id, "rule": one.rule_id, "said": f"; {reason}"} for one in gathered]
    if told:
        connection.execute(_EXPLAIN, told)


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
    )
