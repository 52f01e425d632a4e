"""Question one of three: whether its feed has brought an entry before.

Three keys, strongest first: the guid, the alias (the address without scheme, host and tracking) and the
fingerprint (folded title and text). Any of them may be missing, shared by many entries or changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitor.core.stories.keys import digest
from monitor.core.stories.traces import url_key
from monitor.core.text.urls import alias_key
from monitor.model import FeedEntry

KEYS_VERSION: Final = 1
"""Goes up when the same entry would get other keys: hashes of different versions are not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKeys:
    """What an entry is recognised by; every number fits a signed 64-bit column."""

    guid: int | None
    alias: int | None
    """Within its feed only: two hosts may serve the same path."""
    url: int | None
    """The whole identity key: equal elsewhere, it is the same page."""
    fingerprint: int | None
    content_hash: str
    """Two hexadecimal digits of `KEYS_VERSION`, then the digest of all that is matched and shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """As much of a stored entry as recognising it needs."""

    entry_id: int
    keys: EntryKeys
    title: str
    published_at: datetime | None
    last_seen_at: datetime


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
    """Known, and nothing that is matched or shown has changed; the keys may have: store them."""

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
    """The keys of an entry as its feed gave it (not of a full text that was fetched later)."""
    alias = alias_key(entry.url or "")
    guid = (entry.guid or "").strip()
    text = _folded(f"{entry.title}\n{entry.summary}\n{entry.content}")
    return EntryKeys(
        guid=digest(guid) if guid else None,
        alias=digest(alias) if alias else None,
        url=url_key(entry),
        fingerprint=digest(text) if text else None,
        content_hash=f"{KEYS_VERSION:02x}{digest(_content(entry)):016x}",
    )


def identify(
    entries: Sequence[FeedEntry], known: Sequence[Known], *, seen_at: datetime
) -> tuple[Identity, ...]:
    """What each entry of one response is, in the response's order.

    `known` are the entries of this feed that share a guid, alias or fingerprint with the response.
    """
    del seen_at  # the date window of fingerprints comes with the rest of the rules
    by_guid: dict[int | None, Known] = {k.keys.guid: k for k in known if k.keys.guid}
    by_alias: dict[int | None, Known] = {k.keys.alias: k for k in known if k.keys.alias}
    by_fingerprint: dict[int | None, Known] = {k.keys.fingerprint: k for k in known if k.keys.fingerprint}
    identities: list[Identity] = []
    seen: dict[tuple[int | None, ...], int] = {}
    for index, entry in enumerate(entries):
        keys = keys_of(entry)
        whole = (keys.guid, keys.alias, keys.fingerprint)
        if whole in seen:
            identities.append(Repeated(seen[whole], keys, "stands earlier in this response"))
            continue
        seen[whole] = index
        identities.append(
            _recognised(keys, by_guid.get(keys.guid), "guid")
            or _recognised(keys, by_alias.get(keys.alias), "address")
            or _recognised(keys, by_fingerprint.get(keys.fingerprint), "title and text")
            or New(keys, "no guid, address or text of this feed is like it")
        )
    return tuple(identities)


def _recognised(keys: EntryKeys, known: Known | None, by: str) -> Identity | None:
    if known is None:
        return None
    same = (
        keys.content_hash == known.keys.content_hash or keys.content_hash[:2] != known.keys.content_hash[:2]
    )
    outcome = Same if same else Changed
    return outcome(known.entry_id, keys, f"same {by}")


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _content(entry: FeedEntry) -> str:
    return "\x1f".join((entry.title, entry.summary, entry.content, entry.author, *entry.categories))
