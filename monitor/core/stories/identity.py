"""Question one of three: whether its feed has brought an entry before.

Three keys, strongest first: the guid, the alias (the address without scheme, host and tracking) and the
fingerprint (folded title and text). Any of them may be missing, shared by many entries or changed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from monitor.core.stories.keys import Kind, digest, key_of_hash
from monitor.core.stories.resemblance import (
    LONG_WORDS,
    TELLING_WORDS,
    By,
    Seen,
    Shared,
    is_another,
    recognised_by,
)
from monitor.core.stories.ticking import steady
from monitor.core.text.fold import fold
from monitor.core.text.urls import alias_key, identity_key
from monitor.core.text.words import folded_words
from monitor.model import EntryKeys, FeedEntry

KEYS_VERSION: Final = 2
"""Goes up when the same entry would get other keys: hashes of different versions are not compared."""

NEWEST_KNOWN: Final = 8
"""Stored entries that one key is compared with: a page that every entry links to has thousands."""

LONGEST_BODY: Final = 40_000
"""Characters that are read of a text: 6 000 words, longer than any report."""
FEWEST_MOVED: Final = 3
"""Entries of one response under other guids or addresses, from which on the feed moved, and not an entry."""
_LONG_WORD: Final = 12
"""Characters that are a word at most: how a text is counted whose script has no spaces."""
_BETWEEN: Final = {code: " " for code in range(0x80) if not (chr(code).isalnum() or chr(code) == "_")}
"""What stands between the words of ASCII, as `\\w` takes them."""
_SCHEME: Final = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_REASONS: Final = {
    By.GUID: "the same guid",
    By.ADDRESS: "the same address",
    By.TEXT: "the same title and text",
    By.TITLE: "the same title and time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """As much of a stored entry as recognising it needs."""

    entry_id: int
    keys: EntryKeys
    title: str
    published_at: datetime | None
    last_seen_at: datetime
    buried: bool = False
    """Of the entry only this is left."""


@dataclass(frozen=True, slots=True)
class New:
    """Never seen in this feed."""

    keys: EntryKeys
    reason: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Known, with another title or text; the keys are to be stored in place of the old ones."""

    entry_id: int
    keys: EntryKeys
    reason: str


