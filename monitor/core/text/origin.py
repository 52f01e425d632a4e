"""The origin of an address: what two of them share that the same server answers (RFC 6454)."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin(url: str) -> tuple[str, str]:
    """Its scheme, and its host with the port that it names; a user and password do not count."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]
