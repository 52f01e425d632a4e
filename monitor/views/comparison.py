"""Why an entry was put into its story, and told or not: what was compared, for lists, pages and programs."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection

from monitor.core.alerts.dedup import EarlierOutcome
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
    thread = entries.listed(connection, Wanted(story_id=entry.story_id))
    return comparisons(connection, thread, feeds, of=[entry]).get(entry.id)


def comparisons(
    connection: Connection, thread: Iterable[Entry], feeds: Mapping[str, Feed], *, of: Iterable[Entry]
) -> dict[int, Comparison]:
    """By id, those `of` a story's entries; `thread`: all of them."""
    asked = {one.id: one for one in of}
    known = sorted({one.id for one in thread})
    earlier = {entry_id: _just_before(known[: bisect_left(known, entry_id)]) for entry_id in asked}
    needed = sorted({*asked, *chain.from_iterable(earlier.values())})
    opened = OpenStories()
    reports = opened.reports_of(connection, needed, feeds)
    became = alerts.became(connection, needed)
    matched: defaultdict[int, list[str]] = defaultdict(list)
    for one in alerts.decisions(connection, entry_ids=list(asked)):
        matched[one.entry_id].append(one.match.rule_id)
    rarity = opened.rarity(connection, next_id=polls.next_ids(connection).entry)
    archive = opened.archive(connection)
    found = {}
    for entry_id, entry in asked.items():
        before = [reports[one] for one in earlier[entry_id]]
        before.sort(key=lambda one: (one.reported_at, one.entry_id))
        told = {
            rule_id: [one for one in before if _is_told(became.get((one.entry_id, rule_id)))]
            for rule_id in matched[entry_id]
        }
        feed = feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
        _, taken_out = archive.recurring(feed).divided(entry.title, text_of(entry))
        found[entry_id] = compared(reports[entry_id], before, told, rarity, taken_out=taken_out)
    return found


def _just_before(earlier: Sequence[int]) -> Sequence[int]:
    return earlier if len(earlier) <= MOST else [earlier[0], *earlier[1 - MOST :]]


def _is_told(outcome: EarlierOutcome | None) -> bool:
    return outcome is not None and outcome.told


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
