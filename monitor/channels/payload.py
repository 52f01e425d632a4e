"""A message → JSON for programs; `webhook.schema.json` beside this file says what each key means.

Keys may be added. What would break a reader (a key gone, another meaning) makes a new `VERSION`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from monitor.core.alerts.evidence import evidence, lead
from monitor.core.alerts.plain import one_line
from monitor.core.text.urls import without_tracking
from monitor.model import Line, Match, Message, Report, Story

VERSION: Final = 1
MOST_REPORTS: Final = 50
"""With titles and sentences of usual length some 40 kB; the rest is counted in `unlisted_reports`."""
MOST_TELLERS: Final = 50
"""By name; how many there are says `outlets`."""
MOST_LINES: Final = 200
"""Of a summary; the rest is counted in `unlisted_lines`."""
_LONGEST_TITLE: Final = 1000
_LONGEST_URL: Final = 4000
_LONGEST_NOTE: Final = 20_000


def payload(message: Message) -> dict[str, Any]:
    """What is posted, ready for `json.dumps`; nothing in it depends on when or how often it is sent."""
    return {
        "version": VERSION,
        "type": f"alert.{message.kind.value}",
        "timestamp": _instant(message.created_at),
        "data": {
            "id": message.id,
            "thread_id": message.thread_id,
            "first_in_thread": message.first_in_thread,
            "alert_id": message.alert_id,
            "rules": [{"id": it.id, "title": it.title, "priority": it.priority} for it in message.rules],
            "story": _story(message.story, message.story_url) if message.story else None,
            "outlets": message.outlets,
            "tellers": [one_line(it, longest=_LONGEST_TITLE) for it in message.tellers[:MOST_TELLERS]],
            "languages": list(message.languages),
            "reports": [_report(it) for it in message.reports[:MOST_REPORTS]],
            "unlisted_reports": max(len(message.reports) - MOST_REPORTS, 0),
            "text": message.text[:_LONGEST_NOTE],
            "lines": [_line(it) for it in message.lines[:MOST_LINES]],
            "unlisted_lines": max(len(message.lines) - MOST_LINES, 0),
        },
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "alert_id": line.alert_id,
        "story_id": line.story_id,
        "entry_id": line.entry_id,
        "title": one_line(line.title, longest=_LONGEST_TITLE),
        "outlet": one_line(line.outlet, longest=_LONGEST_TITLE),
        "url": _url(line.url),
        "rules": [{"id": it.id, "title": it.title, "priority": it.priority} for it in line.rules],
        "outlets": line.outlets,
        "languages": list(line.languages),
        "text": one_line(line.text, longest=_LONGEST_TITLE),
        "created_at": _instant(line.created_at),
    }


def _url(url: str | None) -> str | None:
    """Not cut: half an address is another one."""
    return without_tracking(url) if url and len(url) <= _LONGEST_URL else None


def _story(story: Story, url: str | None) -> dict[str, Any]:
    return {
        "id": story.id,
        "title": one_line(story.title, longest=_LONGEST_TITLE),
        "url": url,
        "first_seen_at": _instant(story.first_seen_at),
        "last_seen_at": _instant(story.last_seen_at),
    }


def _report(report: Report) -> dict[str, Any]:
    entry = report.entry
    return {
        "entry_id": entry.id,
        "feed_id": report.feed_id,
        "outlet": one_line(report.outlet, longest=_LONGEST_TITLE),
        "title": one_line(entry.title, longest=_LONGEST_TITLE),
        "lead": lead(entry),
        "url": _url(entry.url),
        "language": entry.language,
        "published_at": _instant(entry.published_at) if entry.published_at else None,
        "first_seen_at": _instant(entry.first_seen_at),
        "matches": [_match(report, match) for match in report.matches],
    }


def _match(report: Report, match: Match) -> dict[str, Any]:
    shown = evidence(report.entry, [match])
    return {
        "rule_id": match.rule_id,
        "field": shown.field.value if shown else None,
        "excerpt": [{"text": piece.text, "marked": piece.marked} for piece in shown.pieces] if shown else [],
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
