"""Why an entry was put into its story, and told or not: what was compared, as `entries show` and the page give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection

from monitor.core.stories.explain import Comparison, Judged, compared
from monitor.core.stories.report import text_of
from monitor.model import Entry, Feed
from monitor.store import alerts, entries, polls
from monitor.store.entries import Wanted
from monitor.store.open_stories import OpenStories

MOST: Final = 60
"""Reports of its story that an entry is compared with: the first, and those just before it."""
SIGNALS: Final = 4
"""That are named of a decision: those that count most."""
WORDS: Final = 8


def comparison(connection: Connection, entry: Entry, feeds: Mapping[str, Feed]) -> Comparison | None:
    """None for an entry that is in no story: nothing was compared with it."""
    if entry.story_id is None:
        return None
    before = sorted(
        one.id for one in entries.listed(connection, Wanted(story_id=entry.story_id)) if one.id < entry.id
    )
    if len(before) > MOST:
        before = [before[0], *before[1 - MOST :]]
    opened = OpenStories()
    reports = opened.reports_of(connection, [*before, entry.id], feeds)
    thread = sorted((reports[one] for one in before), key=lambda one: (one.reported_at, one.entry_id))
    told: dict[str, list[Any]] = {
        one.match.rule_id: [] for one in alerts.decisions(connection, entry_ids=[entry.id])
    }
    for (entry_id, rule_id), outcome in alerts.became(connection, before).items():
        if outcome.told and rule_id in told:
            told[rule_id].append(reports[entry_id])
    for said in told.values():
        said.sort(key=lambda one: (one.reported_at, one.entry_id))
    rarity = opened.rarity(connection, next_id=polls.next_ids(connection).entry)
    feed = feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
    _, taken_out = opened.archive(connection).recurring(feed).divided(entry.title, text_of(entry))
    return compared(reports[entry.id], thread, told, rarity, taken_out=taken_out)


def comparison_document(found: Comparison | None) -> dict[str, Any] | None:
    """All of it, for programs."""
    return asdict(found) if found is not None else None


def said(found: Comparison) -> list[tuple[str, str]]:
    """For people, a line for each thing."""
    lines = []
    if found.names or found.numbers:
        lines.append(("says", ", ".join([*found.names, *found.numbers][: 2 * WORDS])))
    if found.taken_out:
        lines.append(("taken out", "\n".join(f"“{one}”: it recurs in the feed" for one in found.taken_out)))
    if found.of_story is not None:
        lines.append(("this story?", _judged(found.of_story, yes="it is", no="it is not by itself")))
    for rule_id, judged in found.told.items():
        lines.append((f"told? {rule_id}", _judged(judged, yes="told already", no="news")))
    return lines


def _judged(one: Judged, *, yes: str, no: str) -> str:
    signs = ", ".join(
        f"{signal.name} {signal.value:.2g} ({signal.counts:+.1f})" for signal in one.signals[:SIGNALS]
    )
    more = len(one.signals) - SIGNALS
    words = f"in common {', '.join(one.shared[:WORDS])}" if one.shared else "nothing in common"
    new = f"; new {', '.join(one.new[:WORDS])}" if one.new else ""
    rest = f", {more} more" if more > 0 else ""
    others = f" of {len(one.beside)} compared" if len(one.beside) > 1 else ""
    verdict = f"{yes if one.holds else no}, score {one.score:+.1f}; nearest: entry {one.nearest}{others}"
    return f"{verdict}; {words}{new}\n{signs}{rest}, bias {one.bias:+.1f}"
