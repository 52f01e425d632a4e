"""Whether two sightings within one feed are of one entry: the table that identity is decided by.

A guid says most, then the address, then the text; but each may be missing, shared by many, or changed by a
move to https, a new domain or a new CMS. So what one key says is held against what the others say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from monitor.core.text.words import folded_words

SAME_TIME: Final = timedelta(minutes=1)
"""Feeds round to it."""
RECURS: Final = timedelta(days=2)
"""A long text that comes again within it was sent twice; later it is a recurring text."""
TELLING_WORDS: Final = 5
"""Words from which a title alone tells entries apart: "Morning briefing" comes every day."""
LONG_WORDS: Final = 20
"""Words from which a text does not recur by chance, though it is dated anew."""
LIKE: Final = 0.5
"""Share of the shorter title's words that are in the longer, from which one is the other, edited."""


class By(IntEnum):
    """What an entry was recognised by, the strongest first."""

    GUID = 0
    ADDRESS = 1
    TEXT = 2
    TITLE = 3
    """And the time: another CMS may cut the text elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One sighting of an entry. Keys as in `EntryKeys`; None: it has none."""

    guid: int | None
    alias: int | None
    url: int | None
    fingerprint: int | None
    title: str
    title_key: int | None
    """Of the folded title, where it has `TELLING_WORDS`; None: it tells nothing by itself."""
    published_at: datetime | None
    seen_at: datetime
    words: int
    """Of the whole text, about, and no further than `LONG_WORDS` matters; 0 where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Keys that name more than one entry, and so none; and the guids of the response at hand."""

    guids: frozenset[int | None] = frozenset()
    aliases: frozenset[int | None] = frozenset()
    present: frozenset[int | None] = frozenset()
    moved: bool = False
    """Most of the response is known under other guids or addresses: then an old text is no recurring one."""


def recognised_by(one: Seen, known: Seen, shared: Shared) -> By | None:
    """What shows that `one`, of the response, is the `known` entry; None where nothing does."""
    if one.guid is not None and one.guid == known.guid and one.guid not in shared.guids:
        return None if is_another(one, known) else By.GUID
    other_guid = None not in {one.guid, known.guid} and one.guid != known.guid
    if other_guid and known.guid in shared.present:
        return None
    if one.alias is not None and one.alias == known.alias:
        is_known = (_same_after_new_guid if other_guid else _same_page)(one, known, shared)
        return By.ADDRESS if is_known else None
    if _same_text(one, known, shared):
        return By.TEXT
    same_title = one.title_key is not None and one.title_key == known.title_key
    return By.TITLE if same_title and _dates_agree(one, known) else None


def is_another(one: Seen, known: Seen) -> bool:
    """The guid is used anew: address, title, text and time all differ."""
    new_address = one.alias is not None and known.alias is not None and one.alias != known.alias
    return new_address and _dates_differ(one, known) and not _titles_alike(one, known)


def _same_page(one: Seen, known: Seen, shared: Shared) -> bool:
    """The address is the same, but for its host, and no guid speaks against it."""
    if _dates_agree(one, known):
        return True
    if one.url != known.url and _dates_differ(one, known):
        return _same_text(one, known, shared)
    if one.fingerprint == known.fingerprint:
        return True
    return one.alias not in shared.aliases and (_titles_alike(one, known) or not _dates_differ(one, known))


def _same_after_new_guid(one: Seen, known: Seen, shared: Shared) -> bool:
    """The address is the same, but the guid is another, and the old one is gone."""
    if _dates_agree(one, known):
        return True
    if _dates_differ(one, known):
        return _same_text(one, known, shared) or (shared.moved and _titles_alike(one, known))
    if one.alias in shared.aliases and not shared.moved:  # a live blog: each post on top pushes one out
        same_title = one.title_key is not None and one.title_key == known.title_key
        return same_title or one.fingerprint == known.fingerprint
    return _titles_alike(one, known)


def _same_text(one: Seen, known: Seen, shared: Shared) -> bool:
    """The text is the same, and was not sent again as a recurring one is."""
    if one.fingerprint is None or one.fingerprint != known.fingerprint:
        return False
    if _dates_agree(one, known):
        return True
    if _dates_differ(one, known):
        recurs = abs(_told(one) - _told(known)) > RECURS and not shared.moved
        return one.words >= LONG_WORDS and not recurs
    return one.words >= TELLING_WORDS


def _dates_agree(one: Seen, known: Seen) -> bool:
    dated = one.published_at is not None and known.published_at is not None
    return dated and abs(_told(one) - _told(known)) <= SAME_TIME


def _dates_differ(one: Seen, known: Seen) -> bool:
    dated = one.published_at is not None and known.published_at is not None
    return dated and abs(_told(one) - _told(known)) > SAME_TIME


def _told(seen: Seen) -> datetime:
    return seen.published_at or seen.seen_at


def _titles_alike(one: Seen, other: Seen) -> bool:
    ours, theirs = set(folded_words(one.title)), set(folded_words(other.title))
    shorter = min(len(ours), len(theirs))
    return ours == theirs or (shorter > 0 and len(ours & theirs) >= LIKE * shorter)
