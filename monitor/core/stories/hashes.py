"""Texts → numbers that an SQL column can hold and an index can find.

Every hash has a kind mixed in, so that a word and an address never meet by spelling alike.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

BITS: Final = 63
"""Signed 64-bit columns hold them without a sign, in SQLite as in PostgreSQL."""


def hash63(kind: str, text: str) -> int:
    """The same number for the same kind and text on every machine, 0 ≤ n < 2⁶³."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, person=kind.encode())
    return int.from_bytes(digest.digest(), "big") >> 1
