"""Addresses → identity keys: equal for the same page, never fetched, never shown."""

from __future__ import annotations

from urllib.parse import urlsplit


def identity_key(url: str) -> str:
    """Equal for addresses of the same page; empty for what is no address of a page."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


def alias_key(url: str) -> str:
    """The identity key without its host; empty where path and query say nothing."""
    host, slash, rest = identity_key(url).partition("/")
    return slash + rest if host else ""
