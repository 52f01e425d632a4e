"""What a poll's entries are and which rules they match: all that needs no other feed's entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.core.plan import Examined
from monitor.core.rules import RuleSet
from monitor.core.stories.identity import Changed, EntryKeys, Identity, Known, New, Same
from monitor.core.stories.traces import keys_to_find
from monitor.core.text.document import read
from monitor.core.text.languages import detect
from monitor.model import Feed, FeedEntry


def examine(
    entries: Sequence[FeedEntry], identities: Sequence[Identity], *, feed: Feed, rules: RuleSet
) -> tuple[Examined, ...]:
    """The new and changed entries, oldest first, each with its language and the rules that it matches."""
    fresh = [
        _examined(entry, identity, feed=feed, rules=rules)
        for entry, identity in zip(entries, identities, strict=True)
        if isinstance(identity, New | Changed)
    ]
    return tuple(sorted(fresh, key=_published))


def rekeyed(identities: Sequence[Identity], known: Sequence[Known]) -> Mapping[int, EntryKeys]:
    """The keys of unchanged entries that go by others than those that are stored, by entry id."""
    stored = {one.entry_id: one.keys for one in known}
    return {
        identity.entry_id: identity.keys
        for identity in identities
        if isinstance(identity, Same) and stored.get(identity.entry_id) != identity.keys
    }


def _examined(entry: FeedEntry, identity: New | Changed, *, feed: Feed, rules: RuleSet) -> Examined:
    text = "\n".join(part for part in (entry.title, entry.summary, entry.content) if part)
    language = detect(text, prior=entry.language)
    document = read(
        title=entry.title,
        summary=entry.summary,
        content=entry.content,
        author=entry.author,
        categories=entry.categories,
        url=entry.url,
        language=language,
        feed_id=feed.id,
        feed_tags=feed.tags,
    )
    return Examined(
        entry=entry,
        identity=identity,
        language=language,
        keys=keys_to_find(entry),
        matches=rules.match(document),
    )


def _published(examined: Examined) -> float:
    """Feeds list the newest first; told in the order of time, the first report opens the story."""
    moment = examined.entry.published_at
    return moment.timestamp() if moment else float("inf")
