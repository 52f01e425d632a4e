"""What a poll's entries are and which rules they match: all that needs no other feed's entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.core.facts import Examined
from monitor.core.pages.wish import is_whole, wish
from monitor.core.rules import RuleSet
from monitor.core.stories.identity import Changed, EntryKeys, Identity, Known, New, Same
from monitor.core.text.document import Document, read
from monitor.core.text.languages import detect
from monitor.model import Entry, Feed, FeedEntry, ParsedFeed


def examine(
    parsed: ParsedFeed,
    identities: Sequence[Identity],
    *,
    stored: Mapping[int, Entry],
    feed: Feed,
    rules: RuleSet,
    was_there: Mapping[int, str] | None = None,
) -> tuple[Examined, ...]:
    """The new and changed entries, oldest first, each with its language and the rules that it matches.

    `identities` are those of the feed's entries, in their order; `stored` the changed ones as they were, by id;
    `was_there` says of new ones, by their index, why they are no news.
    """
    no_news = was_there or {}
    # Feeds list the newest first: told in the order of time, the first report opens the story.
    upwards = reversed(list(enumerate(zip(parsed.entries, identities, strict=True))))
    fresh = [
        _examined(
            entry,
            identity,
            language=language_of(entry, parsed.language),
            stored=stored,
            feed=feed,
            rules=rules,
            was_there=no_news.get(index, ""),
        )
        for index, (entry, identity) in upwards
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


def language_of(entry: FeedEntry, feed_language: str | None) -> str | None:
    """The language that the entry declares for itself, else the one detected, its feed's being the likeliest."""
    if entry.language is not None and entry.language != feed_language:
        return entry.language
    text = "\n".join(part for part in (entry.title, entry.summary, entry.content) if part)
    return detect(text, prior=feed_language)


def document_of(entry: FeedEntry | Entry, language: str | None, feed: Feed) -> Document:
    """The entry as rules read it."""
    return read(
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


def _examined(
    entry: FeedEntry,
    identity: New | Changed,
    *,
    language: str | None,
    stored: Mapping[int, Entry],
    feed: Feed,
    rules: RuleSet,
    was_there: str,
) -> Examined:
    before = stored.get(identity.entry_id) if isinstance(identity, Changed) else None
    if before is not None and before.page_at is not None and not is_whole(entry):
        entry = replace(entry, content=before.content)  # a feed that changes its teaser takes no text away
    document = document_of(entry, language, feed)
    matches = rules.match(document)
    matched_before: frozenset[str] = frozenset()
    if matches and before is not None:
        matched = rules.match(document_of(before, before.language, feed))
        matched_before = frozenset(match.rule_id for match in matched)
    return Examined(
        entry=entry,
        identity=identity,
        language=language,
        matches=matches,
        matched_before=matched_before,
        was_there=was_there,
        page_wanted=wish(entry, document, matches, feed=feed, rules=rules),
    )


def _published(examined: Examined) -> float:
    """Undated ones come last: they are as old as our sight of them."""
    moment = examined.entry.published_at
    return moment.timestamp() if moment else float("inf")