@dataclass(frozen=True, slots=True)
class Same:
    """Known, and nothing that is matched or shown has changed, as far as is known; the keys may have: store them."""

    entry_id: int
    keys: EntryKeys
    reason: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same entry stands earlier in this response, at `index`: there is nothing to do."""

    index: int
    keys: EntryKeys
    reason: str


Identity = New | Changed | Same | Repeated


def keys_of(entry: FeedEntry) -> EntryKeys:
    """The keys of an entry as its feed gave it (not of a full text that was fetched later).

    Of a guid that is an address neither scheme nor `www` counts; of the content nothing that ticks.
    """
    alias = alias_key(entry.url or "")
    guid = _SCHEME.sub("//", (entry.guid or "").strip())
    text = _folded(entry)
    content = "\x1f".join((*_texts(entry), entry.author, *sorted(entry.categories)))
    return EntryKeys(
        guid=digest(guid) if guid else None,
        alias=digest(alias) if alias else None,
        url=url_key(entry),
        fingerprint=digest(text) if text else None,
        content_hash=f"{KEYS_VERSION:02x}{digest(steady(content)):016x}",
    )


def keys_digest(keys: EntryKeys) -> int:
    """One number for all of them."""
    return digest(repr((keys.guid, keys.alias, keys.url, keys.fingerprint, keys.content_hash)))


def url_key(entry: FeedEntry) -> int | None:
    """The same for the same page; None for no page, and for a site's front page, which is no entry's own."""
    page = identity_key(entry.url or "")
    _, beyond_host, _ = page.removeprefix("//").partition("/")
    return key_of_hash(Kind.URL, digest(page)) if beyond_host else None


def title_key(title: str) -> int | None:
    """The same for titles of the same words; None for those too short to tell entries apart."""
    words = folded_words(title)
    return digest(" ".join(words)) if len(words) >= TELLING_WORDS else None


def identify(
    entries: Sequence[FeedEntry],
    known: Sequence[Known],
    *,
    seen_at: datetime,
    without: frozenset[By] = frozenset(),
    keys: Sequence[EntryKeys] | None = None,
    present: frozenset[int] = frozenset(),
) -> tuple[Identity, ...]:
    """What each entry of one response is, in the response's order.

    `known` are the entries of this feed that share a guid, alias or fingerprint with the response, and, where
    most of it seems new (`floods`), the newest ones, which are known by title and time too. A stored entry is
    one entry of the response at most, and different guids are different entries. `without` `By.GUID` guids are
    taken for missing (`guids`). `keys` are those of the entries, where somebody has made them already.
    `present` are the digests of the keys of further entries that stand in the response as they are stored: what
    becomes of `entries` is the same as if those stood behind them.
    """
    keys = [keys_of(entry) for entry in entries] if keys is None else keys
    given = [_given(entry, its_keys, seen_at) for entry, its_keys in zip(entries, keys, strict=True)]
    seen = [_stored(one) for one in known]
    if By.GUID in without:
        given, seen = ([replace(one, guid=None) for one in some] for some in (given, seen))
    beside = [index for index, one in enumerate(known) if present and keys_digest(one.keys) in present]
    first = _first_of_each([*given, *(seen[index] for index in beside)])
    # One that repeats an entry of the response is that one: it does not stand beside it.
    standing = {
        known[at].entry_id: seen[at] for index, at in enumerate(beside, len(given)) if first[index] == index
    }
    recognised = _recognised(
        {index: one for index, one in enumerate(given) if first[index] == index},
        {one.entry_id: it for one, it in zip(known, seen, strict=True)},
        standing=standing,
        further=len(present) - len(beside) + len(standing),
    )
    stored = {one.entry_id: one for one in known}
    return tuple(
        _identity(index, of, keys[index], stored=stored, recognised=recognised)
        for index, of in enumerate(first[: len(given)])
    )


def _identity(
    index: int,
    of: int,
    keys: EntryKeys,
    *,
    stored: Mapping[int, Known],
    recognised: Mapping[int, tuple[int, By]],
) -> Identity:
    """What the entry at `index` is, which is the same as the one `of` this index."""
    if index != of:
        return Repeated(of, keys, "it stands earlier in this response")
    if index not in recognised:
        return New(keys, "no guid, address or text of this feed is like it")
    entry_id, by = recognised[index]
    return _outcome(stored[entry_id], keys, by)


def _outcome(known: Known, keys: EntryKeys, by: By) -> Changed | Same:
    """Hashes of another version of this program cannot be compared: nothing is said to have changed.

    Nor of what is buried: nobody knows any more what it matched.
    """
    if known.buried:
        return Same(known.entry_id, keys, f"{_REASONS[by]}; its own text was pruned")
    comparable = keys.content_hash[:2] == known.keys.content_hash[:2]
    changed = comparable and keys.content_hash != known.keys.content_hash
    return (Changed if changed else Same)(known.entry_id, keys, _REASONS[by])


def _first_of_each(given: Sequence[Seen]) -> list[int]:
    """For each entry the index of the first that it repeats, its own where it repeats none."""
    having: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    first: list[int] = []
    for index, one in enumerate(given):
        earlier = sorted({of for key in _lookups(one) for of in having[key][:NEWEST_KNOWN]})
        first.append(next((of for of in earlier if _repeats(one, given[of])), index))
        if first[index] == index:
            for key in _lookups(one):
                having[key].append(index)
    return first


def _repeats(one: Seen, other: Seen) -> bool:
    """Told more strictly than over time: all entries of a response may have one guid, or link to one page."""
    if one.guid != other.guid or (None not in {one.alias, other.alias} and one.alias != other.alias):
        return False
    if one.fingerprint == other.fingerprint:
        return True
    same_page = one.alias is not None and one.alias == other.alias
    return one.title == other.title and (same_page or one.published_at == other.published_at)


def _recognised(
    given: Mapping[int, Seen], stored: Mapping[int, Seen], *, standing: Mapping[int, Seen], further: int
) -> dict[int, tuple[int, By]]:
    """Index → the stored entry it is, and by what: the strongest first, each stored entry once.

    `standing` are those of `stored` that are in the response besides, of `further` entries that are.
    """
    there = [*given.values(), *standing.values()]
    guids = _shared(one.guid for one in there) | _shared(one.guid for one in stored.values())
    guids |= _used_anew(given, stored, there, but=guids)
    shared = Shared(
        guids=guids,
        aliases=_shared(one.alias for one in there) | _shared(one.alias for one in stored.values()),
        present=frozenset(one.guid for one in there) - guids,
    )
    free = {entry_id: one for entry_id, one in stored.items() if entry_id not in standing}
    found = _paired(given, free, shared)
    moved = [
        index for index, (entry_id, by) in found.items() if _is_moved(given[index], stored[entry_id], by)
    ]
    if len(moved) >= FEWEST_MOVED and len(moved) * 2 > len(given) + further:
        return _paired(given, free, replace(shared, moved=True))
    return found


def _used_anew(
    given: Mapping[int, Seen], stored: Mapping[int, Seen], there: Sequence[Seen], *, but: frozenset[int]
) -> frozenset[int]:
    """The guids that now name other entries than before: where they number places in a list, one entry moves all.

    Such an entry is told by all that it has, or by the addresses: its own is that of another stored one, or the one
    that the guid named before stands elsewhere in the response, which is all that is `there`.
    """
    owners = {one.guid: one for one in stored.values()}
    pages = {one.url for one in stored.values()} - {None}
    present = {one.url for one in there} - {None}
    return frozenset(
        one.guid
        for one in given.values()
        if one.guid is not None
        and one.guid not in but
        and (owner := owners.get(one.guid)) is not None
        and (is_another(one, owner) or (one.url != owner.url and (one.url in pages or owner.url in present)))
    )


def _is_moved(one: Seen, known: Seen, by: By) -> bool:
    return by is not By.GUID and (one.guid, one.url) != (known.guid, known.url)


def _paired(
    given: Mapping[int, Seen], stored: Mapping[int, Seen], shared: Shared
) -> dict[int, tuple[int, By]]:
    found: dict[int, tuple[int, By]] = {}
    taken: set[int] = set()
    for by, index, entry_id in sorted(_pairs(given, stored, shared)):
        if index not in found and entry_id not in taken:
            found[index] = entry_id, by
            taken.add(entry_id)
    return found


def _pairs(
    given: Mapping[int, Seen], stored: Mapping[int, Seen], shared: Shared
) -> Iterator[tuple[By, int, int]]:
    having: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for entry_id in sorted(stored, reverse=True):
        for key in _lookups(stored[entry_id]):
            having[key].append(entry_id)
    for index, one in given.items():
        for entry_id in {of for key in _lookups(one) for of in having[key][:NEWEST_KNOWN]}:
            by = recognised_by(one, stored[entry_id], shared)
            if by is not None:
                yield by, index, entry_id


def _lookups(one: Seen) -> list[tuple[str, int]]:
    keys = (
        ("guid", one.guid),
        ("alias", one.alias),
        ("fingerprint", one.fingerprint),
        ("title", one.title_key),
    )
    return [(name, key) for name, key in keys if key is not None]


def _shared(keys: Iterable[int | None]) -> frozenset[int]:
    return frozenset(key for key, count in Counter(keys).items() if key is not None and count > 1)


def _given(entry: FeedEntry, keys: EntryKeys, seen_at: datetime) -> Seen:
    text = " ".join(_texts(entry))[: LONG_WORDS * _LONG_WORD]
    words = max(len(text.split()), len(text) // _LONG_WORD)
    return _seen(keys, entry.title, published_at=entry.published_at, seen_at=seen_at, words=words)


def _stored(known: Known) -> Seen:
    return _seen(
        known.keys, known.title, published_at=known.published_at, seen_at=known.last_seen_at, words=0
    )


def _seen(
    keys: EntryKeys, title: str, *, published_at: datetime | None, seen_at: datetime, words: int
) -> Seen:
    return Seen(
        guid=keys.guid,
        alias=keys.alias,
        url=keys.url,
        fingerprint=keys.fingerprint,
        title=title,
        title_key=title_key(title),
        published_at=published_at,
        seen_at=seen_at,
        words=words,
    )


def _texts(entry: FeedEntry) -> tuple[str, str, str]:
    return entry.title, entry.summary, entry.content


def _folded(entry: FeedEntry) -> str:
    """Words only: another CMS sets other quotes."""
    text = fold("\n".join(_texts(entry))[:LONGEST_BODY])
    if text.isascii():
        return " ".join(text.translate(_BETWEEN).split())  # the same words, in a third of the time
    return " ".join(re.findall(r"\w+", text))
