"""A feed's bytes → its entries as text. Touches neither network nor disk; runs in the worker processes.

Promise: any bytes give a `ParsedFeed` or a `ParseError`, in time and memory bounded by their length.
"""

from __future__ import annotations

from monitor.model import ParsedFeed

MAX_ENTRIES = 5_000
"""More are not read: the largest honest feeds carry a few hundred."""


def parse(body: bytes, *, content_type: str, url: str) -> ParsedFeed:
    """The feed in `body`; `url` is where it came from, for relative links. Raises `ParseError`."""
    raise NotImplementedError
