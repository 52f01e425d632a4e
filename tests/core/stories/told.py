"""Entries as traces, for the tests of copies and stories."""

from datetime import UTC, datetime, timedelta
from itertools import count

from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import choose_story
from monitor.core.stories.traces import Neighbours, Trace, keys_to_find, told_at, url_key
from monitor.model import FeedEntry

NOW = datetime(2026, 1, 6, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
_NUMBERS = count(1)


def told(
    title="", summary="", *, content="", url=None, feed="a", after=0 * HOUR, language="en", **more
) -> Trace:
    """An entry told `after` NOW, with a number of its own and a story of that number."""
    entry = FeedEntry(
        title=title, summary=summary, content=content, url=url, language=language, published_at=NOW + after
    )
    number = next(_NUMBERS)
    return Trace(
        entry_id=number,
        feed_id=feed,
        told_at=told_at(entry, seen_at=NOW + 1000 * HOUR),
        language=language,
        url=url_key(entry),
        keys=keys_to_find(entry),
        **{"story_id": number, **more},
    )


def copy_of(trace, *others):
    """The entry that it copies, None if none."""
    found = find_copy(trace, neighbours(*others))
    return found and found.of


def story_of(trace, *others):
    around = neighbours(*others)
    return choose_story(trace, around, copy=find_copy(trace, around))


def neighbours(*traces):
    around = Neighbours([], {})
    for trace in traces:
        around.add(trace)
    return around
