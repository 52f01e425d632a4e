"""Feeds put into and taken out of `feeds.toml`; everything else in it stays as it was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """What `feeds.toml` shall say of a feed; what is empty is not written."""

    url: str
    id: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    interval: str = ""


def add_feeds(folder: Path, feeds: Sequence[NewFeed]) -> None:
    """`feeds.toml` ends with these feeds. Raises `ConfigError`; the file is then as before."""
    raise NotImplementedError


def remove_feed(folder: Path, feed_id: str) -> None:
    """`feeds.toml` lists the feed no more. Raises `ConfigError` where it does not, or an OPML file lists it."""
    raise NotImplementedError
