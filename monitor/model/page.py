"""The web pages of entries, whose text is read where a rule wishes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PageState(StrEnum):
    """What became of a page."""

    WAITING = "waiting"
    """To be asked for at `next_at`."""
    READ = "read"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The web page of an entry, whose text is wanted. Each is read once at most."""

    entry_id: int
    feed_id: str
    url: str
    site: str
    """Its scheme, host and port: whose robots.txt holds for it."""
    wanted: str
    """Why it is asked for, in words."""
    state: PageState = PageState.WAITING
    attempts: int = 0
    queued_at: datetime
    next_at: datetime
    """While it is being read: when that is taken to have failed."""
    ended_at: datetime | None = None
    outcome: str = ""
    """What the last attempt came to, in words; empty: there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is known of a site whose pages are read."""

    site: str
    robots: str | None = None
    """Its robots.txt, empty where it has none; None: not known."""
    robots_at: datetime | None = None
    paused_until: datetime | None = None
    """None of its pages is asked for before then."""
