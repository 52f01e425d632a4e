"""A story as lists, the page and the API give it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.core.stories.pace import pace
from monitor.model import Decision, Entry, StoryMerge
from monitor.store.stories import Summary


def document(summary: Summary, at: datetime) -> dict[str, Any]:
    found = pace(summary.reported_at, now=at) if summary.reported_at else None
    return {
        "id": summary.story.id,
        "title": summary.story.title,
        "first_seen_at": summary.story.first_seen_at,
        "last_seen_at": summary.story.last_seen_at,
        "entries": summary.entries,
        "feeds": summary.feeds,
        "languages": summary.languages,
        "rules": summary.rules,
        "pace": {
            "entries_per_hour": round(found.now, 1) if found else 0.0,
            "most_in_an_hour": found.most if found else 0,
            "most_at": found.most_at if found else None,
        },
    }


def merge_document(merge: StoryMerge, title: str) -> dict[str, Any]:
    return {
        "id": merge.from_id,
        "title": title,
        "into": merge.into_id,
        "entry": merge.entry_id,
        "merged_at": merge.merged_at,
        "reason": merge.reason,
    }


def report(entry: Entry, decided: Iterable[Decision]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "feed": entry.feed_id,
        "title": entry.title,
        "url": entry.url,
        "language": entry.language,
        "published_at": entry.published_at,
        "first_seen_at": entry.first_seen_at,
        "copy_of": entry.copy_of,
        "copy_reason": entry.copy_reason,
        "reason": entry.story_reason,
        "rules": [one.match.rule_id for one in decided if one.entry_id == entry.id],
    }
