"""What a poll's entries are and which rules they match: all that needs no other feed's entries.

`read_feed` needs no database either: it runs in the worker that read the document, so that each text is read,
folded and matched once, where it is. `examine` puts what it says together with what the database knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.core.pages.wish import is_whole, wish
from monitor.core.rules import RuleSet
from monitor.core.stories.identity import Changed, Identity, Known, New, Same
from monitor.core.text.document import Document, read
from monitor.core.text.filing import FiledWords, filed_words
from monitor.core.text.languages import detect
from monitor.model import Entry, EntryKeys, Feed, FeedEntry, Match, ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntry:
    """An entry of a document, with all that it says by itself."""

    entry: FeedEntry
    keys: EntryKeys
    language: str | None
    words: FiledWords
    matches: tuple[Match, ...]
    page_wanted: str
    """Why its page is to be read (`pages.wish`); empty: it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """A document with its entries read and matched."""

    feed: ParsedFeed
    entries: tuple[ReadEntry, ...]
    """Those of `feed`, in its order."""
    rules_key: str
    """`RuleSet.key` of the rules that they were matched by."""

    def behind(self, older: Iterable[ReadEntry]) -> ReadFeed:
        """The same with entries of its older pages behind its own."""
        missed = tuple(older)
        entries = (*self.feed.entries, *(one.entry for one in missed))
        return replace(
            self,
            feed=replace(
                self.feed,
                entries=entries,
                keys=(*self.feed.keys, *(one.keys for one in missed)),
                recovered=len(missed),
            ),
            entries=(*self.entries, *missed),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A new or changed entry of a poll: recognised, its language known, matched."""

    entry: FeedEntry
    identity: New | Changed
    language: str | None
    words: FiledWords
    matches: tuple[Match, ...]
    matched_before: frozenset[str] = frozenset()
    """The rules, as they are now, that held for a changed entry's stored text."""
    was_there: str = ""
    """Why a new entry is no news; empty: it is."""
    page_wanted: str = ""
    """Why its page is to be read (`pages.wish`); empty: it is not."""


def read_feed(parsed: ParsedFeed, *, feed: Feed, rules: RuleSet) -> ReadFeed:
    """The document with what each of its entries says. Of the feed its id, tags and `fulltext` count."""
    entries = tuple(
        read_entry(entry, keys, language=language_of(entry, parsed.language), feed=feed, rules=rules)
        for entry, keys in zip(parsed.entries, parsed.keys, strict=True)
    )
    return ReadFeed(feed=parsed, entries=entries, rules_key=rules.key)


def read_entry(
    entry: FeedEntry, keys: EntryKeys, *, language: str | None, feed: Feed, rules: RuleSet
) -> ReadEntry:
    """The entry in its language, its words folded, matched by all rules."""
    document = document_of(entry, language, feed)
    matches = rules.match(document)
    return ReadEntry(
        entry=entry,
        keys=keys,
        language=language,
        words=filed_words(document),
        matches=matches,
        page_wanted=wish(entry, document, matches, feed=feed, rules=rules),
    )


def examine(
    entries: Sequence[ReadEntry],
    identities: Sequence[Identity],
    *,
    stored: Mapping[int, Entry],
    feed: Feed,
    rules: RuleSet,
    was_there: Mapping[int, str] | None = None,
) -> tuple[Examined, ...]:
    """The new and changed entries, oldest first, each with the rules that it matches.

    `identities` are those of the feed's entries, in their order; `stored` the changed ones as they were, by id;
    `was_there` says of new ones, by their index, why they are no news.
    """
    no_news = was_there or {}
    # Feeds list the newest first: told in the order of time, the first report opens the story.
    upwards = reversed(list(enumerate(zip(entries, identities, strict=True))))
    fresh = [
        _new(one, identity, was_there=no_news.get(index, ""))
        if isinstance(identity, New)
        else _changed(one, identity, before=stored.get(identity.entry_id), feed=feed, rules=rules)
        for index, (one, identity) in upwards
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
        published_at=entry.published_at,
    )


def _new(one: ReadEntry, identity: New, *, was_there: str) -> Examined:
    return Examined(
        entry=one.entry,
        identity=identity,
        language=one.language,
        words=one.words,
        matches=one.matches,
        was_there=was_there,
        page_wanted=one.page_wanted,
    )


def _changed(
    one: ReadEntry, identity: Changed, *, before: Entry | None, feed: Feed, rules: RuleSet
) -> Examined:
    if before is not None and before.page_at is not None and not is_whole(one.entry):
        # A feed that changes its teaser takes no text away.
        whole = replace(one.entry, content=before.content)
        one = read_entry(whole, identity.keys, language=one.language, feed=feed, rules=rules)
    matched_before: frozenset[str] = frozenset()
    if one.matches and before is not None:
        matched = rules.match(document_of(before, before.language, feed))
        matched_before = frozenset(match.rule_id for match in matched)
    return Examined(
        entry=one.entry,
        identity=identity,
        language=one.language,
        words=one.words,
        matches=one.matches,
        matched_before=matched_before,
        page_wanted=one.page_wanted,
    )


def _published(examined: Examined) -> float:
    """Undated ones come last: they are as old as our sight of them."""
    moment = examined.entry.published_at
    return moment.timestamp() if moment else float("inf")
