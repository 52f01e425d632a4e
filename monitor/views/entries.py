"""An entry as lists, the page and the API give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from monitor.model import Decision, Entry, EntryChange, Page, PageState


def became(decision: Decision) -> str:
    """Its verdict and why; many a reason begins with the verdict ("copy of 14")."""
    said = decision.reason.startswith(decision.verdict)
    return decision.reason if said else f"{decision.verdict}: {decision.reason}"


def page_document(page: Page | None) -> dict[str, Any] | None:
    if page is None:
        return None
    return {
        "state": page.state,
        "wanted": page.wanted,
        "attempts": page.attempts,
        "queued_at": page.queued_at,
        "next_at": page.next_at if page.state is PageState.WAITING else None,
        "ended_at": page.ended_at,
        "outcome": page.outcome,
    }


def document(entry: Entry, decided: list[Decision]) -> dict[str, Any]:
    """The entry as every listing gives it."""
    return {
        "id": entry.id,
        "feed": entry.feed_id,
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "language": entry.language,
        "published_at": entry.published_at,
        "first_seen_at": entry.first_seen_at,
        "copy_of": entry.copy_of,
        "story": entry.story_id,
        "rules": [one.match.rule_id for one in decided if one.entry_id == entry.id],
        "became": [became(one) for one in decided if one.entry_id == entry.id],
    }


def whole_document(
    entry: Entry, decided: list[Decision], changed: Sequence[EntryChange] = ()
) -> dict[str, Any]:
    """The entry with its texts, every decision about it, and what its feed changed."""
    return document(entry, decided) | {
        "summary": entry.summary,
        "content": entry.content,
        "author": entry.author,
        "categories": entry.categories,
        "updated_at": entry.updated_at,
        "fetched_at": entry.fetched_at,
        "page_at": entry.page_at,
        "baseline": entry.baseline,
        "copy_reason": entry.copy_reason,
        "story_reason": entry.story_reason,
        "decisions": [
            {
                "rule": one.match.rule_id,
                "rule_version": one.match.rule_version,
                "verdict": one.verdict,
                "reason": one.reason,
                "alert": one.alert_id,
                "score": one.match.score,
                "spans": [[span.field, span.start, span.end] for span in one.match.spans],
            }
            for one in decided
        ],
        "changes": [{"at": one.at, "edits": [asdict(edit) for edit in one.edits]} for one in changed],
    }
