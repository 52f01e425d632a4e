"""The queue of pages to read, and what is known of their sites.

A page is taken for a while and its attempt counted: who dies over it leaves it due again, and an answer that comes
after that while changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update

from monitor.model import Page, PageState, Site
from monitor.store.sql import chunks, insert_new, put, table
from monitor.store.tables import PageRow, SiteRow

PAGE, SITE = table(PageRow), table(SiteRow)
COLUMNS = [PAGE.c[field.name] for field in fields(Page)]


def enqueue(connection: Connection, pages: Collection[Page]) -> None:
    """An entry whose page is in the queue, read or given up keeps that one."""
    insert_new(connection, PageRow, [asdict(page) for page in pages])


def due(connection: Connection, now: datetime, *, limit: int, but_of: Iterable[str] = ()) -> list[Page]:
    """Pages that are due, none of a paused site: of each feed up to `limit`, one of a site.

    The longest waiting first. `but_of`: sites of which one is being read.
    """
    oldest = (PAGE.c.next_at, PAGE.c.entry_id)
    of_site = func.row_number().over(partition_by=(PAGE.c.feed_id, PAGE.c.site), order_by=oldest)
    waiting = (
        select(*COLUMNS, of_site.label("of_site"))
        .outerjoin(SITE, SITE.c.site == PAGE.c.site)
        .where(
            _due(now),
            PAGE.c.site.not_in(list(but_of)),
            or_(SITE.c.paused_until.is_(None), SITE.c.paused_until <= now),
        )
        .subquery()
    )
    first = (waiting.c.next_at, waiting.c.entry_id)
    of_feed = func.row_number().over(partition_by=waiting.c.feed_id, order_by=first)
    heads = select(*waiting.c, of_feed.label("of_feed")).where(waiting.c.of_site == 1).subquery()
    query = (
        select(*(heads.c[column.name] for column in COLUMNS))
        .where(heads.c.of_feed <= limit)
        .order_by(heads.c.next_at, heads.c.entry_id)
    )
    return [_page(row) for row in connection.execute(query).mappings()]


def any_waits_since(connection: Connection, since: datetime) -> bool:
    """Whether a page that was wanted since then was not tried yet."""
    new = and_(PAGE.c.state == PageState.WAITING, PAGE.c.queued_at >= since, PAGE.c.outcome == "")
    return connection.execute(select(PAGE.c.entry_id).where(new).limit(1)).first() is not None


def take(connection: Connection, pages: Iterable[Page], until: datetime) -> list[Page]:
    """Those of the pages that nobody else has taken, theirs until then: with the attempt counted."""
    taken = []
    for page in pages:
        mine = replace(page, attempts=page.attempts + 1, next_at=until)
        if _set(connection, page, {"attempts": mine.attempts, "next_at": until}):
            taken.append(mine)
    return taken


def late(connection: Connection, now: datetime, *, queued_before: datetime) -> list[int]:
    """The entries whose pages are due, nobody's, and were wanted too long ago."""
    query = select(PAGE.c.entry_id).where(_due(now), PAGE.c.queued_at < queued_before)
    return list(connection.execute(query).scalars())


def expire(connection: Connection, entry_ids: Collection[int], *, now: datetime) -> None:
    """Their pages are given up, if they still wait."""
    words = case((PAGE.c.outcome == "", "not read in time"), else_="not read in time: " + PAGE.c.outcome)
    for ids in chunks(entry_ids):
        connection.execute(
            update(PAGE)
            .where(_due(now), PAGE.c.entry_id.in_(ids))
            .values(state=PageState.GIVEN_UP, ended_at=now, outcome=words)
        )


def finish(connection: Connection, page: Page, state: PageState, *, outcome: str, now: datetime) -> bool:
    """It was read or given up. False where somebody else has it by now."""
    return _set(connection, page, {"state": state, "outcome": outcome, "ended_at": now})


def put_off(connection: Connection, page: Page, at: datetime, *, outcome: str, attempts: int) -> bool:
    """It is due again at `at`, after so many attempts. False where somebody else has it by now."""
    return _set(connection, page, {"next_at": at, "outcome": outcome, "attempts": attempts})


def put_off_feed(connection: Connection, page: Page, until: datetime) -> None:
    """None of the feed's pages that wait now is asked for at the page's site before then."""
    waiting = and_(
        PAGE.c.feed_id == page.feed_id,
        PAGE.c.site == page.site,
        PAGE.c.state == PageState.WAITING,
        PAGE.c.next_at < until,
    )
    connection.execute(update(PAGE).where(waiting).values(next_at=until))


def release(connection: Connection, page: Page, *, now: datetime) -> bool:
    """Given back unread, as at a shutdown: due at once, the attempt not counted."""
    return put_off(connection, page, now, outcome=page.outcome, attempts=page.attempts - 1)


def of_entries(connection: Connection, entry_ids: Collection[int]) -> dict[int, Page]:
    """By entry id; entries whose page was never wanted are missing."""
    found: dict[int, Page] = {}
    for ids in chunks(sorted(entry_ids)):
        rows = connection.execute(select(*COLUMNS).where(PAGE.c.entry_id.in_(ids))).mappings()
        found |= {row["entry_id"]: _page(row) for row in rows}
    return found


def counts(connection: Connection) -> dict[PageState, int]:
    """Pages, by state."""
    query = select(PAGE.c.state, func.count()).group_by(PAGE.c.state)
    return {PageState(state): count for state, count in connection.execute(query)}


# ── Sites ──


def site(connection: Connection, name: str) -> Site:
    """What is known of the site; an empty record where nothing is."""
    row = connection.execute(select(SITE).where(SITE.c.site == name)).mappings().first()
    return Site(**row) if row else Site(site=name)


def save_robots(connection: Connection, name: str, robots: str, *, now: datetime) -> None:
    """A site's robots.txt, as it came."""
    put(connection, SiteRow, [asdict(replace(site(connection, name), robots=robots, robots_at=now))])


def pause(connection: Connection, name: str, until: datetime) -> None:
    """None of the site's pages is asked for before then."""
    known = site(connection, name)
    until = max(until, known.paused_until or until)
    put(connection, SiteRow, [asdict(replace(known, paused_until=until))])


def _due(now: datetime) -> Any:
    return and_(PAGE.c.state == PageState.WAITING, PAGE.c.next_at <= now)


def _set(connection: Connection, page: Page, values: dict[str, Any]) -> bool:
    """Changes the row if it is as `page` has it: the number of attempts says whose it is."""
    row = and_(
        PAGE.c.entry_id == page.entry_id,
        PAGE.c.state == PageState.WAITING,
        PAGE.c.attempts == page.attempts,
    )
    return connection.execute(update(PAGE).where(row).values(**values)).rowcount == 1


def _page(row: Any) -> Page:
    return Page(**{**row, "state": PageState(row["state"])})
